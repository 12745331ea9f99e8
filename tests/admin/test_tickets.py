"""Tickets in the operators' window: read, never written; the transfer and the redaction are guarded acts."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from simple_history.models import HistoricalChanges

from accounts.services import change_agent
from core.models import EventDelivery, RefusedAct
from tests.admin.conftest import Office
from tests.factories import AgentFactory, TicketFactory
from tickets.models import OwnershipTransfer, Ticket, TimelineEntry
from tickets.services import add_note, edit_ticket, resolve_ticket

pytestmark = pytest.mark.django_db
REASON = "Left the company at the end of the month."


def leave(office: Office) -> Ticket:
    """A ticket whose owner has left."""
    ticket = TicketFactory(team=office.team, owner=office.agent)
    yesterday = timezone.localdate() - timedelta(days=1)
    change_agent(office.agent.pk, by=office.admin, employment_ended_on=yesterday)
    return ticket


def transfer(browser: Client, ticket: Ticket, to: Any, **changed: Any):
    sent = {"reference": ticket.reference, "new_owner": to.pk, "reason_code": "termination", "reason": REASON}
    return browser.post(reverse("admin:transfer"), sent | changed)


def test_002_admin_pages_change_neither_owner_nor_status(office: Office) -> None:
    ticket = TicketFactory(team=office.team, owner=office.agent)
    url = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    row = Ticket.objects.filter(pk=ticket.pk).values().get()
    for person in (office.supervisor, office.manager, office.auditor, office.admin):
        browser = office.browser(person)
        sent = {"owner": person.pk, "status": "closed", "subject": "Changed", "team": office.foreign_team.pk}
        assert browser.post(url, sent).status_code == 403
        assert browser.post(reverse("admin:tickets_ticket_add"), sent).status_code == 403
        assert (
            browser.post(reverse("admin:tickets_ticket_delete", args=[ticket.pk]), {"post": "yes"}).status_code == 403
        )
    assert Ticket.objects.filter(pk=ticket.pk).values().get() == row
    page = office.browser(office.supervisor).get(url)
    assert not page.context["adminform"].form.fields


def test_supervisor_transfers_by_the_guarded_form(office: Office) -> None:
    ticket = leave(office)
    heir = AgentFactory(name="Heir", teams=[office.team])
    browser = office.browser(office.supervisor)
    assert (
        ticket.reference in browser.get(reverse("admin:transfer") + f"?reference={ticket.reference}").content.decode()
    )
    answer = transfer(browser, ticket, heir)
    assert answer.url == reverse("admin:tickets_ticket_change", args=[ticket.pk])
    assert Ticket.objects.get(pk=ticket.pk).owner == heir
    row = OwnershipTransfer.objects.get()
    assert (row.authorised_by, row.reason, row.old_owner) == (office.supervisor, REASON, office.agent)


def test_010_denied_transfers_by_the_form_are_in_the_audit_log(office: Office) -> None:
    ticket = leave(office)
    heir = AgentFactory(teams=[office.team])
    for person in (office.agent, office.lead, office.auditor):
        assert transfer(office.browser(person), ticket, heir).status_code == 403
        assert office.browser(person).get(reverse("admin:transfer")).status_code == 403
    assert transfer(office.browser(office.lead), ticket, heir, reference="INC-1999-000001").status_code == 403
    assert transfer(Client(), ticket, heir).status_code == 302
    rows = list(RefusedAct.objects.order_by("at").values_list("act", "code", "subject", "actor_name"))
    denied = ("transfer_ownership", "permission_denied")
    assert rows == [
        (*denied, str(ticket.pk), "Agent"),
        (*denied, str(ticket.pk), "Lead"),
        (*denied, str(ticket.pk), "Auditor"),
        (*denied, "INC-1999-000001", "Lead"),
    ]
    assert Ticket.objects.get(pk=ticket.pk).owner == office.agent


@pytest.mark.parametrize(
    ("sent", "subject"),
    [
        ("INC\0", "INC"),
        ("\0 INC-1999-000001\r\n", "INC-1999-000001"),
        ("", ""),
        ("Ü" * 5_000, "Ü" * 60),
    ],
)
def test_denied_transfers_of_nothing_are_in_the_audit_log_too(office: Office, sent: str, subject: str) -> None:
    browser = office.browser(office.agent)
    assert browser.post(reverse("admin:transfer"), {"reference": sent}).status_code == 403
    row = RefusedAct.objects.get()
    assert (row.act, row.subject, row.actor_name) == ("transfer_ownership", subject, "Agent")


def test_admin_transfers_without_reading_the_ticket(office: Office) -> None:
    ticket = leave(office)
    heir = AgentFactory(teams=[office.team])
    browser = office.browser(office.admin)
    assert transfer(browser, ticket, heir).url == reverse("admin:transfer")
    assert Ticket.objects.get(pk=ticket.pk).owner == heir
    assert browser.get(reverse("admin:tickets_ticket_change", args=[ticket.pk])).status_code == 403
    assert browser.get(reverse("admin:tickets_ownershiptransfer_changelist")).status_code == 200


@pytest.mark.parametrize(
    ("changed", "status", "code", "hint"),
    [
        ({"reason": "too short"}, 422, "reason_required", "Say why the customer gets another owner."),
        ({"reason_code": "extended_leave"}, 422, "leave_too_short", "A deputy covers shorter absences."),
    ],
)
def test_inadmissible_transfer_is_answered_with_code_and_hint(
    office: Office, changed: dict[str, str], status: int, code: str, hint: str
) -> None:
    ticket = leave(office)
    answer = transfer(office.browser(office.supervisor), ticket, AgentFactory(teams=[office.team]), **changed)
    text = answer.content.decode()
    assert (answer.status_code, f"({code})" in text, hint in text) == (status, True, True)
    assert changed.get("reason", REASON) in text  # what was typed is kept
    assert Ticket.objects.get(pk=ticket.pk).owner == office.agent
    assert RefusedAct.objects.get().code == code


def test_transfer_to_oneself_is_refused_and_audited(office: Office) -> None:
    ticket = leave(office)
    answer = transfer(office.browser(office.supervisor), ticket, office.supervisor)
    assert (answer.status_code, "(permission_denied)" in answer.content.decode()) == (403, True)
    assert (RefusedAct.objects.get().act, Ticket.objects.get(pk=ticket.pk).owner) == (
        "transfer_ownership",
        office.agent,
    )


def test_foreign_ticket_and_missing_one_read_alike_in_the_transfer_form(office: Office) -> None:
    foreign = TicketFactory(team=office.foreign_team, owner=AgentFactory(teams=[office.foreign_team]))
    browser, heir = office.browser(office.supervisor), AgentFactory()
    answers = [transfer(browser, foreign, heir), transfer(browser, foreign, heir, reference="INC-2026-999999")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len({str(answer.context["form"].errors) for answer in answers}) == 1


def test_redaction_blanks_one_text_for_good(office: Office) -> None:
    ticket = TicketFactory(team=office.team)
    entry = add_note(ticket.pk, by=office.agent, body_text="IBAN DE02 canary")
    browser = office.browser(office.admin)
    sent = {"reference": ticket.reference, "seq": entry.seq, "reason": "Bank data", "is_sure": "on"}
    assert browser.post(reverse("admin:redaction"), sent | {"is_sure": ""}).status_code == 400
    assert TimelineEntry.objects.get(pk=entry.pk).body_text == "IBAN DE02 canary"
    assert browser.post(reverse("admin:redaction"), sent | {"seq": entry.seq + 1000}).status_code == 404
    assert browser.post(reverse("admin:redaction"), sent).status_code == 302
    entry = TimelineEntry.objects.get(pk=entry.pk)
    assert (entry.body_text, entry.redacted_by, entry.redaction_reason) == ("", office.admin, "Bank data")
    for person in (office.supervisor, office.auditor):
        assert office.browser(person).post(reverse("admin:redaction"), sent).status_code == 403


def test_184_history_shows_who_when_before_and_after(office: Office) -> None:
    ticket = TicketFactory(team=office.team, owner=office.agent, subject="Printer")
    edit_ticket(
        ticket.pk, by=office.agent, version=Ticket.objects.get(pk=ticket.pk).version, subject="Printer on ward 3"
    )
    url = reverse("admin:tickets_ticket_history", args=[ticket.pk])
    for person in (office.supervisor, office.manager, office.auditor):
        page = office.browser(person).get(url)
        (act,) = [
            act
            for act in page.context["acts"]
            if any(change.field == "Subject" and change.before == "Printer" for change in act.changes)
        ]
        assert (act.who, act.changes[0].before, act.changes[0].after) == ("Agent", "Printer", "Printer on ward 3")
        assert abs(act.at - timezone.now()) < timedelta(minutes=1)
        assert "Printer on ward 3" in page.content.decode()
    assert office.browser(office.admin).get(url).status_code == 403
    accepted = [
        act
        for act in page.context["acts"]
        for change in act.changes
        if (change.field, change.after) == ("Owner", "Agent")
    ]
    assert [act.who for act in accepted] == ["Agent"]


def test_184_history_is_nobodys_to_write(office: Office) -> None:
    ticket = TicketFactory(team=office.team)
    url = reverse("admin:tickets_ticket_history", args=[ticket.pk])
    rows = list(ticket.history.values())
    for person in (office.supervisor, office.manager, office.auditor, office.admin):
        office.browser(person).post(url, {"actor_name": "Somebody else", "history_change_reason": "x"})
    assert list(ticket.history.values()) == rows


def test_184_history_of_every_model_is_closed_to_sql_of_the_application(office: Office) -> None:
    TicketFactory(team=office.team, owner=office.agent)
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, HistoricalChanges)
    ]
    assert {"tickets_historicalticket", "accounts_historicalagent", "accounts_historicalagent_teams"} <= set(tables)
    for table in tables:
        for statement in (f"UPDATE {table} SET history_id = history_id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(
                    statement.replace("SET history_id = history_id", "SET id = id")
                    if table.endswith("_teams")
                    else statement
                )


def test_refused_acts_are_read_in_scope(office: Office) -> None:
    mine, foreign = (
        TicketFactory(team=office.team, owner=office.agent),
        TicketFactory(team=office.foreign_team, owner=AgentFactory(teams=[office.foreign_team])),
    )
    for ticket in (mine, foreign):
        with pytest.raises(Exception, match="owns ticket"):
            resolve_ticket(ticket.pk, by=AgentFactory(teams=[ticket.team]), code="fixed", note="x")
    counts = {
        name: office.browser(getattr(office, name))
        .get(reverse("admin:core_refusedact_changelist"))
        .context["cl"]
        .result_count
        for name in ("supervisor", "manager", "auditor", "admin")
    }
    assert counts == {"supervisor": 1, "manager": 1, "auditor": 2, "admin": 2}


def test_timeline_is_found_by_reference_and_in_scope(office: Office) -> None:
    mine, foreign = TicketFactory(team=office.team), TicketFactory(team=office.foreign_team)
    url = reverse("admin:tickets_timelineentry_changelist")

    def count(person: Any, text: str) -> int:
        return office.browser(person).get(url, {"q": text}).context["cl"].result_count

    assert (count(office.supervisor, ""), count(office.supervisor, mine.reference)) == (0, mine.entries.count())
    assert (count(office.supervisor, foreign.reference), count(office.auditor, foreign.reference)) == (
        0,
        foreign.entries.count(),
    )


def test_failed_delivery_is_tried_again_by_an_admin(office: Office) -> None:
    failed = EventDelivery.objects.create(event="X", receiver="y", payload={}, failed_at=timezone.now(), attempts=9)
    done = EventDelivery.objects.create(event="X", receiver="y", payload={}, done_at=timezone.now())
    url = reverse("admin:core_eventdelivery_changelist")
    sent = {"action": "try_again", "_selected_action": [failed.pk, done.pk]}
    office.browser(office.auditor).post(url, sent)
    assert EventDelivery.objects.get(pk=failed.pk).failed_at is not None
    page = office.browser(office.admin).post(url, sent, follow=True).content.decode()
    assert "Tried again: 1" in page
    row = EventDelivery.objects.get(pk=failed.pk)
    assert (row.failed_at, row.due_at <= timezone.now()) == (None, True)
    assert EventDelivery.objects.get(pk=done.pk).done_at is not None


def test_ticket_search_by_reference_and_by_subject(office: Office) -> None:
    ticket = TicketFactory(team=office.team, subject="Beamer flickers")
    TicketFactory(team=office.team)
    browser = office.browser(office.supervisor)

    def found(text: str) -> list[str]:
        page = browser.get(reverse("admin:tickets_ticket_changelist"), {"q": text})
        return [row.reference for row in page.context["cl"].result_list]

    assert found(ticket.reference.lower()) == [ticket.reference]
    assert found("beamer") == [ticket.reference]
    assert found("nothing like it") == []


def test_lists_cost_the_same_for_one_and_for_many_rows(office: Office, django_assert_max_num_queries: Any) -> None:
    browser, url = office.browser(office.supervisor), reverse("admin:tickets_ticket_changelist")
    TicketFactory.create_batch(6, team=office.team)
    with django_assert_max_num_queries(12):
        browser.get(url)
