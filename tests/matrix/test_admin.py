"""The operators' pages, a few by hand: who may open and change what, from permissions.md section 2. The rest of them shares
their base class (core/admin_site.py), which refuses what no policy grants.

"Users, roles, integrations": admin; auditor reads. "Teams, skills, capacity": lead the own, supervisor, manager. "Calendars":
admin; manager proposes, auditor reads. Tickets: who reads them (the issue: "for supervisors"). Nobody below supervisor has
business here; `is_superuser` and Django's permissions count for nothing (ruling 8).
"""

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from tests.matrix.asking import Row, answers, rows, send, undone
from tests.matrix.cases import Ask, Case
from tests.matrix.scenes import COLUMNS, World
from tickets.models import Ticket

PAGES = """
act                   state anon agent owner deputy lead super manager auditor admin outsider bare client gone

admin_index           -     401  role  role  role   role ok    ok      ok      ok    role     -    -      401
admin_tickets         -     401  role  role  role   role ok    ok      ok      role  role     -    -      401
admin_envelopes       -     401  role  role  role   role ok    ok      ok      role  role     -    -      401
admin_reminders       -     401  role  role  role   role ok    ok      ok      role  role     -    -      401
admin_alerts          -     401  role  role  role   role ok    ok      ok      role  role     -    -      401
# "SLA policies, calendars, alert matrix": manager proposes, auditor reads, admin changes
admin_alert_matrix    -     401  role  role  role   role role  ok      ok      ok    role     -    -      401
admin_client_reminders -     401  role  role  role   role role  ok      ok      ok    role     -    -      401
admin_company_policies -     401  role  role  role   role role  ok      ok      ok    role     -    -      401
admin_name_policy     -      401  role  role  role   role role  role    role    ok    role     -    -      401
admin_tasks           -     401  role  role  role   role ok    ok      ok      role  role     -    -      401
admin_ticket          owned 401  role  role  role   role ok    ok      ok      role  role     -    -      401
admin_foreign_ticket  -     401  role  role  role   role 404   404     ok      role  role     -    -      401
# "Audit log": supervisor and manager in scope, auditor and admin everywhere
admin_transfers       -     401  role  role  role   role ok    ok      ok      ok    role     -    -      401
admin_agents          -     401  role  role  role   role ok    ok      ok      ok    role     -    -      401
admin_agent           -     401  role  role  role   role ok    ok      ok      ok    role     -    -      401
admin_add_agent       -     401  role  role  role   role role  role    role    ok    role     -    -      401
admin_clients         -     401  role  role  role   role role  role    ok      ok    role     -    -      401
admin_calendars       -     401  role  role  role   role role  ok      ok      ok    role     -    -      401
admin_add_calendar    -     401  role  role  role   role role  role    role    ok    role     -    -      401
admin_preview_calendar -    401  role  role  role   role role  role    role    ok    role     -    -      401
admin_save_calendar   -     401  role  role  role   role role  role    role    ok    role     -    -      401

# "transfer_ownership": supervisor, manager, admin; "redaction": admin
admin_transfer_form   -     401  role  role  role   role ok    ok      role    ok    role     -    -      401
admin_redaction_form  -     401  role  role  role   role role  role    role    ok    role     -    -      401
"""

TRANSFERRING = """
act                      state         anon agent owner deputy lead super   manager auditor admin   outsider bare client gone

# The same answers as at the API (test_ownership.py), once the page itself is open to somebody
admin_transfer           leaving       401  role  role  role   role ok      ok      role    ok      role     -    -      401
admin_transfer_too_hard  leaving       401  role  role  role   role reason  reason  role    reason  role     -    -      401
admin_transfer_for_leave leaving       401  role  role  role   role short   short   role    short   role     -    -      401
admin_transfer_untold    leaving       401  role  role  role   role untold  untold  role    untold  role     -    -      401
admin_transfer           owned         401  role  role  role   role reason  reason  role    reason  role     -    -      401
admin_transfer           new           401  role  role  role   role unowned unowned role    unowned role     -    -      401
admin_transfer           closed        401  role  role  role   role closed  closed  role    closed  role     -    -      401
admin_transfer           foreign_owned 401  role  role  role   role 404     404     role    reason  role     -    -      401
"""


@pytest.mark.parametrize("row", rows(PAGES) + rows(TRANSFERRING), ids=str)
def test_who_may_open_the_operators_pages(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected


def test_django_flags_and_permissions_open_nothing(world: World) -> None:
    user = world.people["agent"].user
    with undone():
        User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
        user.user_permissions.set(Permission.objects.all())
        assert send(Case(world, "agent", "owned"), Ask("get", "/admin/")).status_code == 403


@pytest.mark.parametrize("column", [column for column in COLUMNS if column not in ("bare", "client")])
def test_002_no_operator_writes_an_owner(column: str, world: World) -> None:
    ticket = world.scenes["owned"].ticket
    address = f"/admin/tickets/ticket/{ticket.pk}/change/"
    stranger = world.people["outsider"]
    with undone():
        send(Case(world, column, "owned"), Ask("post", address, {"owner": str(stranger.pk), "status": "closed"}))
        after = Ticket.objects.get(pk=ticket.pk)
        assert (after.owner_id, after.status, after.version) == (ticket.owner_id, "in_progress", ticket.version)
