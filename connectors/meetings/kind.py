"""What a connection to a calendar asks for, and what a test of it looks at."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from connectors.base.enums import FindingState
from connectors.base.failures import CredentialsRefused, Failure, Gone, PermissionMissing
from connectors.base.kinds import Asked, Finding, Kind
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.meetings.calendars import SharedCalendar, circuit_of, signs_in
from connectors.meetings.kinds import ALL_TEAMS, KIND, MAILBOX, MEETS_FOR, MICROSOFT_365, OF_TEAM
from connectors.meetings.models import CalendarCopy
from connectors.meetings.selectors import NEEDED
from connectors.microsoft365.identity import Tokens
from connectors.microsoft365.testing import roles_of
from core.errors import Invalid

ADDRESS = r"[^@\s\x00-\x1f/\\]{1,64}@[A-Za-z0-9.-]{1,253}"
OUT_OF_SCOPE = Said("ms_mailbox_scope")
FINE, MISSING, FAILED = FindingState.FINE, FindingState.MISSING, FindingState.FAILED


def teams() -> Iterator[tuple[str, str]]:
    """Whose meetings it takes."""
    yield ALL_TEAMS, str(_("All teams that have no calendar of their own"))
    for team_id, name in Team.objects.order_by("name").values_list("pk", "name"):
        yield OF_TEAM % team_id, str(_("Team: %(team)s") % {"team": name})


def applications() -> Iterator[tuple[str, str]]:
    """Connections to Microsoft 365, by whose application meetings are made."""
    for row_id, name in Connection.objects.of_kind("microsoft365").order_by("name").values_list("pk", "name"):
        yield str(row_id), name


def look_over(connection: Connection) -> Iterator[Finding]:
    """Signing in, the permission as far as the token names any, and the calendar itself."""
    signing_in = Said("ms_signs_in")
    try:
        application = signs_in(connection)
    except CredentialsRefused as failure:
        yield Finding(MISSING, signing_in, failure.said)
        return
    try:
        roles = roles_of(Tokens(application).headers()["Authorization"].removeprefix("Bearer "))
    except Failure as failure:
        yield Finding(FAILED, signing_in, failure.said)  # what is missing is told by the connection whose it is
        return
    yield Finding(FINE, signing_in)
    reading = _reading(connection)
    yield _permission(roles or frozenset(), is_closed=reading.cure == OUT_OF_SCOPE)
    yield reading


def _permission(roles: frozenset[str], *, is_closed: bool) -> Finding:
    """A role that is scoped by RBAC for Applications stands in no token: one that is not there proves nothing, unless
    the calendar `is_closed`.
    """
    facts = {"permission": NEEDED}
    what = Said("ms_permission", facts)
    if NEEDED in roles:
        return Finding(FINE, what)
    if is_closed:
        return Finding(MISSING, what, Said("ms_grant", facts))
    return Finding(FindingState.UNCLEAR, what, Said("ms_grant_scoped", facts))


def _reading(connection: Connection) -> Finding:
    mailbox = connection.settings.get(MAILBOX, "")
    what = Said("calendar_of", {"mailbox": mailbox})
    try:
        SharedCalendar(connection, mailbox).look()
    except PermissionMissing:
        return Finding(MISSING, what, OUT_OF_SCOPE)
    except Gone:
        return Finding(MISSING, what, Said("ms_mailbox_unknown"))
    except Failure as failure:
        return Finding(FAILED, what, failure.said)
    return Finding(FINE, what)


def refuse_second(connection: Connection) -> None:
    """Of two calendars in use for the same meetings nobody could tell which takes them. Raises Invalid."""
    asked = {f"settings__{MEETS_FOR}": connection.settings[MEETS_FOR]}
    others = Connection.objects.active().of_kind(KIND).exclude(pk=connection.pk).filter(**asked)
    if connection.is_active and (other := others.first()):
        raise Invalid({MEETS_FOR: _("“%(name)s” takes these already.") % {"name": other.name}})


def waiting(row: Connection) -> int:
    return CalendarCopy.objects.waiting().filter(meeting__connection=row).count()


CALENDAR = Kind(
    name=KIND,
    label=_("Microsoft 365: calendar for meetings"),
    prefix="MSGRAPH_",
    settings=(
        Asked(
            MICROSOFT_365,
            _("Signs in as"),
            help=_("The connection to Microsoft 365 whose application makes meetings; it needs Calendars.ReadWrite"),
            is_required=True,
            choices=applications,
            wrong=_("Choose one of the list."),
        ),
        Asked(
            MAILBOX,
            _("Shared mailbox"),
            help=_("In its calendar the meetings stand, and it invites"),
            is_required=True,
            pattern=ADDRESS,
            wrong=_("Write an e-mail address."),
        ),
        Asked(
            MEETS_FOR,
            _("Takes meetings of"),
            is_required=True,
            choices=teams,
            wrong=_("Choose one of the list."),
        ),
    ),
    secrets=(),
    account=circuit_of,
    look_over=look_over,
    signing_in=("ms_signs_in",),
    backlog=waiting,
    refuse_beside=refuse_second,
)
