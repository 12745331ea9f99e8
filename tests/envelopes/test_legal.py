"""Legal cases: the desk itself puts them before the legal team (domain.md 5 and 12, acceptance 113)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent, Team
from core.actors import DESK
from core.events import deliver_all
from envelopes import services
from envelopes.models import Envelope
from notifications.models import Notification
from notifications.wording import describe
from tests.concurrency import in_parallel
from tests.envelopes.conftest import Scene, fresh, inside, status_of
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tickets.errors import LegalFlagForbidden, NotOwner
from tickets.models import Ticket
from tickets.services import add_flag, clear_flag, merge_ticket, reopen_ticket, resolve_ticket, waive_photo
from tickets.wording import describe as words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def legal(db: None) -> Team:
    team: Team = TeamFactory(name="Legal", is_legal=True)
    return team


@pytest.fixture
def lawyer(legal: Team) -> Agent:
    agent: Agent = AgentFactory(name="Hanna Seidel", teams=[legal])
    return agent


def flagged(ticket: Ticket, *, by: Agent | None = None) -> object:
    return add_flag(ticket.pk, by=by or DESK, type="legal", reason="A lawyer writes")


def of_the_law(ticket: Ticket) -> list[Envelope]:
    return list(Envelope.objects.filter(ticket=ticket, kind="legal").order_by("number"))


def told(event_type: str) -> dict[str, str]:
    rows = Notification.objects.filter(event_type=event_type).select_related("recipient")
    return {row.recipient.name: describe(row) for row in rows}


def test_113_a_legal_flag_opens_one_envelope_to_the_legal_team(scene: Scene, legal: Team, lawyer: Agent) -> None:
    flagged(scene.ticket, by=scene.owner)
    (envelope,) = of_the_law(scene.ticket)
    assert (envelope.status, envelope.team, envelope.requested_by, envelope.reason, envelope.level) == (
        "pending",
        legal,
        None,
        "A lawyer writes",
        2,
    )
    assert (status_of(scene.ticket), Ticket.objects.get(pk=scene.ticket.pk).owner) == ("waiting_internal", scene.owner)
    (line,) = inside(scene.ticket)
    assert (words_of(line), line.author_name) == ("Envelope 1 opened: help asked of Legal", "ITIL-NEXT")
    deliver_all()
    assert told("envelope_requested") == {
        "Hanna Seidel": f"ITIL-NEXT asks Legal for help on {scene.ticket.reference}: {scene.ticket.subject}"
    }
    assert told("envelope_updated")["Mara Weiss"] == (
        f"Legal advice on {scene.ticket.reference} is asked of Legal in envelope 1: {scene.ticket.subject}"
    )


def test_113_asking_again_opens_no_second_one(scene: Scene, legal: Team, lawyer: Agent) -> None:
    flag = flagged(scene.ticket)
    assert services.ask_for_legal_advice(scene.ticket.pk) is None
    assert services.ask_for_outstanding_advice(now=timezone.now()) == 0
    clear_flag(flag.pk, by=scene.ticket_supervisor, reason="No lawyer after all")
    flagged(scene.ticket)
    (first,) = of_the_law(scene.ticket)  # one at a time: that one is open still
    services.cancel_envelope(first.pk, by=scene.owner, reason="Settled")
    assert services.ask_for_outstanding_advice(now=timezone.now()) == 1, "the second flag has asked nothing yet"
    first, second = of_the_law(scene.ticket)
    assert (first.status, second.status) == ("cancelled", "pending")
    services.accept_envelope(second.pk, by=lawyer)
    services.complete_envelope(second.pk, by=lawyer, summary="Answer nothing")
    assert services.ask_for_outstanding_advice(now=timezone.now()) == 0, "once a flag"


def test_113_on_an_unowned_ticket_too_whose_status_stays(scene: Scene, legal: Team) -> None:
    unowned = TicketFactory(team=scene.ticket.team)
    flagged(unowned, by=scene.ticket_lead)
    assert ([each.status for each in of_the_law(unowned)], status_of(unowned)) == (["pending"], "new")


@pytest.mark.django_db(transaction=True)
def test_113_of_many_askers_at_once_one_opens_it(scene: Scene, legal: Team) -> None:
    Ticket.objects.filter(pk=scene.ticket.pk).update(status="resolved", resolved_at=timezone.now())
    flagged(scene.ticket)
    Ticket.objects.filter(pk=scene.ticket.pk).update(status="in_progress", resolved_at=None)
    in_parallel(*[lambda: services.ask_for_legal_advice(scene.ticket.pk)] * 4)
    assert len(of_the_law(scene.ticket)) == 1


def test_113_without_a_legal_team_those_who_can_help_it_are_told_and_it_is_asked_later(scene: Scene) -> None:
    flagged(scene.ticket, by=scene.owner)
    assert of_the_law(scene.ticket) == []
    last = scene.ticket.entries.latest("seq")
    assert (last.visibility, words_of(last)) == (
        "internal",
        "Legal advice was asked of nobody: no team is marked to give it",
    )
    deliver_all()
    reference, subject = scene.ticket.reference, scene.ticket.subject
    whole = f"Nobody was asked for legal advice on {reference}: no team is marked to give it. {subject}"
    assert told("legal_team_missing") == {
        scene.owner.name: whole,
        scene.ticket_supervisor.name: whole,
        scene.manager.name: whole,
        scene.admin.name: "A legal case waits: no team is marked to give legal advice. Mark one among the teams",
    }
    assert services.ask_for_outstanding_advice(now=timezone.now()) == 0
    TeamFactory(name="Former lawyers", is_active=False, is_legal=True)
    assert services.ask_for_outstanding_advice(now=timezone.now()) == 0
    Team.objects.filter(is_legal=True).update(is_active=True)
    assert services.ask_for_outstanding_advice(now=timezone.now()) == 1
    assert [each.target for each in of_the_law(scene.ticket)] == ["Former lawyers"]


def test_113_what_was_flagged_while_resolved_is_asked_when_it_is_open_again(scene: Scene, legal: Team) -> None:
    resolve_ticket(scene.ticket.pk, by=scene.owner, code="fixed", note="It prints.")
    flagged(scene.ticket, by=scene.owner)
    assert of_the_law(scene.ticket) == []
    reopen_ticket(scene.ticket.pk, by=scene.owner, reason="They write again")
    deliver_all()
    assert len(of_the_law(scene.ticket)) == 1


def test_113_a_merged_case_is_asked_about_where_it_goes_on(scene: Scene, legal: Team, lawyer: Agent) -> None:
    other = TicketFactory(team=scene.ticket.team, owner=scene.owner, requester=scene.ticket.requester)
    flagged(scene.ticket)
    (envelope,) = of_the_law(scene.ticket)
    services.accept_envelope(envelope.pk, by=lawyer)
    services.complete_envelope(envelope.pk, by=lawyer, summary="Answer nothing")
    merge_ticket(scene.ticket.pk, into=other, by=scene.owner)
    assert [each.status for each in of_the_law(other)] == ["pending"]


def test_113_the_legal_teams_expert_clears_the_flag_while_at_work(scene: Scene, legal: Team, lawyer: Agent) -> None:
    flag = flagged(scene.ticket, by=scene.owner)
    (envelope,) = of_the_law(scene.ticket)
    with pytest.raises(LegalFlagForbidden):
        clear_flag(flag.pk, by=lawyer, reason="Not accepted yet")
    services.accept_envelope(envelope.pk, by=lawyer)
    services.invite_expert(envelope.pk, by=scene.owner, agent=scene.nina)
    for other in (scene.nina, scene.owner, scene.ticket_lead):
        with pytest.raises(LegalFlagForbidden):
            clear_flag(flag.pk, by=fresh(other), reason="I say so")
    clear_flag(flag.pk, by=fresh(lawyer), reason="A standard letter")
    assert Ticket.objects.get(pk=scene.ticket.pk).flags == []
    again = flagged(scene.ticket, by=scene.owner)
    services.complete_envelope(envelope.pk, by=lawyer, summary="Answer nothing")
    with pytest.raises(LegalFlagForbidden):
        clear_flag(again.pk, by=fresh(lawyer), reason="No longer at work on it")


def test_an_expert_adds_flags_while_at_work_and_neither_clears_nor_waives(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    with pytest.raises(NotOwner):
        add_flag(scene.ticket.pk, by=scene.nina, type="physical_damage", reason="A dent")
    services.accept_envelope(envelope.pk, by=scene.nina)
    flag = add_flag(scene.ticket.pk, by=fresh(scene.nina), type="physical_damage", reason="A dent")
    with pytest.raises(NotOwner):
        clear_flag(flag.pk, by=fresh(scene.nina), reason="No dent")
    with pytest.raises(NotOwner):
        waive_photo(flag.pk, by=fresh(scene.nina), reason="I saw it")
    services.release_envelope(envelope.pk, by=scene.nina, reason="Going home")
    with pytest.raises(NotOwner):
        add_flag(scene.ticket.pk, by=fresh(scene.nina), type="complaint", reason="They complain")


def test_one_team_at_most_gives_legal_advice(legal: Team) -> None:
    with pytest.raises(IntegrityError, match="team_one_legal"), transaction.atomic():
        TeamFactory(is_legal=True)
    assert TeamFactory().is_legal is False


def test_the_question_names_what_is_late_like_any_other(scene: Scene, legal: Team) -> None:
    """An unowned ticket has nobody to be reminded but the lead of the legal team."""
    legal.lead = AgentFactory(name="Chief", roles=[Role.TEAM_LEAD])
    legal.save()
    unowned = TicketFactory(team=scene.ticket.team)
    flagged(unowned)
    assert services.time_out_due_envelopes(now=timezone.now() + timedelta(days=9)) == 1
    deliver_all()
    assert set(told("escalation_timeout")) == {"Chief"}
