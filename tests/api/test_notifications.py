"""One's own notifications: newest first, read one by one or all."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent
from notifications.enums import EventType
from notifications.models import Notification
from notifications.services import notify
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, ApiClientFactory, TicketFactory
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

LIST = "/api/v1/notifications/"


def tell(agent: Agent, ticket: Ticket, *, event_type: EventType = EventType.TICKET_ASSIGNED) -> Notification:
    facts = {"reference": ticket.reference, "subject": ticket.subject, "author": "Dana"}
    key = f"{event_type}:{Notification.objects.count()}"
    notify([agent.pk], event_type, dedupe_key=key, ticket_id=ticket.pk, **facts)
    return Notification.objects.get(dedupe_key=key)


def ids(answer: object) -> list[str]:
    assert answer.status_code == 200, answer.content  # type: ignore[attr-defined]
    return [row["id"] for row in answer.json()["results"]]  # type: ignore[attr-defined]


def test_list_holds_ones_own_newest_first_in_words() -> None:
    ann, bob = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=ann)
    first, second = tell(ann, ticket), tell(ann, ticket, event_type=EventType.CUSTOMER_REPLY)
    tell(bob, ticket)
    answer = signed_in(ann).get(LIST)
    assert ids(answer) == [str(second.pk), str(first.pk)]
    row = answer.json()["results"][0]
    assert (row["event_type"], row["urgency"], row["ticket"]) == ("customer_reply", "normal", ticket.reference)
    assert (row["text"], row["read_at"], row["version"]) == (
        f"Dana wrote on {ticket.reference}: {ticket.subject}",
        None,
        1,
    )


def test_filters_and_pages() -> None:
    ann = AgentFactory()
    one, other = TicketFactory(owner=ann), TicketFactory(owner=ann)
    rows = [tell(ann, one), tell(ann, other), tell(ann, one, event_type=EventType.CUSTOMER_REPLY)]
    client = signed_in(ann)
    client.post(f"{LIST}{rows[0].pk}/read/")
    for query, wanted in (
        ({"is_read": "true"}, [0]),
        ({"is_read": "false"}, [2, 1]),
        ({"event_type": "customer_reply"}, [2]),
        ({"ticket": one.reference.lower()}, [2, 0]),
        ({"ticket": "INC-2020-000001"}, []),
    ):
        assert ids(client.get(LIST, query)) == [str(rows[n].pk) for n in wanted], query
    first = client.get(LIST, {"page_size": 2})
    assert ids(first) + ids(client.get(first.json()["next"])) == [str(row.pk) for row in reversed(rows)]
    assert client.get(LIST, {"is_read": "perhaps"}).status_code == 400


def test_of_a_ticket_out_of_sight_only_the_kind_is_told() -> None:
    ann, stranger = AgentFactory(), AgentFactory()
    ticket = TicketFactory(owner=ann, subject="Salary list is offline")
    row = tell(stranger, ticket)
    client = signed_in(stranger)
    for answer in (client.get(f"{LIST}{row.pk}/"), client.post(f"{LIST}{row.pk}/read/")):
        assert (answer.json()["ticket"], answer.json()["text"]) == (None, "Offered to you")
        assert "Salary" not in answer.content.decode()
    assert ids(client.get(LIST, {"ticket": ticket.reference})) == []


def test_one_is_marked_read_once() -> None:
    ann = AgentFactory()
    row = tell(ann, TicketFactory(owner=ann))
    client = signed_in(ann)
    stale = client.post(f"{LIST}{row.pk}/read/", {"version": 7})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert client.get(f"{LIST}{row.pk}/").json()["read_at"] is None
    answer = client.post(f"{LIST}{row.pk}/read/", {"version": 1})
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert answer.json()["read_at"] is not None
    assert client.post(f"{LIST}{row.pk}/read/").json() == answer.json()
    assert client.get(f"{LIST}{row.pk}/").json() == answer.json()


def test_all_or_some_are_marked_read_and_only_ones_own() -> None:
    ann, bob = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=ann)
    rows = [tell(ann, ticket) for _number in range(3)]
    his = tell(bob, ticket)
    client = signed_in(ann)
    assert client.post(f"{LIST}read/", {"ids": [str(rows[0].pk), str(his.pk)]}).json() == {"read": 1}
    assert client.post(f"{LIST}read/").json() == {"read": 2}
    assert client.post(f"{LIST}read/").json() == {"read": 0}
    assert Notification.objects.filter(read_at__isnull=True).get() == his
    assert client.post(f"{LIST}read/", {"ids": ["x"]}).status_code == 400


def test_other_peoples_are_missing_and_programs_have_none() -> None:
    ann = AgentFactory()
    row = tell(ann, TicketFactory(owner=ann))
    assert signed_in(AgentFactory()).post(f"{LIST}{row.pk}/read/").status_code == 404
    program = signed_in(ApiClientFactory(scopes=["tickets:read:all"]))
    assert (program.get(LIST).status_code, program.post(f"{LIST}read/").status_code) == (403, 403)
    assert Notification.objects.get().read_at is None


def test_the_list_costs_the_same_at_any_length() -> None:
    ann = AgentFactory()
    client = signed_in(ann)
    costs = []
    for more in (1, 6):
        for _number in range(more):
            tell(ann, TicketFactory(owner=ann))
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 8
