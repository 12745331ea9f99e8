"""The ticket page: what it shows to whom, and what it costs."""

import re

import pytest

from accounts.enums import Tier
from accounts.models import Agent
from desk.timeline import SHOW
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import AbsenceFactory, ContactFactory, TicketFactory
from tickets.enums import LinkKind
from tickets.models import Ticket
from tickets.services import (
    NewFile,
    add_note,
    create_task,
    edit_ticket,
    link_tickets,
    record_customer_message,
    reply_to_customer,
)
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def test_invisible_and_missing_tickets_read_alike(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.nina)
    hidden, missing = browser.get(url_of(ticket)), browser.get("/t/INC-1999-000001/")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert html_of(hidden).replace(ticket.reference, "") == html_of(missing).replace("INC-1999-000001", "")


def test_header_names_customer_company_and_owner(desk: Desk, ticket: Ticket) -> None:
    html = html_of(desk.browser(desk.jonas).get(url_of(ticket)))
    for text in ("Dana Roth · Acme GmbH", "Mara Weiss", "Service Desk", "In progress", "Medium"):
        assert text in html
    assert f"<title>{ticket.reference} · Dana Roth · Acme GmbH · Standard · Printer offline</title>" in html


@pytest.mark.parametrize("tier", list(Tier))
def test_the_head_names_every_tier_also_the_usual_one(desk: Desk, ticket: Ticket, tier: Tier) -> None:
    desk.company.tier = tier
    desk.company.save()
    html = html_of(desk.browser(desk.jonas).get(url_of(ticket)))
    head = html[html.index('id="ticket-head"') : html.index('class="ticket-head__top"')]
    assert re.findall(r'class="ticket-head__tier"[^>]*>([^<]+)<', head) == [tier.label]
    assert f"· {tier.label} · Printer offline</title>" in html


def test_the_title_of_a_customer_without_company_names_the_person(desk: Desk) -> None:
    alone = TicketFactory(team=desk.team, requester=ContactFactory(first_name="Olga", last_name="Lone", company=None))
    html = html_of(desk.browser(desk.mara).get(url_of(alone)))
    assert f"<title>{alone.reference} · Olga Lone · Standard · {alone.subject}</title>" in html


def test_unowned_ticket_says_so(desk: Desk) -> None:
    html = html_of(desk.browser(desk.mara).get(url_of(TicketFactory(team=desk.team))))
    assert "Nobody owns it yet" in html


def test_references_are_found_in_small_letters(desk: Desk, ticket: Ticket) -> None:
    assert desk.browser(desk.mara).get(f"/t/{ticket.reference.lower()}/").status_code == 200


def test_others_than_the_owner_see_why_they_do_not_reply(desk: Desk, ticket: Ticket) -> None:
    html = html_of(desk.browser(desk.jonas).get(url_of(ticket)))
    assert "Mara Weiss owns this ticket and writes to the customer." in html
    assert f'action="{url_of(ticket, "reply/")}"' not in html
    assert f'action="{url_of(ticket, "note/")}"' in html


def test_deputy_writes_for_the_absent_owner(desk: Desk, ticket: Ticket) -> None:
    AbsenceFactory(agent=desk.mara, deputy=desk.jonas)
    html = html_of(desk.browser(desk.jonas).get(url_of(ticket)))
    assert ("for Mara Weiss" in html, "covered by Jonas Kern" in html) == (True, True)


def test_auditor_reads_and_gets_no_form_that_changes_the_ticket(desk: Desk, ticket: Ticket) -> None:
    html = html_of(desk.browser(desk.aude).get(url_of(ticket)))
    for act in ("accept/", "reply/", "note/", "wait/", "resolve/", "cancel/", "tasks/", "links/", "spam/", "fields/"):
        assert url_of(ticket, act) not in html, act
    assert url_of(ticket, "history/") in html


def test_notes_and_public_entries_are_unmistakable(desk: Desk, ticket: Ticket) -> None:
    add_note(ticket.pk, by=desk.jonas, body_text="Firmware 4.2 again")
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    note = html[html.index("entry--note") :]
    assert ("Internal note" in note[:1500], "Firmware 4.2 again" in note) == (True, True)
    assert "entry--customer-in" in html


def test_filters_narrow_the_timeline(desk: Desk, ticket: Ticket) -> None:
    add_note(ticket.pk, by=desk.jonas, body_text="Firmware again")
    browser = desk.browser(desk.mara)
    found = {"": (True, True, True), "customer": (True, False, False), "internal": (False, True, False)}
    found["system"] = (False, False, True)
    for show, expected in found.items():
        html = html_of(browser.get(url_of(ticket), {"show": show}))
        seen = ("It is off again." in html, "Firmware again" in html, "accepted the ticket" in html)
        assert seen == expected, show


def test_a_filter_says_how_many_entries_it_hides(desk: Desk, ticket: Ticket) -> None:
    add_note(ticket.pk, by=desk.jonas, body_text="Firmware again")
    browser = desk.browser(desk.mara)
    all_of_them = ticket.entries.count()
    hides = re.compile(rf'This filter hides (\d+) entr(?:y|ies)\. <a href="{url_of(ticket)}">Show all</a>')
    counts = {show: hides.findall(html_of(browser.get(url_of(ticket), {"show": show}))) for show in ("", "x", *SHOW)}
    expected = {"": [], "x": []} | {show: [str(ticket.entries.exclude(only).count())] for show, only in SHOW.items()}
    assert counts == expected
    assert counts["customer"] == counts["internal"] == [str(all_of_them - 1)]
    plain, narrowed = (len(statements_of(browser, url_of(ticket) + query)) for query in ("", "?show=customer"))
    assert narrowed <= plain + 1


