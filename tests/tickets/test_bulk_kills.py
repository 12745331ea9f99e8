"""SIGKILL at every step of an act on many tickets, then a restart: each ticket is done once and has its outcome."""

import signal
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import Agent
from core import steps
from notifications.models import Notification
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.killable import Killable
from tickets.enums import BulkKind, BulkStage
from tickets.models import BulkAct, Ticket, TimelineEntry
from tickets.services import act_on_many, ask_many, start_many, undo_many
from tickets.services.bulk_kinds import is_undoable

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]
STEPS = steps.declared("tickets.bulk")
COUNT = 13
"""More than a slice."""


@pytest.fixture
def mara() -> Agent:
    found: Agent = AgentFactory(teams=[TeamFactory()], max_tickets=99)
    return found


@pytest.fixture
def act(mara: Agent) -> BulkAct:
    tickets = TicketFactory.create_batch(COUNT, team=mara.teams.get(), owner=mara)
    asked = ask_many(BulkKind.PRIORITY, by=mara, tickets=[(ticket.pk, ticket.reference) for ticket in tickets])
    return start_many(asked.pk, by=mara, priority="high")


def states(act: BulkAct) -> list[str]:
    return list(act.outcomes.order_by("pk").values_list("state", flat=True))


def kill_twice_then_finish(killable: Killable, home: Path, step: str) -> list[int]:
    """Twice in the middle, and then without; how many tickets were done after each."""
    now, seen = timezone.now() + timedelta(minutes=5), []
    for _kill in range(2):
        killed = killable.run_timers(home, now=now, kill_at=step)
        assert killed.returncode == -signal.SIGKILL, killed.output
        seen.append(done())
        now += timedelta(minutes=5)
    ended = killable.run_timers(home, now=now)
    assert ended.returncode == 0, ended.output
    return seen


def done() -> int:
    return TimelineEntry.objects.filter(kind="priority_change").count()


@pytest.mark.parametrize("step", STEPS)
def test_144_a_worker_killed_in_the_middle_does_no_ticket_twice(
    step: str, act: BulkAct, killable: Killable, tmp_path: Path
) -> None:
    seen = kill_twice_then_finish(killable, tmp_path, step)
    assert seen == ([1, 2] if step.endswith("committed") else [0, 0])
    act.refresh_from_db()
    assert (act.stage, states(act)) == (BulkStage.DONE, ["done"] * COUNT)
    assert set(Ticket.objects.values_list("priority", flat=True)) == {"high"}
    assert Notification.objects.get().payload["done"] == COUNT, "told once, of all of it"
    assert TimelineEntry.objects.filter(kind="priority_change").count() == COUNT


@pytest.mark.parametrize("step", STEPS)
def test_its_undo_goes_on_after_a_kill_too(
    step: str, act: BulkAct, mara: Agent, killable: Killable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert killable.run_timers(tmp_path, now=timezone.now()).returncode == 0
    monkeypatch.setattr("tickets.services.bulk.MAX_TICKETS", 5)
    undo_many(act.pk, by=mara)
    assert states(act) == ["done"] * COUNT, "it is the worker's"
    kill_twice_then_finish(killable, tmp_path, step)
    act.refresh_from_db()
    assert (act.stage, states(act)) == (BulkStage.DONE, ["undone"] * COUNT)
    assert TimelineEntry.objects.filter(kind="priority_change").count() == 2 * COUNT


def of_request(mara_id: str) -> None:
    """What the request of a person does, in a process that is killed."""
    references = list(Ticket.objects.order_by("reference").values_list("reference", flat=True))
    act_on_many(BulkKind.PRIORITY, by=Agent.objects.get(pk=mara_id), references=references, priority="high")


def undo_of_request(mara_id: str, act_id: str) -> None:
    undo_many(UUID(act_id), by=Agent.objects.get(pk=mara_id))


HERE = "tests.tickets.test_bulk_kills"


@pytest.mark.parametrize("step", STEPS)
def test_144_what_a_killed_request_has_left_is_done_by_the_sweep(
    step: str, mara: Agent, killable: Killable, tmp_path: Path
) -> None:
    TicketFactory.create_batch(COUNT, team=mara.teams.get(), owner=mara)
    killed = killable.call(tmp_path, f"{HERE}:of_request", str(mara.pk), kill_at=step)
    assert killed.returncode == -signal.SIGKILL, killed.output
    act = BulkAct.objects.get()
    assert (act.stage, is_undoable(act), len(states(act))) == (BulkStage.RUNNING, False, COUNT)
    kill_twice_then_finish(killable, tmp_path, step)
    act.refresh_from_db()
    assert (act.stage, states(act), done()) == (BulkStage.DONE, ["done"] * COUNT, COUNT)


@pytest.mark.parametrize("step", STEPS)
def test_its_undo_is_finished_by_the_sweep_too(step: str, mara: Agent, killable: Killable, tmp_path: Path) -> None:
    TicketFactory.create_batch(COUNT, team=mara.teams.get(), owner=mara)
    of_request(str(mara.pk))
    act = BulkAct.objects.get()
    killed = killable.call(tmp_path, f"{HERE}:undo_of_request", str(mara.pk), str(act.pk), kill_at=step)
    assert killed.returncode == -signal.SIGKILL, killed.output
    kill_twice_then_finish(killable, tmp_path, step)
    act.refresh_from_db()
    assert (act.stage, states(act), done()) == (BulkStage.DONE, ["undone"] * COUNT, 2 * COUNT)


def test_the_chain_declares_its_steps() -> None:
    """A step that is taken away would take its kill test with it."""
    assert [name.rpartition(".")[2] for name in STEPS] == ["leased", "acted", "committed"]
