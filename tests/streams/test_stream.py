"""`/events/` as a browser hears it, from the real events process behind the front (ruling 26)."""

import http.client
import queue
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.services import deactivate_agent
from core.actors import SystemActor
from envelopes.services import post_in_envelope
from itilnext.local import testing
from live.models import Change
from live.services import forget_old
from notifications.enums import EventType
from notifications.services import notify
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tests.sessions import session_header_of
from tests.streams.listening import Heard, Listener
from tickets.services import accept_ticket, add_note, change_team

pytestmark = pytest.mark.django_db(transaction=True)

Listen = Callable[..., Listener]


def kinds(found: list[Heard]) -> list[tuple[str, object]]:
    return [(heard.event, heard.data.get("ticket")) for heard in found]


def test_an_act_is_heard_after_its_commit_and_not_before(listen: Listen) -> None:
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    ticket = TicketFactory(team=team)
    listener = listen(bob, ticket=ticket.reference)
    listener.until_beat()
    with transaction.atomic():
        add_note(ticket.pk, by=ann, body_text="The spooler hangs.")
        assert listener.until_beat() == []  # written, and told to nobody
    heard = listener.next()
    assert heard is not None
    assert (heard.event, heard.data["ticket"]) == ("ticket", ticket.reference)
    assert set(heard.data) == {"ticket", "xid"}


def test_an_act_that_is_rolled_back_is_never_heard(listen: Listen) -> None:
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    ticket = TicketFactory(team=team)
    listener = listen(bob, list=1)
    listener.until_beat()
    with transaction.atomic():
        add_note(ticket.pk, by=ann, body_text="Never said.")
        transaction.set_rollback(True)
    add_note(TicketFactory(team=team, subject="Another").pk, by=ann, body_text="Said.")
    found = {heard.data["ticket"] for heard in [listener.next(), *listener.until_beat()] if heard}
    assert ticket.reference not in found


def test_numbers_follow_the_commits_whoever_began_first(listen: Listen) -> None:
    """A transaction that began earlier and ends later is heard later, with a higher number: nothing slips in behind."""
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    slow, quick = TicketFactory.create_batch(2, team=team)
    listener = listen(bob, list=1)
    listener.until_beat()
    written, go_on = threading.Event(), threading.Event()

    def begin_and_wait() -> None:
        with transaction.atomic():
            add_note(slow.pk, by=ann, body_text="Begun first.")
            written.set()
            go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=begin_and_wait)
    thread.start()
    assert written.wait(20)
    add_note(quick.pk, by=ann, body_text="Begun later, over sooner.")
    first = listener.next()
    go_on.set()
    thread.join()
    second = listener.next()
    assert first is not None
    assert second is not None
    assert [first.data["ticket"], second.data["ticket"]] == [quick.reference, slow.reference]
    assert first.id is not None
    assert second.id is not None
    assert first.id < second.id
    rows = Change.objects.filter(ticket_id__in=[slow.pk, quick.pk]).order_by("-id").values_list("ticket_id", flat=True)
    assert rows[0] == quick.pk, "the slow one was inserted first"


def test_who_comes_back_hears_what_was_missed_each_once(listen: Listen) -> None:
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    tickets = TicketFactory.create_batch(3, team=team)
    cookies = session_header_of(bob)
    listener = listen(bob, cookies=cookies, list=1)
    listener.until_beat()
    add_note(tickets[0].pk, by=ann, body_text="Heard.")
    assert listener.next() is not None
    listener.close()
    for ticket in tickets[1:]:
        add_note(ticket.pk, by=ann, body_text="Missed.")
    again = listen(bob, cookies=cookies, list=1, last=listener.last)
    assert kinds(again.until_beat()) == [("ticket", ticket.reference) for ticket in tickets[1:]]
    assert again.until_beat() == []


def test_a_page_hears_what_was_committed_after_it_was_read_and_nothing_older(listen: Listen) -> None:
    """Between reading a page and opening its stream lies a gap, which the page's snapshot closes."""
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    _shown, later = TicketFactory.create_batch(2, team=team)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        seen = cursor.fetchone()[0]
    add_note(later.pk, by=ann, body_text="After the page was read.")
    listener = listen(bob, list=1, seen=seen)
    assert kinds(listener.until_beat()) == [("ticket", later.reference)]


def test_after_a_log_was_forgotten_everything_is_looked_at_anew(listen: Listen) -> None:
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    ticket = TicketFactory(team=team)
    listener = listen(bob, list=1)
    listener.until_beat()
    add_note(ticket.pk, by=ann, body_text="One.")
    assert listener.next() is not None
    before = listener.last - 1
    while forget_old(now=timezone.now() + timezone.timedelta(days=2)):
        pass
    assert not Change.objects.exists()
    assert kinds(listen(bob, list=1, last=before).until_beat()) == [("reset", None)]
    assert listen(bob, list=1, last=listener.last).until_beat() == []


