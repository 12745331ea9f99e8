"""What an act asks for at its end is done once, in its transaction, and not at all where the act is refused."""

from collections.abc import Collection
from uuid import UUID, uuid4

import pytest
from django.db import connection

from core.actors import DESK, Actor
from core.errors import Conflict
from core.service import at_the_end, service

pytestmark = pytest.mark.django_db
ONE, OTHER = uuid4(), uuid4()


class Asked:
    def __init__(self) -> None:
        self.told: list[tuple[list[UUID], bool]] = []

    def __call__(self, subjects: Collection[UUID]) -> None:
        self.told.append((list(subjects), connection.in_atomic_block))


def test_it_is_done_once_with_all_its_subjects_when_the_outermost_act_is_done() -> None:
    asked, order = Asked(), []

    @service
    def inner(subject: UUID, *, by: Actor) -> None:
        at_the_end(asked, subject)
        at_the_end(asked, ONE)

    @service
    def outer(subject: UUID, *, by: Actor) -> None:
        inner(subject, by=by)
        order.append(len(asked.told))

    outer(OTHER, by=DESK)
    assert order == [0], "not with the inner one"
    assert asked.told == [([OTHER, ONE], True)]


def test_of_a_refused_act_nothing_is_done_and_the_next_one_begins_anew() -> None:
    asked = Asked()

    @service
    def act(subject: UUID, *, by: Actor, is_refused: bool) -> None:
        at_the_end(asked, subject)
        if is_refused:
            raise Conflict

    with pytest.raises(Conflict):
        act(ONE, by=DESK, is_refused=True)
    act(OTHER, by=DESK, is_refused=False)
    assert [subjects for subjects, _is_atomic in asked.told] == [[OTHER]]


def test_outside_of_any_act_it_is_done_at_once() -> None:
    asked = Asked()
    at_the_end(asked, ONE)
    assert [subjects for subjects, _is_atomic in asked.told] == [[ONE]]
