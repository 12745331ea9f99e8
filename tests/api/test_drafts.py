"""The own drafts."""

from typing import Any

import pytest

from tests.api.conftest import deleted_late, signed_in
from tests.factories import AgentFactory, TicketFactory
from tickets.models import Draft
from tickets.services import keep_draft

pytestmark = pytest.mark.django_db
DRAFTS = "/api/v1/drafts/"


def test_a_draft_from_first_to_last() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    values = {"ticket": ticket.reference.lower(), "mode": "reply", "body": "Hello ", "cc": "boss@"}
    made = client.post(DRAFTS, values)
    assert made.status_code == 201
    draft = made.json()
    told = [draft[name] for name in ("ticket", "mode", "body", "cc")]
    assert told == [ticket.reference, "reply", "Hello ", "boss@"]
    first = draft["version"]
    one = f"{DRAFTS}{draft['id']}/"
    assert client.get(one).json() == draft
    changed = client.patch(one, {"body": "Hello Dana", "version": first}).json()
    assert (changed["body"], changed["cc"], changed["version"]) == ("Hello Dana", "boss@", first + 1)
    for late in (client.patch(one, {"body": "Hello Bob", "version": first}), *deleted_late(client, one, first)):
        assert (late.status_code, late.json()["code"]) == (409, "stale_version")
        assert late.json()["current_version"] == first + 1
    assert client.delete(one, headers={"If-Match": f'"{first + 1}"'}).status_code == 204
    assert (client.get(one).status_code, Draft.objects.count()) == (404, 0)


def test_the_list_has_the_own_ones_of_one_ticket_or_all() -> None:
    ann, bob = AgentFactory.create_batch(2)
    first, second = TicketFactory.create_batch(2, owner=ann)
    for ticket, by, text in ((first, ann, "one"), (second, ann, "two"), (first, bob, "his")):
        keep_draft(ticket.pk, by=by, mode="note", body_text=text)
    client = signed_in(ann)
    assert [row["body"] for row in client.get(DRAFTS).json()["results"]] == ["two", "one"]
    found = client.get(DRAFTS, {"ticket": first.reference}).json()["results"]
    assert [row["body"] for row in found] == ["one"]


def test_a_second_one_for_the_same_place_is_refused() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    keep_draft(ticket.pk, by=ann, mode="note", body_text="From the page")
    answer = signed_in(ann).post(DRAFTS, {"ticket": ticket.reference, "mode": "note", "body": "Other"})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_version")
    assert Draft.objects.get().body_text == "From the page"


@pytest.mark.parametrize(
    "values", [{"body": " "}, {"mode": "envelope"}, {"body": "x" * 200_001}, {"person": "bob"}, {"body": None}]
)
def test_bad_values_are_refused_and_write_nothing(values: dict[str, Any]) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).post(DRAFTS, {"ticket": ticket.reference, "mode": "note", "body": "Half"} | values)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert Draft.objects.count() == 0


def test_a_change_needs_the_version_it_was_seen_in() -> None:
    ann = AgentFactory()
    draft = keep_draft(TicketFactory(owner=ann).pk, by=ann, mode="note", body_text="Half")
    assert draft is not None
    client = signed_in(ann)
    assert client.patch(f"{DRAFTS}{draft.pk}/", {"body": "Whole"}).status_code == 400
    seen = {"If-Match": f'"{draft.version}"'}
    assert client.patch(f"{DRAFTS}{draft.pk}/", {"body": "Whole"}, headers=seen).status_code == 200
    assert client.patch(f"{DRAFTS}{draft.pk}/", {"body": "", "version": draft.version + 1}).status_code == 400
    assert Draft.objects.get().body_text == "Whole"