def test_nothing_is_lost_while_valkey_is_away(listen: Listen) -> None:
    """Woken by nobody, the process looks by itself; afterwards it is woken again."""
    if not testing.started:
        pytest.fail("the suite's own Valkey is wanted here: unset REDIS_URL")
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    ticket = TicketFactory(team=team)
    listener = listen(bob, ticket=ticket.reference)
    listener.until_beat()
    valkey = testing.started[0]
    valkey.kill()
    try:
        add_note(ticket.pk, by=ann, body_text="Said without a broker.")
        first = listener.next()
    finally:
        valkey.start()
    assert first is not None
    assert first.event == "ticket"
    add_note(ticket.pk, by=ann, body_text="Said with it again.")
    second = listener.next()
    assert second is not None
    assert (second.event, second.id is not None and first.id is not None and second.id > first.id) == ("ticket", True)


def test_nobody_hears_of_tickets_out_of_sight(listen: Listen) -> None:
    team, other = TeamFactory(), TeamFactory()
    ann, eve = AgentFactory(teams=[team]), AgentFactory(teams=[other])
    ticket, theirs = TicketFactory(team=team), TicketFactory(team=other)
    outside = listen(eve, list=1)
    asking = listen(eve, ticket=ticket.reference)
    for listener in (outside, asking):
        listener.until_beat()
    add_note(ticket.pk, by=ann, body_text="Among us.")
    add_note(theirs.pk, by=eve, body_text="Among them.")
    heard = outside.next()
    assert heard is not None
    assert heard.data["ticket"] == theirs.reference
    assert (outside.until_beat(), asking.until_beat()) == ([], [])


def test_024_what_is_written_in_an_envelope_is_told_by_the_tickets_name_alone(listen: Listen) -> None:
    """To those who see the ticket; what they may read of it their page asks for itself."""
    team, experts = TeamFactory(), TeamFactory()
    ann, mate = AgentFactory.create_batch(2, teams=[team])
    nina, outsider = AgentFactory(teams=[experts]), AgentFactory()
    ticket = TicketFactory(team=team, owner=ann)
    envelope = EnvelopeFactory(ticket=ticket, team=experts, expert=nina)
    colleague, outside = listen(mate, ticket=ticket.reference), listen(outsider, list=1)
    for listener in (colleague, outside):
        listener.until_beat()
    post_in_envelope(envelope.pk, by=nina, body_text="The canary sings.")
    heard = colleague.next()
    assert heard is not None
    assert (heard.event, heard.data["ticket"], set(heard.data)) == ("ticket", ticket.reference, {"ticket", "xid"})
    assert outside.until_beat() == []


def test_who_loses_sight_hears_no_more(listen: Listen) -> None:
    """The same rule as on the pages, asked again for each change: an open stream keeps nobody in."""
    team, other = TeamFactory(), TeamFactory()
    lead = AgentFactory(teams=[team])
    bob = AgentFactory(teams=[team])
    ticket = TicketFactory(team=team)
    listener = listen(bob, list=1)
    listener.until_beat()
    change_team(ticket.pk, by=SystemActor("test"), team=other)
    add_note(ticket.pk, by=SystemActor("test"), body_text="Not for the old team.")
    beside = TicketFactory(team=team)
    add_note(beside.pk, by=lead, body_text="For the old team.")
    heard = [listener.next(), *listener.until_beat()]
    assert {each.data["ticket"] for each in heard if each} == {beside.reference}


@pytest.mark.parametrize("shown", ["as the open ticket", "in a list"])
def test_the_change_that_takes_a_ticket_out_of_sight_is_told_where_it_stands_and_nothing_after_it(
    shown: str, listen: Listen
) -> None:
    """Accepted by its team, an unowned ticket is out of the sight of those who might have accepted it as well."""
    team, other = TeamFactory(allow_foreign_accept=True), TeamFactory()
    ann, eve = AgentFactory(teams=[team]), AgentFactory(teams=[other])
    ticket, beside = TicketFactory(team=team), TicketFactory(team=team)
    page = {"ticket": ticket.reference} if shown == "as the open ticket" else {"list": 1, "rows": ticket.reference}
    listener = listen(eve, **page)
    assert listener.until_beat() == []
    accept_ticket(ticket.pk, by=ann)
    accept_ticket(beside.pk, by=ann)  # stands nowhere on the page
    heard = [listener.next(), *listener.until_beat()]
    assert [(each.event, each.data["ticket"]) for each in heard if each] == [("ticket", ticket.reference)]
    add_note(ticket.pk, by=ann, body_text="Among us.")
    listener.until_beat()
    assert listener.until_beat() == []


