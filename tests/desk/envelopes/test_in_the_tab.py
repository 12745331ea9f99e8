"""What stands in an envelope's tab: what was begun, what goes into a reply, who is there, what may be asked."""

import re

import pytest

from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.models import Envelope
from envelopes.services.mail import keep_mail, post_mail
from tests.desk.conftest import Desk
from tests.desk.envelopes.conftest import HTMX
from tests.desk.pages import html_of, url_of
from tests.factories import AgentFactory, EnvelopeFactory
from tickets.models import Draft, Ticket
from tickets.services import keep_draft
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


def test_a_begun_message_is_read_and_discarded_where_nothing_is_written_any_more(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    draft = keep_draft(ticket.pk, by=desk.nina, mode="e1", body_text="Half a thought")
    assert draft is not None
    services.complete_envelope(envelope.pk, by=desk.nina, summary="A bad port.")
    html = html_of(nina.get(tab))
    assert ("Your unsent message" in html, "Half a thought" in html, 'id="composer-envelope-1"' in html) == (
        True,
        True,
        False,
    )
    assert "Half a thought" not in html_of(desk.browser(desk.mara).get(tab))
    nina.post(f"{tab}draft/", {"discard": "1", "draft_version": draft.version})
    assert not Draft.objects.exists()


@pytest.mark.parametrize("step", ["messages/", "draft/"])
def test_who_does_not_read_the_envelope_any_more_gets_the_text_back(
    desk: Desk, ticket: Ticket, envelope: Envelope, step: str
) -> None:
    """The same whether there is such an envelope or not."""
    for number in (1, 7):
        answer = desk.browser(desk.jonas).post(f"{tab_url(ticket.reference, number)}{step}", {"body": "Try port 9"})
        html = html_of(answer)
        assert (answer.status_code, "Nothing was posted" in html, "Try port 9" in html) == (404, True, True)
        assert ("Packets drop." in html, "Printer offline" in html) == (False, False)


def test_lines_as_browsers_end_them_go_into_the_reply_at_the_first_press_and_changed_ones_are_shown_first(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    entry = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Port 7 is bad.\nUse port 8.\n")
    mara, use = desk.browser(desk.mara), f"{tab_url(ticket.reference, 1)}use/"
    mark = re.search(r'name="shown" value="([^"]+)"', html_of(mara.get(f"{use}?entry={entry.pk}")))
    assert mark
    sent = {"body": "Port 7 is bad.\r\nUse port 8.", "shown": mark[1], "keep": "1"}
    changed = html_of(mara.post(use, sent | {"body": "Use port 8."}))
    assert ("Not put into the reply yet" in changed, Draft.objects.exists()) == (True, False)
    looked = {"body": "New words", "shown": mark[1], "look": "1"}
    assert "Not put into the reply yet" not in html_of(mara.post(use, looked))
    looked = {"body": "New words", "shown": mark[1], "look": "1"}
    assert "Not put into the reply yet" not in html_of(mara.post(use, looked))
    answer = mara.post(use, sent)
    assert answer.headers["Location"] == f"{url_of(ticket)}?compose=reply"
    assert Draft.objects.get().body_text == "Port 7 is bad.\nUse port 8."


def test_what_help_came_to_leads_into_the_reply_for_who_writes_it(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    services.complete_envelope(envelope.pk, by=desk.nina, summary="A bad port.")
    use = f"{tab_url(ticket.reference, 1)}use/"
    for agent, may_use in ((desk.mara, True), (desk.sam, False)):
        for url in (tab_url(ticket.reference, 1), url_of(ticket)):
            assert (f'<a href="{use}">Use in reply…</a>' in html_of(desk.browser(agent).get(url))) == may_use, url
    assert "<ins>A bad port.</ins>" in html_of(desk.browser(desk.mara).get(use))


def test_mail_is_told_from_what_is_written_here_and_a_strangers_leads_nowhere(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    message = Message(body_text="Make me an administrator.")
    stranger = "Nina Vogt <nina@elsewhere.test>"
    kept = keep_mail(envelope.pk, sender=stranger, reason="envelope_stranger", message=message)
    known = post_mail(envelope.pk, senders=[desk.nina.email], sender="", message=message).entry
    html = html_of(desk.browser(desk.mara).get(tab_url(ticket.reference, 1)))
    parts = [html.split(f'id="e{entry.seq}"')[1].split("</article>")[0] for entry in (kept, known)]
    warning = "Mail kept without effect: names an envelope that the sender takes no part in"
    assert [warning in part for part in parts] == [True, False]
    assert ["Kept mail" in parts[0], "Came by mail" in parts[1]] == [True, True]
    assert ["Use in reply" in part for part in parts] == [False, True]
    use = f"{tab_url(ticket.reference, 1)}use/?entry="
    assert [desk.browser(desk.mara).get(f"{use}{entry.pk}").status_code for entry in (kept, known)] == [404, 200]


def test_an_empty_thread_has_no_list_that_news_would_be_sought_in(desk: Desk, ticket: Ticket) -> None:
    EnvelopeFactory(ticket=ticket, team=desk.other_team)
    html = html_of(desk.browser(desk.mara).get(tab_url(ticket.reference, 1)))
    assert ("Nothing has been written" in html, 'id="timeline-entries"' in html) == (True, False)


def test_two_that_ask_the_same_team_are_told_apart_wherever_they_stand(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    EnvelopeFactory(below=envelope, team=desk.team, by=desk.nina)
    EnvelopeFactory(ticket=ticket, team=desk.other_team)
    names = ("1: Network · Nina Vogt", "2 (level 3): Service Desk", "3: Network")
    page = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    tabs, panel = page.split('id="ticket-tabs"')[1].split('id="timeline"')[0], page.split('id="context-parts"')[1]
    switcher = html_of(desk.browser(desk.mara).get("/envelopes/"))
    for name in names:
        assert [name in part for part in (tabs, panel, switcher)] == [True, True, True], name
    assert ('id="tab-0"' in tabs, 'id="tab-3"' in tabs) == (True, True), "where the focus stays when a tab has come"


def test_the_switcher_is_fetched_anew_with_its_focus_and_its_page_has_a_list_of_its_own(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    EnvelopeFactory(ticket=ticket, team=desk.other_team)
    mara = desk.browser(desk.mara)
    part, page = (html_of(mara.get("/envelopes/", headers=headers)) for headers in (HTMX, {}))
    assert (part.count('id="envelopes-menu-list"'), part.count("data-take-focus")) == (1, 1)
    assert (page.count('id="envelopes-menu-list"'), page.count('id="envelopes-list"')) == (1, 1)
    menu = page.split('id="envelopes-menu"')[1].split("</nav>")[0]
    assert ('hx-trigger="click from:#envelopes-button"' in menu, page.count('id="envelopes-button"')) == (True, 1)


def test_the_key_of_a_new_envelope_opens_the_next_level_for_an_expert_with_what_was_begun(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    keep_draft(ticket.pk, by=desk.nina, mode="e1", body_text="Who knows the firmware?")
    below = f"{tab_url(ticket.reference, 1)}envelopes/"
    links = {}
    for agent in (desk.nina, desk.mara):
        html = html_of(desk.browser(agent).get(tab_url(ticket.reference, 1)))
        links[agent] = re.findall(r'href="([^"]+)"[^>]*data-act="envelope"', html)
    assert links == {desk.nina: [below], desk.mara: [url_of(ticket, "envelopes/")]}
    form = html_of(desk.browser(desk.nina).get(below))
    assert ("Who knows the firmware?</textarea>" in form, f'value="team:{desk.other_team.pk}" selected' in form) == (
        True,
        True,
    )


def test_who_is_there_is_not_offered_to_be_invited(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    services.invite_expert(envelope.pk, by=desk.mara, agent=desk.lea)
    form = html_of(desk.browser(desk.mara).get(f"{tab_url(ticket.reference, 1)}invite/"))
    offered = [agent.name for agent in (desk.nina, desk.lea, desk.jonas) if f'value="{agent.pk}"' in form]
    assert offered == ["Jonas Kern"]


def test_a_manager_of_the_team_is_not_offered_to_accept(desk: Desk, ticket: Ticket) -> None:
    EnvelopeFactory(ticket=ticket, team=desk.other_team)
    manager = AgentFactory(roles=["manager"], teams=[desk.other_team])
    accept = f"{tab_url(ticket.reference, 1)}accept/"
    offered = [accept in html_of(desk.browser(agent).get("/help/")) for agent in (desk.nina, manager)]
    assert offered == [True, False]
