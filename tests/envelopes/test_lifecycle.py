"""From asking for help to its end (domain.md section 5): who may do what, and what follows."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from accounts.enums import Role
from accounts.errors import AgentAbsent
from core.errors import DomainError, Invalid, StaleVersion
from core.models import RefusedAct
from core.trail import acts_on
from envelopes import services
from envelopes.enums import Awaiting, EnvelopeStatus, Outcome
from envelopes.errors import (
    AcceptedAlready,
    AtEnvelopeCapacity,
    EnvelopeActForbidden,
    EnvelopesStillOpen,
    EnvelopeTasksOpen,
    EnvelopeTransition,
    NotAddressed,
    NotOwnerOrExpert,
    OwnersOwnEnvelope,
)
from envelopes.models import Envelope, EnvelopeParticipant
from tests.concurrency import in_parallel
from tests.envelopes.conftest import MONDAY_NINE, Scene, fresh, inside, now_of, status_of
from tests.factories import AbsenceFactory, AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tickets.enums import EntryKind, Visibility
from tickets.models import Task, Ticket
from tickets.services import cancel_ticket, finish_task, merge_ticket, reopen_task, resolve_ticket, start_task
from tickets.wording import describe

pytestmark = pytest.mark.django_db


def test_020_a_member_accepts_and_is_the_expert_while_the_owner_stays(scene: Scene) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
        services.accept_envelope(envelope.pk, by=scene.nina)
    found = now_of(envelope)
    assert (found.status, found.assigned_to, found.accepted_at) == ("active", scene.nina, MONDAY_NINE)
    assert found.completion_due_at == MONDAY_NINE + timedelta(days=2, hours=4)  # 24 hours of ten-hour days
    assert (found.pending_since, found.timeout_due_at) == (None, None)
    assert Ticket.objects.get(pk=scene.ticket.pk).owner == scene.owner
    row = EnvelopeParticipant.objects.get(envelope=envelope)
    assert (row.agent, row.invited_by, row.left_at) == (scene.nina, None, None)
    with pytest.raises(EnvelopeTransition) as late:
        services.accept_envelope(envelope.pk, by=scene.noah)
    assert late.value.allowed == ["cancel", "complete", "envelopes", "invite", "messages", "release", "tasks"]


def test_020_the_addressed_person_accepts_whatever_their_team(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.stranger)
    services.accept_envelope(envelope.pk, by=scene.stranger)
    assert now_of(envelope).assigned_to == scene.stranger


def test_021_whoever_is_not_addressed_is_refused_and_that_is_audited(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    others = (scene.mate, scene.stranger, scene.manager, scene.auditor, scene.admin, scene.network_supervisor)
    for other in others:
        with pytest.raises(NotAddressed):
            services.accept_envelope(envelope.pk, by=other)
    assert now_of(envelope).status == "pending"
    refused = RefusedAct.objects.filter(act="accept_envelope", code="not_addressed")
    assert sorted(refused.values_list("actor_name", flat=True)) == sorted(other.name for other in others)


def test_the_owner_does_not_help_themselves(scene: Scene) -> None:
    scene.owner.teams.add(scene.network)
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    with pytest.raises(OwnersOwnEnvelope):
        services.accept_envelope(envelope.pk, by=fresh(scene.owner))


def test_absent_and_busy_agents_do_not_accept(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    AbsenceFactory(agent=scene.nina)
    with pytest.raises(AgentAbsent):
        services.accept_envelope(envelope.pk, by=scene.nina)
    scene.noah.max_envelopes = 1
    scene.noah.save()
    EnvelopeFactory(expert=scene.noah)
    with pytest.raises(AtEnvelopeCapacity) as full:
        services.accept_envelope(envelope.pk, by=scene.noah)
    assert full.value.facts == {"agent": "Noah Beck", "count": 1, "limit": 1}
    assert now_of(envelope).status == "pending"


def test_022_sealing_tells_the_ticket_inside_and_resolves_nothing(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.complete_envelope(envelope.pk, by=scene.nina, summary=" A bad port. ", outcome=Outcome.SOLVED)
    found = now_of(envelope)
    assert (found.status, found.summary, found.outcome, found.ended_at) == (
        "completed",
        "A bad port.",
        "solved",
        found.completed_at,
    )
    _opened, sealed = inside(scene.ticket)
    assert (sealed.kind, sealed.visibility, sealed.body_text) == ("envelope_completed", "internal", "A bad port.")
    assert describe(sealed) == "Envelope 1 sealed by Nina Kern (Solved)"
    assert status_of(scene.ticket) == "in_progress"


def test_023_no_seal_without_a_summary(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    for values in ({"summary": " "}, {"summary": "Done", "outcome": "perfect"}):
        with pytest.raises(Invalid):
            services.complete_envelope(envelope.pk, by=scene.nina, **values)
    assert now_of(envelope).status == "active"


def states(tasks: list[Task]) -> list[str]:
    return [Task.objects.get(pk=task.pk).status for task in tasks]


def test_no_seal_over_mandatory_tasks_and_what_else_is_unfinished_ends_with_it(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    tasks = [
        services.add_envelope_task(envelope.pk, by=scene.nina, title=title, is_mandatory=is_mandatory)
        for title, is_mandatory in (("Swap the port", True), ("Tidy up", False), ("Look at the cable", False))
    ]
    start_task(tasks[1].pk, by=scene.owner)
    finish_task(tasks[2].pk, by=scene.owner)
    with pytest.raises(EnvelopeTasksOpen, match=r"envelope 1 are still open: Swap the port\."):
        services.complete_envelope(envelope.pk, by=scene.nina, summary="A bad port.")
    assert (Envelope.objects.get(pk=envelope.pk).status, states(tasks)) == (
        "active",
        ["todo", "in_progress", "done"],
    )
    finish_task(tasks[0].pk, by=scene.owner)
    services.complete_envelope(envelope.pk, by=scene.nina, summary="A bad port.")
    assert states(tasks) == ["done", "cancelled", "done"]
    assert tasks[1].history.first().actor_name == "Nina Kern"
    with pytest.raises(EnvelopeTransition):
        reopen_task(tasks[0].pk, by=scene.owner)
    services.reopen_envelope(envelope.pk, by=scene.owner)
    assert reopen_task(tasks[0].pk, by=scene.owner).status == "todo"


@pytest.mark.parametrize("how", ["withdrawn", "with its ticket"])
def test_all_tasks_end_with_an_envelope_that_is_withdrawn(scene: Scene, how: str) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    child = EnvelopeFactory(below=envelope, team=scene.network, expert=scene.noah)
    tasks = [
        services.add_envelope_task(pk, by=scene.owner, title="Swap the port", is_mandatory=True)
        for pk in (envelope.pk, child.pk)
    ]
    if how == "withdrawn":
        services.cancel_envelope(envelope.pk, by=scene.owner, reason="It works again")
    else:
        cancel_ticket(scene.ticket.pk, by=scene.owner, code="withdrawn")
    assert states(tasks) == ["cancelled", "cancelled"]
    if how == "withdrawn":
        for act in (reopen_task, start_task, finish_task):
            with pytest.raises(EnvelopeTransition):
                act(tasks[0].pk, by=scene.owner)


def test_037_a_ticket_is_not_resolved_over_open_envelopes_and_names_them(scene: Scene) -> None:
    EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    declined = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.stranger, is_blocking=False)
    services.decline_envelope(declined.pk, by=scene.stranger, reason="No time")
    with pytest.raises(EnvelopesStillOpen) as refused:
        resolve_ticket(scene.ticket.pk, by=scene.owner, code="fixed", note="Done.")
    problem = refused.value.as_problem()
    assert (problem["status"], problem["code"]) == (409, "open_envelopes")
    assert [(row["number"], row["status"]) for row in problem["envelopes"]] == [(1, "active"), (2, "declined")]
    assert "1 Network · Nina Kern (Being worked on), 2 – (Declined)" in problem["detail"]
    with pytest.raises(EnvelopesStillOpen):
        merge_ticket(
            scene.ticket.pk,
            into=TicketFactory(team=scene.ticket.team, requester=scene.ticket.requester),
            by=fresh(scene.owner),
        )


def test_040_each_post_gives_the_turn_to_the_other_side(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    with time_machine.travel(MONDAY_NINE, tick=False):
        services.post_in_envelope(envelope.pk, by=scene.nina, body_text="Which switch?")
    found = now_of(envelope)
    assert (found.awaiting, found.first_expert_response_at) == ("owner", MONDAY_NINE)
    assert Ticket.objects.get(pk=scene.ticket.pk).last_staff_activity_at == MONDAY_NINE
    entry = services.post_in_envelope(envelope.pk, by=scene.owner, body_text="The one in the lobby")
    assert (entry.visibility, entry.kind) == (Visibility.ENVELOPE_ONLY, EntryKind.ENVELOPE_MESSAGE)
    services.post_in_envelope(envelope.pk, by=scene.nina, body_text="Thanks")
    assert now_of(envelope).first_expert_response_at == MONDAY_NINE
    services.post_in_envelope(envelope.pk, by=scene.network_supervisor, body_text="Any progress?")
    assert now_of(envelope).awaiting == Awaiting.EXPERT


def test_whoever_has_no_part_in_an_envelope_does_nothing_in_it(scene: Scene) -> None:
    """permissions.md section 2, row by row: who may, in the order of `everybody`; the others are refused."""
    everybody = {
        "owner": scene.owner,
        "expert": scene.nina,
        "invited": scene.noah,
        "mate": scene.mate,
        "ticket_lead": scene.ticket_lead,
        "ticket_supervisor": scene.ticket_supervisor,
        "manager": scene.manager,
        "network_lead": scene.network_lead,
        "network_supervisor": scene.network_supervisor,
        "auditor": scene.auditor,
        "admin": scene.admin,
        "stranger": scene.stranger,
    }
    supervisors = {"ticket_supervisor", "network_supervisor"}
    may: dict[str, set[str]] = {
        "post": {"owner", "expert", "invited", *supervisors},
        "invite": {"owner", "expert", *supervisors},
        "release": {"expert", "network_lead", *supervisors},
        "complete": {"owner", "expert"},
        "cancel": {"owner", "manager", *supervisors},
        "task": {"owner", "expert", "invited"},
        "next": {"owner", "expert", "invited"},
    }
    acts: dict[str, Any] = {
        "post": lambda pk, by: services.post_in_envelope(pk, by=by, body_text="Hello"),
        "invite": lambda pk, by: services.invite_expert(pk, by=by, agent=AgentFactory()),
        "release": lambda pk, by: services.release_envelope(pk, by=by, reason="No time"),
        "complete": lambda pk, by: services.complete_envelope(pk, by=by, summary="Done"),
        "cancel": lambda pk, by: services.cancel_envelope(pk, by=by, reason="Not needed"),
        "task": lambda pk, by: services.add_envelope_task(pk, by=by, title="Look at the port"),
        "next": lambda pk, by: services.open_next_level(pk, by=by, reason="Help", team=scene.network),
    }
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.invite_expert(envelope.pk, by=scene.owner, agent=scene.noah)
    for act, allowed in may.items():
        done = set()
        for name, person in everybody.items():
            with suppress(EnvelopeActForbidden, NotOwnerOrExpert), transaction.atomic():
                acts[act](envelope.pk, fresh(person))
                done.add(name)
                transaction.set_rollback(True)
        assert (act, done) == (act, allowed)


def test_a_stale_version_is_refused_last(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.post_in_envelope(envelope.pk, by=scene.nina, body_text="Hello")
    version = now_of(envelope).version
    with pytest.raises(Invalid):
        services.open_next_level(envelope.pk, by=scene.nina, team=scene.network, reason=" ", version=version - 1)
    with pytest.raises(EnvelopeActForbidden):
        services.complete_envelope(envelope.pk, by=scene.mate, summary="Done", version=version - 1)
    with pytest.raises(StaleVersion):
        services.complete_envelope(envelope.pk, by=scene.nina, summary="Done", version=version - 1)
    services.complete_envelope(envelope.pk, by=scene.nina, summary="Done", version=version)


def test_the_history_tells_who_did_what_and_the_thread_why(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.release_envelope(envelope.pk, by=scene.nina, reason="Not my field")
    released, accepted, opened = acts_on(now_of(envelope))
    assert [act.who for act in (opened, accepted, released)] == ["Mara Weiss", "Nina Kern", "Nina Kern"]
    assert {act.reason for act in (opened, accepted, released)} == {""}
    assert envelope.posts.order_by("entry__seq").last().entry.body_text == "Not my field"


@pytest.mark.django_db(transaction=True)
def test_one_of_fifty_simultaneous_agents_becomes_the_expert() -> None:
    team = TeamFactory()
    envelope = EnvelopeFactory(team=team)
    agents = AgentFactory.create_batch(50, teams=[team], roles=[Role.AGENT])
    outcomes = in_parallel(*(lambda by=by: services.accept_envelope(envelope.pk, by=by) for by in agents))
    taken = [outcome for outcome in outcomes if isinstance(outcome, Envelope)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    assert (len(taken), len(refused), {type(each) for each in refused}) == (1, 49, {AcceptedAlready})
    found = now_of(envelope)
    assert (found.status, found.assigned_to) == (EnvelopeStatus.ACTIVE, taken[0].assigned_to)
    assert EnvelopeParticipant.objects.filter(envelope=envelope).count() == 1
