"""Moving a mail to the ticket where it belongs, and back (rulings 12 and 19)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent
from connectors.mail import services
from connectors.mail.enums import MailState, Reason
from connectors.mail.errors import MailOnNoTicket
from connectors.mail.models import Mailbox, MailMessage
from core.errors import Invalid, StaleVersion
from core.models import EventDelivery
from tests.api.conftest import signed_in
from tests.concurrency import in_parallel
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets import services as tickets
from tickets.enums import EntryKind
from tickets.errors import EntryNotMovable, NothingToUndo, RoleForbids, TicketClosed
from tickets.models import Placement, Ticket, TimelineEntry
from tickets.selectors import attachments_visible_to, entries_of
from tickets.wording import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara(mailbox: Mailbox) -> Agent:
    return AgentFactory(name="Mara Klein", teams=[mailbox.team])


def ticket_of(message: MailMessage) -> Ticket:
    return Ticket.objects.get(pk=message.ticket_id)


def lines(ticket: Ticket) -> list[str]:
    return [describe(entry) or entry.body_text.strip() for entry in entries_of(ticket).in_order()]


def test_moved_mail_stands_on_the_other_ticket_and_leaves_a_line(mailbox: Mailbox, mara: Agent) -> None:
    first = arrive(a_mail(body="The printer burns."), mailbox)
    second = arrive(a_mail(body="Now it smells, too."), mailbox)
    source, target = ticket_of(second), ticket_of(first)
    moved = services.move_mail(second.pk, to=target.reference.lower(), by=mara)
    assert moved.ticket == target
    assert lines(target) == [
        "The printer burns.",
        "Now it smells, too.",
        f"Mail from Dana Roth moved here from {source.reference}",
    ]
    assert lines(source)[0] == f"Mail from Dana Roth moved to {target.reference}"
    assert "Now it smells, too." not in lines(source)
    assert entries_of(source).public().count() == 0
    entry = TimelineEntry.objects.get(pk=second.entry_id)
    assert (entry.ticket, entry.body_text.strip()) == (source, "Now it smells, too."), "the entry itself is as it was"
    assert [(row.cause, row.by) for row in entry.placements.all()] == [("move", mara)]
    history = second.history.values_list("history_change_reason", "actor_name").first()
    assert history == ("moved", mara.audit_name)


def test_ticket_that_was_nothing_but_this_mail_ends_and_comes_back_with_it(mailbox: Mailbox, mara: Agent) -> None:
    first, second = arrive(a_mail(), mailbox), arrive(a_mail(), mailbox)
    source, target = ticket_of(second), ticket_of(first)
    services.move_mail(second.pk, to=target.reference, by=mara)
    source.refresh_from_db()
    assert (source.status, source.closure_code, source.owner) == ("cancelled", "duplicate", None)
    services.undo_mail_move(second.pk, by=mara)
    source.refresh_from_db()
    assert (source.status, source.closure_code, source.closed_at) == ("new", "", None)
    assert source.links_from.count() == 0
    assert second.entry in entries_of(source).public()
    assert second.entry not in entries_of(target)
    second.refresh_from_db()
    assert second.ticket == source


def test_answers_to_an_ended_ticket_and_to_the_moved_mail_find_the_other_one(mailbox: Mailbox, mara: Agent) -> None:
    first, second = arrive(a_mail(), mailbox), arrive(a_mail(), mailbox)
    source, target = ticket_of(second), ticket_of(first)
    services.move_mail(second.pk, to=target.reference, by=mara)
    by_id = arrive(a_mail(In_Reply_To=f"<{second.message_id}>"), mailbox)
    by_subject = arrive(a_mail(subject=f"Re: [{source.reference}] Printer"), mailbox)
    assert [by_id.ticket_id, by_subject.ticket_id] == [target.pk, target.pk]


def test_owned_ticket_keeps_owner_and_status_when_its_mail_leaves(mailbox: Mailbox, mara: Agent) -> None:
    jonas = AgentFactory(teams=[mailbox.team])
    first, second = arrive(a_mail(), mailbox), arrive(a_mail(), mailbox)
    source, target = ticket_of(second), ticket_of(first)
    tickets.accept_ticket(source.pk, by=jonas)
    tickets.accept_ticket(target.pk, by=mara)
    services.move_mail(second.pk, to=target.reference, by=mara)
    assert Ticket.objects.filter(pk=source.pk, owner=jonas, status="in_progress").exists()
    assert Ticket.objects.filter(pk=target.pk, owner=mara, status="in_progress").exists()


def test_ticket_with_a_note_or_another_mail_stays_open(mailbox: Mailbox, mara: Agent) -> None:
    target = ticket_of(arrive(a_mail(), mailbox))
    noted, answered = arrive(a_mail(), mailbox), arrive(a_mail(), mailbox)
    tickets.add_note(noted.ticket_id, by=mara, body_text="Asked the supplier.")
    arrive(a_mail(In_Reply_To=f"<{answered.message_id}>"), mailbox)
    for message in (noted, answered):
        services.move_mail(message.pk, to=target.reference, by=mara)
        assert ticket_of(MailMessage.objects.get(pk=message.pk)) == target
    assert list(Ticket.objects.exclude(pk=target.pk).values_list("status", flat=True)) == ["new", "new"]


def test_moved_mail_acts_as_if_it_had_just_come(mailbox: Mailbox, mara: Agent) -> None:
    waiting, resolved = ticket_of(arrive(a_mail(), mailbox)), ticket_of(arrive(a_mail(), mailbox))
    for ticket in (waiting, resolved):
        tickets.accept_ticket(ticket.pk, by=mara)
        held = tickets.reply_to_customer(ticket.pk, by=mara, body_text="Is it still so?")
        tickets.release_message(held.pk, now=timezone.now() + timedelta(minutes=1))
    tickets.wait_for_customer(waiting.pk, by=mara)
    tickets.resolve_ticket(resolved.pk, by=mara, code="fixed", note="Cleaned.")
    for ticket in (waiting, resolved):
        services.move_mail(arrive(a_mail(body="Yes, still."), mailbox).pk, to=ticket.reference, by=mara)
    waiting.refresh_from_db()
    resolved.refresh_from_db()
    assert (waiting.status, waiting.has_unanswered_message, waiting.owner) == ("in_progress", True, mara)
    assert (resolved.status, resolved.reopen_count, resolved.owner) == ("in_progress", 1, mara)
    assert EventDelivery.objects.filter(event__endswith="CustomerReplied").exists()


def test_mail_older_than_the_solution_reopens_nothing(mailbox: Mailbox, mara: Agent) -> None:
    old = arrive(a_mail(), mailbox)
    target = ticket_of(arrive(a_mail(), mailbox))
    tickets.accept_ticket(target.pk, by=mara)
    tickets.resolve_ticket(target.pk, by=mara, code="fixed", note="Cleaned.")
    services.move_mail(old.pk, to=target.reference, by=mara)
    target.refresh_from_db()
    assert (target.status, target.reopen_count) == ("resolved", 0)


def test_who_takes_part_by_the_mail_alone_goes_with_it(mailbox: Mailbox, mara: Agent) -> None:
    target = ticket_of(arrive(a_mail(), mailbox))
    stray = arrive(a_mail(sender="Tom <tom@elsewhere.test>"), mailbox)
    services.move_mail(stray.pk, to=target.reference, by=mara)
    assert [row.contact.email for row in target.participants.all()] == ["tom@elsewhere.test"]
    services.undo_mail_move(stray.pk, by=mara)
    assert target.participants.count() == 0, "whoever was moved in by mistake cannot answer into the ticket"


def test_files_and_words_are_found_where_the_mail_stands(mailbox: Mailbox, mara: Agent) -> None:
    other = MailboxFactory(address="network@desk.test")
    nina = AgentFactory(teams=[other.team])
    both = AgentFactory(teams=[mailbox.team, other.team])
    mail = arrive(a_mail(body="zeppelin", files={"log.bin": b"0123"}), mailbox)
    target = ticket_of(arrive(a_mail(to=other.address), other))
    assert not attachments_visible_to(nina).exists()
    services.move_mail(mail.pk, to=target.reference, by=both)
    assert attachments_visible_to(nina).get().filename == "log.bin"
    assert not attachments_visible_to(mara).exists()
    api = signed_in(nina)
    assert [
        row["filename"] for row in api.get(f"/api/v1/tickets/{target.reference}/attachments/").json()["results"]
    ] == ["log.bin"]
    assert target.reference in api.get("/api/v1/search/?q=zeppelin").content.decode()


def test_refusals(mailbox: Mailbox, mara: Agent) -> None:
    mail, other = arrive(a_mail(), mailbox), arrive(a_mail(), mailbox)
    here, there = ticket_of(mail).reference, ticket_of(other).reference
    hidden = ticket_of(arrive(a_mail(to="far@desk.test"), MailboxFactory(address="far@desk.test")))
    for wrong in ("INC-1999-000001", "", hidden.reference, here):
        with pytest.raises(Invalid):
            services.move_mail(mail.pk, to=wrong, by=mara)
    with pytest.raises(StaleVersion):
        services.move_mail(mail.pk, to=there, by=mara, version=99)
    with pytest.raises(NothingToUndo):
        services.undo_mail_move(mail.pk, by=mara)
    with pytest.raises(RoleForbids):
        services.move_mail(mail.pk, to=there, by=AgentFactory(roles=[Role.AUDITOR]))
    tickets.cancel_ticket(other.ticket_id, by=mara, code="withdrawn")
    with pytest.raises(TicketClosed):
        services.move_mail(mail.pk, to=there, by=mara)
    copy = arrive(bytes(mail.raw.content), MailboxFactory(address="two@desk.test", team=mailbox.team))
    quarantined = arrive(b"Subject: nobody wrote this\r\n\r\nx", mailbox)
    for unmovable in (copy, quarantined):
        with pytest.raises(MailOnNoTicket):
            services.move_mail(unmovable.pk, to=here, by=mara)
    assert Placement.objects.count() == 0


def test_copies_in_the_ledger_follow(mailbox: Mailbox, mara: Agent) -> None:
    target = ticket_of(arrive(a_mail(), mailbox))
    mail = arrive(a_mail(), mailbox)
    copy = arrive(bytes(mail.raw.content), MailboxFactory(address="two@desk.test", team=mailbox.team))
    assert copy.state == MailState.DUPLICATE
    services.move_mail(mail.pk, to=target.reference, by=mara)
    copy.refresh_from_db()
    assert (copy.ticket, copy.reason) == (target, Reason.SAME_MAIL)


def test_undo_is_refused_once_the_first_ticket_has_ended(mailbox: Mailbox, mara: Agent) -> None:
    mail = arrive(a_mail(), mailbox)
    tickets.add_note(mail.ticket_id, by=mara, body_text="Something else.")
    source, target = ticket_of(mail), ticket_of(arrive(a_mail(), mailbox))
    services.move_mail(mail.pk, to=target.reference, by=mara)
    tickets.cancel_ticket(source.pk, by=mara, code="withdrawn")
    with pytest.raises(TicketClosed):
        services.undo_mail_move(mail.pk, by=mara)
    assert mail.entry in entries_of(target)


def test_our_own_entries_are_not_moved(mailbox: Mailbox, mara: Agent) -> None:
    ticket, target = ticket_of(arrive(a_mail(), mailbox)), ticket_of(arrive(a_mail(), mailbox))
    note = tickets.add_note(ticket.pk, by=mara, body_text="Mine.")
    with pytest.raises(EntryNotMovable):
        tickets.move_entry(note.pk, to=target, by=mara)


@pytest.mark.django_db(transaction=True)
def test_two_who_move_one_mail_at_once_move_it_once() -> None:
    mailbox = MailboxFactory()
    people = [AgentFactory(teams=[mailbox.team]) for _ in range(2)]
    mail = arrive(a_mail(), mailbox)
    tickets.add_note(mail.ticket_id, by=people[0], body_text="Stays open.")
    targets = [ticket_of(arrive(a_mail(), mailbox)) for _ in range(2)]

    def move(number: int) -> Any:
        return services.move_mail(mail.pk, to=targets[number].reference, by=people[number], version=mail.version)

    results = in_parallel(lambda: move(0), lambda: move(1))
    (refused,) = [result for result in results if not isinstance(result, MailMessage)]
    assert isinstance(refused, StaleVersion | EntryNotMovable)  # by when the slower one looked
    placed = Placement.objects.get(entry=mail.entry_id)
    assert MailMessage.objects.get(pk=mail.pk).ticket_id == placed.to_ticket_id


def test_page_moves_without_script_and_offers_the_way_back(client: Client, mailbox: Mailbox, mara: Agent) -> None:
    mail = arrive(a_mail(subject="Toner is empty"), mailbox)
    source, target = ticket_of(mail), ticket_of(arrive(a_mail(), mailbox))
    client.force_login(mara.user)
    page = client.get(f"/mail/{mail.pk}/").content.decode()
    assert f'action="/mail/{mail.pk}/move/"' in page
    assert "Undo the move" not in page
    refused = client.post(f"/mail/{mail.pk}/move/", {"ticket": "INC-1999-000001"})
    assert refused.status_code == 400
    assert "INC-1999-000001" in refused.content.decode()
    done = client.post(f"/mail/{mail.pk}/move/", {"ticket": target.reference}, follow=True).content.decode()
    assert f"Moved from {source.reference} to {target.reference} by Mara Klein" in done
    assert f'action="/mail/{mail.pk}/undo_move/"' in done
    old, new = (client.get(f"/t/{ticket.reference}/").content.decode() for ticket in (source, target))
    assert "Mail from Dana Roth moved to" in old
    assert "Mail from Dana Roth moved here from" in new
    entry_text = f"/t/{target.reference}/entries/{mail.entry_id}/text/"
    assert client.get(entry_text).status_code == 200
    assert client.get(f"/t/{source.reference}/entries/{mail.entry_id}/text/").status_code == 404
    back = client.post(f"/mail/{mail.pk}/undo_move/", follow=True).content.decode()
    assert f"Moved back from {target.reference} to {source.reference} by Mara Klein" in back


def test_api_moves_and_undoes(mailbox: Mailbox, mara: Agent) -> None:
    mail = arrive(a_mail(), mailbox)
    source, target = ticket_of(mail), ticket_of(arrive(a_mail(), mailbox))
    api, one = signed_in(mara), f"/api/v1/mail/messages/{mail.pk}/"
    assert api.get(one).json()["allowed"] == ["move"]
    assert api.post(f"{one}move/", {}, format="json").status_code == 400
    answer = api.post(f"{one}move/", {"ticket": target.reference}, format="json")
    assert (answer.status_code, answer.json()["ticket"], answer.json()["allowed"]) == (
        200,
        target.reference,
        ["move", "undo_move"],
    )
    timeline = api.get(f"/api/v1/tickets/{target.reference}/timeline/").json()["results"]
    assert str(mail.entry_id) in [row["id"] for row in timeline]
    answer = api.post(f"{one}undo_move/", {}, format="json")
    assert (answer.status_code, answer.json()["ticket"]) == (200, source.reference)
    assert api.post(f"{one}undo_move/", {}, format="json").json()["code"] == "invalid_transition"


def test_redacted_after_a_move_the_words_are_gone_everywhere(mailbox: Mailbox, mara: Agent) -> None:
    mail = arrive(a_mail(body="My password is hunter2"), mailbox)
    tickets.add_note(mail.ticket_id, by=mara, body_text="Keeps it open.")
    source, target = ticket_of(mail), ticket_of(arrive(a_mail(), mailbox))
    services.move_mail(mail.pk, to=target.reference, by=mara)
    tickets.redact_entry(mail.entry_id, by=AgentFactory(roles=[Role.ADMIN]), reason="A secret")
    source.refresh_from_db()
    assert source.description == ""
    assert entries_of(target).get(pk=mail.entry_id).body_text == ""
    assert entries_of(target).filter(kind=EntryKind.SYSTEM, facts__event="redacted").exists()
    assert signed_in(mara).get("/api/v1/search/?q=hunter2").json()["results"] == []


@pytest.mark.parametrize("ticket", ["INC\x00", "", "x" * 5000])
def test_page_and_api_refuse_what_no_reference_can_be(
    client: Client, mailbox: Mailbox, mara: Agent, ticket: str
) -> None:
    mail = arrive(a_mail(), mailbox)
    client.force_login(mara.user)
    refused = client.post(f"/mail/{mail.pk}/move/", {"ticket": ticket})
    assert refused.status_code == 400
    answer = signed_in(mara).post(f"/api/v1/mail/messages/{mail.pk}/move/", {"ticket": ticket}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert Placement.objects.count() == 0
