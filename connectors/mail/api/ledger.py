"""The mail ledger of one's teams: what came in, what became of it and why; try again, release, move (ruling 19)."""

import builtins
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from connectors.mail.api.serializers import MailChooseIn, MailMoveIn, MailOut, MailQuery, MailRowOut, MailVersionIn
from connectors.mail.errors import MailNotReadYet
from connectors.mail.models import MailMessage
from connectors.mail.policies import may_read, may_see_ledger
from connectors.mail.querysets import MailMessageQuerySet
from connectors.mail.services import choose_envelope, move_mail, release_mail, retry_mail, undo_mail_move
from connectors.mail.sight import Sight
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import Forbidden
from tickets.models import Ticket


class MailViewSet(ApiViewSet):
    @property
    def reader(self) -> Agent:
        """No scope opens the ledger to programs."""
        if not isinstance(self.actor, Agent):
            raise Forbidden
        return self.actor

    def rows(self) -> MailMessageQuerySet:
        return MailMessage.objects.visible_to(self.reader).select_related("mailbox", "ticket", "released_by")

    def openable(self) -> QuerySet[MailMessage]:
        """Also what others' mailboxes have brought about envelopes that the reader answers for."""
        return MailMessage.objects.openable_by(self.reader).select_related("mailbox", "ticket", "released_by")

    @extend_schema(
        operation_id="mail_list",
        summary="Mails that came in, newest first",
        parameters=[MailQuery],
        responses=page_of(MailRowOut),
    )
    def list(self, request: Request) -> Response:
        if not may_see_ledger(self.reader):
            raise Forbidden
        query = self.read_query(MailQuery)
        rows = self.rows().defer("reply_text", "references")
        if query.get("state"):
            rows = rows.standing_at(query["state"])
        if "mailbox" in query:
            rows = rows.filter(mailbox__address=query["mailbox"].strip().lower())
        if "ticket" in query:
            rows = rows.filter(
                ticket__in=Ticket.objects.visible_to(self.reader), ticket__reference=query["ticket"].upper()
            )
        if "received_after" in query:
            rows = rows.filter(received_at__gt=query["received_after"])
        for name in ("reason", "message_id"):
            if name in query:
                rows = rows.filter(**{name: query[name]})
        return self.page(rows, ("-received_at", "-id"), query, self.shown)

    def shown(self, messages: Sequence[MailMessage]) -> builtins.list[Any]:
        """Of tickets only what this reader sees."""
        context = {"sight": Sight(self.reader, messages)}
        return builtins.list(MailRowOut(messages, many=True, context=context).data)

    @extend_schema(operation_id="mail", summary="One, with what decided about it", responses=MailOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.whole(id)

    def whole(self, message_id: UUID) -> Response:
        rows = self.openable().select_related("raw").defer("raw__content")
        message = self.one(rows, pk=message_id)
        context = {"request": self.request, "actor": self.reader, "sight": Sight(self.reader, [message])}
        return Response(MailOut(message, context=context).data)

    @extend_schema(
        operation_id="mail_raw", summary="The bytes as they came", responses={(200, "*/*"): OpenApiTypes.BINARY}
    )
    def raw(self, request: Request, id: UUID) -> HttpResponse:
        """Always as a download that no browser shows."""
        message = self.one(self.openable().select_related("raw"), pk=id)
        if not may_read(self.reader, message):
            raise MailNotReadYet
        response = HttpResponse(bytes(message.raw.content), content_type="application/octet-stream")
        response.headers["Content-Disposition"] = f'attachment; filename="{message.pk}.eml"'
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
        return response

    @extend_schema(
        operation_id="mail_retry",
        summary="Run a mail in quarantine through all checks again",
        request=MailVersionIn,
        responses={200: MailOut},
    )
    def retry(self, request: Request, id: UUID) -> Response:
        return self._take(id, retry_mail)

    @extend_schema(
        operation_id="mail_release",
        summary="Let a mail in quarantine act in spite of what held it back",
        request=MailVersionIn,
        responses={200: MailOut},
    )
    def release(self, request: Request, id: UUID) -> Response:
        return self._take(id, release_mail)

    @extend_schema(
        operation_id="mail_choose",
        summary="Put a mail that names several envelopes into one of them",
        description="Whoever reads this envelope reads there what the mail quotes of the others.",
        request=MailChooseIn,
        responses={200: MailOut},
    )
    def choose(self, request: Request, id: UUID) -> Response:
        message = self.one(self.openable(), pk=id)
        values = self.read(MailChooseIn)
        version = self.version(values)
        choose_envelope(message.pk, envelope_id=values["envelope"], by=self.reader, version=version)
        return self.whole(message.pk)

    @extend_schema(
        operation_id="mail_move",
        summary="Show a mail on another ticket",
        description=(
            "The mail leaves the customer's view of its former ticket, which keeps a line about it. A ticket that held "
            "nothing else and that nobody owns ends as a duplicate of the other."
        ),
        request=MailMoveIn,
        responses={200: MailOut},
    )
    def move(self, request: Request, id: UUID) -> Response:
        message = self.one(self.openable(), pk=id)
        values = self.read(MailMoveIn)
        move_mail(message.pk, to=values["ticket"], by=self.reader, version=self.version(values))
        return self.whole(message.pk)

    @extend_schema(
        operation_id="mail_undo_move",
        summary="Put a moved mail back",
        request=MailVersionIn,
        responses={200: MailOut},
    )
    def undo_move(self, request: Request, id: UUID) -> Response:
        return self._take(id, undo_mail_move)

    def _take(self, message_id: UUID, service: Callable[..., MailMessage]) -> Response:
        message = self.one(self.openable(), pk=message_id)
        version = self.version(self.read(MailVersionIn))
        service(message.pk, by=self.reader, version=version)
        return self.whole(message.pk)
