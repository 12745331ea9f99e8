"""Saved views on the pages: named, opened, changed, shared, and never a wider sight."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from accounts.enums import Role
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.desk.test_list_looks import subjects
from tests.factories import AgentFactory, TicketFactory
from tickets.enums import Priority
from tickets.models import SavedView
from tickets.services import save_view

pytestmark = pytest.mark.django_db


def tabs(response: Any) -> list[str]:
    return [str(tab["label"]) for tab in response.context["tabs"]]


def test_a_changed_list_is_saved_under_a_name_and_opened_by_its_address(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Tunnel drops", priority=Priority.HIGH)
    TicketFactory(team=desk.team, subject="Loose cable", priority=Priority.LOW)
    browser = desk.browser(desk.mara)
    changed = browser.get("/queue/team/?q=tunnel&priority=high&sort=created_at&columns=reference,tags")
    as_new = changed.context["bar"]["save_as_url"]
    page = browser.get(as_new)
    assert (page.status_code, "Save as a view" in html_of(page)) == (200, True)
    given = dict(parse_qsl(urlsplit(as_new).query))
    response = browser.post("/queue/new/", {**given, "view-name": " Tunnels  of mine "})
    assert response.headers["Location"] == "/queue/my-tunnels-of-mine/"
    view = SavedView.objects.get()
    assert (view.name, view.base, view.sort, view.columns) == (
        "Tunnels of mine",
        "team",
        "created_at",
        ["reference", "tags"],
    )
    assert view.filters == {"priority": "high", "q": "tunnel"}
    opened = browser.get("/queue/my-tunnels-of-mine/")
    assert (subjects(opened), opened.context["bar"]) == (["Tunnel drops"], None)
    assert "Tunnels of mine" in tabs(browser.get("/queue/mine/"))
    assert "Tunnels of mine" not in tabs(desk.browser(desk.jonas).get("/queue/mine/"))
    assert desk.browser(desk.jonas).get("/queue/my-tunnels-of-mine/").status_code == 404


def test_a_view_looked_at_otherwise_offers_save_save_as_and_discard(desk: Desk) -> None:
    save_view("High ones", by=desk.mara, base="team", filters={"priority": "high"})
    browser = desk.browser(desk.mara)
    here = "/queue/my-high-ones/"
    changed = browser.get(f"{here}?q=&priority=low&sort=created_at")
    bar = changed.context["bar"]
    html = html_of(changed)
    assert [text in html for text in ("Changed, not saved", "Save as…", "Discard")] == [True] * 3
    assert (bar["save_label"], bar["discard_url"]) == ("Save", here)
    assert browser.post(bar["save_url"], bar["hidden"]).headers["Location"] == here
    view = SavedView.objects.get()
    assert (view.filters, view.sort, view.version) == ({"priority": "low"}, "created_at", 2)
    assert [row.actor_name for row in view.history.all()] == ["Mara Weiss", "Mara Weiss"]


def test_all_filters_of_a_view_can_be_cleared_and_its_pages_keep_what_is_asked(desk: Desk) -> None:
    TicketFactory.create_batch(51, team=desk.team, requester=desk.dana, priority=Priority.LOW)
    save_view("High ones", by=desk.mara, base="team", filters={"priority": "high"})
    browser = desk.browser(desk.mara)
    assert subjects(browser.get("/queue/my-high-ones/")) == []
    cleared = browser.get("/queue/my-high-ones/?q=")
    assert (
        len(subjects(cleared)),
        len(subjects(browser.get(f"/queue/my-high-ones/{cleared.context['next_url']}"))),
    ) == (50, 1)


def test_141_a_shared_view_shows_each_reader_only_what_they_may_see(desk: Desk) -> None:
    """Acceptance 141: a team view made by whoever sees two teams, opened by whoever sees one of them."""
    desk.other_team.lead = desk.lea
    desk.other_team.save()
    desk.lea.refresh_from_db()
    TicketFactory(team=desk.team, subject="Ours")
    TicketFactory(team=desk.other_team, subject="Theirs")
    saved = save_view("Whole house", by=desk.lea, scope="team", team=desk.team, base="all", filters={"q": "status:new"})
    only_theirs = {"team": str(desk.other_team.pk)}
    narrow = save_view("Next door", by=desk.lea, scope="team", team=desk.team, base="all", filters=only_theirs)
    lea, mara, nina = (desk.browser(person) for person in (desk.lea, desk.mara, desk.nina))
    assert sorted(subjects(lea.get("/queue/whole-house/"))) == ["Ours", "Theirs"]
    assert subjects(mara.get("/queue/whole-house/")) == ["Ours"]
    assert subjects(lea.get("/queue/next-door/")) == ["Theirs"]
    hidden = mara.get(f"/queue/{narrow.slug}/")
    assert (hidden.status_code, subjects(hidden), "Network" in html_of(hidden)) == (200, [], False)
    assert b"Theirs" not in b"".join(mara.get(f"/queue/{saved.slug}/export.csv").streaming_content)  # type: ignore[attr-defined]
    assert nina.get("/queue/whole-house/").status_code == 404
    assert "Whole house" not in tabs(nina.get("/queue/mine/"))


def test_only_those_in_charge_share_with_a_team_and_admins_with_everybody(desk: Desk) -> None:
    ada = AgentFactory(name="Ada Min", roles=[Role.ADMIN])
    shared = {"view-name": "Ours", "view-scope": "team", "view-team": str(desk.team.pk), "base": "team"}
    for person, status in ((desk.mara, 403), (desk.nina, 403), (desk.lea, 302), (desk.sam, 302), (ada, 302)):
        assert desk.browser(person).post("/queue/new/", shared).status_code == status, person.name
        assert (SavedView.objects.filter(owner=person, scope="team").count() == 1) == (status == 302), person.name
    everybody = {"view-name": "House", "view-scope": "global", "base": "all"}
    assert desk.browser(desk.sam).post("/queue/new/", everybody).status_code == 403
    assert desk.browser(ada).post("/queue/new/", everybody).status_code == 302
    assert "House" in tabs(desk.browser(desk.nina).get("/queue/mine/"))


def test_who_may_not_change_a_shared_view_saves_another(desk: Desk) -> None:
    save_view("Ours", by=desk.lea, scope="team", team=desk.team, base="team")
    browser = desk.browser(desk.mara)
    assert browser.get("/queue/ours/?sort=created_at").context["bar"]["save_label"] == ""
    refused = browser.post("/queue/ours/save/", {"q": "", "sort": "created_at"})
    assert (refused.status_code, "Save it under another name" in html_of(refused)) == (403, True)
    assert [browser.get("/queue/ours/edit/").status_code, browser.post("/queue/ours/delete/").status_code] == [403, 403]
    view = SavedView.objects.get()
    assert (view.sort, view.version) == ("", 1)
    assert desk.browser(desk.sam).post("/queue/ours/save/", {"q": "status:new"}).status_code == 302


def test_a_view_is_renamed_shared_and_put_in_its_place(desk: Desk) -> None:
    save_view("Bravo", by=desk.lea, base="team")
    save_view("Alpha", by=desk.lea, base="team")
    browser = desk.browser(desk.lea)
    values = {"view-name": "Bravo two", "view-scope": "team", "view-team": str(desk.team.pk), "view-version": "1"}
    assert browser.post("/queue/my-bravo/edit/", values).headers["Location"] == "/queue/bravo-two/"
    assert tabs(browser.get("/queue/mine/"))[4:] == ["Alpha", "Bravo two"]
    alpha = {"view-name": "Alpha", "view-scope": "personal", "view-position": "9", "view-version": "1"}
    browser.post("/queue/my-alpha/edit/", alpha)
    assert tabs(browser.get("/queue/mine/"))[4:] == ["Bravo two", "Alpha"]
    stale = browser.post("/queue/my-alpha/edit/", alpha | {"view-name": "Late"})
    assert (stale.status_code, SavedView.objects.filter(name="Late").count()) == (409, 0)


def test_057_nobody_writes_over_or_deletes_a_shared_view_as_somebody_else_has_made_it(desk: Desk) -> None:
    save_view("Ours", by=desk.lea, scope="team", team=desk.team, base="team")
    lea, sam = desk.browser(desk.lea), desk.browser(desk.sam)
    seen = lea.get("/queue/ours/?q=status:new").context["bar"]["hidden"]
    to_delete = lea.get("/queue/ours/edit/").context["seen"]
    assert '<input type="hidden" name="version" value="1">' in html_of(lea.get("/queue/ours/edit/"))
    sam.post("/queue/ours/save/", sam.get("/queue/ours/?priority=high").context["bar"]["hidden"])
    for step, values in (("save", seen), ("delete", to_delete)):
        late = lea.post(f"/queue/ours/{step}/", values)
        assert (late.status_code, "Somebody has changed this meanwhile" in html_of(late)) == (409, True), step
    assert SavedView.objects.get().filters == {"priority": "high"}
    assert lea.post("/queue/ours/delete/", lea.get("/queue/ours/edit/").context["seen"]).status_code == 302


def test_a_shared_view_kept_for_oneself_opens_there(desk: Desk) -> None:
    save_view("Ours", by=desk.lea, scope="team", team=desk.team, base="team")
    values = {"view-name": "Ours", "view-scope": "personal", "view-version": "1"}
    opened = desk.browser(desk.sam).post("/queue/ours/edit/", values, follow=True)
    assert (opened.status_code, opened.redirect_chain) == (200, [("/queue/my-ours/", 302)])


def test_a_deleted_view_leaves_its_tickets_and_whoever_began_the_day_with_it_a_list(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Stays")
    save_view("Ours", by=desk.lea, scope="team", team=desk.team, base="team")
    mara = desk.browser(desk.mara)
    mara.post("/queue/ours/start/")
    assert mara.get("/").headers["Location"] == "/queue/ours/"
    assert desk.browser(desk.lea).post("/queue/ours/delete/").headers["Location"] == "/queue/team/"
    assert mara.get("/queue/ours/").headers["Location"] == "/queue/mine/"
    assert subjects(mara.get("/queue/team/")) == ["Stays"]
    assert SavedView.history.filter(history_type="-").get().actor_name == "Lea Brandt"


def test_a_filter_that_can_no_longer_be_read_is_explained(desk: Desk) -> None:
    save_view("Gone", by=desk.mara, base="team", filters={"q": "tag:gone"})
    response = desk.browser(desk.mara).get("/queue/my-gone/")
    assert (response.status_code, "There is no Tag “gone”." in html_of(response)) == (400, True)


@pytest.mark.parametrize(
    "values",
    [
        {"view-name": ""},
        {"view-name": "x" * 61},
        {"view-name": "A", "sort": "subject"},
        {"view-name": "A", "q": "nothing:here"},
        {"view-name": "A", "status": "sleeping"},
        {"view-name": "A", "team": "elsewhere"},
    ],
)
def test_what_is_no_view_is_refused_with_the_form(desk: Desk, values: dict[str, str]) -> None:
    response = desk.browser(desk.mara).post("/queue/new/", {"base": "team", **values})
    assert (response.status_code, "Save as a view" in html_of(response), SavedView.objects.count()) == (400, True, 0)


def test_equal_names_get_addresses_of_their_own(desk: Desk) -> None:
    slugs = [save_view("Team!", by=person, base="team").slug for person in (desk.lea, desk.lea, desk.mara)]
    shared = [
        save_view(name, by=desk.lea, scope="team", team=desk.team).slug for name in ("Team", "Mine", "My things", "列")
    ]
    assert slugs == ["my-team", "my-team-2", "my-team"]
    assert shared == ["team-2", "mine-2", "view-my-things", "list"]


def test_views_cost_a_list_one_statement_however_many(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    costs = []
    for name in ("One", "Two"):
        save_view(name, by=desk.lea, scope="team", team=desk.team, base="all", filters={"priority": "high"})
        costs += [len(statements_of(browser, url)) for url in ("/queue/team/", "/queue/one/")]
    assert len(set(costs)) == 1
    assert costs[0] <= 8
