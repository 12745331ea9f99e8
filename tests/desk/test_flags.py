"""Case flags on the pages: chips, the form, what each asks for, lists narrowed to them (ux.md: chips, key L)."""

import re
from html import unescape

import pytest

from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import TicketFactory
from tickets.links import Answer, sign_answer
from tickets.models import CannedResponse, CaseFlag, Ticket
from tickets.services import add_flag

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    found: Ticket = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)
    return found


def test_the_head_shows_flags_with_their_reasons_and_the_panel_what_they_ask(desk: Desk, ticket: Ticket) -> None:
    add_flag(ticket.pk, by=desk.mara, type="legal", reason="A <lawyer> writes")
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    head = html[html.index('id="ticket-head"') : html.index("</header>", html.index('id="ticket-head"'))]
    assert 'title="A &lt;lawyer&gt; writes"' in head
    assert "<span>Legal</span>" in head
    panel = html[html.index('id="flags"') : html.index("</section>", html.index('id="flags"'))]
    assert "What is sent begins with a prescribed text." in panel
    assert "Mara Weiss" in panel
    assert "/clear/" not in panel  # a supervisor's


def test_a_flag_is_added_and_cleared_without_script(desk: Desk, ticket: Ticket) -> None:
    mara = desk.browser(desk.mara)
    assert 'data-act="flag" data-key="l"' in html_of(mara.get(url_of(ticket)))
    assert '<option value="complaint">Complaint</option>' in html_of(mara.get(url_of(ticket, "flags/")))
    answer = mara.post(url_of(ticket, "flags/"), {"type": "complaint", "reason": "They are angry"})
    assert (answer.status_code, answer["Location"]) == (302, url_of(ticket))
    flag = CaseFlag.objects.get()
    clear = url_of(ticket, f"flags/{flag.pk}/clear/")
    assert f'href="{clear}"' in html_of(mara.get(url_of(ticket)))
    assert "They are angry" in html_of(mara.get(clear))
    assert mara.post(clear, {"reason": ""}).status_code == 400
    assert mara.post(clear, {"reason": "Settled"}).status_code == 302
    assert Ticket.objects.get(pk=ticket.pk).flags == []


def test_a_refusal_keeps_what_was_typed(desk: Desk, ticket: Ticket) -> None:
    add_flag(ticket.pk, by=desk.mara, type="complaint", reason="They are angry")
    answer = desk.browser(desk.mara).post(url_of(ticket, "flags/"), {"type": "complaint", "reason": "Still angry"})
    assert answer.status_code == 409
    assert "has the flag “Complaint” already" in html_of(answer)
    assert "Still angry" in html_of(answer)


def test_waiver_and_sentiment_have_their_forms(desk: Desk, ticket: Ticket) -> None:
    damage = add_flag(ticket.pk, by=desk.mara, type="physical_damage", reason="The case is broken")
    social = add_flag(ticket.pk, by=desk.mara, type="social_media", reason="A post")
    mara = desk.browser(desk.mara)
    assert mara.post(url_of(ticket, f"flags/{damage.pk}/waiver/"), {"reason": "Thrown away"}).status_code == 302
    assert mara.post(url_of(ticket, f"flags/{social.pk}/sentiment/"), {"sentiment": "negative"}).status_code == 302
    html = html_of(mara.get(url_of(ticket)))
    assert "No photo: Thrown away" in html
    assert "Sentiment: Negative" in html
    other = TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara)
    assert mara.get(url_of(other, f"flags/{damage.pk}/clear/")).status_code == 404
    assert mara.get(url_of(ticket, f"flags/{damage.pk}/nothing/")).status_code == 404


def test_who_may_not_flag_is_offered_nothing(desk: Desk, ticket: Ticket) -> None:
    add_flag(ticket.pk, by=desk.mara, type="complaint", reason="They are angry")
    html = html_of(desk.browser(desk.aude).get(url_of(ticket)))
    assert "They are angry" in html
    assert "/flags/" not in html


def test_flags_cost_the_ticket_page_and_lists_no_statement(desk: Desk, ticket: Ticket) -> None:
    mara = desk.browser(desk.mara)
    before = [len(statements_of(mara, url)) for url in (url_of(ticket), "/queue/mine/", "/board/team/")]
    for name in ("legal", "complaint", "vip"):
        add_flag(ticket.pk, by=desk.mara, type=name, reason="As they say")
    assert [len(statements_of(mara, url)) for url in (url_of(ticket), "/queue/mine/", "/board/team/")] == before


def test_rows_cards_peek_and_search_show_flags(desk: Desk, ticket: Ticket) -> None:
    add_flag(ticket.pk, by=desk.mara, type="social_media", reason="A post")
    mara = desk.browser(desk.mara)
    for url in ("/queue/mine/", "/search/?q=printer", "/queue/all/?q=flag:social"):
        assert "<span>Social media</span>" in html_of(mara.get(url)), url
    assert 'aria-label="Social media"' in html_of(mara.get("/board/team/"))
    assert "<span>Social media</span>" in html_of(mara.get(url_of(ticket, "peek/"), headers={"HX-Request": "true"}))
    assert "<span>Social media</span>" not in html_of(mara.get("/queue/all/?q=flag:legal"))


def test_115_help_and_the_common_cause_are_suggested_above_the_feed(desk: Desk, ticket: Ticket) -> None:
    other = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer again", follow_up_of=ticket)
    mara = desk.browser(desk.mara)
    address = url_of(ticket, "around/repeat-contact/")
    assert "around-repeat-contact" not in html_of(mara.get(url_of(ticket)))
    add_flag(ticket.pk, by=desk.mara, type="repeat_contact", reason="They call every day")
    html = html_of(mara.get(address))
    assert other.reference in html
    page = html_of(mara.get(url_of(ticket)))  # with the page, so that nothing moves when it comes
    section = page[page.index('id="around-repeat-contact"') : page.index('id="timeline-part"')]
    assert other.reference in section
    [form] = re.findall(rf'href="({url_of(ticket, "envelopes/")}[?][^"]+)"', html)
    asked = html_of(mara.get(unescape(form)))
    reason = "Dana Roth has contacted us for the third time within 30 days about the same issue."
    assert (reason in asked, f"About the same: {other.reference}" in asked) == (True, True)
    shown = html_of(desk.browser(desk.jonas).get(address))  # a colleague asks for no help, and may write a note
    assert (url_of(ticket, "envelopes/") in shown, "?compose=note" in shown) == (False, True)


def test_the_customer_sees_no_flag(desk: Desk, ticket: Ticket) -> None:
    add_flag(ticket.pk, by=desk.mara, type="vip", reason="canary-flag-reason")
    html = html_of(desk.browser(desk.nina).get(f"/answer/{sign_answer(ticket, Answer.SOLVED)}/"))
    assert "canary-flag-reason" not in html
    assert "VIP" not in html


def test_113_texts_are_prescribed_by_those_who_keep_them_for_others(desk: Desk) -> None:
    assert "is_enforced_for_flag" not in html_of(desk.browser(desk.mara).get("/texts/responses/new/"))
    lea = desk.browser(desk.lea)
    assert 'name="is_enforced_for_flag"' in html_of(lea.get("/texts/responses/new/"))
    values = {"audience": f"team:{desk.team.pk}", "title": "Legal", "body": "We have it.", "is_enforced_for_flag": "on"}
    assert lea.post("/texts/responses/new/", values).status_code == 302
    assert CannedResponse.objects.get().is_enforced_for_flag
