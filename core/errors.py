"""Domain errors: a request that was understood and refused. Codes and order: permissions.md section 4; bodies: RFC
9457.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class DomainError(Exception):
    """Base of all refusals. `detail` and `hint` are translated templates, filled with the keyword arguments given."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "conflict"
    detail: ClassVar[Text] = _("This is not possible now.")
    hint: ClassVar[Text] = ""
    is_audited: ClassVar[bool] = False
    """Refused ownership, approval, transfer and envelope acts are written to the audit log (ruling 8)."""

    def __init__(self, *, allowed: Iterable[str] = (), **facts: Any) -> None:
        self.allowed = sorted(allowed)
        self.facts = facts
        super().__init__(facts)

    def __str__(self) -> str:
        return self._fill(self.detail)

    @property
    def hint_text(self) -> str:
        return self._fill(self.hint)

    def _fill(self, template: Text) -> str:
        return str(template) % self.facts if self.facts else str(template)

    def as_problem(self) -> dict[str, Any]:
        """Body of an `application/problem+json` answer (RFC 9457)."""
        problem: dict[str, Any] = {
            "type": f"urn:itil-next:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "code": self.code,
            "detail": str(self),
        }
        if self.hint_text:
            problem["hint"] = self.hint_text
        if self.allowed:
            problem["allowed"] = self.allowed
        return problem


class Invalid(DomainError):
    """Bad input. `fields` maps a field's name to what is wrong with it."""

    status = 400
    code = "validation_error"
    detail = _("Some values are not usable.")

    def __init__(self, fields: Mapping[str, Text | list[Text]] | None = None, **facts: Any) -> None:
        super().__init__(**facts)
        self.fields = {
            name: [str(text) for text in (texts if isinstance(texts, list) else [texts])]
            for name, texts in (fields or {}).items()
        }

    def __str__(self) -> str:
        """The field messages in one sentence each, since pages and command lines show just this."""
        messages = [text for texts in self.fields.values() for text in texts]
        return " ".join(messages) if messages else super().__str__()

    def as_problem(self) -> dict[str, Any]:
        return super().as_problem() | {"fields": self.fields}


class NotAuthenticated(DomainError):
    status = 401
    code = "not_authenticated"
    detail = _("You are not signed in, or your session is over.")
    hint = _("Sign in.")


class Forbidden(DomainError):
    status = 403
    code = "permission_denied"
    detail = _("Your role does not include this.")
    hint = _("Your team lead or supervisor can do it or grant you the role.")


class NotFound(DomainError):
    """Missing or invisible: both read alike, so that nothing is revealed."""

    status = 404
    code = "not_found"
    detail = _("There is no such thing, or you may not see it.")


class Conflict(DomainError):
    status = 409


class StaleVersion(Conflict):
    code = "stale_version"
    detail = _("Somebody has changed this meanwhile; version %(given)s is old, the current one is %(current)s.")
    hint = _("Look at the current state and repeat the change.")

    def as_problem(self) -> dict[str, Any]:
        return super().as_problem() | {"current_version": self.facts["current"]}


class Throttled(DomainError):
    status = 429
    code = "throttled"
    detail = _("Too many requests.")
    hint = _("Try again in a moment.")


def status_of(error: DomainError | None, *, default: int = 200) -> int:
    """HTTP status of a page that shows `error`, or `default` where there is none."""
    return error.status if error else default
