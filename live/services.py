"""Writing the log of changes, giving it its numbers, and forgetting it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from core import wake
from core.writing import write_soon
from live.enums import Kind
from live.models import Change
from live.wake import WORD
from sla.alerts.enums import AlertStatus
from sla.alerts.models import Alert, AlertRecipient

KEPT_FOR = timedelta(days=1)
"""A page that was away for longer looks at everything anew."""
FORGOTTEN_AT_ONCE = 5000
LOCK = 0x11BE_10C0
"""Of PostgreSQL's advisory locks, taken for the length of one numbering."""
INSERT = "INSERT INTO live_change (kind, ticket_id, person_id, xid, created_at) VALUES "

INSERT_WHOM_ALERTS_ARE_FOR = f"""
    INSERT INTO live_change (kind, person_id, xid, created_at)
    SELECT DISTINCT '{Kind.TOLD}', r.agent_id, pg_current_xact_id()::text::bigint, clock_timestamp()
      FROM {AlertRecipient._meta.db_table} r JOIN {Alert._meta.db_table} a ON a.id = r.alert_id
     WHERE r.is_open AND a.ticket_id = %s AND a.condition = ANY(%s) AND a.status = '{AlertStatus.OPEN}'
"""  # noqa: S608  # names of ours


def ticket_changed(*ticket_ids: UUID) -> None:
    """Note it in the transaction of the act; once, however much of the ticket the act changes."""
    _note([(Kind.TICKET, ticket_id, None) for ticket_id in ticket_ids])


def people_told(person_ids: Iterable[UUID]) -> None:
    """What these people (agents) have been told, or have read of it, is other than before."""
    _note([(Kind.TOLD, None, person_id) for person_id in person_ids])


def alerts_cleared(ticket_id: UUID, conditions: Sequence[str]) -> None:
    """For whom alerts of these conditions stand open has fewer of them; one statement that goes along with those of the
    act, whose own change of the ticket wakes the streams.
    """
    write_soon("live_change", INSERT_WHOM_ALERTS_ARE_FOR, [ticket_id, list(conditions)])


def access_changed(person_id: UUID) -> None:
    """A session of this agent has ended, or all of them: their streams are looked at anew, at once."""
    with transaction.atomic():
        _note([(Kind.ACCESS, None, person_id)])


class _Noted:
    """Stands among what is done after the commit, as long as its row is part of the transaction: a savepoint that is
    rolled back takes both along.
    """

    def __init__(self, what: tuple[Kind, UUID | None, UUID | None]) -> None:
        self.what = what

    def __call__(self) -> None:
        wake.now(WORD)


def _note(wanted: Collection[tuple[Kind, UUID | None, UUID | None]]) -> None:
    noted = {getattr(hook[1], "what", None) for hook in connection.run_on_commit}
    new = [what for what in dict.fromkeys(wanted) if what not in noted]
    if not new:
        return
    rows = ", ".join(["(%s, %s, %s, pg_current_xact_id()::text::bigint, clock_timestamp())"] * len(new))
    write_soon("live_change", INSERT + rows, [value for what in new for value in what], head=INSERT)
    for what in new:
        transaction.on_commit(_Noted(what), robust=True)


@transaction.atomic
def dispatch() -> None:
    """Number what is committed. One at a time, until its commit: whoever reads number 7 has read 6 or never will."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(
            """
            UPDATE live_change SET number = due.number
              FROM (SELECT id, nextval('live_number') AS number
                      FROM (SELECT id FROM live_change WHERE number IS NULL ORDER BY id) AS waiting) AS due
             WHERE live_change.id = due.id
            """
        )


def forget_old(*, now: datetime) -> int:
    """A timer: remove one batch of changes that are older than `KEPT_FOR`."""
    old = Change.objects.filter(created_at__lt=now - KEPT_FOR).order_by("created_at").values("pk")[:FORGOTTEN_AT_ONCE]
    return Change.objects.filter(pk__in=old).delete()[0]
