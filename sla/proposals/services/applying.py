"""What a proposal would change, changed through the services of a direct edit; for good, or to see what it would do."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import BusinessCalendar
from accounts.services import save_calendar
from core.actors import DESK, Actor
from core.errors import Invalid, NotFound, StaleVersion
from sla.alerts.errors import MatrixPreviewed
from sla.alerts.models import AlertRule
from sla.alerts.services import edit_rule
from sla.models import SlaPolicy
from sla.proposals.enums import ProposalAbout
from sla.proposals.errors import ProposalOutdated
from sla.proposals.shapes import FIELDS, MODELS, Data, as_data, holidays_of, put, values_of, windows_of
from sla.services import Effects, effects_between, fresh_book, save_policy


@dataclass(frozen=True)
class Wish:
    """Something about promises that is to be other than it is."""

    about: str
    target_id: UUID | None
    """Of what is to change; None: a new policy."""
    seen_version: int | None
    values: Data
    """Only what is to be other."""
    former: Data
    title: str
    reason: str


def wish_for(about: str, target_id: UUID | None, given: dict[str, Any], *, version: int | None, reason: str) -> Wish:
    """What of `given` differs from how things are. `version`: the one that was looked at, else the present one.

    Raises NotFound, ProposalOutdated, Invalid where nothing would change, or for what nobody can propose.
    """
    if unknown := sorted(set(given) - set(FIELDS[about])):
        raise Invalid({name: _("This field does not change.") for name in unknown})
    row = _row(about, target_id, version)
    now = values_of(about, row)
    values = {name: value for name, value in as_data(given).items() if target_id is None or value != now[name]}
    if "kind" in values and target_id is not None:
        raise Invalid({"kind": _("A policy stays of its kind; propose a new one.")})
    if not values:
        raise Invalid({"values": _("As it is proposed, nothing would change.")})
    former = {name: now[name] for name in values} if target_id is not None else {}
    title = str(row) if target_id is not None else str(values.get("name", ""))
    seen = row.version if target_id is not None else None  # type: ignore[attr-defined]  # of each that is in MODELS
    return Wish(about, target_id, seen, values, former, title[:255], reason.strip())


def _row(about: str, target_id: UUID | None, version: int | None) -> Model:
    """What is to change, if it is still of this version; a new policy."""
    if target_id is None:
        if about != ProposalAbout.POLICY:
            raise NotFound
        return SlaPolicy()
    row: Any = MODELS[about]._base_manager.filter(pk=target_id).first()  # noqa: SLF001  # public by its documentation
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise ProposalOutdated(what=str(row))
    return cast(Model, row)


def rehearse(wish: Wish) -> Effects:
    """What granting it would do to open tickets; nothing of it is kept. Raises what granting it would."""
    if wish.about == ProposalAbout.ALERT_RULE:
        return _effects_on_alerts(wish)
    with transaction.atomic():
        before = fresh_book()
        grant(wish, by=DESK)
        effects = effects_between(before, fresh_book())
        transaction.set_rollback(True)
    return effects


def _effects_on_alerts(wish: Wish) -> Effects:
    """Of the watches that run: of so many tickets somebody would be told otherwise."""
    rule = cast(AlertRule, _row(wish.about, wish.target_id, wish.seen_version))
    try:
        edit_rule(rule.pk, by=DESK, reason=wish.reason, is_preview=True, **_whole(rule, wish))
    except MatrixPreviewed as previewed:
        return Effects(previewed.effects.watched, previewed.effects.changed, 0)
    raise AssertionError("a preview keeps nothing")


def grant(wish: Wish, *, by: Actor) -> Model:
    """Change it. Raises ProposalOutdated, or what a direct edit would."""
    row = _row(wish.about, wish.target_id, wish.seen_version)
    try:
        match wish.about:
            case ProposalAbout.POLICY:
                return _grant_policy(wish, by=by)
            case ProposalAbout.CALENDAR:
                return _grant_calendar(cast(BusinessCalendar, row), wish, by=by)
        return _grant_rule(cast(AlertRule, row), wish, by=by)
    except StaleVersion as stale:  # it was changed while it was looked at
        raise ProposalOutdated(what=wish.title) from stale


def _grant_policy(wish: Wish, *, by: Actor) -> SlaPolicy:
    policy = SlaPolicy()
    if wish.target_id is not None:
        policy = SlaPolicy.objects.select_for_update(of=("self",), no_key=True).get(pk=wish.target_id)
        if policy.version != wish.seen_version:
            raise ProposalOutdated(what=wish.title)
    put(policy, wish.values)
    return save_policy(policy, by=by, reason=wish.reason)


def _grant_calendar(calendar: BusinessCalendar, wish: Wish, *, by: Actor) -> BusinessCalendar:
    values = dict(wish.values)
    parts: dict[str, Any] = {}
    if "windows" in values:
        parts["windows"] = windows_of(calendar, values.pop("windows"))
    if "holidays" in values:
        parts["holidays"] = holidays_of(calendar, values.pop("holidays"))
    return save_calendar(calendar.pk, by=by, reason=wish.reason, version=wish.seen_version, **parts, **values)


def _grant_rule(rule: AlertRule, wish: Wish, *, by: Actor) -> AlertRule:
    return edit_rule(rule.pk, by=by, reason=wish.reason, version=wish.seen_version, **_whole(rule, wish))


def _whole(rule: AlertRule, wish: Wish) -> Data:
    """What is wished, and what stays as it is."""
    return values_of(ProposalAbout.ALERT_RULE, rule) | wish.values
