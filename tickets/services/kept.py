"""What is kept under a name for oneself, a team or everybody: saved views and boards. Nothing here touches a ticket."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid, NotFound, StaleVersion, Text
from core.history import record, record_deletion
from tickets.enums import ListBase, Priority, TicketStatus, ViewScope
from tickets.errors import RoleForbids, ViewNotShared
from tickets.filters import read_filter
from tickets.models import KanbanBoard, SavedView
from tickets.policies import may_keep_views, may_share_views

OWN_PREFIX = "my-"
TAKEN = {*ListBase.values, "escalated", "breaching", "waiting", "views", "new", "limits"}
"""Addresses of lists that are there for everybody, or will be."""
MAX_OWN = 100
FILTERS = ("status", "team", "priority", "owner", "q")
OWNERS = ("", "me", "none")
Faults = dict[str, Text | list[Text]]
Kept = SavedView | KanbanBoard
K = TypeVar("K", SavedView, KanbanBoard)


def keep(row: K, values: dict[str, Any], *, by: Actor, clean: Callable[[K], None], too_many: Promise | str) -> K:
    """Write a new one. Raises RoleForbids, ViewNotShared (for a team or everybody) or Invalid."""
    if not isinstance(by, Agent) or not may_keep_views(by):
        raise RoleForbids
    row.owner = by
    _set(row, values)
    refuse_unshared(row, by)
    model: Any = type(row)
    if model.objects.filter(owner=by).count() >= MAX_OWN:
        raise Invalid({"name": str(too_many) % {"count": MAX_OWN}})
    clean(row)
    record_with_slug(row, by=by)
    return row


def change(row: K, values: dict[str, Any], *, by: Actor, version: int | None, clean: Callable[[K], None]) -> K:
    """Write a locked one that `by` may edit; its address stays as long as it is for the same kind of readers. Raises
    ViewNotShared, Invalid or StaleVersion.
    """
    was_personal = row.scope == ViewScope.PERSONAL
    _set(row, values)
    if row.scope == ViewScope.PERSONAL and isinstance(by, Agent):
        row.owner = by  # whoever takes a shared one for themselves has it, not who once made it
    refuse_unshared(row, by)
    clean(row)
    _refuse_stale(row, version)
    if was_personal == (row.scope == ViewScope.PERSONAL):
        record(row, by=by)
    else:
        record_with_slug(row, by=by)
    return row


def remove(row: Kept, *, by: Actor, version: int | None) -> None:
    """History keeps what it was. Raises StaleVersion."""
    _refuse_stale(row, version)
    record_deletion(row, by=by)


def locked(model: type[K], row_id: UUID, *, by: Actor) -> K:
    """Raises NotFound, for somebody else's own one too."""
    objects: Any = model.objects  # each model's manager has a type of its own
    rows = objects.select_related("team").select_for_update(of=("self",), no_key=True)
    found: K | None = rows.filter(pk=row_id).first()
    if found is None or (found.scope == ViewScope.PERSONAL and not may_edit_view(by, found)):
        raise NotFound
    return found


def _set(row: Kept, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    if row.scope != ViewScope.TEAM:
        row.team = None


def _refuse_stale(row: Kept, version: int | None) -> None:
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)


def may_edit_view(actor: Actor, view: Kept) -> bool:
    """Own ones; those of a team or of everybody: whoever may share such."""
    if view.scope == ViewScope.PERSONAL:
        return may_keep_views(actor) and isinstance(actor, Agent) and view.owner_id == actor.pk
    return may_share_views(actor, view.team)


def refuse_unshared(view: Kept, by: Actor) -> None:
    if view.scope == ViewScope.TEAM and view.team is None:
        raise Invalid({"team": _("Name the team you share it with.")})
    if view.scope != ViewScope.PERSONAL and not may_share_views(by, view.team):
        raise ViewNotShared


def clean_name(view: Kept) -> Faults:
    """What is wrong with the name, once it is put in order."""
    view.name = " ".join(str(view.name).split())
    return {} if 0 < len(view.name) <= 60 else {"name": _("It needs a name of at most 60 characters.")}


def clean_filters(view: Kept, faults: Faults) -> None:
    """Put them in order. Raises Invalid for what is wrong with them, and for what was wrong before."""
    faults |= _faults_of(view.filters)
    if faults:
        raise Invalid(faults)
    given = {name: str(view.filters[name]) for name in FILTERS if view.filters.get(name)}
    # Written in one way, as addresses are, so that a list which is looked at as it was saved is not called changed.
    words = {"q": text} if (text := read_filter(given.pop("q", "")).text) else {}
    view.filters = given | words


def _faults_of(filters: dict[str, Any]) -> Faults:
    def one_of(*known: str) -> Any:
        return lambda value: value in known

    checks = {
        "status": one_of("", "any", *TicketStatus.values),
        "priority": one_of("", *Priority.values),
        "owner": one_of(*OWNERS),
        "team": is_id,
        "q": lambda value: read_filter(str(value), field="filters") is not None,
    }
    unknown = [name for name, value in filters.items() if name not in checks or not checks[name](value)]
    return (
        {"filters": _("This filter has no such value: %(names)s.") % {"names": ", ".join(unknown)}} if unknown else {}
    )


def is_id(value: Any) -> bool:
    try:
        return not value or bool(UUID(str(value)))
    except ValueError:
        return False


def record_with_slug(view: Kept, *, by: Actor) -> None:
    """Save it under an address nobody else has; of two who name theirs alike at once, the second gets the next one."""
    prefix = OWN_PREFIX if view.scope == ViewScope.PERSONAL else ""
    stem = slugify(view.name)[:60].strip("-") or "list"
    if not prefix and stem.startswith(OWN_PREFIX):
        stem = f"view-{stem}"
    model: Any = type(view)
    taken = model.objects.filter(slug__startswith=prefix + stem).exclude(pk=view.pk)
    rivals = taken.filter(owner=view.owner, scope=ViewScope.PERSONAL) if prefix else taken
    known = {*rivals.values_list("slug", flat=True), *TAKEN}
    for number in range(1, len(known) + 10):
        view.slug = f"{prefix}{stem}" if number == 1 else f"{prefix}{stem}-{number}"
        if view.slug in known:
            continue
        try:
            with transaction.atomic():
                record(view, by=by)
            return
        except IntegrityError:
            continue
    raise Invalid({"name": _("This name is taken.")})
