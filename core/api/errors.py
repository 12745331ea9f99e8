"""Refusals of the protocol itself, in the same form as domain errors."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, DomainError


class MethodNotAllowed(DomainError):
    status = 405
    code = "method_not_allowed"
    detail = _("%(method)s is not possible here.")


class UnsupportedMediaType(DomainError):
    status = 415
    code = "unsupported_media_type"
    detail = _("This address does not read bodies of the type “%(media_type)s”.")
    hint = _("Send application/json.")


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    detail = _("This Idempotency-Key belongs to another request.")
    hint = _("Take a new key for a new request; repeat a request with exactly its first body.")
