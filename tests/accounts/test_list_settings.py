"""How lists are shown to a person: a habit of theirs alone."""

import pytest

from accounts.errors import NotYourProfile
from accounts.models import Agent
from accounts.services import keep_list_settings
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db


def test_what_is_not_given_stays_and_none_forgets() -> None:
    ann = AgentFactory()
    keep_list_settings(ann.pk, by=ann, start="team", looks={"mine": {"sort": "status"}})
    keep_list_settings(ann.pk, by=ann, start=None)
    assert Agent.objects.get(pk=ann.pk).list_settings == {"looks": {"mine": {"sort": "status"}}}


def test_it_is_no_change_of_the_person() -> None:
    ann = AgentFactory()
    before = (ann.version, ann.history.count())
    keep_list_settings(ann.pk, by=ann, start="team")
    ann.refresh_from_db()
    assert (ann.version, ann.history.count()) == before


def test_nobody_sets_it_for_another() -> None:
    ann, bob = AgentFactory.create_batch(2)
    with pytest.raises(NotYourProfile):
        keep_list_settings(ann.pk, by=bob, start="team")
    assert Agent.objects.get(pk=ann.pk).list_settings == {}
