"""Who reads what: the thread, the ticket it is about, its tasks (permissions.md, object rules 1 to 4)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Agent
from core.errors import Forbidden, Invalid
from envelopes import services
from envelopes.errors import AcceptedAlready, ExpertsOnlyRead
from envelopes.models import Envelope
from envelopes.selectors import (
    envelopes_on,
    readable_envelope,
    readers_among,
    thread_of,
)
from tests.concurrency import in_parallel
from tests.envelopes.conftest import Scene, fresh
from tests.factories import (
    AbsenceFactory,
    AgentFactory,
    ApiClientFactory,
    EnvelopeFactory,
    TeamFactory,
    TicketFactory,
)
from tickets.errors import NotOwner, RoleForbids, TaskBlocked
from tickets.in_sight import is_in_sight
from tickets.models import Task, Ticket, TicketReader
from tickets.search import search_tickets
from tickets.selectors import readers_among as ticket_readers_among
from tickets.services import (
    accept_ticket,
    add_note,
    create_task,
    edit_task,
    edit_ticket,
    finish_task,
    log_contact,
    reply_to_customer,
    resolve_ticket,
)

pytestmark = pytest.mark.django_db


def reads_thread(agent: Any, envelope: Envelope) -> bool:
    agent.__dict__.pop("_reach", None)
    return Envelope.objects.thread_visible_to(agent).filter(pk=envelope.pk).exists()


def knows_of(agent: Any, envelope: Envelope) -> bool:
    agent.__dict__.pop("_reach", None)
    return Envelope.objects.visible_to(agent).filter(pk=envelope.pk).exists()


def reads_ticket(agent: Agent, ticket: Ticket) -> bool:
    """By every way there is; all agree."""
    person = fresh(agent)
    answers = {
        Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists(),
        is_in_sight(person, ticket.pk),
        person.pk in ticket_readers_among([person], ticket),
        ticket.pk in [found.pk for found in search_tickets(person, ticket.requester.email).items],
    }
    assert len(answers) == 1
    return answers.pop()


def after(envelope: Envelope, time: timedelta) -> None:
    """As if the envelope had ended so much earlier."""
    for column in ("completed_at", "cancelled_at", "ended_at"):
        moment = getattr(Envelope.objects.get(pk=envelope.pk), column)
        if moment is not None:
            Envelope.objects.filter(pk=envelope.pk).update(**{column: moment - time})
    for row in TicketReader.objects.filter(source=envelope.pk, until__isnull=False):
        TicketReader.objects.filter(pk=row.pk).update(until=row.until - time)


def test_025_an_expert_reads_the_own_envelope_and_never_the_one_beside_it(scene: Scene) -> None:
    first = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    second = EnvelopeFactory(ticket=scene.ticket, expert=scene.stranger)
    assert (reads_thread(scene.nina, first), reads_thread(scene.nina, second)) == (True, False)
    assert (reads_thread(scene.stranger, first), reads_thread(scene.stranger, second)) == (False, True)
    assert (reads_thread(scene.owner, first), reads_thread(scene.owner, second)) == (True, True)
    assert readable_envelope(scene.nina, ticket__reference=scene.ticket.reference, number=2) is None
    own, other = envelopes_on(scene.ticket, scene.nina)
    assert (own.is_readable, own.reason, own.is_helping) == (True, "The switch drops packets.", True)
    assert (other.is_readable, other.reason, other.summary, other.status) == (False, "", "", "active")
    assert other.target == f"{second.team} · {scene.stranger.name}"
    assert (own.awaiting, own.due_at is None, other.awaiting, other.due_at) == ("expert", False, "", None)


def test_027_experts_below_read_what_is_above_them_and_not_what_is_beside(scene: Scene) -> None:
    top = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    middle = EnvelopeFactory(below=top, expert=scene.stranger)
    bottom = EnvelopeFactory(below=middle, expert=AgentFactory(name="Deep"))
    beside = EnvelopeFactory(below=top, expert=AgentFactory())
    deep = Agent.objects.get(name="Deep")
    services.post_in_envelope(top.pk, by=scene.nina, body_text="The uplink flaps")
    assert [reads_thread(deep, each) for each in (top, middle, bottom, beside)] == [True, True, True, False]
    assert [reads_thread(scene.stranger, each) for each in (top, middle, bottom)] == [True, True, True]  # has asked
    assert [reads_thread(scene.nina, each) for each in (top, middle, bottom)] == [True, True, False]
    thread = thread_of(readable_envelope(deep, pk=bottom.pk) or bottom, deep)
    assert [each.number for each in thread.above] == [1, 2]
    above = thread_of(readable_envelope(deep, pk=top.pk) or top, deep)
    assert ("The uplink flaps" in [entry.body_text for entry in above.entries], above.acts) == (True, ())
    for act in (
        lambda: services.post_in_envelope(top.pk, by=deep, body_text="Me too"),
        lambda: services.complete_envelope(middle.pk, by=deep, summary="Done"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_who_reads_an_envelope_while_it_is_asked_worked_on_and_closed(scene: Scene) -> None:
    """Object rules 2 and 3, person by person: p while it is asked, a while somebody works on it, c when sealed."""
    AbsenceFactory(agent=scene.owner, deputy=scene.mate)
    expected = {
        "owner": "pac",
        "deputy": "pac",
        "nina": "pac",
        "noah": "p",
        "network_lead": "pac",
        "network_supervisor": "pac",
        "ticket_supervisor": "pac",
        "manager": "pac",
        "auditor": "pac",
        "ticket_lead": "",
        "colleague": "",
        "admin": "",
        "stranger": "",
        "program": "",
    }
    people: dict[str, Any] = {name: getattr(scene, name) for name in expected if hasattr(scene, name)}
    people |= {
        "deputy": scene.mate,
        "colleague": AgentFactory(teams=[scene.ticket.team]),
        "program": ApiClientFactory(scopes=list(Scope), teams=[scene.ticket.team, scene.network]),
    }
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    found = dict.fromkeys(expected, "")

    def look(stage: str) -> None:
        for name, person in people.items():
            found[name] += stage if reads_thread(person, envelope) else ""

    look("p")
    services.accept_envelope(envelope.pk, by=scene.nina)
    look("a")
    services.complete_envelope(envelope.pk, by=scene.nina, summary="Done")
    look("c")
    assert found == expected
    told = {name for name, person in people.items() if knows_of(person, envelope)}
    assert told == {name for name, seen in expected.items() if seen not in ("", "p")} | {"ticket_lead", "colleague"}


def test_who_was_slower_keeps_title_and_status_while_it_is_open(scene: Scene) -> None:
    """Object rule 3."""
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    assert (knows_of(scene.noah, envelope), reads_thread(scene.noah, envelope)) == (True, False)
    assert not reads_ticket(scene.noah, scene.ticket)
    with pytest.raises(AcceptedAlready) as refused:
        services.accept_envelope(envelope.pk, by=fresh(scene.noah))
    words = f"Nina Kern has accepted envelope 1 of ticket {scene.ticket.reference} already."
    assert (str(refused.value), refused.value.code) == (words, "invalid_transition")
    assert not knows_of(scene.stranger, envelope)
    services.complete_envelope(envelope.pk, by=scene.nina, summary="Done")
    assert not knows_of(scene.noah, envelope)


def test_035_the_asked_read_the_whole_ticket_without_being_of_its_team(scene: Scene) -> None:
    assert not any(reads_ticket(each, scene.ticket) for each in (scene.nina, scene.noah, scene.network_lead))
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    asked = (scene.nina, scene.noah, scene.network_lead, scene.network_supervisor)
    assert all(reads_ticket(each, scene.ticket) for each in asked)
    assert not reads_ticket(scene.stranger, scene.ticket)
    services.accept_envelope(envelope.pk, by=scene.nina)
    assert [reads_ticket(each, scene.ticket) for each in asked] == [True, False, True, True]
    services.invite_expert(envelope.pk, by=scene.nina, agent=scene.stranger)
    assert reads_ticket(scene.stranger, scene.ticket)
    assert (reads_thread(scene.stranger, envelope), reads_thread(scene.noah, envelope)) == (True, False)


def test_experts_read_on_for_30_days_and_then_what_they_read_anyway(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.complete_envelope(envelope.pk, by=scene.nina, summary="Done")
    after(envelope, timedelta(days=30) - timedelta(minutes=5))
    assert (reads_ticket(scene.nina, scene.ticket), reads_thread(scene.nina, envelope)) == (True, True)
    assert not reads_ticket(scene.network_lead, scene.ticket)
    after(envelope, timedelta(minutes=6))
    assert (reads_ticket(scene.nina, scene.ticket), reads_thread(scene.nina, envelope)) == (False, False)
    assert (reads_thread(scene.owner, envelope), reads_thread(scene.network_lead, envelope)) == (True, True)
    services.reopen_envelope(envelope.pk, by=scene.owner)
    assert (reads_ticket(scene.nina, scene.ticket), reads_thread(scene.nina, envelope)) == (True, True)


def test_who_declines_or_is_no_longer_asked_reads_no_more(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.stranger)
    assert reads_ticket(scene.stranger, scene.ticket)
    services.decline_envelope(envelope.pk, by=scene.stranger, reason="No time")
    assert (reads_ticket(scene.stranger, scene.ticket), reads_thread(scene.stranger, envelope)) == (False, False)
    services.redirect_envelope(envelope.pk, by=scene.owner, team=scene.network)
    assert reads_ticket(scene.noah, scene.ticket)
    services.redirect_envelope(envelope.pk, by=scene.owner, assigned_to=scene.stranger)
    assert [reads_ticket(each, scene.ticket) for each in (scene.noah, scene.stranger)] == [False, True]


def test_who_gives_an_envelope_back_reads_the_ticket_on_but_not_the_thread(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.stranger, expert=scene.stranger)
    services.release_envelope(envelope.pk, by=scene.stranger, reason="Wrong field")
    assert (reads_ticket(scene.stranger, scene.ticket), reads_thread(scene.stranger, envelope)) == (True, False)
    after(envelope, timedelta(days=31))
    assert not reads_ticket(scene.stranger, scene.ticket)


def test_a_deactivated_expert_reads_nothing(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    Agent.objects.filter(pk=scene.nina.pk).update(is_active=False)
    assert (reads_thread(fresh(scene.nina), envelope), knows_of(fresh(scene.nina), envelope)) == (False, False)
    assert not Ticket.objects.visible_to(fresh(scene.nina)).exists()


def test_034_an_expert_changes_and_writes_nothing_on_the_ticket_itself(scene: Scene) -> None:
    EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    call = {"kind": "phone_note", "direction": "inbound", "minutes": 1, "body_text": "Hello"}
    acts: list[tuple[type[Forbidden], Any]] = [
        (Forbidden, lambda by: edit_ticket(scene.ticket.pk, by=by, version=scene.ticket.version, subject="Mine")),
        (RoleForbids, lambda by: add_note(scene.ticket.pk, by=by, body_text="Hello")),
        (RoleForbids, lambda by: log_contact(scene.ticket.pk, by=by, **call)),
        (NotOwner, lambda by: reply_to_customer(scene.ticket.pk, by=by, body_text="Hello")),
        (NotOwner, lambda by: resolve_ticket(scene.ticket.pk, by=by, code="fixed", note="Done")),
    ]
    count = scene.ticket.entries.count()
    for error, act in acts:
        with pytest.raises(error) as refused:
            act(scene.nina)
        assert refused.value.status == 403
    assert scene.ticket.entries.count() == count


def test_034_nor_does_a_colleague_of_the_tickets_team_while_they_help(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.mate, expert=scene.mate)
    with pytest.raises(ExpertsOnlyRead):
        add_note(scene.ticket.pk, by=scene.mate, body_text="Hello")
    colleague = AgentFactory(teams=[scene.ticket.team])
    for other in (scene.owner, scene.ticket_lead, colleague):
        add_note(scene.ticket.pk, by=other, body_text="Hello")
    services.complete_envelope(envelope.pk, by=scene.mate, summary="Done")
    add_note(scene.ticket.pk, by=scene.mate, body_text="Hello")


def test_041_a_task_of_an_envelope_is_seen_by_its_readers_alone(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    task = services.add_envelope_task(envelope.pk, by=scene.nina, title="Swap the port", assigned_to=scene.nina)
    everybody = (scene.owner, scene.nina, scene.network_lead, scene.mate, scene.ticket_lead, scene.stranger)
    seen = [Task.objects.shown_to(fresh(each)).filter(pk=task.pk).exists() for each in everybody]
    assert seen == [True, True, True, False, False, False]
    assert not Task.objects.shown_to(ApiClientFactory(scopes=list(Scope), teams=[scene.ticket.team])).exists()
    assert not scene.ticket.entries.main_thread().filter(facts__title="Swap the port").exists()
    finish_task(task.pk, by=scene.nina)
    assert Envelope.objects.get(pk=envelope.pk).status == "active"
    assert [each.title for each in thread_of(envelope, scene.owner).tasks] == ["Swap the port"]


def test_041_nobody_gets_such_a_task_who_does_not_read_the_envelope(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    with pytest.raises(Invalid):
        services.add_envelope_task(envelope.pk, by=scene.nina, title="Swap the port", assigned_to=scene.mate)
    task = services.add_envelope_task(envelope.pk, by=scene.owner, title="Swap the port")
    for values in ({"assigned_to": scene.mate}, {"team": scene.network}):
        with pytest.raises(Invalid):
            edit_task(task.pk, by=scene.owner, **values)
    assert edit_task(task.pk, by=scene.owner, assigned_to=scene.nina).assigned_to == scene.nina


def test_041_such_tasks_wait_for_each_other_and_for_what_all_see_but_for_no_other_envelopes(scene: Scene) -> None:
    one, other = (EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina) for _each in range(2))
    seen = create_task(scene.ticket.pk, by=scene.owner, title="Order a switch")
    first = services.add_envelope_task(one.pk, by=scene.nina, title="Swap the port", blocked_by=[seen.pk])
    foreign = services.add_envelope_task(other.pk, by=scene.nina, title="Look at the cable")
    last = services.add_envelope_task(one.pk, by=scene.nina, title="Measure again", blocked_by=[first.pk])
    assert list(last.blocked_by.all()) == [first]
    with pytest.raises(TaskBlocked, match="Swap the port"):
        finish_task(last.pk, by=scene.owner)
    words = "waits only for others of it, and for tasks that all who read the ticket see"
    for wanted in ([foreign.pk], [first.pk, foreign.pk]):
        with pytest.raises(Invalid, match=words):
            edit_task(last.pk, by=scene.owner, blocked_by=wanted)
        with pytest.raises(Invalid, match=words):
            services.add_envelope_task(one.pk, by=scene.nina, title="Write it down", blocked_by=wanted)
    with pytest.raises(Invalid, match="already waits"):
        edit_task(first.pk, by=scene.owner, blocked_by=[last.pk])
    edit_task(last.pk, by=scene.owner, blocked_by=[seen.pk])
    assert list(last.blocked_by.all()) == [seen]
    with pytest.raises(Invalid, match="all who read it see"):
        edit_task(seen.pk, by=scene.owner, blocked_by=[first.pk])


def test_many_readers_cost_as_many_queries_as_one(scene: Scene, django_assert_num_queries: Any) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    with django_assert_num_queries(2):
        assert readers_among([scene.nina], envelope) == {scene.nina.pk}
    people = [scene.owner, scene.nina, scene.noah, scene.mate, scene.auditor, scene.ticket_lead]
    with django_assert_num_queries(2):
        found = readers_among(people, envelope)
    assert found == {scene.owner.pk, scene.nina.pk, scene.auditor.pk}


def test_reading_along_gives_no_right_to_the_ticket_itself(scene: Scene) -> None:
    """The help of a team on an unowned ticket does not let that team accept it."""
    unowned = TicketFactory(team=scene.ticket.team)
    TicketReader.objects.create(ticket=unowned, team=scene.network, source=unowned.pk)
    assert reads_ticket(scene.nina, unowned)
    with pytest.raises(Forbidden):
        accept_ticket(unowned.pk, by=fresh(scene.nina))


@pytest.mark.django_db(transaction=True)
def test_help_asked_for_and_withdrawn_at_once_ends_in_one_order() -> None:
    """Locks go ticket, then envelope, so nobody waits in a circle."""
    owner, team = AgentFactory(), TeamFactory()
    nina = AgentFactory(teams=[team], roles=[Role.AGENT])
    ticket = TicketFactory(owner=owner)
    envelope = EnvelopeFactory(ticket=ticket, team=team)
    outcomes = in_parallel(
        lambda: services.accept_envelope(envelope.pk, by=nina),
        lambda: services.cancel_envelope(envelope.pk, by=owner, reason="Found it"),
        lambda: services.open_envelope(ticket.pk, by=owner, team=team, reason="More"),
        lambda: add_note(ticket.pk, by=owner, body_text="Hello"),
    )
    assert not [each for each in outcomes if isinstance(each, Exception) and not hasattr(each, "code")]
    assert sorted(Envelope.objects.filter(ticket=ticket).values_list("number", flat=True)) == [1, 2]
    assert Envelope.objects.get(pk=envelope.pk).status == "cancelled"
    assert timezone.now() > Envelope.objects.get(pk=envelope.pk).opened_at
