"""What is promised now, kept in the process and read anew when policies or calendars have changed."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.calendars import work_calendar
from accounts.models import BusinessCalendar, Team
from accounts.selectors import calendar_of
from envelopes.enums import EnvelopeKind
from envelopes.models import Envelope
from sla.enums import PolicyKind
from sla.matching import Case, Rule, chosen_match, first_match, is_upgraded
from sla.models import CalendarEdition, CompanyPolicy, ScoreValue, SlaPolicy
from sla.models.policies import TARGETS
from sla.records import calendar_data, hours_of
from sla.scores.scoring import USUAL, Values
from sla.states import Hours, Terms
from tickets.models import Ticket

# What tells one state of these few rows from another: which version of which row there is, also within a transaction.
STAMP = " || ".join(
    f"coalesce((SELECT string_agg(id::text || xmin || ctid, ',' ORDER BY id) FROM {table}), '')"  # noqa: S608
    for table in (
        *("sla_slapolicy", "accounts_businesscalendar", "accounts_calendarwindow", "accounts_holiday"),
        *("sla_scorevalue", "sla_companypolicy"),
    )
)
# Of teams nothing but in whose hours they help: their other edits change no promise.
STAMP += " || coalesce((SELECT string_agg(id::text || calendar_id, ',' ORDER BY id) FROM accounts_team), '')"


@dataclass(frozen=True, slots=True)
class Policy(Rule):
    targets: Mapping[str, int]
    hours: Hours | None
    """Of promises to customers; help is counted in its team's."""
    is_retroactive: bool

    def terms(self, hours: Hours) -> Terms:
        return Terms(self.id, hours, self.targets, self.is_retroactive)


@dataclass(frozen=True)
class Book:
    """All active policies, in the order in which they are asked, and what else admins have set."""

    stamp: str
    policies: tuple[Policy, ...]
    scores: Values
    """The numbers of the priority score."""
    of_companies: Mapping[UUID, UUID] = field(default_factory=dict)
    """Company -> the policy that was named for it."""

    def terms_for(self, case: Case) -> Terms | None:
        """What is promised to the customer; None: nothing."""
        chosen = chosen_match(self.policies, case, PolicyKind.SLA, self.of_companies)
        policy = chosen or first_match(self.policies, case, PolicyKind.SLA)
        return policy.terms(policy.hours) if policy and policy.hours else None

    def terms_of_help(self, case: Case, hours: Hours, *, is_of_vendor: bool) -> Terms | None:
        """What colleagues promise; a vendor what is contracted with vendors, if anything is."""
        kinds = [PolicyKind.UNDERPINNING, PolicyKind.OLA] if is_of_vendor else [PolicyKind.OLA]
        policy = next((found for kind in kinds if (found := first_match(self.policies, case, kind))), None)
        return policy.terms(hours) if policy else None


class _Kept:
    """The book of this process."""

    def __init__(self) -> None:
        self.book: Book | None = None
        self.looked_at = 0.0


_kept = _Kept()


def forget_book() -> None:
    """Look at the next use whether something has changed."""
    _kept.looked_at = 0.0


def current_book() -> Book:
    """Looked after once in `SLA_BOOK_SECONDS`: what is edited elsewhere is followed by then, and what began meanwhile
    is put under it by the walk after the edit.
    """
    now = time.monotonic()
    if _kept.book is not None and now - _kept.looked_at < settings.SLA_BOOK_SECONDS:
        return _kept.book
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT md5({STAMP})")  # a constant of ours
        (stamp,) = cursor.fetchone()
    if _kept.book is not None and _kept.book.stamp == stamp:
        _kept.looked_at = now
        return _kept.book
    book, is_sure = _read(stamp)
    if is_sure:  # else an edition is new in this transaction, which may yet be rolled back
        _kept.book, _kept.looked_at = book, now
    return book


def fresh_book() -> Book:
    """As it stands within this transaction, which may yet be rolled back: kept by nobody."""
    return _read("")[0]


