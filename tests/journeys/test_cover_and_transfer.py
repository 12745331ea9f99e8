"""A colleague falls ill, another leaves: cover by a deputy, and the one way in which an owner changes (013, 014,
007, 002).
"""

from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Absence, Contact
from accounts.tokens import token_for
from connectors.mail.services import send_due_mail
from tests.factories import TicketFactory
from tests.factories.people import PASSWORD
from tests.journeys.desk import Desk
from tests.journeys.plain_browser import PlainBrowser, Program
from tickets.enums import EntryKind, TicketStatus
from tickets.models import OutboundMessage, OwnershipTransfer, Ticket
from tickets.services import release_due_messages

WHY = "His employment has ended; Jonas goes on with the ticket."


def signed_in(site: str, email: str) -> PlainBrowser:
    browser = PlainBrowser(site)
    browser.sign_in(email, PASSWORD)
    return browser


def send_everything() -> None:
    release_due_messages(now=timezone.now() + timedelta(minutes=1))
    send_due_mail(now=timezone.now() + timedelta(minutes=1))


@pytest.fixture
def ticket(desk: Desk, dana: Contact) -> Ticket:
    owned: Ticket = TicketFactory(team=desk.team, requester=dana, subject="Scanner is slow", owner=desk.mara)
    return owned


def test_013_014_lead_records_a_sick_colleague_and_the_deputy_answers_for_her(
    desk: Desk, ticket: Ticket, live_site: str
) -> None:
    here = f"/t/{ticket.reference}/"
    lea, jonas = signed_in(live_site, desk.lea.email), signed_in(live_site, desk.jonas.email)
    assert "Scanner is slow" not in jonas.get("/queue/mine/").text
    assert not jonas.get(here).has_form(f"{here}reply/")

    people = lea.get("/people/")
    address = f"/people/{desk.mara.pk}/absences/new/"
    assert address in people.links
    form_page = lea.get(address)
    today = desk.mara.today(timezone.now())
    recorded = lea.submit(
        form_page,
        form_page.form(address),
        kind="sick",
        starts_on=str(today),
        ends_on=str(today + timedelta(days=9)),
        deputy=str(desk.jonas.pk),
    )
    assert (recorded.status, recorded.url) == (200, f"{live_site}/people/")
    assert "The absence of Mara Weiss is recorded." in recorded.text

    assert "Scanner is slow" in jonas.get("/queue/mine/").text
    page = jonas.get(here)
    assert "for Mara Weiss" in page.text
    sent = jonas.submit(page, page.form(f"{here}reply/"), body="Hello Dana, Jonas here. I clean it.")
    assert sent.status == 200
    send_everything()
    [message] = [message for message in mail.outbox if "Jonas here" in message.body]
    assert message.from_email == "Mara Weiss <support@desk.test>"
    entry = Ticket.objects.get().entries.get(kind=EntryKind.EMAIL_OUTBOUND)
    assert (entry.author, entry.on_behalf_of) == (desk.jonas, desk.mara)
    assert Ticket.objects.get().owner == desk.mara

    before = jonas.get(here)  # the page stays open on his screen until Mara is back
    Absence.objects.update(starts_on=today - timedelta(days=10), ends_on=today - timedelta(days=1))
    refused = jonas.submit(before, before.form(f"{here}reply/"), body="One more thing.")
    assert refused.status == 403
    assert f"Mara Weiss owns ticket {ticket.reference} and speaks with the customer." in refused.text
    assert "Ask the owner to open an envelope, or write an internal note." in refused.text
    assert "One more thing." in unescape(refused.html), "what he typed is not lost"
    assert OutboundMessage.objects.count() == 1
    assert "Scanner is slow" not in jonas.get("/queue/mine/").text


@pytest.mark.parametrize("way", ["api", "admin page"])
def test_007_after_termination_a_supervisor_transfers(way: str, desk: Desk, ticket: Ticket, live_site: str) -> None:
    sam = signed_in(live_site, desk.sam.email)
    program = Program(live_site, token_for(desk.sam.user)[0])
    values = {"new_owner": str(desk.jonas.pk), "reason_code": "termination", "reason": WHY}

    def transfer() -> int:
        if way == "api":
            return program.call("POST", f"/api/v1/tickets/{ticket.reference}/transfer_ownership/", values)[0]
        page = sam.get(f"/admin/transfer/?reference={ticket.reference}")
        done = sam.submit(page, page.form(with_field="reason_code"), **values)
        return done.status

    assert transfer() == 422, "she still works here"
    desk.mara.employment_ended_on = desk.mara.today(timezone.now()) - timedelta(days=1)
    desk.mara.save()
    assert transfer() == 200

    ticket.refresh_from_db()
    assert (ticket.owner, ticket.status) == (desk.jonas, TicketStatus.IN_PROGRESS)
    row = OwnershipTransfer.objects.get()
    assert (row.old_owner, row.new_owner, row.reason_code, row.reason, row.authorised_by) == (
        desk.mara, desk.jonas, "termination", WHY, desk.sam,
    )  # fmt: skip
    entry = ticket.entries.filter(kind=EntryKind.OWNERSHIP).in_order().last()
    assert entry is not None
    assert entry.facts == {
        "event": "transferred",
        "old_owner": "Mara Weiss",
        "new_owner": "Jonas Kern",
        "reason_code": "termination",
        "authorised_by": "Sam Okafor",
    }
    send_everything()
    [introduction] = mail.outbox
    assert introduction.from_email == "Jonas Kern <support@desk.test>"
    assert "From now on I look after your request" in introduction.body
    assert WHY not in introduction.body
    jonas = signed_in(live_site, desk.jonas.email)
    assert "Scanner is slow" in jonas.get("/queue/mine/").text


def test_002_no_form_and_no_call_changes_the_owner(desk: Desk, ticket: Ticket, live_site: str) -> None:
    """By API as PATCH and PUT, by the fields form with an owner smuggled in, on the admin page, by the team's
    change.
    """
    program = Program(live_site, token_for(desk.sam.user)[0])
    address = f"/api/v1/tickets/{ticket.reference}/"
    status, problem = program.call("PATCH", address, {"owner": desk.jonas.email, "version": ticket.version})
    assert (status, problem["code"]) == (409, "ownership_immutable")
    status, problem = program.call("PUT", address, {"owner": desk.jonas.email, "version": ticket.version})
    assert (status, problem["code"]) == (405, "method_not_allowed")
    status, problem = program.call("POST", f"{address}change_team/", {"team": "Back Office"})
    assert (status, problem["code"]) == (409, "ownership_immutable")

    mara, sam = signed_in(live_site, desk.mara.email), signed_in(live_site, desk.sam.email)
    page = mara.get(f"/t/{ticket.reference}/fields/")
    form = page.form("/fields/")
    form.values["owner"] = str(desk.jonas.pk)
    assert mara.submit(page, form, subject="Scanner is very slow").status == 200
    record = sam.get(f"/admin/tickets/ticket/{ticket.pk}/change/")
    assert (record.status, [form for form in record.forms if "owner" in form.names]) == (200, [])

    ticket.refresh_from_db()
    assert (ticket.owner, ticket.subject, ticket.team) == (desk.mara, "Scanner is very slow", desk.team)
