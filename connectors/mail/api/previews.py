"""Exactly who would receive what from which address, before it is sent."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.mail.api.serializers import PreviewIn, PreviewOut
from connectors.mail.errors import NothingToSendFrom
from connectors.mail.preview import preview_of
from core.api.views import ApiViewSet
from tickets.models import Ticket
from tickets.services import preview_reply


class PreviewViewSet(ApiViewSet):
    @extend_schema(
        operation_id="ticket_preview_reply",
        summary="Show the mail that a reply would be",
        description="Nothing is held and nothing stored; refused like the reply itself.",
        request=PreviewIn,
        responses={200: PreviewOut},
    )
    def create(self, request: Request, reference: str) -> Response:
        ticket = self.one(Ticket.objects.visible_to(self.actor), reference=reference.upper())
        values = self.read(PreviewIn)
        message = preview_reply(ticket.pk, by=self.actor, body_text=values.pop("body"), **values)
        preview = preview_of(message, ())
        if preview is None:
            raise NothingToSendFrom
        held = {"is_scheduled": message.is_scheduled, "release_at": message.release_at}
        return Response(PreviewOut(vars(preview) | held).data)
