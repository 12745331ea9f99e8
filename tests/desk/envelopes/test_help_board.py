"""The board of help: what one may accept, what one could help with, by skill and due time."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.models import AgentSkill, Skill
from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.help_board import PAGE
from envelopes.models import Envelope, HelpOffer
from tests.desk.conftest import Desk
from tests.desk.envelopes.conftest import HTMX
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import AgentFactory, EnvelopeFactory
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def envelope(desk: Desk, ticket: Ticket) -> Envelope:
    """Asked of Network."""
    found: Envelope = EnvelopeFactory(ticket=ticket, team=desk.other_team, reason="Packets drop.")
    return found


def test_help_is_offered_from_the_board_and_taken_by_one_click(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    jonas, mara, tab = desk.browser(desk.jonas), desk.browser(desk.mara), tab_url(ticket.reference, 1)
    board = html_of(jonas.get("/help/", {"show": "others"}))
    assert (f'action="{tab}offer/"' in board, "Packets drop." in board, url_of(ticket) in board) == (True, False, True)
    assert jonas.post(f"{tab}offer/").headers["Location"] == "/help/?show=others"
    assert jonas.post(f"{tab}offer/", {"at": "https://evil.test/?x=1"}).headers["Location"] == "/help/"
    board = html_of(jonas.get("/help/", {"show": "others"}))
    assert (f'action="{tab}withdraw_offer/"' in board, f'action="{tab}offer/"' in board) == (True, False)
    page = html_of(mara.get(tab))
    assert ("Jonas Kern can help" in page, "Invite Jonas Kern" in page) == (True, True)
    taken = mara.post(f"{tab}take_offer/", {"agent": str(desk.jonas.pk)}, headers=HTMX)
    assert (taken.status_code, "Invite Jonas Kern" in html_of(taken)) == (200, False)
    assert Envelope.objects.get().assigned_to == desk.jonas
    assert "Packets drop." in html_of(jonas.get("/help/")), "asked by name now"


def test_who_offers_or_takes_back_stands_where_they_stood(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    vpn = Skill.objects.create(name="VPN")
    AgentSkill.objects.create(agent=desk.nina, skill=vpn, level=3)
    EnvelopeFactory.create_batch(PAGE, ticket=ticket, team=desk.other_team, is_blocking=False)
    jonas = desk.browser(desk.jonas)
    here = f"/help/?show=others&skill={vpn.pk}&team={desk.other_team.pk}&by=skill"
    following = re.search(r'href="([^"]*cursor=[^"]+)"', html_of(jonas.get(here)))
    assert following
    here = unescape(following[1])
    for act in ("offer", "withdraw_offer"):
        form = re.search(rf'action="([^"]+/{act}/)".*?name="at" value="([^"]*)"', html_of(jonas.get(here)), re.DOTALL)
        assert form, act
        answer = jonas.post(form[1], {"at": unescape(form[2])})
        back = answer.headers["Location"]
        assert parse_qs(urlsplit(back).query) == parse_qs(urlsplit(here).query)
        assert jonas.get(back).status_code == 200


def test_an_offer_is_taken_back_and_none_is_taken_that_is_not_there(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    jonas, tab = desk.browser(desk.jonas), tab_url(ticket.reference, 1)
    jonas.post(f"{tab}offer/")
    jonas.post(f"{tab}withdraw_offer/")
    assert HelpOffer.objects.get().withdrawn_at is not None
    gone = desk.browser(desk.mara).post(f"{tab}take_offer/", {"agent": str(desk.jonas.pk)}, headers=HTMX)
    assert (gone.status_code, "offers no help" in html_of(gone), 'id="envelope-facts"' in html_of(gone)) == (
        409,
        True,
        True,
    )
    assert desk.browser(desk.mara).post(f"{tab}take_offer/", {"agent": "nobody"}).status_code == 404
    assert desk.browser(desk.nina).post(f"{tab}offer/").status_code == 403, "asked, so she accepts"


def test_the_board_is_narrowed_and_grouped_by_skill(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    vpn, linux = Skill.objects.create(name="VPN"), Skill.objects.create(name="Linux")
    AgentSkill.objects.create(agent=desk.nina, skill=vpn, level=3)
    AgentSkill.objects.create(agent=desk.mara, skill=linux, level=3)
    EnvelopeFactory(ticket=ticket, team=desk.other_team, reason="Kernel panics.", skill=linux)
    nina = desk.browser(desk.nina)
    grouped = html_of(nina.get("/help/", {"by": "skill"}))
    assert re.findall(r'id="help-group-\d">([^<]+)<', grouped) == ["VPN", "Linux"]
    only = html_of(nina.get("/help/", {"skill": str(linux.pk)}))
    assert ("Kernel panics." in only, "Packets drop." in only) == (True, False)
    assert "Clear the filters" in html_of(nina.get("/help/", {"team": str(desk.team.pk)}))
    assert nina.get("/help/", {"skill": "nonsense"}).status_code == 200
    assert nina.get("/help/", {"cursor": "nonsense"}).status_code == 400


def test_who_asks_for_a_skill_names_it(desk: Desk, ticket: Ticket) -> None:
    vpn = Skill.objects.create(name="VPN")
    AgentSkill.objects.create(agent=desk.nina, skill=vpn, level=3)
    values = {"target": f"skill:{vpn.pk}", "reason": "Which port?"}
    desk.browser(desk.mara).post(url_of(ticket, "envelopes/"), values)
    opened = Envelope.objects.get()
    assert (opened.skill, opened.assigned_to) == (vpn, desk.nina)
    assert "Skill: VPN" in " ".join(html_of(desk.browser(desk.nina).get("/help/")).split())


def test_an_unanswered_one_is_marked_and_handed_on_by_those_in_charge(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    chief = AgentFactory(name="Chief", roles=["supervisor"])
    desk.other_team.supervisor = chief
    desk.other_team.save()
    Envelope.objects.filter(pk=envelope.pk).update(timeout_notified_at=envelope.opened_at)
    tab = tab_url(ticket.reference, 1)
    html = html_of(desk.browser(chief).get("/help/"))
    assert ("Unanswered" in html, f'href="{tab}redirect/"' in html, f"{tab}accept/" in html) == (True, True, False)


def test_the_board_costs_the_same_for_one_envelope_and_for_twenty(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    urls = [(desk.nina, "/help/"), (desk.jonas, "/help/?show=others")]
    before = [len(statements_of(desk.browser(agent), url)) for agent, url in urls]
    for _number in range(19):
        another = EnvelopeFactory(ticket=ticket, team=desk.other_team, is_blocking=False)
        services.offer_help(another.pk, by=desk.jonas)
    after = [len(statements_of(desk.browser(agent), url)) for agent, url in urls]
    assert after == before
    assert max(after) <= 12, after
