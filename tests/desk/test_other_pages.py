"""New ticket, search, history, notifications."""

import re
from uuid import uuid4

import pytest

from accounts.enums import Role
from accounts.models import Contact
from notifications.enums import EventType
from notifications.models import Notification
from notifications.services import notify
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories import AgentFactory, TicketFactory
from tickets.enums import Channel, TicketStatus, Visibility
from tickets.models import Ticket
from tickets.services import accept_ticket, edit_ticket

pytestmark = pytest.mark.django_db


def call(desk: Desk, **values: object) -> dict[str, object]:
    return {
        "email": "Tom.Baker@acme.example",
        "name": "Tom Baker",
        "subject": "Phone is dead",
        "description": "No line since this morning.",
        "type": "incident",
        "priority": "high",
        "team": desk.team.pk,
        "category": "",
        **values,
    }


def test_a_call_becomes_a_ticket_of_a_new_contact(desk: Desk) -> None:
    answer = desk.browser(desk.mara).post("/t/new/", call(desk))
    ticket = Ticket.objects.get()
    assert answer.headers["Location"] == url_of(ticket)
    assert (ticket.channel, ticket.priority, ticket.owner, ticket.created_by) == (
        Channel.PHONE,
        "high",
        None,
        desk.mara,
    )
    assert (ticket.requester.name, ticket.requester.company) == ("Tom Baker", desk.company)
    entry = ticket.entries.first()
    assert entry is not None
    assert (entry.body_text, entry.visibility) == ("No line since this morning.", Visibility.PUBLIC)


def test_a_known_address_is_the_known_contact(desk: Desk) -> None:
    desk.browser(desk.mara).post("/t/new/", call(desk, email="DANA@acme.example", name="Somebody Else"))
    assert (Ticket.objects.get().requester, Contact.objects.count()) == (desk.dana, 1)


def test_the_taker_of_a_call_may_accept_at_once(desk: Desk) -> None:
    desk.browser(desk.mara).post("/t/new/", call(desk, accept_now="on"))
    assert (Ticket.objects.get().owner, Ticket.objects.get().status) == (desk.mara, TicketStatus.IN_PROGRESS)


def test_who_is_full_creates_and_learns_that_it_is_not_theirs(desk: Desk) -> None:
    desk.mara.max_tickets = 0
    desk.mara.save()
    page = html_of(desk.browser(desk.mara).post("/t/new/", call(desk, accept_now="on"), follow=True))
    assert ("Created, but not yours" in page, Ticket.objects.get().owner) == (True, None)


def test_a_ticket_for_another_team_is_named_in_the_queue(desk: Desk) -> None:
    answer = desk.browser(desk.mara).post("/t/new/", call(desk, team=desk.other_team.pk), follow=True)
    assert answer.redirect_chain == [("/queue/mine/", 302)]
    assert f"{Ticket.objects.get().reference} created for the team Network" in html_of(answer)


@pytest.mark.parametrize(
    "values",
    [{"email": "tom"}, {"subject": " "}, {"description": ""}, {"team": uuid4()}, {"priority": "x"}, {"category": "x"}],
)
def test_bad_input_changes_nothing(desk: Desk, values: dict[str, object]) -> None:
    contacts = Contact.objects.count()
    answer = desk.browser(desk.mara).post("/t/new/", call(desk, **values))
    assert (answer.status_code, "What you typed is kept." in html_of(answer)) == (400, True)
    assert (Ticket.objects.count(), Contact.objects.count()) == (0, contacts)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_who_may_not_create_gets_no_form(desk: Desk, role: Role) -> None:
    browser = desk.browser(AgentFactory(roles=[role]))
    assert (browser.get("/t/new/").status_code, browser.post("/t/new/", call(desk)).status_code) == (403, 403)
    assert Ticket.objects.count() == 0


