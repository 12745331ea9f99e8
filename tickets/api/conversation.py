"""The timeline and what is added to it: notes, replies, files; the own outbox."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Prefetch, QuerySet
from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from core.api.fields import Query
from core.api.protocol import BoundedMultiPartParser
from core.api.schema import page_of
from core.errors import Forbidden, Invalid, NotFound
from tickets.api.base import TicketBase
from tickets.api.inputs import (
    AttachmentIn,
    NoteIn,
    OutboxQuery,
    ReplyIn,
    ScheduleIn,
    TimelineQuery,
    Versioned,
)
from tickets.api.outputs import AttachmentOut, EntryOut, OutboundOut
from tickets.enums import OutboundStatus
from tickets.models import Attachment, OutboundMessage, TimelineEntry
from tickets.selectors import attachments_visible_to, entries_of, messages_in_hand_of, outbox_of
from tickets.services import NewFile, add_note, reply_to_customer, reschedule_message, undo_message

MAX_FILE_BYTES = 25 * 1024 * 1024
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


class ThreadViewSet(TicketBase):
    def show(self, entries: list[TimelineEntry]) -> list[Any]:
        return list(EntryOut(entries, many=True, context={"request": self.request}).data)

    @extend_schema(
        operation_id="timeline", summary="Entries in order", parameters=[TimelineQuery], responses=page_of(EntryOut)
    )
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.seen(reference)
        query = self.read_query(TimelineQuery)
        entries = shown_entries(entries_of(ticket).main_thread())
        for name in ("kind", "visibility"):
            if name in query:
                entries = entries.filter(**{name: query[name]})
        return self.page(entries, (query["ordering"],), query, self.show)

    @extend_schema(
        operation_id="ticket_note", summary="Write an internal note", request=NoteIn, responses={201: EntryOut}
    )
    def note(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(NoteIn)
        version = self.version(values)
        entry = add_note(ticket.pk, by=self.actor, body_text=values["body"], version=version)
        return self.answer(entry)

    def answer(self, entry: TimelineEntry) -> Response:
        [shown] = self.show([shown_entries(TimelineEntry.objects.all()).get(pk=entry.pk)])
        return Response(shown, status=201)

    @extend_schema(
        operation_id="ticket_reply",
        summary="Answer the customer",
        description=(
            "Held for the author's undo time; then it is on the timeline and on its way. Variables such as "
            "`{{customer.name}}` are filled, formatting (a small Markdown) becomes the HTML part; the signatures "
            "that the page adds are the client's matter."
        ),
        request=ReplyIn,
        responses={201: OutboundOut},
    )
    def reply(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(ReplyIn)
        version = self.version(values)
        message = reply_to_customer(
            ticket.pk,
            by=self.actor,
            body_text=values["body"],
            cc=values["cc"],
            to_confirm=values["to_confirm"],
            then=values["then"] or "",
            when=values["when"],
            send_at=values["send_at"],
            last_seen_seq=values.get("last_seen_seq"),
            version=version,
        )
        return Response(OutboundOut(message).data, status=201)


def shown_entries(entries: QuerySet[TimelineEntry]) -> QuerySet[TimelineEntry]:
    files = Prefetch("attachments", Attachment.objects.order_by("created_at", "id"))
    return entries.select_related("author", "contact", "on_behalf_of").prefetch_related(files)


class TicketFilesViewSet(ThreadViewSet):
    parser_classes = (BoundedMultiPartParser,)

    @extend_schema(
        operation_id="attachment_list", summary="Files", parameters=[Query], responses=page_of(AttachmentOut)
    )
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.seen(reference)
        query = self.read_query(Query)
        files = attachments_visible_to(self.actor).filter(entry__in=entries_of(ticket).main_thread().values("pk"))

        def show(rows: Any) -> Any:
            return AttachmentOut(rows, many=True, context={"request": request}).data

        return self.page(files, ("created_at", "id"), query, show)

    @extend_schema(
        operation_id="attachment_create",
        summary="Add files, with an internal note",
        request={"multipart/form-data": AttachmentIn},
        responses={201: EntryOut},
    )
    def create(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read_form(AttachmentIn)
        version = self.version(values)
        files = [new_file(file) for file in values["file"]]
        words = words_for(files, values["body"])
        return self.answer(add_note(ticket.pk, by=self.actor, body_text=words, files=files, version=version))


def words_for(files: Sequence[NewFile], body: str) -> str:
    """What stands with files that came without a word: their names."""
    return body if body.strip() else "\n".join(file.filename for file in files)


def new_file(file: "UploadedFile[Any]") -> NewFile:
    if (file.size or 0) > MAX_FILE_BYTES:
        raise Invalid({"file": _("“%(name)s” is larger than 25 MiB. Share it in another way.") % {"name": file.name}})
    return NewFile(filename=file.name or "", content=file.read(), content_type=file.content_type or "")


class FileViewSet(TicketBase):
    @extend_schema(
        operation_id="attachment", summary="The bytes of a clean file", responses={(200, "*/*"): OpenApiTypes.BINARY}
    )
    def retrieve(self, request: Request, id: UUID) -> FileResponse:
        """Always as a download; what is blocked reads as missing, as on the page."""
        file = self.one(attachments_visible_to(self.actor), pk=id)
        self.refuse_reading()
        if not file.may_be_served:
            raise NotFound
        try:
            content = file.file.open("rb")
        except FileNotFoundError as error:
            raise NotFound from error
        response = FileResponse(content, as_attachment=True, filename=file.filename, content_type=file.content_type)
        response.headers["Content-Security-Policy"] = FILE_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class OutboxViewSet(TicketBase):
    """The own outgoing messages; programs send none."""

    def rows(self) -> QuerySet[OutboundMessage]:
        if not isinstance(self.actor, Agent):
            raise Forbidden
        return outbox_of(self.actor).select_related("ticket", "author", "on_behalf_of")

    def in_hand(self) -> QuerySet[OutboundMessage]:
        """The own ones, and what is scheduled on tickets the agent owns or covers."""
        if not isinstance(self.actor, Agent):
            raise Forbidden
        return messages_in_hand_of(self.actor).select_related("ticket", "author", "on_behalf_of")

    @extend_schema(
        operation_id="outbox_list", summary="My messages", parameters=[OutboxQuery], responses=page_of(OutboundOut)
    )
    def list(self, request: Request) -> Response:
        query = self.read_query(OutboxQuery)
        rows = self.rows()
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return self.page(rows, ("-created_at", "-id"), query, OutboundOut)

    @extend_schema(operation_id="outbox", summary="One", responses=OutboundOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return Response(OutboundOut(self.one(self.in_hand(), pk=id)).data)

    @extend_schema(
        operation_id="outbox_undo",
        summary=f"Take back while {OutboundStatus.HELD.value} or {OutboundStatus.QUEUED.value}",
        request=Versioned,
        responses={200: OutboundOut},
    )
    def undo(self, request: Request, id: UUID) -> Response:
        message = self.one(self.in_hand(), pk=id)
        version = self.version(self.read(Versioned))
        undo_message(message.pk, by=self.actor, version=version)
        return Response(OutboundOut(self.one(self.in_hand(), pk=id)).data)

    @extend_schema(
        operation_id="outbox_schedule",
        summary="Name another moment for a scheduled reply, or send it now",
        request=ScheduleIn,
        responses={200: OutboundOut},
    )
    def schedule(self, request: Request, id: UUID) -> Response:
        message = self.one(self.in_hand(), pk=id)
        values = self.read(ScheduleIn)
        version = self.version(values)
        reschedule_message(message.pk, by=self.actor, when=values["when"], send_at=values["send_at"], version=version)
        return Response(OutboundOut(self.one(self.in_hand(), pk=id)).data)
