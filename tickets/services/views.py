"""Saved views: lists that somebody has named (domain.md section 17). Nothing here touches a ticket."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from core.actors import Actor
from core.service import service
from tickets.enums import ListBase, ViewScope
from tickets.errors import ViewNotYours
from tickets.models import SavedView
from tickets.services.kept import change, clean_filters, clean_name, keep, locked, may_edit_view, remove
from tickets.sorting import ALL_SORTS

TOO_MANY = _("You have %(count)s views already; delete one first.")
FIELDS = ("name", "scope", "team", "base", "filters", "columns", "sort", "position")


@service
def save_view(
    name: str,
    *,
    by: Actor,
    scope: str = ViewScope.PERSONAL,
    team: Team | None = None,
    base: str = ListBase.ALL,
    filters: dict[str, str] | None = None,
    columns: list[str] | None = None,
    sort: str = "",
    position: int = 0,
) -> SavedView:
    """Name a list. Raises RoleForbids, ViewNotShared (for a team or everybody) or Invalid."""
    values: dict[str, Any] = {
        "name": name,
        "scope": scope,
        "team": team,
        "base": base,
        "sort": sort,
        "position": position,
    }
    values |= {"filters": filters or {}, "columns": columns or []}
    return keep(SavedView(), values, by=by, clean=_clean, too_many=TOO_MANY)


@service
def edit_view(view_id: UUID, *, by: Actor, version: int | None = None, **values: Any) -> SavedView:
    """Change the given `FIELDS`; its address stays as long as it is for the same kind of readers.

    Raises NotFound, ViewNotYours, ViewNotShared, Invalid or StaleVersion.
    """
    if unknown := set(values) - set(FIELDS):
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")
    return change(_locked(view_id, by), values, by=by, version=version, clean=_clean)


@service
def delete_view(view_id: UUID, *, by: Actor, version: int | None = None) -> None:
    """Remove the view, not a ticket of it; history keeps what it was. Raises NotFound, ViewNotYours or StaleVersion."""
    remove(_locked(view_id, by), by=by, version=version)


def _locked(view_id: UUID, by: Actor) -> SavedView:
    view = locked(SavedView, view_id, by=by)
    if not may_edit_view(by, view):
        raise ViewNotYours(name=view.name)
    return view


def _clean(view: SavedView) -> None:
    """Raises Invalid. Team and people of a filter are not looked up: who reads the view may know others."""
    faults = clean_name(view)
    for name, known in (("scope", ViewScope.values), ("base", ListBase.values), ("sort", ["", *ALL_SORTS])):
        if getattr(view, name) not in known:
            faults[name] = _("This is not one of: %(known)s.") % {"known": ", ".join(filter(None, known))}
    if len(view.columns) > 20 or any(len(str(column)) > 20 for column in view.columns):
        faults["columns"] = _("These are no columns of a list.")
    if not 0 <= view.position <= 999:
        faults["position"] = _("A number from 0 to 999.")
    clean_filters(view, faults)