def test_a_ticket_that_a_list_has_heard_of_since_is_missed_there_as_well(listen: Listen) -> None:
    team = TeamFactory()
    bob = AgentFactory(teams=[team])
    listener = listen(bob, list=1)
    listener.until_beat()
    ticket = TicketFactory(team=team)
    assert kinds([heard for heard in [listener.next()] if heard]) == [("ticket", ticket.reference)]
    listener.until_beat()
    change_team(ticket.pk, by=SystemActor("test"), team=TeamFactory())
    assert kinds([heard for heard in [listener.next()] if heard]) == [("ticket", ticket.reference)]


def test_a_page_that_shows_what_is_out_of_sight_already_is_to_look_anew_and_hears_nothing_of_it(listen: Listen) -> None:
    team, other = TeamFactory(), TeamFactory()
    ann, eve = AgentFactory(teams=[team]), AgentFactory(teams=[other])
    ticket = TicketFactory(team=team)
    listener = listen(eve, list=1, rows=f"{TicketFactory(team=other).reference}.{ticket.reference}")
    assert kinds(listener.until_beat()) == [("reset", None)]
    add_note(ticket.pk, by=ann, body_text="Among us.")
    listener.until_beat()
    assert listener.until_beat() == []


def test_only_the_told_person_hears_that_something_is_to_read(listen: Listen) -> None:
    ann, bob = AgentFactory.create_batch(2, teams=[TeamFactory()])
    told, other = listen(ann), listen(bob)
    for listener in (told, other):
        listener.until_beat()
    with transaction.atomic():
        notify([ann.pk], EventType.NOTE_ADDED, dedupe_key="one")
    heard = told.next()
    assert heard is not None
    assert (heard.event, heard.data) == ("told", {})
    assert other.until_beat() == []


@pytest.mark.parametrize("way", ["signs out", "is deactivated"])
def test_the_stream_ends_when_its_person(way: str, listen: Listen) -> None:
    team = TeamFactory()
    bob = AgentFactory(teams=[team])
    browser = Client()
    browser.force_login(bob.user, backend="accounts.auth.AgentBackend")
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    listener, elsewhere = listen(bob, cookies=cookies, list=1), listen(bob, list=1)
    for each in (listener, elsewhere):
        each.until_beat()
    if way == "signs out":
        browser.post("/logout/")
    else:
        deactivate_agent(bob.pk, by=AgentFactory(roles=["admin"]))
    heard = listener.next()
    assert heard is not None
    assert heard.event == "over"
    assert listener.next() is None
    assert listen(bob, cookies=cookies).status == 401
    if way == "signs out":
        elsewhere.until_beat()  # another browser stays signed in
    else:
        heard = elsewhere.next()
        assert heard is not None
        assert heard.event == "over"


def test_a_new_password_ends_the_streams_of_old_sessions(listen: Listen) -> None:
    bob = AgentFactory(teams=[TeamFactory()])
    listener = listen(bob, list=1)
    listener.until_beat()
    bob.user.set_password("another-long-password")
    bob.user.save(update_fields=["password"])
    heard = listener.next()
    assert heard is not None
    assert heard.event == "over"


@pytest.mark.parametrize("cookies", ["", "sessionid=nobody"])
def test_strangers_hear_nothing(cookies: str, listen: Listen) -> None:
    assert listen(None, cookies=cookies, list=1).status == 401


def test_what_makes_no_sense_grants_nothing_and_breaks_nothing(listen: Listen) -> None:
    bob = AgentFactory(teams=[TeamFactory()])
    for parameters in (
        {"after": "x" * 30, "seen": "1:2:x"},
        {"ticket": "INC-2025-999999", "list": ""},
        {"seen": "9" * 19 + ":1:" + ",".join(["7"] * 900)},
        {"after": "999999999999"},
        {"list": "1", "rows": "x..\0.ä." + "9" * 3000},
        {"ticket": "\0"},
    ):
        listener = listen(bob, **parameters)
        assert listener.status == 200
        assert [heard.event for heard in listener.until_beat()] in ([], ["reset"])


@pytest.mark.parametrize(
    ("method", "address", "status"), [("POST", "/events/", 405), ("GET", "/events/x/", 404), ("GET", "/events", 404)]
)
def test_other_methods_and_addresses_are_refused(method: str, address: str, status: int, live_site: str) -> None:
    connection = http.client.HTTPConnection(live_site.removeprefix("http://"), timeout=10)
    connection.request(method, address)
    assert connection.getresponse().status == status
    connection.close()


def test_acceptance_is_heard_by_the_queue_within_a_second(listen: Listen) -> None:
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    ticket = TicketFactory(team=team)
    listener = listen(bob, list=1)
    listener.until_beat()
    accept_ticket(ticket.pk, by=ann)
    try:
        heard = listener.next(patience=1.5)
    except queue.Empty:
        pytest.fail("not within the time")
    assert heard is not None
    assert heard.data["ticket"] == ticket.reference