def test_a_reference_alone_opens_its_ticket(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    number = int(ticket.reference.rpartition("-")[2])
    browser = desk.browser(desk.mara)
    for query in (ticket.reference, ticket.reference.lower(), f" inc-{number} "):
        assert browser.get("/search/", {"q": query}).headers["Location"] == url_of(ticket), query
    assert desk.browser(desk.nina).get("/search/", {"q": ticket.reference}).status_code == 200


def test_words_find_tickets_and_people_within_sight(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Printer offline", requester=desk.dana)
    TicketFactory(team=desk.other_team, subject="Printer in the cellar")
    html = html_of(desk.browser(desk.mara).get("/search/", {"q": "printer"}))
    assert ("Printer offline" in html, "Printer in the cellar" in html) == (True, False)
    for query in ("roth", "dana@acme", "dana roth"):
        assert "dana@acme.example" in html_of(desk.browser(desk.mara).get("/search/", {"q": query})), query
    admin = AgentFactory(roles=[Role.ADMIN])
    assert "dana@acme.example" not in html_of(desk.browser(admin).get("/search/", {"q": "roth"}))


@pytest.mark.parametrize("query", ["", " ", "%00", "x" * 5000, "'; DROP", "ünï 日本", "( & | !"])
def test_search_takes_any_text(desk: Desk, query: str) -> None:
    assert desk.browser(desk.mara).get("/search/", {"q": query}).status_code == 200


def test_search_refuses_a_foreign_cursor(desk: Desk) -> None:
    assert desk.browser(desk.mara).get("/search/", {"q": "printer", "cursor": "junk"}).status_code == 400


def test_history_tells_who_changed_what(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    edit_ticket(ticket.pk, by=desk.lea, version=ticket.version, priority="critical", reason="A ward waits.")
    html = html_of(desk.browser(desk.mara).get(url_of(ticket, "history/")))
    row = html[html.index("Lea Brandt") :][:400]
    assert ("Medium → Critical" in row, "Ticket created" in html, "– → Mara Weiss" in html) == (True, True, True)


def test_history_is_for_owner_lead_supervisor_auditor_and_admin(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    admin = AgentFactory(roles=[Role.ADMIN])
    expected = {
        desk.mara: 200,
        desk.lea: 200,
        desk.sam: 200,
        desk.aude: 200,
        admin: 200,
        desk.jonas: 403,
        desk.nina: 404,
    }
    assert {who: desk.browser(who).get(url_of(ticket, "history/")).status_code for who in expected} == expected


def test_notifications_are_read_one_by_one_or_all(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    for key in ("a", "b", "c"):
        notify(
            [desk.mara.pk],
            EventType.TICKET_ASSIGNED,
            dedupe_key=key,
            ticket_id=ticket.pk,
            reference=ticket.reference,
            subject="Printer",
        )
    browser = desk.browser(desk.mara)
    html = html_of(browser.get("/notifications/"))
    assert (f"{ticket.reference} is offered to you: Printer" in html, 'class="badge badge--new">3<' in html) == (
        True,
        True,
    )
    first = Notification.objects.earliest("created_at")
    assert desk.browser(desk.jonas).post(f"/notifications/{first.pk}/open/").status_code == 404
    assert browser.post(f"/notifications/{first.pk}/open/").headers["Location"] == url_of(ticket)
    assert Notification.objects.unread().count() == 2
    assert browser.post("/notifications/read/").status_code == 302
    assert Notification.objects.unread().count() == 0


def test_notifications_stand_by_ticket_and_are_read_by_ticket(desk: Desk) -> None:
    one, other = TicketFactory.create_batch(2, team=desk.team)
    for key, ticket in enumerate((one, other, one)):
        facts = {"reference": ticket.reference, "subject": ticket.subject}
        notify([desk.mara.pk], EventType.TICKET_REOPENED, dedupe_key=f"{key}", ticket_id=ticket.pk, **facts)
    browser = desk.browser(desk.mara)
    html = html_of(browser.get("/notifications/"))
    assert re.findall(r"INC-\d+-\d+(?= is open again)", html) == [one.reference, one.reference, other.reference]
    assert html.count("card__head") == 1
    ids = re.findall(r'name="id" value="([^"]+)"', html)
    assert browser.post("/notifications/read/", {"id": [*ids, "nonsense"]}).status_code == 302
    assert Notification.objects.unread().get().ticket == other


def test_a_notification_of_a_ticket_out_of_sight_opens_nothing(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.other_team)
    accept_ticket(ticket.pk, by=desk.nina)
    notify([desk.mara.pk], EventType.OFFER_ENDED, dedupe_key="x", ticket_id=ticket.pk, reference=ticket.reference)
    row = Notification.objects.get()
    assert desk.browser(desk.mara).post(f"/notifications/{row.pk}/open/").headers["Location"] == "/notifications/"
