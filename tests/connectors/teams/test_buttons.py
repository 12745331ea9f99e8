"""Buttons of cards: a page of ours asks, whoever is signed in acts by the services of the page, each card once."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent
from connectors.teams.enums import CardAct
from connectors.teams.errors import CardExpired, CardOfAnother, CardUsed
from connectors.teams.links import LASTS, SALT, CardLink, address_of, read_address
from connectors.teams.models import UsedCard
from connectors.teams.services import use_card
from core.errors import DomainError, NotFound
from core.models import RefusedAct
from envelopes.models import Envelope
from envelopes.services import open_envelope
from sla.reminders.models import Reminder
from sla.reminders.services import create_reminder, trigger_due_reminders
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tickets.models import Ticket
from tickets.services import accept_ticket

pytestmark = pytest.mark.django_db


def link(act: CardAct, subject: UUID, person: Agent | None = None, **more: object) -> CardLink:
    facts = {"key": uuid4(), "told_at": timezone.now(), "person_id": person and person.pk} | more
    return CardLink(act=act, subject_id=subject, **facts)  # type: ignore[arg-type]


def path_of(made: CardLink) -> str:
    return "/" + address_of(made).split("/", 3)[3]


def signed_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    return client


def press(made: CardLink, agent: Agent, **data: str):
    return signed_in(agent).post(path_of(made), data, follow=True)


def use(made: CardLink, agent: Agent, **more: str) -> None:
    use_card(made.subject_id, by=Agent.objects.get(pk=agent.pk), link=made, **more)


def an_offer() -> tuple[Ticket, Agent, CardLink]:
    ticket = TicketFactory()
    nina = AgentFactory(name="Nina Kern", teams=[ticket.team])
    return ticket, nina, link(CardAct.ACCEPT_TICKET, ticket.pk, nina)


def test_127_accept_makes_the_owner_and_says_so() -> None:
    ticket, nina, made = an_offer()
    asked = signed_in(nina).get(path_of(made))
    assert "Accept this ticket?" in asked.content.decode()
    done = press(made, nina)
    assert "The ticket is yours." in done.content.decode()
    assert Ticket.objects.get(pk=ticket.pk).owner == nina


def test_a_preview_or_scanner_does_nothing() -> None:
    ticket, nina, made = an_offer()
    for client in (Client(), signed_in(nina)):
        for method in (client.get, client.head, client.options):
            method(path_of(made))
    assert Ticket.objects.get(pk=ticket.pk).owner is None
    assert not UsedCard.objects.exists()


def test_a_stranger_is_asked_to_sign_in_and_comes_back_to_the_card() -> None:
    ticket, _nina, made = an_offer()
    for answer in (Client().get(path_of(made)), Client().post(path_of(made))):
        assert answer.status_code == 302
        assert answer.url.startswith("/login/")
    assert Ticket.objects.get(pk=ticket.pk).owner is None


def test_pressed_again_it_was_done_already() -> None:
    _ticket, nina, made = an_offer()
    press(made, nina)
    again = press(made, nina)
    assert (again.status_code, UsedCard.objects.count()) == (409, 1)
    assert "Already done by Nina Kern; nothing was changed now." in again.content.decode()
    assert "The ticket is yours." in signed_in(nina).get(path_of(made)).content.decode()


def test_a_card_of_somebody_else_does_nothing() -> None:
    ticket, _nina, made = an_offer()
    mate = AgentFactory(teams=[ticket.team])
    assert press(made, mate).status_code == 403
    with pytest.raises(CardOfAnother):
        use(made, mate)
    assert Ticket.objects.get(pk=ticket.pk).owner is None


def test_what_is_out_of_sight_reads_as_missing() -> None:
    ticket, _nina, made = an_offer()
    stranger = AgentFactory(teams=[TeamFactory()])
    for act, subject in ((CardAct.ACCEPT_TICKET, ticket.pk), (CardAct.ACCEPT_TICKET, uuid4()), (made.act, ticket.pk)):
        assert press(link(act, subject, stranger), stranger).status_code == 404
        assert signed_in(stranger).get(path_of(link(act, subject, stranger))).status_code == 404


@pytest.mark.parametrize(
    "token",
    [
        "xyz",
        signing.Signer(salt="another").sign_object([]),
        signing.Signer(salt=SALT).sign_object(["steal", "", "", "", 0]),
    ],
    ids=["nonsense", "of another purpose", "of no act"],
)
def test_what_we_did_not_sign_reads_as_missing(token: str) -> None:
    with pytest.raises(NotFound):
        read_address(token)
    assert signed_in(AgentFactory()).get(f"/cards/{token}/").status_code == 404


def test_a_changed_address_is_none_of_ours() -> None:
    _ticket, nina, made = an_offer()
    path = path_of(made)
    for place in (10, len(path) // 2, len(path) - 5):
        other = "A" if path[place] != "A" else "B"
        assert signed_in(nina).get(path[:place] + other + path[place + 1 :]).status_code == 404


def test_a_card_expires() -> None:
    ticket, nina, made = an_offer()
    with time_machine.travel(timezone.now() + LASTS, tick=False):
        assert "older than 7 days" in signed_in(nina).get(path_of(made)).content.decode()
        with pytest.raises(CardExpired):
            use(made, nina)
        assert press(made, nina).status_code == 409
    assert (Ticket.objects.get(pk=ticket.pk).owner, UsedCard.objects.count()) == (None, 0)


def test_127_what_the_page_refuses_the_card_refuses_in_the_same_words_and_stays_usable() -> None:
    ticket, nina, made = an_offer()
    Agent.objects.filter(pk=nina.pk).update(max_tickets=0)
    with pytest.raises(DomainError) as by_page:
        accept_ticket(ticket.pk, by=Agent.objects.get(pk=nina.pk))
    answer = press(made, nina)
    assert (answer.status_code, str(by_page.value) in answer.content.decode()) == (409, True)
    Agent.objects.filter(pk=nina.pk).update(max_tickets=5)
    assert press(made, nina).status_code == 200
    assert Ticket.objects.get(pk=ticket.pk).owner == nina


def test_127_a_refused_ownership_act_is_in_the_audit_log() -> None:
    ticket, nina, made = an_offer()
    accept_ticket(ticket.pk, by=AgentFactory(name="Faster", teams=[ticket.team]))
    answer = press(made, nina)
    assert answer.status_code == 409
    assert "Faster" in answer.content.decode()
    refused = RefusedAct.objects.get(code="already_owned")
    assert (refused.actor_name, refused.subject) == ("Nina Kern", str(ticket.pk))


# Envelopes ------------------------------------------------------------------------------------------------------------


def test_127_one_of_a_team_accepts_the_channels_card_and_the_next_one_is_told_who() -> None:
    network = TeamFactory()
    nina, noah = (AgentFactory(name=name, teams=[network]) for name in ("Nina Kern", "Noah Beck"))
    envelope = EnvelopeFactory(team=network)
    made = link(CardAct.ACCEPT_ENVELOPE, envelope.pk)
    assert "You help in this envelope now." in press(made, nina).content.decode()
    late = press(made, noah)
    assert (late.status_code, "Already done by Nina Kern" in late.content.decode()) == (409, True)
    assert Envelope.objects.get(pk=envelope.pk).assigned_to == nina


def test_127_the_channels_card_is_of_no_use_to_those_who_are_not_asked() -> None:
    envelope = EnvelopeFactory(team=TeamFactory())
    made = link(CardAct.ACCEPT_ENVELOPE, envelope.pk)
    assert press(made, AgentFactory(teams=[TeamFactory()])).status_code == 404
    mate = AgentFactory(teams=[envelope.ticket.team])  # knows that it exists, and is not asked
    assert press(made, mate).status_code == 403
    owner = envelope.ticket.owner
    assert press(made, owner).status_code in (403, 409)
    assert Envelope.objects.get(pk=envelope.pk).assigned_to is None


def test_127_decline_asks_for_a_reason_and_says_it_to_whoever_asked() -> None:
    nina = AgentFactory()
    envelope = EnvelopeFactory(team=None, assigned_to=nina)
    made = link(CardAct.DECLINE_ENVELOPE, envelope.pk, nina)
    without = press(made, nina)
    assert (without.status_code, "Say why you cannot help." in without.content.decode()) == (400, True)
    done = press(made, nina, reason="On leave from tomorrow")
    assert (done.status_code, "You have declined" in done.content.decode()) == (200, True)
    assert Envelope.objects.get(pk=envelope.pk).status == "declined"
    assert press(made, nina, reason="Again").status_code == 409


def test_127_a_member_cannot_decline_for_the_team() -> None:
    network = TeamFactory()
    nina = AgentFactory(teams=[network])
    envelope = EnvelopeFactory(team=network)
    answer = press(link(CardAct.DECLINE_ENVELOPE, envelope.pk, nina), nina, reason="No")
    assert answer.status_code == 403
    assert Envelope.objects.get(pk=envelope.pk).status == "pending"


# Reminders ------------------------------------------------------------------------------------------------------------


def a_reminder(kind: str = "custom") -> tuple[Agent, Reminder]:
    owner = AgentFactory()
    soon = timezone.now() + timedelta(minutes=1)
    reminder = create_reminder(kind, by=owner, message="Call", trigger_at=soon)
    trigger_due_reminders(now=soon + timedelta(minutes=1))
    return owner, reminder


def test_127_snooze_and_complete() -> None:
    owner, reminder = a_reminder()
    before = timezone.now()
    assert "It comes up again in 30 minutes." in press(link(CardAct.SNOOZE, reminder.pk, owner), owner).content.decode()
    snoozed = Reminder.objects.get(pk=reminder.pk)
    assert before + timedelta(minutes=30) <= snoozed.snooze_until <= timezone.now() + timedelta(minutes=30)
    assert "The reminder is done." in press(link(CardAct.COMPLETE, reminder.pk, owner), owner).content.decode()
    assert Reminder.objects.get(pk=reminder.pk).status == "completed"


@pytest.mark.parametrize(("kind", "told"), [("custom", "does not come up again"), ("weekly_review", "at its next one")])
def test_what_done_means_is_said_before_it_is_pressed(kind: str, told: str) -> None:
    owner, reminder = a_reminder(kind)
    asked = signed_in(owner).get(path_of(link(CardAct.COMPLETE, reminder.pk, owner)))
    assert told in asked.content.decode()


def test_127_nobody_snoozes_the_reminder_of_another() -> None:
    _owner, reminder = a_reminder()
    other = AgentFactory(roles=[Role.SUPERVISOR])
    assert press(link(CardAct.SNOOZE, reminder.pk, other), other).status_code == 404
    assert Reminder.objects.get(pk=reminder.pk).status == "triggered"


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_the_same_moment_do_it_once() -> None:
    network = TeamFactory()
    people = AgentFactory.create_batch(2, teams=[network])
    owner = AgentFactory()
    ticket = TicketFactory(owner=owner)
    envelope = open_envelope(ticket.pk, by=owner, team=network, reason="Help")
    made = link(CardAct.ACCEPT_ENVELOPE, envelope.pk)
    outcomes = in_parallel(lambda: use(made, people[0]), lambda: use(made, people[1]))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [CardUsed.__name__, "NoneType"]
    assert UsedCard.objects.count() == 1
