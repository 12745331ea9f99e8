"""Mentions: a note tells whom it names, if they may see the ticket; a reply never does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from core.errors import Invalid
from core.events import deliver_due
from notifications.models import Notification
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.mentions import mentioned_in, people_to_mention
from tickets.models import Ticket, TimelineEntry
from tickets.services import add_note, reply_to_customer, watch

pytestmark = pytest.mark.django_db


class People:
    def __init__(self) -> None:
        self.team = TeamFactory()
        self.mara = AgentFactory(name="Mara Weiss", teams=[self.team])
        self.jonas = AgentFactory(name="Jonas Kern", email="jonas@desk.example", teams=[self.team])
        self.anna = AgentFactory(name="Anna von der Heide", teams=[self.team])
        self.nora = AgentFactory(name="Nora Fern", teams=[TeamFactory()])
        self.aude = AgentFactory(name="Aude Petit", roles=[Role.AUDITOR])
        self.ticket: Ticket = TicketFactory(team=self.team, owner=self.mara)


@pytest.fixture
def people() -> People:
    return People()


def told() -> list[tuple[str, str]]:
    rows = Notification.objects.order_by("recipient__name").values_list("recipient__name", "event_type")
    return list(rows)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Jonas Kern please look", ["Jonas Kern"]),
        ("(@jonas kern) look", ["Jonas Kern"]),
        ("@Jonas, look", ["Jonas Kern"]),
        ("Ask @jonas@desk.example.", ["Jonas Kern"]),
        ("@Anna von der Heide and @Jonas", ["Anna von der Heide", "Jonas Kern"]),
        ("@Jonas and once more @Jonas Kern", ["Jonas Kern"]),
        ("@Aude Petit reads everything", ["Aude Petit"]),
        ("jonas@desk.example wrote; @Override; @ Jonas; a@b; @@", []),
        ("Jonas Kern without a sign", []),
        ("@Mara Weiss, note to self", []),
    ],
)
def test_who_is_named(people: People, text: str, names: list[str]) -> None:
    assert [person.name for person in mentioned_in(text, people.ticket, besides=people.mara.pk)] == names


def test_a_first_name_of_several_is_asked_about(people: People) -> None:
    AgentFactory(name="Jonas Berg", email="berg@desk.example", teams=[people.team])
    with pytest.raises(Invalid, match=r"“@jonas” could be several people.*berg@desk\.example"):
        add_note(people.ticket.pk, by=people.mara, body_text="@Jonas knows")
    assert [p.name for p in mentioned_in("@Jonas Kern knows", people.ticket, besides=None)] == ["Jonas Kern"]


def test_whom_the_ticket_is_not_open_to_is_not_told_and_the_note_not_lost(people: People) -> None:
    before = people.ticket.entries.count()
    with pytest.raises(Invalid, match="Nora Fern may not see this ticket") as refusal:
        add_note(people.ticket.pk, by=people.mara, body_text="@Jonas Kern and @Nora Fern")
    assert list(refusal.value.fields) == ["body"]
    assert people.ticket.entries.count() == before
    add_note(people.ticket.pk, by=people.mara, body_text="Nora Fern knows more")


def test_each_is_told_once_and_the_author_never(people: People) -> None:
    """The owner gets the ordinary word; a watcher who is named learns that they are."""
    watch(people.ticket.pk, by=people.anna)
    watch(people.ticket.pk, by=people.jonas)
    entry = add_note(people.ticket.pk, by=people.anna, body_text="@Jonas, look at this, @Anna von der Heide too")
    deliver_due(limit=50)
    assert told() == [("Jonas Kern", "mentioned"), ("Mara Weiss", "note_added")]
    assert entry.facts == {"mentioned": [str(people.jonas.pk)]}
    deliver_due(limit=50)
    assert len(told()) == 2


def test_whoever_is_out_of_the_ticket_by_then_is_not_told(people: People) -> None:
    add_note(people.ticket.pk, by=people.mara, body_text="@Jonas look")
    people.jonas.teams.clear()
    deliver_due(limit=50)
    assert told() == []


def test_a_reply_to_the_customer_mentions_nobody(people: People) -> None:
    message = reply_to_customer(people.ticket.pk, by=people.mara, body_text="Please ask @Jonas Kern or @Nora Fern.")
    deliver_due(limit=50)
    assert (message.body_text, told()) == ("Please ask @Jonas Kern or @Nora Fern.", [])


def test_a_note_without_an_at_asks_nothing_more(people: People) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert mentioned_in("No sign here.", people.ticket, besides=None) == []
    assert len(queries) == 0


def test_offered_are_those_who_may_read_it(people: People) -> None:
    def offered(words: str) -> list[str]:
        return [person.name for person in people_to_mention(people.ticket, words=words, besides=people.mara)]

    assert offered("") == ["Anna von der Heide", "Aude Petit", "Jonas Kern"]
    assert offered("ker") == ["Jonas Kern"]
    assert offered("nora") == []


def test_a_note_keeps_its_words_as_they_were_written(people: People) -> None:
    add_note(people.ticket.pk, by=people.mara, body_text="@Jonas Kern look")
    assert TimelineEntry.objects.latest("seq").body_text == "@Jonas Kern look"
