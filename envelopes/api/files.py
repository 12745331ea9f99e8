"""Files of an envelope's thread; their bytes are where those of tickets are, for its readers alone."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Query
from core.api.protocol import BoundedMultiPartParser
from core.api.schema import page_of
from envelopes.api.envelopes import EnvelopeBase
from envelopes.api.serializers import EnvelopeFilesIn, EnvelopeMessageOut
from envelopes.selectors import files_of
from envelopes.services import post_in_envelope
from tickets.api.conversation import new_file, words_for
from tickets.api.outputs import AttachmentOut


class EnvelopeFilesViewSet(EnvelopeBase):
    parser_classes = (BoundedMultiPartParser,)

    @extend_schema(
        operation_id="envelope_files",
        summary="Its files",
        description="Also those that came by mail.",
        parameters=[Query],
        responses=page_of(AttachmentOut),
    )
    def list(self, request: Request, id: UUID) -> Response:
        envelope = self.readable(id)
        query = self.read_query(Query)

        def show(rows: Any) -> Any:
            return AttachmentOut(rows, many=True, context={"request": request}).data

        return self.page(files_of(envelope), ("created_at", "id"), query, show)

    @extend_schema(
        operation_id="envelope_files_post",
        summary="Add files, with a message",
        description="Only those get them who read the envelope.",
        request={"multipart/form-data": EnvelopeFilesIn},
        responses={201: EnvelopeMessageOut},
    )
    def create(self, request: Request, id: UUID) -> Response:
        envelope = self.readable(id)
        values = self.read_form(EnvelopeFilesIn)
        version = self.version(values)
        files = [new_file(file) for file in values["file"]]
        words = words_for(files, values["body"])
        entry = post_in_envelope(envelope.pk, by=self.actor, body_text=words, files=files, version=version)
        return Response(EnvelopeMessageOut(entry, context={"request": request}).data, status=201)
