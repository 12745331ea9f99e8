"""Envelopes on the ticket's page: asking, tabs, acts, writing, and what each person sees of it."""

import re
from typing import Any

import pytest

from accounts.models import AgentSkill, Skill
from core.events import deliver_all
from core.models import RefusedAct
from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope, EnvelopeBookmark
from notifications.models import Notification
from tests.desk.conftest import Desk
from tests.desk.envelopes.conftest import HTMX, message_form
from tests.desk.pages import html_of, note_form, statements_of, url_of
from tests.factories import AbsenceFactory, AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tickets.models import Draft, OutboundMessage, Ticket, TimelineEntry
from tickets.services import keep_draft

pytestmark = pytest.mark.django_db


def asked(desk: Desk, **values: Any) -> dict[str, Any]:
    return {"target": f"team:{desk.other_team.pk}", "reason": "Which port is it?", "is_blocking": "on", **values}


def status_of(envelope: Envelope) -> str:
    return str(Envelope.objects.values_list("status", flat=True).get(pk=envelope.pk))


def test_the_form_comes_into_the_page_and_one_submit_opens_the_envelope(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    dialog = html_of(browser.get(url_of(ticket, "envelopes/"), headers=HTMX))
    assert ('id="envelope-dialog"' in dialog, "<html" in dialog) == (True, False)
    answer = browser.post(url_of(ticket, "envelopes/"), asked(desk), headers=HTMX | {"HX-Target": "ticket-head"})
    html = html_of(answer)
    assert answer.status_code == 200
    assert ('id="ticket-head"' in html, 'id="timeline"' in html) == (True, False), "what changes at once, no more"
    tabs = html[html.index('id="ticket-tabs"') :]
    assert ('hx-swap-oob="true"' in tabs, "Network" in tabs, "Waiting for colleagues" in html) == (True, True, True)
    assert ("dialogDone" in answer.headers["HX-Trigger"], "acted" in answer.headers["HX-Trigger-After-Settle"]) == (
        True,
        True,
    )
    opened = Envelope.objects.get(ticket=ticket)
    assert (opened.team, opened.reason, opened.is_blocking) == (desk.other_team, "Which port is it?", True)


def test_without_script_the_form_is_a_page_and_leads_back_to_the_ticket(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    assert "<html" in html_of(browser.get(url_of(ticket, "envelopes/")))
    answer = browser.post(url_of(ticket, "envelopes/"), asked(desk, is_blocking=""))
    assert answer.headers["Location"] == url_of(ticket)
    page = html_of(browser.get(url_of(ticket)))
    assert (tab_url(ticket.reference, 1) in page, "In progress" in page) == (True, True)


def test_nothing_typed_comes_back_in_the_dialog_and_changes_nothing(desk: Desk, ticket: Ticket) -> None:
    answer = desk.browser(desk.mara).post(url_of(ticket, "envelopes/"), asked(desk, reason=" "), headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (400, "#envelope-form")
    assert Envelope.objects.count() == 0


def test_the_form_knows_the_team_asked_for_such_tickets_and_the_note_that_was_begun(desk: Desk, ticket: Ticket) -> None:
    other = TicketFactory(team=desk.team, owner=desk.mara, category=ticket.category)
    EnvelopeFactory(ticket=other, team=desk.other_team)
    keep_draft(ticket.pk, by=desk.mara, mode="note", body_text="The switch in ward 3 drops packets")
    html = html_of(desk.browser(desk.mara).get(url_of(ticket, "envelopes/"), headers=HTMX))
    assert f'value="team:{desk.other_team.pk}" selected' in html
    assert "The switch in ward 3 drops packets" in html


def test_a_skill_means_who_has_it_is_there_and_helps_least(desk: Desk, ticket: Ticket) -> None:
    skill = Skill.objects.create(name="VPN")
    busy, away, free = (AgentFactory(name=name, teams=[desk.other_team]) for name in ("Busy", "Away", "Free"))
    for agent, level in ((busy, 5), (away, 5), (free, 1)):
        AgentSkill.objects.create(agent=agent, skill=skill, level=level)
    AbsenceFactory(agent=away)
    EnvelopeFactory(expert=busy)
    desk.browser(desk.mara).post(url_of(ticket, "envelopes/"), asked(desk, target=f"skill:{skill.pk}"))
    assert Envelope.objects.get(ticket=ticket).assigned_to == free


def test_nobody_but_owner_and_experts_is_offered_to_ask(desk: Desk, ticket: Ticket) -> None:
    html = html_of(desk.browser(desk.jonas).get(url_of(ticket)))
    assert url_of(ticket, "envelopes/") not in html
    answer = desk.browser(desk.jonas).post(url_of(ticket, "envelopes/"), asked(desk))
    assert (answer.status_code, Envelope.objects.count()) == (403, 0)


def test_039_owner_sees_target_status_due_turn_and_summary(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    browser = desk.browser(desk.mara)
    panel = html_of(browser.get(url_of(ticket)))
    panel = panel[panel.index('id="context-parts"') :]
    for words in ("Network · Nina Vogt", "Being worked on", "Next to act: Expert", "Due"):
        assert words in panel, words
    services.complete_envelope(envelope.pk, by=desk.nina, summary="A bad port.", outcome="solved")
    panel = html_of(browser.get(url_of(ticket)))
    panel = panel[panel.index('id="context-parts"') :]
    assert ("A bad port." in panel, "Solved" in panel, "Next to act" in panel) == (True, True, False)


def test_038_an_expert_reads_the_ticket_and_writes_in_the_envelope(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    browser = desk.browser(desk.nina)
    main = html_of(browser.get(url_of(ticket)))
    assert ('id="composer-' in main, "You help in envelope 1" in main, "Dana Roth" in main) == (False, True, True)
    tab = browser.get(tab_url(ticket.reference, 1), headers=HTMX)
    html = html_of(tab)
    assert ("<html" in html, 'id="composer-envelope-1"' in html, 'id="composer-reply"' in html) == (False, True, False)
    assert "To Mara Weiss · customer will not see this" in html
    assert f'{tab_url(ticket.reference, 1)}envelopes/"' in html, "add next level"


def test_experts_read_what_is_above_and_nothing_beside(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    deep = AgentFactory(name="Deep Diver", teams=[TeamFactory(name="Vendor desk")])
    child = EnvelopeFactory(below=envelope, expert=deep, reason="Firmware bug?")
    beside = EnvelopeFactory(ticket=ticket, expert=AgentFactory(), reason="Cabling")
    browser = desk.browser(deep)
    above = html_of(browser.get(tab_url(ticket.reference, envelope.number)))
    assert ("Packets drop." in above, 'id="composer-envelope-' in above) == (True, False)
    assert 'id="composer-envelope-2"' in html_of(browser.get(tab_url(ticket.reference, child.number)))
    assert browser.get(tab_url(ticket.reference, beside.number)).status_code == 404
    tabs = html_of(browser.get(url_of(ticket)))
    assert f'href="{tab_url(ticket.reference, beside.number)}"' not in tabs
    assert "You are not in this envelope" in tabs


def test_a_colleague_knows_of_the_envelope_and_reads_no_word_of_it(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    services.post_in_envelope(envelope.pk, by=desk.nina, body_text="secretword")
    browser = desk.browser(desk.jonas)
    html = html_of(browser.get(url_of(ticket)))
    assert ("Network · Nina Vogt" in html, "Packets drop." in html, "secretword" in html) == (True, False, False)
    assert browser.get(tab_url(ticket.reference, 1)).status_code == 404
    assert browser.get(f"{tab_url(ticket.reference, 1)}decline/").status_code == 404


def test_page_and_tab_cost_the_same_with_twenty_envelopes_and_five_hundred_messages(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    browser = desk.browser(desk.mara)
    urls = (url_of(ticket), tab_url(ticket.reference, 1))
    before = [len(statements_of(browser, url)) for url in urls]
    for _number in range(19):
        EnvelopeFactory(ticket=ticket, team=desk.other_team, is_blocking=False)
    first = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Message 0")
    entries = [TimelineEntry(**_fields(first, f"Message {number}")) for number in range(1, 500)]
    TimelineEntry.objects.bulk_create(entries)
    envelope.posts.bulk_create([type(first.envelope_post)(entry=entry, envelope=envelope) for entry in entries])
    after = [len(statements_of(browser, url)) for url in urls]
    assert (after[0] - before[0], after[1] - before[1]) == (0, 0)
    assert max(after) <= 17, after
    html = html_of(browser.get(urls[1]))
    assert ("Message 499" in html, "Message 400" in html, html.count('class="entry entry--envelope"')) == (
        True,
        False,
        30,
    )
    older = re.search(r'href="([^"]+\?before=\d+)"', html)
    assert older
    assert "Message 460" in html_of(browser.get(older[1]))


def _fields(entry: TimelineEntry, text: str) -> dict[str, Any]:
    names = ("ticket_id", "kind", "visibility", "author_type", "author_id", "author_name", "facts", "created_at")
    return {name: getattr(entry, name) for name in names} | {"body_text": text}


def test_the_whole_life_of_an_envelope_by_its_forms(desk: Desk, ticket: Ticket) -> None:
    mara, nina = desk.browser(desk.mara), desk.browser(desk.nina)
    mara.post(url_of(ticket, "envelopes/"), asked(desk))
    found = Envelope.objects.get(ticket=ticket)
    tab = tab_url(ticket.reference, 1)
    nina.post(f"{tab}accept/")
    nina.post(f"{tab}release/", {"reason": "Going home"})
    assert status_of(found) == EnvelopeStatus.PENDING
    nina.post(f"{tab}accept/")
    nina.post(f"{tab}invite/", {"agent": str(desk.jonas.pk)})
    nina.post(f"{tab}envelopes/", asked(desk, target=f"person:{desk.lea.pk}", reason="Your switch?"))
    child = Envelope.objects.get(parent_envelope=found)
    assert nina.post(f"{tab}complete/", {"summary": "Port 7"}).status_code == 409, "one below is open"
    desk.browser(desk.lea).post(f"{tab_url(ticket.reference, 2)}decline/", {"reason": "Not mine"})
    assert status_of(child) == EnvelopeStatus.DECLINED
    mara.post(f"{tab_url(ticket.reference, 2)}redirect/", {"target": f"team:{desk.team.pk}"})
    mara.post(f"{tab_url(ticket.reference, 2)}cancel/", {"reason": "Found it"})
    assert status_of(child) == EnvelopeStatus.CANCELLED
    assert nina.post(f"{tab}complete/", {"summary": " "}).status_code == 400, "023"
    nina.post(f"{tab}complete/", {"summary": "Port 7", "outcome": "solved"})
    assert status_of(found) == EnvelopeStatus.COMPLETED
    mara.post(f"{tab}reopen/")
    assert status_of(found) == EnvelopeStatus.ACTIVE


def test_a_refusal_stands_on_the_tab_or_on_the_ticket_of_those_who_may_not_read_it(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    tab = tab_url(ticket.reference, 1)
    again = desk.browser(desk.nina).post(f"{tab}accept/", headers=HTMX)
    assert (again.status_code, 'id="envelope-facts"' in html_of(again)) == (409, True)
    foreign = desk.browser(desk.jonas).post(f"{tab}complete/", {"summary": "Done"})
    assert (foreign.status_code, "Packets drop." in html_of(foreign)) == (403, False)


# ---- writing ----


FORMS = ("decline", "redirect", "invite", "release", "complete", "cancel", "vendor", "envelopes")


@pytest.mark.parametrize("act", FORMS)
def test_rights_are_asked_before_what_was_typed_is_looked_at(
    desk: Desk, ticket: Ticket, envelope: Envelope, act: str
) -> None:
    """What a form takes for a choice would tell who takes part."""
    services.invite_expert(envelope.pk, by=desk.mara, agent=AgentFactory(name="Hidden Helper"))
    tab = tab_url(ticket.reference, 1)
    for agent, status in ((desk.jonas, 404), (desk.aude, 403)):
        browser = desk.browser(agent)
        assert browser.get(f"{tab}{act}/").status_code == status
        refused = browser.post(f"{tab}{act}/", {"agent": "nobody", "target": "nothing", "reason": ""})
        assert (refused.status_code, "Hidden Helper" in html_of(refused)) == (403, status == 403)
        assert 'name="agent"' not in html_of(refused)
    answer = desk.browser(desk.aude).get(f"{tab}{act}/", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (403, "#workspace")
    kept = RefusedAct.objects.filter(act=act, subject=str(envelope.pk)).order_by("at")
    assert list(kept.values_list("actor_name", flat=True)) == ["Jonas Kern", "Aude Petit"], "looking is no act"


def test_040_what_is_written_stands_in_the_thread_and_is_the_owners_turn(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    form = message_form(nina, tab)
    answer = nina.post(f"{tab}messages/", form)
    entry = TimelineEntry.objects.get(body_text="Port 7.")
    assert answer.headers["Location"] == f"{tab}#e{entry.seq}"
    nina.post(f"{tab}messages/", form)
    assert TimelineEntry.objects.filter(body_text="Port 7.").count() == 1, "a second click writes nothing twice"
    queue = html_of(desk.browser(desk.mara).get("/queue/mine/"))
    assert queue.index("Needs attention") < queue.index("Printer offline")
    assert ("Network · Nina Vogt: the owner" in queue, "Waiting on others" in queue) == (True, False)
    page = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert re.search(r'badge--new">[12]<', page[page.index('id="ticket-tabs"') :])


def test_a_form_of_another_composer_writes_nothing_in_an_envelope_and_comes_back(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    mara, tab = desk.browser(desk.mara), tab_url(ticket.reference, 1)
    misplaced = note_form(mara, ticket, body="Only for the note")
    answer = mara.post(f"{tab}messages/", misplaced)
    assert (answer.status_code, "Only for the note" in html_of(answer)) == (409, True)
    written = message_form(mara, tab, body="Only for Network")
    answer = mara.post(url_of(ticket, "note/"), written)
    assert answer.status_code == 409
    assert not TimelineEntry.objects.filter(body_text__startswith="Only for").exists()


def test_drafts_are_kept_for_each_envelope_and_go_with_the_message(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    kept = nina.post(f"{tab}draft/", {"body": "Port sev", "draft_version": "0"}, headers={"Accept": "application/json"})
    version = kept.json()["version"]
    assert "Port sev</textarea>" in html_of(nina.get(tab))
    assert "Port sev" not in html_of(nina.get(url_of(ticket)))
    assert nina.get("/api/v1/drafts/").json()["results"] == []
    nina.post(f"{tab}messages/", message_form(nina, tab, draft_version=version))
    assert Draft.objects.count() == 0


def test_looking_at_a_tab_changes_nothing_until_the_page_says_how_far_it_was_read(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    entry = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Port 7.")
    mara, tab = desk.browser(desk.mara), tab_url(ticket.reference, 1)
    mara.get(tab)
    assert EnvelopeBookmark.objects.count() == 0
    assert mara.post(f"{tab}read/", {"seq": entry.seq}).status_code == 204
    html = html_of(mara.get(url_of(ticket)))
    assert "badge--new" not in html[html.index('id="ticket-tabs"') : html.index('id="timeline"')]
    assert desk.browser(desk.jonas).post(f"{tab}read/", {"seq": entry.seq}).status_code == 404


def test_words_get_into_the_reply_only_after_they_were_shown_beside_its_draft(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    entry = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Port 7 is bad.")
    keep_draft(ticket.pk, by=desk.mara, mode="reply", body_text="Hello Dana,")
    mara, use = desk.browser(desk.mara), f"{tab_url(ticket.reference, 1)}use/"
    assert f"{use}?entry={entry.pk}" in html_of(mara.get(tab_url(ticket.reference, 1)))
    shown = html_of(mara.get(f"{use}?entry={entry.pk}"))
    for words in ("To customer · Dana Roth", "<p>Hello Dana,</p>", "<ins>Port 7 is bad.</ins>"):
        assert words in shown, words
    mark = re.search(r'name="shown" value="([^"]+)"', shown)
    assert mark
    changed = mara.post(use, {"body": "Port seven is bad.", "shown": mark[1], "keep": "1"})
    assert "<ins>Port seven is bad.</ins>" in html_of(changed), "other words are shown again first"
    assert Draft.objects.get().body_text == "Hello Dana,"
    answer = mara.post(use, {"body": "Port 7 is bad.", "shown": mark[1], "keep": "1"})
    assert answer.headers["Location"] == f"{url_of(ticket)}?compose=reply"
    assert Draft.objects.get().body_text == "Hello Dana,\n\nPort 7 is bad."
    assert OutboundMessage.objects.count() == 0


def test_nobody_but_the_owner_takes_words_over_and_only_of_this_envelope(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    entry = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Port 7 is bad.")
    EnvelopeFactory(ticket=ticket, team=desk.other_team)
    use = f"{tab_url(ticket.reference, 1)}use/?entry={entry.pk}"
    assert desk.browser(desk.nina).get(use).status_code == 403
    assert desk.browser(desk.jonas).get(use).status_code == 404
    assert desk.browser(desk.mara).get(use.replace("/e/1/", "/e/2/")).status_code == 404


def test_switcher_and_board_show_ones_own_and_what_waits_for_help(desk: Desk, ticket: Ticket) -> None:
    waiting = EnvelopeFactory(ticket=ticket, team=desk.other_team, reason="Packets drop.")
    board = html_of(desk.browser(desk.nina).get("/help/"))
    assert ("Packets drop." in board, f"{tab_url(ticket.reference, 1)}accept/" in board) == (True, True)
    assert "Packets drop." not in html_of(desk.browser(desk.jonas).get("/help/"))
    services.accept_envelope(waiting.pk, by=desk.nina)
    assert "Packets drop." not in html_of(desk.browser(desk.nina).get("/help/"))
    for agent, heading in ((desk.nina, "You help"), (desk.mara, "You are helped")):
        html = html_of(desk.browser(agent).get("/envelopes/"))
        assert (heading in html, tab_url(ticket.reference, 1) in html) == (True, True)


def test_what_nobody_accepted_in_time_stands_before_those_in_charge(desk: Desk, ticket: Ticket) -> None:
    chief = AgentFactory(name="Chief", roles=["supervisor"])
    desk.other_team.supervisor = chief
    desk.other_team.save()
    late = EnvelopeFactory(ticket=ticket, team=desk.other_team, reason="Packets drop.")
    assert "Packets drop." not in html_of(desk.browser(chief).get("/help/"))
    Envelope.objects.filter(pk=late.pk).update(timeout_notified_at=late.opened_at)
    assert "Packets drop." in html_of(desk.browser(chief).get("/help/"))


def test_notifications_lead_to_the_tab(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Port 7.")
    deliver_all()
    row = Notification.objects.filter(recipient=desk.mara, event_type="envelope_message").get()
    answer = desk.browser(desk.mara).post(f"/notifications/{row.pk}/open/")
    assert answer.headers["Location"] == tab_url(ticket.reference, 1)


def test_the_filter_envelopes_shows_what_help_came_to(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    services.complete_envelope(envelope.pk, by=desk.nina, summary="A bad port.")
    html = html_of(desk.browser(desk.mara).get(url_of(ticket), {"show": "envelopes"}))
    timeline = html[html.index('id="timeline-part"') : html.index('id="composers"')]
    assert ("Envelope 1 sealed by Nina Vogt" in timeline, "“A bad port.”" in timeline) == (True, True)
    assert "Ticket created" not in timeline


def test_a_task_of_an_envelope_keeps_what_it_waits_for_when_it_is_edited(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    first = services.add_envelope_task(envelope.pk, by=desk.nina, title="Swap the port")
    last = services.add_envelope_task(envelope.pk, by=desk.nina, title="Measure again", blocked_by=[first.pk])
    browser, address = desk.browser(desk.mara), url_of(ticket, f"tasks/{last.pk}/edit/")
    assert f'value="{first.pk}"' in html_of(browser.get(address))
    values = {"version": 1, "title": "Measure it again", "description": "", "blocked_by": [first.pk]}
    assert browser.post(address, values).status_code == 302
    last.refresh_from_db()
    assert (last.title, list(last.blocked_by.all())) == ("Measure it again", [first])
    assert str(last.pk) not in html_of(desk.browser(desk.jonas).get(url_of(ticket)))
