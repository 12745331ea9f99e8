"""Figures at the API: what there is, each by its code, and the export."""

import pytest
import time_machine

from accounts.enums import Scope
from tests.api.conftest import signed_in
from tests.factories import ApiClientFactory
from tests.reports.conftest import Desk, at, fresh
from tests.reports.test_pages import MARCH, a_month, browser_of

pytestmark = pytest.mark.django_db


def test_163_a_figure_with_what_it_is_made_of(desk: Desk) -> None:
    mine, _open, of_jonas, _other = a_month(desk)
    with time_machine.travel(at("31 12:00"), tick=False):
        api = signed_in(fresh(desk.lead))
        codes = [row["code"] for row in api.get("/api/v1/reports/metrics/").json()["results"]]
        answer = api.get(f"/api/v1/reports/metrics/M5/?{MARCH}&ids=true").json()
        refused = api.get(f"/api/v1/reports/metrics/M5/?team={desk.other.pk}")
        missing = api.get("/api/v1/reports/metrics/M99/")
    assert {"M1", "M5", "M12", "M16", "M22"} <= set(codes)
    figure = answer["figures"][0]
    assert (figure["key"], figure["value"], figure["numerator"], figure["denominator"]) == ("M5", "7200.00", 21600, 2)
    assert figure["spread"] == {"p50": 7200, "p90": 14400, "mean": 10800}
    assert set(figure["base_ids"]) == {str(mine.pk), str(of_jonas.pk)}
    assert (refused.status_code, missing.status_code) == (400, 404)


def test_163_ids_are_those_that_the_reader_may_open_and_the_others_a_number(desk: Desk) -> None:
    desk.mara.teams.add(desk.other)
    mine = desk.accepted("2 09:00", "2 09:10")
    desk.accepted("2 09:00", "2 09:10", team=desk.other)
    with time_machine.travel(at("31 12:00"), tick=False):
        api = signed_in(fresh(desk.lead))
        figures = api.get("/api/v1/reports/metrics/M22/?ids=true").json()["figures"]
        codes = [row["code"] for row in api.get("/api/v1/reports/metrics/").json()["results"]]
        others = [api.get(f"/api/v1/reports/metrics/{code}/?ids=true").status_code for code in codes]
    [found] = [each for each in figures if each["key"] == f"M22:agent:{desk.mara.pk}"]
    assert (found["numerator"], found["counted_ids"], found["counted_others"]) == (2, [str(mine.pk)], 1)
    assert (found["base_ids"], found["base_others"]) == ([str(mine.pk)], 1)
    assert set(others) == {200}


def test_163_open_tickets_by_team_at_the_api_and_in_the_export(desk: Desk) -> None:
    desk.accepted("2 09:00", "2 09:10")
    desk.opened("3 09:00")
    with time_machine.travel(at("31 12:00"), tick=False):
        figures = signed_in(fresh(desk.lead)).get("/api/v1/reports/metrics/open/").json()["figures"]
        export = browser_of(desk.lead).get(f"/reports/export.csv?{MARCH}").whole.decode()
    assert [(each["key"].partition(":")[0], each["value"]) for each in figures] == [
        ("open", "2.00"),
        ("open_unowned", "1.00"),
    ]
    assert "open,Open tickets,Service Desk,count,2,2,2" in export


def test_programs_read_the_figures_of_the_teams_named_on_them(desk: Desk) -> None:
    a_month(desk)
    with time_machine.travel(at("31 12:00"), tick=False):
        program = ApiClientFactory(scopes=[Scope.METRICS_READ], teams=[desk.other])
        other = ApiClientFactory(scopes=[Scope.TICKETS_READ], teams=[desk.other])
        answers = [signed_in(each).get(f"/api/v1/reports/metrics/M5/?{MARCH}") for each in (program, other)]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[0].json()["figures"][0]["denominator"] == 1
    assert answers[1].json()["code"] == "scope_missing"


def test_the_export_holds_every_figure_of_the_own_scope(desk: Desk) -> None:
    a_month(desk)
    with time_machine.travel(at("31 12:00"), tick=False):
        response = browser_of(desk.mara).get(f"/reports/export.csv?{MARCH}")
    text = response.whole.decode()
    assert "M5,Time to value,,seconds,7200,7200,1,7200,7200,1" in text
    assert "Jonas" not in text
