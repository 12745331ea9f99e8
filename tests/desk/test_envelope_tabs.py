"""What is done around the threads while the tab of an envelope is open, and what its tab keeps."""

import re
from typing import Any

import pytest

from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.models import Envelope
from envelopes.services.mail import keep_mail, post_mail
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories import AgentFactory, EnvelopeFactory, TicketFactory
from tickets.models import Draft, Ticket
from tickets.services import create_task, keep_draft
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


@pytest.fixture
def envelope(desk: Desk, ticket: Ticket) -> Envelope:
    """Asked of Network, accepted by Nina."""
    found: Envelope = EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=desk.nina, reason="Packets drop.")
    return found


def from_tab(ticket: Ticket, target: str = "workspace") -> dict[str, str]:
    """What htmx says while the tab of envelope 1 is open."""
    return HTMX | {"HX-Target": target, "HX-Current-URL": f"http://testserver{tab_url(ticket.reference, 1)}?from=mine"}


def tab_in(answer: Any) -> str:
    """Number of the tab that the answer shows; empty for the timeline."""
    html = html_of(answer)
    return html.split('data-tab="')[1].split('"')[0]


# ---- acts around the threads ----


def test_an_act_around_the_threads_answers_with_the_tab_it_was_asked_from(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    mara = desk.browser(desk.mara)
    task = create_task(ticket.pk, by=desk.mara, title="Call the site")
    start = url_of(ticket, f"tasks/{task.pk}/start/")
    answer = mara.post(start, headers=from_tab(ticket))
    assert (answer.status_code, tab_in(answer), "HX-Replace-Url" in answer.headers) == (200, "1", False)
    refused = mara.post(start, headers=from_tab(ticket))
    assert (refused.status_code, tab_in(refused)) == (409, "1")
    head = mara.post(url_of(ticket, "accept/"), headers=from_tab(ticket, "ticket-head"))
    assert (head.status_code, tab_in(head), head.headers["HX-Retarget"]) == (409, "1", "#workspace")
    from_timeline = mara.post(start, headers=HTMX | {"HX-Current-URL": f"http://testserver{url_of(ticket)}"})
    assert tab_in(from_timeline) == ""


def test_where_the_open_tab_went_out_of_sight_the_timeline_comes_with_its_address(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    answer = desk.browser(desk.jonas).post(url_of(ticket, "accept/"), headers=from_tab(ticket))
    assert (tab_in(answer), answer.headers["HX-Replace-Url"]) == ("", url_of(ticket))


def test_asking_again_from_a_tab_leaves_it_current(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    answer = desk.browser(desk.mara).post(
        url_of(ticket, "envelopes/"),
        {"target": f"team:{desk.other_team.pk}", "reason": "Which port?"},
        headers=from_tab(ticket, "ticket-head"),
    )
    tabs = html_of(answer).split('id="ticket-tabs"')[1]
    current = tabs.split('aria-current="page"')[1].split("</a>")[0]
    assert ("Network" in current, "Timeline" in current) == (True, False)


# ---- without a script ----


def test_a_refused_form_is_shown_again_with_its_words(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    """For its values, its state or its person; the ticket's page would have no place for them."""
    tab = tab_url(ticket.reference, 1)
    below = {"target": f"team:{desk.team.pk}", "reason": "Your switch?"}
    assert desk.browser(desk.nina).post(f"{tab}envelopes/", below).status_code == 302
    open_below = desk.browser(desk.nina).post(f"{tab}complete/", {"summary": "It was port 7."})
    foreign = desk.browser(desk.jonas).post(f"{tab}complete/", {"summary": "It was port 7."})
    for answer, status, words in ((open_below, 409, "Envelopes are still open: 2 "), (foreign, 403, "others to do")):
        html = html_of(answer)
        assert (answer.status_code, words in html, "It was port 7.</textarea>" in html) == (status, True, True)
    assert "Packets drop." not in html_of(foreign)
    asked = desk.browser(desk.jonas).post(url_of(ticket, "envelopes/"), below)
    assert (asked.status_code, "Your switch?</textarea>" in html_of(asked)) == (403, True)


# ---- begun messages ----


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


# ---- into the reply ----


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


# ---- the thread ----


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


# ---- which is which, and who is offered what ----


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
