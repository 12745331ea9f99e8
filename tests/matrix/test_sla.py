"""Service levels: permissions.md section 2, rows "Approved SLA pause" and "List and read main thread", typed by hand."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

CLOCKS = """
act             state          anon agent owner deputy lead   super  manager auditor admin outsider bare  client gone

# What is promised to the customer: whoever reads the ticket
read_clocks     new            401  ok    ok    404    ok     ok     ok      ok      404   404      scope ok     401
read_clocks     owned          401  ok    ok    ok     ok     ok     ok      ok      404   404      scope ok     401
read_clocks     foreign_owned  401  404   404   404    404    404    404     ok      404   404      404   ok     401
see_why_due     owned          401  ok    ok    ok     ok     ok     ok      ok      404   404      -      -      401
see_why_due     foreign_owned  401  404   404   404    404    404    404     ok      404   404      -      -      401

# The forms, as what they send
see_pause_form  owned          401  role  role  role   role   ok     ok      role    404   404      -      -      401
see_resume_form paused         401  role  role  role   role   ok     ok      role    404   404      -      -      401

# "Approved SLA pause": supervisor and manager
pause_clocks    new            401  role  role  404    role   ok     ok      role    404   404      role  role   401
pause_clocks    owned          401  role  role  role   role   ok     ok      role    404   404      role  role   401
pause_clocks    resolved       401  role  role  role   role   state  state   role    404   404      role  role   401
pause_clocks    closed         401  role  role  role   role   closed closed  role    404   404      role  role   401
pause_clocks    foreign_owned  401  404   404   404    404    404    404     role    404   404      404   role   401
resume_clocks   paused         401  role  role  role   role   ok     ok      role    404   404      role  role   401
resume_clocks   owned          401  role  role  role   role   not_paused not_paused role 404 404 role role 401
"""
ALERTS = """
act               state          anon agent owner deputy lead   super  manager auditor admin outsider bare  client gone

# "List and read main thread": whoever reads the ticket
read_alerts       new            401  ok    ok    404    ok     ok     ok      ok      404   404      scope ok     401
read_alerts       owned          401  ok    ok    ok     ok     ok     ok      ok      404   404      scope ok     401
read_alerts       foreign_owned  401  404   404   404    404    404    404     ok      404   404      404   ok     401

# Who is told next: those who answer for the ticket, and who audits
read_forecast     owned          401  role  ok    ok     ok     ok     ok      ok      404   404      role  role   401
read_forecast     foreign_owned  401  404   404   404    404    404    404     ok      404   404      404   role   401

# "Acknowledge alert": recipients; this one went to owner, lead, manager and auditor, who only reads
acknowledge_alert -              401  role  ok    404    ok     role   ok      role    404   404      role  role   401
acknowledge_on_page_of_alerts -  401  role  ok    404    ok     role   ok      role    404   404      -     -      401

# What one was told of, and alerts of one's teams: programs are told nothing
read_own_alerts   -              401  ok    ok    ok     ok     ok     ok      ok      ok    ok       role  role   401
"""

SCORES = """
act               state          anon agent owner deputy lead   super  manager auditor admin outsider bare  client gone

# "List and read main thread": whoever reads the ticket, but no customer
read_score        new            401  ok    ok    404    ok     ok     ok      ok      404   404      scope ok     401
read_score        owned          401  ok    ok    ok     ok     ok     ok      ok      404   404      scope ok     401
read_score        foreign_owned  401  404   404   404    404    404    404     ok      404   404      404   ok     401
see_score         owned          401  ok    ok    ok     ok     ok     ok      ok      404   404      -     -      401

# The forms, as what they send
see_score_form    owned          401  not_owner ok ok    ok     ok     ok      role    404   404      -     -      401
see_free_form     owned          401  not_owner ok ok    ok     ok     ok      role    404   404      -     -      401

# "Override score": O, lead, supervisor, manager
override_score    new            401  role  role  404    ok     ok     ok      role    404   404      role  role   401
override_score    owned          401  not_owner ok ok    ok     ok     ok      role    404   404      role  role   401
override_score    resolved       401  not_owner state state state state state  role    404   404      role  role   401
override_score    closed         401  not_owner closed closed closed closed closed role 404  404      role  role   401
override_score    foreign_owned  401  404   404   404    404    404    404     role    404   404      404   role   401
free_score        owned          401  not_owner 409:no_override/409 409:no_override/409 409:no_override/409 409:no_override/409 409:no_override/409 role 404 404 role role 401
"""


PROPOSALS = """
act                 state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "SLA policies, calendars, alert matrix": manager proposes, auditor reads, admin decides; nobody else takes part
read_proposals      -     401  role  role  role   role role  ok      ok      ok    role     role  role   401
read_proposal       -     401  role  role  role   role role  ok      ok      ok    role     role  role   401
see_proposable      -     401  role  role  role   role role  ok      role    role  role     -     -      401
see_new_policy_form -     401  role  role  role   role role  ok      role    role  role     -     -      401
see_policy_form     -     401  role  role  role   role role  ok      role    role  role     -     -      401
see_calendar_form   -     401  role  role  role   role role  ok      role    role  role     -     -      401
see_cell_form       -     401  role  role  role   role role  ok      role    role  role     -     -      401
read_subjects       -     401  role  role  role   role role  ok      ok      ok    role     role  role   401
preview_proposal    -     401  role  role  role   role role  ok      role    role  role     role  role   401
propose             -     401  role  role  role   role role  ok      role    role  role     role  role   401
propose_new_policy  -     401  role  role  role   role role  ok      role    role  role     -     -      401
propose_policy      -     401  role  role  role   role role  ok      role    role  role     -     -      401
propose_calendar    -     401  role  role  role   role role  ok      role    role  role     -     -      401
# The manager's own proposal: object rule 8, nobody decides about their own
accept_proposal     -     401  role  role  role   role role  role    role    ok    role     role  role   401
decline_proposal    -     401  role  role  role   role role  role    role    ok    role     role  role   401
withdraw_proposal   -     401  role  role  role   role role  ok      role    role  role     role  role   401
"""


@pytest.mark.parametrize("row", rows(PROPOSALS), ids=str)
def test_who_proposes_and_who_decides(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected


@pytest.mark.parametrize("row", rows(SCORES), ids=str)
def test_181_who_sees_and_overrides_scores(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected


@pytest.mark.parametrize("row", rows(ALERTS), ids=str)
def test_181_who_sees_and_acknowledges_alerts(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected


@pytest.mark.parametrize("row", rows(CLOCKS), ids=str)
def test_181_who_may_stop_clocks(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
