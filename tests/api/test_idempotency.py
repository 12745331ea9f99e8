"""`Idempotency-Key`: the first answer again for 24 hours, whatever it was, also when two ask at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.utils import timezone

from core.api import idempotency
from core.api.idempotency import forget_old_keys
from core.models import IdempotencyKey, RefusedAct
from tests.api.conftest import signed_in
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.models import OutboundMessage, Ticket, TimelineEntry

KEY = {"Idempotency-Key": "a1b2-c3"}


def creation(team: Any, **changes: Any) -> dict[str, Any]:
    return {"subject": "Off", "requester": {"email": "dana@roth.test"}, "team": team.name} | changes


def url(ticket: Ticket, act: str) -> str:
    return f"/api/v1/tickets/{ticket.reference}/{act}/"


@pytest.mark.django_db
def test_same_key_and_body_gives_the_first_answer_again() -> None:
    team = TeamFactory()
    client = signed_in(AgentFactory(teams=[team]))
    first = client.post("/api/v1/tickets/", creation(team), headers=KEY)
    again = client.post("/api/v1/tickets/", dict(reversed(creation(team).items())), headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["ETag"] == first["ETag"]
    assert (again["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_same_key_with_another_body_or_address_is_409_and_changes_nothing() -> None:
    team = TeamFactory()
    client = signed_in(AgentFactory(teams=[team]))
    reference = client.post("/api/v1/tickets/", creation(team), headers=KEY).json()["reference"]
    for answer in (
        client.post("/api/v1/tickets/", creation(team, subject="Other"), headers=KEY),
        client.post(f"/api/v1/tickets/{reference}/accept/", headers=KEY),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert (Ticket.objects.count(), Ticket.objects.get().owner) == (1, None)


@pytest.mark.django_db
def test_keys_of_two_users_have_nothing_to_do_with_each_other() -> None:
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    answers = [signed_in(agent).post("/api/v1/tickets/", creation(team), headers=KEY) for agent in (ann, bob)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Ticket.objects.count() == 2


@pytest.mark.django_db
def test_refusals_are_kept_too_and_audited_once() -> None:
    ticket = TicketFactory(owner=AgentFactory())
    client = signed_in(AgentFactory(teams=[ticket.team]))
    answers = [client.post(url(ticket, "accept"), headers=KEY) for _ in range(2)]
    assert [(a.status_code, a["Content-Type"]) for a in answers] == [(409, "application/problem+json")] * 2
    assert answers[0].json() == answers[1].json()
    assert RefusedAct.objects.count() == 1


@pytest.mark.django_db
def test_kept_400_stays_though_it_would_be_possible_now() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    refused = client.post(url(ticket, "reply"), {"body": ""}, headers=KEY)
    assert refused.status_code == 400
    again = client.post(url(ticket, "reply"), {"body": ""}, headers=KEY)
    assert (again.status_code, again.json()) == (400, refused.json())
    assert OutboundMessage.objects.count() == 0


@pytest.mark.django_db
def test_key_is_over_after_24_hours_even_if_nobody_swept() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    now = timezone.now()
    assert client.post(url(ticket, "note"), {"body": "x"}, headers=KEY).status_code == 201
    IdempotencyKey.objects.update(created_at=now - timedelta(hours=23, minutes=59))
    client.post(url(ticket, "note"), {"body": "x"}, headers=KEY)
    assert TimelineEntry.objects.filter(kind="note").count() == 1
    IdempotencyKey.objects.update(created_at=now - timedelta(hours=24, minutes=1))
    client.post(url(ticket, "note"), {"body": "x"}, headers=KEY)
    assert TimelineEntry.objects.filter(kind="note").count() == 2


@pytest.mark.django_db
def test_timer_forgets_old_keys_alone() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    client.post(url(ticket, "note"), {"body": "x"}, headers=KEY)
    assert forget_old_keys(now=timezone.now() + timedelta(hours=23)) == 0
    assert forget_old_keys(now=timezone.now() + timedelta(hours=25)) == 1
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.django_db
def test_bug_keeps_nothing_so_that_the_request_may_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)

    def fail(*_args: Any, **_options: Any) -> None:
        raise IntegrityError

    with monkeypatch.context() as broken:
        broken.setattr(idempotency.JSONRenderer, "render", fail)
        with pytest.raises(IntegrityError):
            client.post(url(ticket, "note"), b'{"body": "x"}', content_type="application/json", headers=KEY)
    assert (IdempotencyKey.objects.count(), TimelineEntry.objects.filter(kind="note").count()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a b", "\u00e4"])
def test_unusable_key_is_400(key: str) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).post(url(ticket, "note"), {"body": "x"}, HTTP_IDEMPOTENCY_KEY=key)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["Idempotency-Key"])
    assert TimelineEntry.objects.filter(kind="note").count() == 0


@pytest.mark.django_db
def test_files_count_as_part_of_the_body() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)

    def upload(content: bytes) -> Any:
        data = {"file": SimpleUploadedFile("a.txt", content)}
        return client.post(url(ticket, "attachments"), data, format="multipart", headers=KEY)

    first, again, other = upload(b"abc"), upload(b"abc"), upload(b"abd")
    assert [answer.status_code for answer in (first, again, other)] == [201, 201, 409]
    assert first.json() == again.json()
    assert first.json()["attachments"][0]["size_bytes"] == 3
    assert TimelineEntry.objects.filter(kind="note").count() == 1


@pytest.mark.django_db
def test_tokens_are_never_kept() -> None:
    agent = AgentFactory()
    client = signed_in(agent)
    data = {"username": agent.email, "password": "correct-horse-battery"}
    tokens = {client.post("/api/v1/auth/token/", data, headers=KEY).json()["token"] for _ in range(2)}
    assert (len(tokens), IdempotencyKey.objects.count()) == (2, 0)


@pytest.mark.django_db(transaction=True)
def test_of_ten_equal_requests_at_once_one_acts_and_all_get_its_answer() -> None:
    team = TeamFactory()
    agent = AgentFactory(teams=[team])
    clients = [signed_in(agent) for _ in range(10)]
    answers = in_parallel(
        *(lambda c=c: c.post("/api/v1/tickets/", creation(team), headers=KEY) for c in clients)  # type: ignore[misc]
    )
    assert [answer.status_code for answer in answers] == [201] * 10
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert sorted("Idempotent-Replayed" in answer for answer in answers) == [False] + [True] * 9
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_different_requests_at_once_with_one_key_one_is_refused() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    clients = [signed_in(ann), signed_in(ann)]
    answers = in_parallel(
        lambda: clients[0].post(url(ticket, "note"), {"body": "one"}, headers=KEY),
        lambda: clients[1].post(url(ticket, "note"), {"body": "two"}, headers=KEY),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert TimelineEntry.objects.filter(kind="note").count() == 1


@pytest.mark.django_db(transaction=True)
def test_004_of_many_parallel_accepts_one_wins_and_the_others_get_409() -> None:
    team = TeamFactory()
    ticket = TicketFactory(team=team)
    agents = AgentFactory.create_batch(8, teams=[team])
    clients = [signed_in(agent) for agent in agents]
    answers = in_parallel(*(lambda c=c: c.post(url(ticket, "accept")) for c in clients))  # type: ignore[misc]
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"already_owned"}
