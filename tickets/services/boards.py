"""Boards that somebody has named (domain.md section 17): kept and shared as saved views are. Nothing here touches a
ticket.
"""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import Text
from core.service import service
from tickets.columns import BOARD_LABELS
from tickets.enums import BoardSort, ColumnField, ListBase, ViewScope
from tickets.errors import BoardNotYours
from tickets.filters import NONE
from tickets.models import KanbanBoard
from tickets.services.kept import change, clean_filters, clean_name, is_id, keep, locked, may_edit_view, remove

TOO_MANY = _("You have %(count)s boards already; delete one first.")
MAX_COLUMNS = 24
LAID_OUT_BY = tuple(field.value for field in ColumnField)
FIELDS = (
    *("name", "scope", "team", "base", "filters", "column_field", "swimlane_field", "columns", "sort_by", "position"),
)


@service
def save_board(name: str, *, by: Actor, **values: Any) -> KanbanBoard:
    """Name a board; `values` are the other `FIELDS`. Raises RoleForbids, ViewNotShared (for a team or everybody) or
    Invalid.
    """
    _refuse_unknown(values)
    return keep(KanbanBoard(), {"name": name} | values, by=by, clean=_clean, too_many=TOO_MANY)


@service
def edit_board(board_id: UUID, *, by: Actor, version: int | None = None, **values: Any) -> KanbanBoard:
    """Change the given `FIELDS`; its address stays as long as it is for the same kind of readers.

    Raises NotFound, BoardNotYours, ViewNotShared, Invalid or StaleVersion.
    """
    _refuse_unknown(values)
    return change(_locked(board_id, by), values, by=by, version=version, clean=_clean)


@service
def delete_board(board_id: UUID, *, by: Actor, version: int | None = None) -> None:
    """Remove the board, not a ticket of it; history keeps what it was. Raises NotFound, BoardNotYours or
    StaleVersion.
    """
    remove(_locked(board_id, by), by=by, version=version)


def _locked(board_id: UUID, by: Actor) -> KanbanBoard:
    board = locked(KanbanBoard, board_id, by=by)
    if not may_edit_view(by, board):
        raise BoardNotYours(name=board.name)
    return board


def _refuse_unknown(values: dict[str, Any]) -> None:
    if unknown := set(values) - set(FIELDS):
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")


def _clean(board: KanbanBoard) -> None:
    """Raises Invalid. Teams, people and customers are not looked up: who reads the board may know others."""
    faults: dict[str, Text | list[Text]] = clean_name(board)
    for name, known in (
        ("scope", ViewScope.values),
        ("base", ListBase.values),
        ("column_field", LAID_OUT_BY),
        ("swimlane_field", ("", *LAID_OUT_BY)),
        ("sort_by", BoardSort.values),
    ):
        if getattr(board, name) not in known:
            faults[name] = _("This is not one of: %(known)s.") % {"known": ", ".join(filter(None, known))}
    if board.swimlane_field == board.column_field:
        faults.setdefault("swimlane_field", _("Columns and lanes show two different things."))
    if "column_field" not in faults and not _are_columns(board.column_field, board.columns):
        faults["columns"] = _("These are no columns of this board.")
    if not 0 <= board.position <= 999:
        faults["position"] = _("A number from 0 to 999.")
    clean_filters(board, faults)


def _are_columns(field: str, keys: list[str]) -> bool:
    if len(keys) > MAX_COLUMNS or len(set(keys)) != len(keys):
        return False
    if field in BOARD_LABELS:
        return set(keys) <= set(BOARD_LABELS[ColumnField(field)])
    return all(key == NONE or (key and is_id(key)) for key in keys)
