"""Mails to an envelope's vendor, with what became of them."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Query
from core.api.schema import page_of
from envelopes.api.envelopes import EnvelopeBase
from envelopes.api.serializers import EnvelopeVersionIn, VendorMailIn
from envelopes.models import Envelope
from envelopes.selectors import vendor_mail_of
from envelopes.services import undo_vendor_message, write_to_vendor
from tickets.api.outputs import OutboundOut
from tickets.models import OutboundMessage


class VendorMailViewSet(EnvelopeBase):
    @extend_schema(
        operation_id="envelope_vendor_mails",
        summary="Mails to its vendor, newest first",
        parameters=[Query],
        responses=page_of(OutboundOut),
    )
    def list(self, request: Request, id: UUID) -> Response:
        envelope = self.readable(id)
        query = self.read_query(Query)
        return self.page(vendor_mail_of(envelope), ("-created_at", "-id"), query, OutboundOut)

    @extend_schema(
        operation_id="envelope_vendor_mail",
        summary="Write to its vendor",
        description="Held for your undo time; then it stands in the thread and is sent from the shared mailbox.",
        request=VendorMailIn,
        responses={201: OutboundOut},
    )
    def create(self, request: Request, id: UUID) -> Response:
        envelope = self.readable(id)
        values = self.read(VendorMailIn)
        version = self.version(values)
        message = write_to_vendor(
            envelope.pk,
            by=self.actor,
            body_text=values["body"],
            subject=values["subject"],
            attachments=values["attachments"],
            version=version,
        )
        return Response(OutboundOut(message).data, status=201)

    @extend_schema(
        operation_id="envelope_vendor_mail_undo",
        summary="Take an own one back before it leaves",
        request=EnvelopeVersionIn,
        responses={200: OutboundOut},
    )
    def undo(self, request: Request, id: UUID) -> Response:
        message = self.one(self.known_mails(), pk=id)
        self.read(EnvelopeVersionIn)
        undo_vendor_message(message.pk, by=self.actor)
        return Response(OutboundOut(self.one(self.known_mails(), pk=id)).data)

    def known_mails(self) -> QuerySet[OutboundMessage]:
        """Those of envelopes that one reads."""
        readable = Envelope.objects.thread_visible_to(self.actor).order_by().values("pk")
        rows = OutboundMessage.objects.filter(vendor_message__envelope__in=readable)
        return rows.select_related("ticket", "author", "on_behalf_of")
