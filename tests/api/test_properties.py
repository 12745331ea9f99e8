"""Whatever is sent: never a 5xx, and a refusal changes nothing."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import signed_in
from tests.factories import AgentFactory, TicketFactory
from tickets.models import OutboundMessage, Task, Ticket, TimelineEntry

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner), max_leaves=5
)
NAMES = st.sampled_from(
    [
        "body",
        "subject",
        "owner",
        "version",
        "agent",
        "team",
        "title",
        "reason",
        "requester",
        "tags",
        "cc",
        "then",
        "to_confirm",
        "last_seen_seq",
        "priority",
        "resolution_code",
        "resolution_note",
        "closure_code",
        "new_owner",
        "reason_code",
        "due_at",
        "assigned_to",
        "category",
        "impact",
    ]
)
BODIES = st.dictionaries(NAMES | st.text(), VALUES, max_size=5) | VALUES
ACTS = st.sampled_from(
    [
        "accept",
        "offer",
        "withdraw_offer",
        "change_team",
        "reply",
        "note",
        "wait_for_customer",
        "resume",
        "resolve",
        "confirm",
        "reopen",
        "cancel",
        "transfer_ownership",
        "tasks",
        "envelopes",
    ]
)


def state(ticket: Ticket) -> list[Any]:
    """Everything about a ticket that an act could have changed."""
    counts = [model.objects.count() for model in (Ticket, TimelineEntry, OutboundMessage, Task)]
    return [Ticket.objects.filter(pk=ticket.pk).values().get(), counts]


@pytest.mark.django_db
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), is_edit=st.booleans())
def test_no_json_breaks_anything_and_refusals_change_nothing(data: st.DataObject, is_edit: bool) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    before = state(ticket)
    address = f"/api/v1/tickets/{ticket.reference}/"
    if is_edit:
        answer = client.patch(address, data.draw(BODIES))
    else:
        answer = client.post(f"{address}{data.draw(ACTS)}/", data.draw(BODIES))
    assert answer.status_code < 500
    assert Ticket.objects.get(pk=ticket.pk).owner == ann
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert state(ticket) == before


@pytest.mark.django_db
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=st.binary(max_size=200), path=st.sampled_from(["tickets/", "absences/", "auth/token/"]))
def test_no_bytes_break_anything(raw: bytes, path: str) -> None:
    answer = signed_in(AgentFactory()).generic("POST", f"/api/v1/{path}", raw, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"] == "application/problem+json"
    assert Ticket.objects.count() == 0


@pytest.mark.django_db
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(
        [
            "q",
            "cursor",
            "page_size",
            "owner",
            "team",
            "requester",
            "company",
            "created_after",
            "status",
            "ordering",
            "priority",
        ]
    ),
    value=st.text(max_size=50),
)
def test_no_query_breaks_a_list(name: str, value: str) -> None:
    answer = signed_in(AgentFactory()).get("/api/v1/tickets/", {name: value.encode("utf-8", "replace")})
    assert answer.status_code in (200, 400)