def _read(stamp: str) -> tuple[Book, bool]:
    calendars = BusinessCalendar.objects.prefetch_related("windows", "holidays")
    rows = list(SlaPolicy.objects.filter(is_active=True))
    ids = {row.calendar_id for row in rows}
    wanted = {row.pk: row for row in calendars if row.pk in ids or (None in ids and row.is_default)}
    hours = {pk: hours_of(pk, work_calendar(row)) for pk, row in wanted.items()}
    is_sure = not keep_editions(hours.values())
    default = next((hours[pk] for pk, row in wanted.items() if row.is_default), None)
    policies = [_policy(row, hours[row.calendar_id] if row.calendar_id else default) for row in rows]
    scores = {**USUAL, **dict(ScoreValue.objects.values_list("code", "value"))}
    chosen = dict(CompanyPolicy.objects.filter(policy__isnull=False).values_list("company", "policy"))
    return Book(stamp, tuple(sorted(policies, key=lambda policy: policy.rank)), scores, chosen), is_sure


def _policy(row: SlaPolicy, hours: Hours | None) -> Policy:
    asked = {
        "ticket_type": row.ticket_type,
        "priority": row.priority,
        "customer_tier": row.customer_tier,
        "company": row.company_id,
        "team": row.team_id,
        "category": row.category_id,
    }
    targets = {str(metric): getattr(row, name) for metric, name in TARGETS.items()}
    return Policy(
        id=row.pk,
        kind=row.kind,
        order=row.order,
        wants={name: value for name, value in asked.items() if value},
        targets={metric: minutes for metric, minutes in targets.items() if minutes},
        hours=hours,
        is_retroactive=row.retroactive,
    )


def keep_editions(hours: Iterable[Hours]) -> bool:
    """Whether some of these were not known yet."""
    wanted = {each.id: each for each in hours}
    known = set(CalendarEdition.objects.filter(pk__in=list(wanted)).values_list("pk", flat=True))
    new = [each for pk, each in wanted.items() if pk not in known]
    CalendarEdition.objects.bulk_create(
        [
            CalendarEdition(pk=each.id, calendar_id=each.calendar_id, content=calendar_data(each.calendar))
            for each in new
        ],
        ignore_conflicts=True,
    )
    return bool(new)


def hours_for(team: Team | None) -> Hours:
    """The edition of a team's calendar as it is now, or of the default one."""
    calendar = calendar_of(team)
    hours = hours_of(calendar.pk, work_calendar(calendar))
    keep_editions([hours])
    return hours


def known_case_of(ticket: Ticket) -> Case:
    """Of one that is there already, with the policy that was named for it. Reads nothing if the ticket comes with that,
    its requester and their company (`KNOWN_WITH`).
    """
    choice = getattr(ticket, "policy_choice", None)  # the other end of a one-to-one: missing where there is none
    return replace(case_of(ticket), chosen=choice.policy_id if choice else None)


KNOWN_WITH = ("requester__company", "policy_choice")


def case_of(ticket: Ticket) -> Case:
    """Of a new one, or as far as help on it goes. Reads nothing if the ticket comes with its requester and their
    company.
    """
    tier = ticket.requester.effective_tier
    return Case(
        ticket_type=ticket.type,
        priority=ticket.priority,
        customer_tier=tier,
        company=ticket.company_id,
        team=ticket.team_id,
        category=ticket.category_id,
        is_upgraded=is_upgraded(tier, ticket.flags),
    )


def terms_of_envelope(envelope: Envelope, case: Case) -> Terms | None:
    """`case`: that of its ticket."""
    team = asked_team(envelope)
    counted = Case(
        ticket_type=case.ticket_type,
        priority=case.priority,
        customer_tier=case.customer_tier,
        company=case.company,
        team=team.pk if team else None,
        category=case.category,
        is_upgraded=case.is_upgraded,
    )
    is_of_vendor = envelope.kind == EnvelopeKind.EXTERNAL_VENDOR
    return current_book().terms_of_help(counted, hours_for(team), is_of_vendor=is_of_vendor)


def asked_team(envelope: Envelope) -> Team | None:
    """Whose hours count: the target team's, or that of the person's own team where a person is asked alone."""
    agent = envelope.assigned_to
    return envelope.team or (agent.primary_team if agent else None)
