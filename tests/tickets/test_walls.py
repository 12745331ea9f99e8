"""What the database itself refuses, through the application's own role (acceptance 003, 058, 059; ruling 6)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.enums import Role
from tests.factories import AbsenceFactory, AgentFactory, TeamFactory, TicketFactory
from tickets.errors import OwnershipImmutable
from tickets.models import Attachment, OutboundMessage, OwnershipTransfer, Ticket, TimelineEntry
from tickets.services import NewFile, add_note, reply_to_customer

pytestmark = pytest.mark.django_db

REASON = "Left the company at the end of the month."


class Case:
    """An owned ticket, its owner, a colleague who would like to have it, and a supervisor."""

    def __init__(self) -> None:
        self.supervisor = AgentFactory(roles=[Role.SUPERVISOR])
        self.team = TeamFactory(supervisor=self.supervisor)
        self.owner, self.thief = AgentFactory.create_batch(2, teams=[self.team])
        self.ticket = TicketFactory(team=self.team, owner=self.owner)


@pytest.fixture
def case() -> Case:
    return Case()


def sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def transfer_row(case: Case, **changes: Any) -> OwnershipTransfer:
    values = {
        "ticket": case.ticket,
        "old_owner": case.owner,
        "new_owner": case.thief,
        "reason_code": "termination",
        "reason": REASON,
        "authorised_by": case.supervisor,
    }
    return OwnershipTransfer.objects.create(**(values | changes))


SET_OWNER = "UPDATE tickets_ticket SET owner_id = %s WHERE id = %s"


def by_queryset(case: Case) -> None:
    Ticket.objects.filter(pk=case.ticket.pk).update(owner=case.thief)


def by_bulk_update(case: Case) -> None:
    case.ticket.owner = case.thief
    Ticket.objects.bulk_update([case.ticket], ["owner"])


def by_sql(case: Case) -> None:
    sql(SET_OWNER, case.thief.pk, case.ticket.pk)


def by_clearing(case: Case) -> None:
    sql(
        "UPDATE tickets_ticket SET owner_id = NULL, owner_accepted_at = NULL, status = 'new' WHERE id = %s",
        case.ticket.pk,
    )


def by_ignore_setting(case: Case) -> None:
    sql("SELECT set_config('pgtrigger.ignore', %s, true)", "{" + "pgtrigger_ticket_owner_" + "%" + "}")
    names = [f"{name}" for name in trigger_names()]
    sql("SELECT set_config('pgtrigger.ignore', %s, true)", "{" + ",".join(names) + "}")
    sql(SET_OWNER, case.thief.pk, case.ticket.pk)


def by_delete_and_insert(case: Case) -> None:
    sql("DELETE FROM tickets_ticket WHERE id = %s", case.ticket.pk)


def by_changing_the_id(case: Case) -> None:
    sql("UPDATE tickets_ticket SET id = %s WHERE id = %s", uuid4(), case.ticket.pk)


def by_inserting_an_owned_copy(case: Case) -> None:
    copy = Ticket.objects.get(pk=case.ticket.pk)
    copy.pk, copy.reference, copy.owner, copy._state.adding = uuid4(), "INC-2025-999999", case.thief, True
    copy.save(force_insert=True)


def by_upsert(case: Case) -> None:
    copy = Ticket.objects.get(pk=case.ticket.pk)
    copy.owner = case.thief
    Ticket.objects.bulk_create([copy], update_conflicts=True, unique_fields=["id"], update_fields=["owner"])


def by_disabling_the_trigger(case: Case) -> None:
    sql("ALTER TABLE tickets_ticket DISABLE TRIGGER ALL")


def by_replica_role(case: Case) -> None:
    sql("SET session_replication_role = replica")


def by_truncate(case: Case) -> None:
    sql("TRUNCATE tickets_ticket CASCADE")


def by_another_acceptance_time(case: Case) -> None:
    sql("UPDATE tickets_ticket SET owner_accepted_at = now() - interval '1 day' WHERE id = %s", case.ticket.pk)


def by_becoming_the_owner_role(case: Case) -> None:
    sql("SET ROLE itilnext_owner")


def by_replacing_the_function(case: Case) -> None:
    name = next(name for name in trigger_names() if "ticket_owner" in name)
    sql(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql")


def by_a_stand_in_table(case: Case) -> None:
    sql("CREATE TEMP TABLE tickets_ownershiptransfer AS SELECT * FROM public.tickets_ownershiptransfer WITH NO DATA")
    sql(
        "INSERT INTO pg_temp.tickets_ownershiptransfer (id, ticket_id, old_owner_id, new_owner_id, transaction_id) "
        "VALUES (gen_random_uuid(), %s, %s, %s, pg_current_xact_id()::text::bigint)",
        case.ticket.pk,
        case.owner.pk,
        case.thief.pk,
    )
    sql(SET_OWNER.replace("tickets_ticket", "public.tickets_ticket"), case.thief.pk, case.ticket.pk)


def by_a_forged_transfer(case: Case) -> None:
    transfer_row(case)
    sql(SET_OWNER, case.thief.pk, case.ticket.pk)


def by_an_old_transfer_row(case: Case) -> None:
    """A row whose facts hold, but of another transaction."""
    case.owner.employment_ended_on = case.owner.today(timezone.now())
    case.owner.save()
    transfer = transfer_row(case)
    sql("UPDATE tickets_ownershiptransfer SET transaction_id = 1 WHERE id = %s", transfer.pk)


def trigger_names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%%'")
        return [name for (name,) in cursor.fetchall()]


ATTACKS = [value for name, value in list(globals().items()) if name.startswith("by_")]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_003_the_database_keeps_the_owner(case: Case, attack: Callable[[Case], None]) -> None:
    with pytest.raises((DatabaseError, OwnershipImmutable)), transaction.atomic():
        attack(case)
    ticket = Ticket.objects.get(pk=case.ticket.pk)
    assert (ticket.owner, ticket.status, ticket.reference) == (case.owner, "in_progress", case.ticket.reference)


def test_003_the_model_keeps_the_owner(case: Case) -> None:
    case.ticket.owner = case.thief
    with pytest.raises(OwnershipImmutable):
        case.ticket.save()
    assert Ticket.objects.get(pk=case.ticket.pk).owner == case.owner


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"reason_code": "workload"}, None),
        ({"reason_code": "termination"}, None),
        ({"reason_code": "extended_leave"}, None),
        ({"reason_code": "extended_leave"}, 30),
        ({"reason_code": "extended_leave", "reason": "too short"}, 31),
    ],
    ids=["no such reason", "still employed", "not absent", "thirty days", "no explanation"],
)
def test_a_self_made_transfer_row_needs_true_facts(case: Case, changes: dict[str, str], days: int | None) -> None:
    if days:
        AbsenceFactory(agent=case.owner, days=days)
    with pytest.raises(DatabaseError), transaction.atomic():
        transfer_row(case, **changes)
    assert not OwnershipTransfer.objects.exists()


@pytest.mark.parametrize(
    ("in_days", "days", "letters", "is_true"),
    [(0, 31, 20, True), (200, 31, 20, True), (-31, 31, 20, False), (0, 30, 20, False), (0, 31, 19, False)],
    ids=["begun", "planned", "over", "thirty days", "nineteen letters"],
)
def test_the_wall_draws_its_lines_where_the_service_does(
    case: Case, in_days: int, days: int, letters: int, is_true: bool
) -> None:
    begins = case.owner.today(timezone.now()) + timedelta(days=in_days)
    AbsenceFactory(agent=case.owner, starts_on=begins, days=days)
    facts = {"reason_code": "extended_leave", "reason": "x" * letters}
    if is_true:
        transfer_row(case, **facts)
    else:
        with pytest.raises(DatabaseError), transaction.atomic():
            transfer_row(case, **facts)
    assert OwnershipTransfer.objects.count() == int(is_true)


def test_a_leave_of_open_end_counts_for_the_wall_once_it_is_confirmed(case: Case) -> None:
    absence = AbsenceFactory(agent=case.owner, ends_on=None, is_open_end_confirmed=False)
    with pytest.raises(DatabaseError), transaction.atomic():
        transfer_row(case, reason_code="extended_leave")
    absence.is_open_end_confirmed = True
    absence.save()
    assert transfer_row(case, reason_code="extended_leave").new_owner == case.thief


@pytest.mark.parametrize("who", ["owner", "thief", "plain_agent"])
def test_a_transfer_row_names_a_supervisor_outside_of_it(case: Case, who: str) -> None:
    case.owner.employment_ended_on = case.owner.today(timezone.now())
    case.owner.save()
    people = {"owner": case.owner, "thief": case.thief, "plain_agent": AgentFactory()}
    with pytest.raises(DatabaseError), transaction.atomic():
        transfer_row(case, authorised_by=people[who])


def test_an_owner_comes_with_acceptance_only() -> None:
    ticket, agent = TicketFactory(), AgentFactory()
    for status in ("new", "resolved", "cancelled"):
        with pytest.raises(DatabaseError), transaction.atomic():
            sql(
                "UPDATE tickets_ticket SET owner_id = %s, owner_accepted_at = now(), status = %s WHERE id = %s",
                agent.pk,
                status,
                ticket.pk,
            )
    with pytest.raises(DatabaseError), transaction.atomic():
        sql("UPDATE tickets_ticket SET status = 'in_progress' WHERE id = %s", ticket.pk)
    assert Ticket.objects.get(pk=ticket.pk).owner is None


@pytest.mark.parametrize("table", ["tickets_timelineentry", "tickets_ownershiptransfer", "tickets_historicalticket"])
@pytest.mark.parametrize("act", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_058_append_only_tables_refuse_change(case: Case, table: str, act: str) -> None:
    case.owner.employment_ended_on = case.owner.today(timezone.now())
    case.owner.save()
    transfer_row(case)
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(act.format(table))


def test_059_visibility_is_never_widened(case: Case) -> None:
    note = add_note(case.ticket.pk, by=case.thief, body_text="The customer must not read this.")
    for visibility in ("public", "envelope_only"):
        with pytest.raises(DatabaseError), transaction.atomic():
            TimelineEntry.objects.filter(pk=note.pk).update(visibility=visibility)
    with pytest.raises(DatabaseError), transaction.atomic():
        TimelineEntry.objects.create(
            ticket=case.ticket, kind="note", visibility="public", author_type="agent", author_name="x", body_text="x"
        )
    note.refresh_from_db()
    assert note.visibility == "internal"


def test_a_redaction_blanks_and_nothing_else(case: Case) -> None:
    note = add_note(case.ticket.pk, by=case.owner, body_text="Card number 4111…")
    redaction = {
        "body_text": "",
        "redacted_at": timezone.now(),
        "redacted_by": AgentFactory(roles=[Role.ADMIN]),
        "redaction_reason": "PCI",
    }
    for forbidden in (
        {"body_text": "rewritten"},
        {"redaction_reason": " "},
        {"redacted_by": None},
        {"redacted_by": case.supervisor},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            TimelineEntry.objects.filter(pk=note.pk).update(**(redaction | forbidden))
    TimelineEntry.objects.filter(pk=note.pk).update(**redaction)
    with pytest.raises(DatabaseError), transaction.atomic():
        TimelineEntry.objects.filter(pk=note.pk).update(**(redaction | {"redaction_reason": "other"}))
    note.refresh_from_db()
    assert (note.body_text, note.redaction_reason) == ("", "PCI")


def test_the_timeline_is_numbered_by_the_database(case: Case) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        TimelineEntry.objects.create(
            seq=1, ticket=case.ticket, kind="note", visibility="internal", author_type="agent", author_name="x"
        )
    seqs = list(case.ticket.entries.order_by("created_at").values_list("seq", flat=True))
    assert seqs == sorted(set(seqs))


def test_an_outgoing_message_is_frozen(case: Case) -> None:
    message = reply_to_customer(case.ticket.pk, by=case.owner, body_text="It works again.")
    for change in ({"body_text": "x"}, {"to_recipients": ["else@where.test"]}, {"cc_recipients": ["a@b.test"]}):
        with pytest.raises(DatabaseError), transaction.atomic():
            OutboundMessage.objects.filter(pk=message.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        OutboundMessage.objects.filter(pk=message.pk).delete()


def test_an_attachment_keeps_its_file_and_its_message(case: Case) -> None:
    files = [NewFile(filename="plan.txt", content=b"secret")]
    note = add_note(case.ticket.pk, by=case.owner, body_text="See the plan.", files=files)
    public = case.ticket.entries.public().first()
    attachment = note.attachments.get()
    for change in ({"entry": public}, {"file": "aa/bb/other"}, {"filename": "x"}, {"outbound": None, "size_bytes": 1}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Attachment.objects.filter(pk=attachment.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Attachment.objects.filter(pk=attachment.pk).delete()
    attachment.refresh_from_db()
    assert (attachment.entry, attachment.filename) == (note, "plan.txt")


def test_a_reference_does_not_change(case: Case) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        sql("UPDATE tickets_ticket SET reference = 'INC-2020-000001' WHERE id = %s", case.ticket.pk)
