"""Figures: permissions.md section 2, "Dashboards / scheduled reports", and metrics.md section 1 ("No metric of a single
person is shown to peers"), typed by hand.
"""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

REPORTS = """
act                  state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# agent own, lead team, supervisor scope, manager Y, auditor Y; admin not; programs have no pages
see_reports          -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       -     -      401
see_report           -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       -     -      401
export_figures       -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       -     -      401
see_figure_rows      -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       -     -      401
# How a figure went is told to whom the figure is told
see_course           -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       -     -      401
export_course        -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       -     -      401
figure_course        -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
# API: `metrics:read`
backlog              -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
export_backlog       -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       -     -      401
figure_list          -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
figure_one           -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
# Of a team: those in charge of it, and auditors
see_team_figure_rows -     401  404   404   404    ok   ok    ok      ok      role  404      -     -      401
"""


@pytest.mark.parametrize("row", rows(REPORTS), ids=str)
def test_who_is_told_which_figures(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