def test_runs_of_system_events_fold(desk: Desk, ticket: Ticket) -> None:
    for number in range(3):
        create_task(ticket.pk, by=desk.mara, title=f"Step {number}")
    assert "3 system events" in html_of(desk.browser(desk.mara).get(url_of(ticket)))


def test_the_last_thirty_entries_and_a_link_to_earlier_ones(desk: Desk, ticket: Ticket) -> None:
    for number in range(34):
        add_note(ticket.pk, by=desk.mara, body_text=f"Note no {number:02}.")
    browser = desk.browser(desk.mara)
    page = browser.get(url_of(ticket))
    html = html_of(page)
    assert [f"Note no {n:02}." in html for n in (3, 4, 33)] == [False, True, True]
    assert "6 older entries" in html
    older = html_of(browser.get(page.context["older_url"]))
    assert [f"Note no {n:02}." in older for n in (3, 4)] == [True, False]
    assert ("It is off again." in older, "To the newest entries" in older) == (True, True)


def test_quoted_text_is_folded_and_not_lost(desk: Desk, ticket: Ticket) -> None:
    text = "It still fails.\n\nOn 20 Nov 2026 Mara Weiss wrote:\n> Please restart it.\n> Mara"
    record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text=text, in_reply_to="<a@b>"))
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    shown, quoted = html[html.index("It still fails.") :].split('<details class="quote">')[:2]
    assert ("Please restart it." in shown, "Please restart it." in quoted) == (False, True)


def test_customer_text_is_never_markup(desk: Desk, ticket: Ticket) -> None:
    text = '<script>alert(1)</script> <img src=x onerror=alert(2)> javascript:alert(3) https://ok.example/?a=1&b="2"'
    record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text=text))
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert ("<script>alert" in html, "<img src=x" in html, 'href="javascript:' in html) == (False, False, False)
    assert "&lt;script&gt;alert(1)" in html


def test_held_reply_stands_at_the_end_and_only_its_author_takes_it_back(desk: Desk, ticket: Ticket) -> None:
    message = reply_to_customer(ticket.pk, by=desk.mara, body_text="On my way.")
    undo = f"/outbox/{message.pk}/undo/"
    owner, colleague = (html_of(desk.browser(who).get(url_of(ticket))) for who in (desk.mara, desk.jonas))
    assert ("Sending to Dana Roth" in owner, undo in owner) == (True, True)
    assert ("Sending to Dana Roth" in colleague, undo in colleague) == (True, False)


def test_links_show_only_tickets_in_sight(desk: Desk, ticket: Ticket) -> None:
    hidden = TicketFactory(team=desk.other_team, subject="Secret switch", owner=desk.nina)
    other = TicketFactory(team=desk.team, subject="Paper jam", owner=desk.mara)
    desk.mara.teams.add(desk.other_team)
    mara = Agent.objects.get(pk=desk.mara.pk)
    for to in (hidden, other):
        link_tickets(ticket.pk, to=to, kind=LinkKind.CAUSED_BY, by=mara)
    html = html_of(desk.browser(desk.jonas).get(url_of(ticket)))
    panel = html[html.index("Linked tickets") :]
    assert ("Paper jam" in panel, "Secret switch" in panel) == (True, False)
    assert "Cause of" in html_of(desk.browser(desk.jonas).get(url_of(other)))


def test_htmx_gets_the_workspace_alone(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    part = browser.get(url_of(ticket), headers={"HX-Request": "true"})
    assert html_of(part).lstrip().startswith('<div class="workspace" id="workspace"')
    assert "HX-Request" in part.headers["Vary"]
    restored = browser.get(url_of(ticket), headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert html_of(restored).lstrip().startswith("<!doctype html>")


def test_no_inline_code_or_style_on_the_page(desk: Desk, ticket: Ticket) -> None:
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    for forbidden in (" onclick=", " style=", "<style", "hx-on", "javascript:"):
        assert forbidden not in html, forbidden


def test_page_costs_at_most_fifteen_statements_however_much_is_on_it(desk: Desk, ticket: Ticket) -> None:
    browser, costs = desk.browser(desk.mara), []
    AbsenceFactory(agent=desk.jonas, deputy=desk.mara)
    for more in (1, 2):
        for number in range(more):
            file = NewFile(f"log{number}.txt", f"line {number} {more}".encode(), "text/plain")
            record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text="See file.", files=[file]))
            reply_to_customer(ticket.pk, by=desk.mara, body_text="Thanks.", files=[file])
            create_task(ticket.pk, by=desk.mara, title=f"Step {number}", assigned_to=desk.jonas)
            other = TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara)
            link_tickets(ticket.pk, to=other, kind=LinkKind.RELATED, by=desk.mara)
            for _entry in range(12):
                add_note(ticket.pk, by=desk.jonas, body_text="Looked again.")
        version = Ticket.objects.get(pk=ticket.pk).version
        edit_ticket(ticket.pk, by=desk.mara, version=version, tags=[f"tag{more}", "printer"])
        costs.append(len(statements_of(browser, url_of(ticket))))
    assert costs[1] <= 15, "\n".join(statements_of(browser, url_of(ticket)))
    assert costs[1] - costs[0] <= 1, "only the count of earlier entries may join"
