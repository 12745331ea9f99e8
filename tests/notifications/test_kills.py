"""SIGKILL at every step from a notification to its mail, then another worker: each arrives once, or has visibly failed
where nobody can tell whether it did. None is lost, and none arrives twice.
"""

import signal
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from connectors.mail import maildir
from core import steps
from notifications.enums import Because, DeliveryStatus, EventType, Urgency
from notifications.models import Delivery, DeliveryItem, Notification
from notifications.services import deliver_due, notify
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, TeamFactory
from tests.killable import Killable
from tests.notifications.ways import Pigeons

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]
CHAIN = "notifications.delivering"
ARRIVED = {"planned": [1, 1, 1], "released": [1, 1, 1], "handing_over": [0, 1, 1], "handed_over": [1, 1, 1]}
"""Mails by person; of whom one was in the dead worker's hands. Afterwards all have been marked: as at `planned`."""


def mails_of(home: Path, agent) -> list[bytes]:
    found = maildir.messages_in(maildir.folder_of(agent.email, root=home / "mail"))
    return [path.read_bytes() for path in found]


def text_of(mail: bytes) -> str:
    part = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    assert part is not None
    return part.get_content()


@pytest.mark.parametrize("step", steps.declared(CHAIN))
def test_killed_at_any_step_each_notification_arrives_once_or_visibly_fails(
    step: str, tmp_path: Path, killable: Killable
) -> None:
    people = AgentFactory.create_batch(3, teams=[TeamFactory()])
    for number in range(10):
        event = (EventType.TASK_ASSIGNED, EventType.SLA_BREACH)[number % 2]
        urgency = (Urgency.NORMAL, Urgency.BREACH)[number % 2]
        facts = {"reference": f"INC-2026-{number:06}", "subject": f"canary-{number}.", "title": f"canary-{number}."}
        with transaction.atomic():
            notify([agent.pk for agent in people], event, dedupe_key=f"{number}", urgency=urgency, **facts)
    now = timezone.now() + timedelta(seconds=10)
    killed = killable.run_timers(tmp_path, now=now, kill_at=step)
    assert killed.returncode == -signal.SIGKILL, f"this scenario does not pass {step}: {killed.output}"
    again = killable.run_timers(tmp_path, now=now + timedelta(minutes=5))
    assert again.returncode == 0, again.output

    assert not Notification.objects.unplanned().exists()
    assert DeliveryItem.objects.count() == 30
    name = step.rpartition(".")[2]
    is_unclear = name in ("handing_over", "handed_over")
    found = sorted(Delivery.objects.values_list("status", "because"))
    unclear = [(DeliveryStatus.FAILED, Because.UNCLEAR)] if is_unclear else []
    assert found == unclear + [(DeliveryStatus.SENT, "")] * (3 - len(unclear))
    mails = [mails_of(tmp_path, agent) for agent in people]
    assert sorted(map(len, mails)) == ARRIVED.get(name, [1, 1, 1])
    for text in (text_of(mail) for found_mails in mails for mail in found_mails):
        for number in range(10):
            assert text.count(f"canary-{number}.") == 1


def test_the_chain_declares_its_steps() -> None:
    """A step that is taken away would take its kill test with it."""
    assert [name.rpartition(".")[2] for name in steps.declared(CHAIN)] == [
        *("planned", "released", "handing_over", "handed_over", "marked")
    ]


def test_workers_at_once_plan_and_deliver_each_notification_once(email: Pigeons) -> None:
    people = AgentFactory.create_batch(8)
    for number in range(5):
        facts = {"title": "x", "reference": ""}
        with transaction.atomic():
            notify([agent.pk for agent in people], EventType.TASK_ASSIGNED, dedupe_key=f"{number}", **facts)
    outcomes = in_parallel(*[deliver_due] * 3)
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    while deliver_due():
        pass
    assert {agent.pk: email.told(agent) for agent in people} == {agent.pk: [["task_assigned"] * 5] for agent in people}
    assert set(Delivery.objects.values_list("status", "attempts")) == {(DeliveryStatus.SENT, 1)}
