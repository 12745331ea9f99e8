"""The mail ledger of one's teams: what came in, what became of it and why; try again, release, move (ruling 19)."""

from collections.abc import Callable
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from connectors.mail.api.serializers import MailMoveIn, MailOut, MailQuery, MailRowOut, MailVersionIn
from connectors.mail.models import MailMessage
from connectors.mail.policies import may_see_ledger
from connectors.mail.services import move_mail, release_mail, retry_mail, undo_mail_move
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import Forbidden


class MailViewSet(ApiViewSet):
    @property
    def reader(self) -> Agent:
        """No scope opens the ledger to programs."""
        if not isinstance(self.actor, Agent):
            raise Forbidden
        return self.actor

    def rows(self) -> QuerySet[MailMessage]:
        return MailMessage.objects.visible_to(self.reader).select_related("mailbox", "ticket", "released_by")

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
        rows = self.rows().defer("reply_text", "references", "evidence")
        if query.get("state"):
            rows = rows.filter(state__in=query["state"])
        if "mailbox" in query:
            rows = rows.filter(mailbox__address=query["mailbox"].strip().lower())
        if "ticket" in query:
            rows = rows.filter(ticket__reference=query["ticket"].upper())
        if "received_after" in query:
            rows = rows.filter(received_at__gt=query["received_after"])
        for name in ("reason", "message_id"):
            if name in query:
                rows = rows.filter(**{name: query[name]})
        return self.page(rows, ("-received_at", "-id"), query, MailRowOut)

    @extend_schema(operation_id="mail", summary="One, with what decided about it", responses=MailOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.whole(id)

    def whole(self, message_id: UUID) -> Response:
        rows = self.rows().select_related("raw").defer("raw__content")
        context = {"request": self.request, "actor": self.reader}
        return Response(MailOut(self.one(rows, pk=message_id), context=context).data)

    @extend_schema(
        operation_id="mail_raw", summary="The bytes as they came", responses={(200, "*/*"): OpenApiTypes.BINARY}
    )
    def raw(self, request: Request, id: UUID) -> HttpResponse:
        """Always as a download that no browser shows."""
        message = self.one(self.rows().select_related("raw"), pk=id)
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
        message = self.one(self.rows(), pk=id)
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
        message = self.one(self.rows(), pk=message_id)
        version = self.version(self.read(MailVersionIn))
        service(message.pk, by=self.reader, version=version)
        return self.whole(message.pk)
