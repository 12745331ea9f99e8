"""Tickets as a file, for programs: the list's tickets under the same filters, all pages of it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import ApiClient
from core.tables import Cell, csv_rows, xlsx_rows
from tickets.api.inputs import ExportQuery
from tickets.api.tickets import TicketViewSet
from tickets.errors import RoleForbids
from tickets.exporting import table_of
from tickets.policies import may_export
from tickets.sorting import SORTS, with_sorted_names

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TicketExportViewSet(TicketViewSet):
    """Streamed: the first rows leave before the last ones are read."""

    @extend_schema(
        operation_id="ticket_export_csv",
        summary="Tickets I may read, as CSV",
        parameters=[ExportQuery],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def csv(self, request: Request) -> StreamingHttpResponse:
        return self._file(csv_rows(self._table()), content_type=CSV, kind="csv")

    @extend_schema(
        operation_id="ticket_export_xlsx",
        summary="Tickets I may read, as a workbook",
        parameters=[ExportQuery],
        responses={(200, XLSX): OpenApiTypes.BINARY},
    )
    def xlsx(self, request: Request) -> StreamingHttpResponse:
        return self._file(xlsx_rows(self._table(), title="tickets"), content_type=XLSX, kind="xlsx")

    def _table(self) -> Iterator[list[Cell]]:
        query = self.read_query(ExportQuery)
        if not may_export(self.actor):
            raise ScopeMissing(scope=Scope.EXPORT) if isinstance(self.actor, ApiClient) else RoleForbids
        rows = with_sorted_names(self._filtered(self.visible(), query), query["ordering"])
        return table_of(rows, SORTS[query["ordering"]], UTC)

    def _file(self, pieces: Iterator[bytes], *, content_type: str, kind: str) -> StreamingHttpResponse:
        name = f"tickets-{datetime.now(UTC):%Y-%m-%d}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return StreamingHttpResponse(pieces, content_type=content_type, headers=headers)
