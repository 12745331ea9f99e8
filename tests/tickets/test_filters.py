"""The filter language: what it reads, how it is written, what it says of bad input, what it narrows."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import event, given, settings
from hypothesis import strategies as st

from accounts.enums import Role
from accounts.models import Agent, Team
from core.actors import DESK
from core.errors import Invalid
from tests.factories import AgentFactory, ApiClientFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.enums import Channel, FlagType, Priority, SlaStatus, TicketStatus, TicketType
from tickets.filters import LABELS, MAX_CHARACTERS, Filter, Term, read_filter
from tickets.models import Category, Tag, Ticket, TicketTag
from tickets.narrowing import narrowed
from tickets.services import add_flag, clear_flag, move_entry, record_customer_message, undo_move
from tickets.services.creation import Message

CHOICES: dict[str, type[models.TextChoices]] = {
    "status": TicketStatus,
    "priority": Priority,
    "type": TicketType,
    "channel": Channel,
    "flag": FlagType,
    "sla": SlaStatus,
}


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("  \t ", []),
        ("status:new", [Term("status", ("new",))]),
        ("Status:NEW", [Term("status", ("new",))]),
        ("status:waiting_customer", [Term("status", ("waiting_customer",))]),
        ('status:"Waiting for customer"', [Term("status", ("waiting_customer",))]),
        ('status:"wartet auf kunden"', [Term("status", ("waiting_customer",))]),
        ("status:in-bearbeitung", [Term("status", ("in_progress",))]),
        ("status:wartend", [Term("status", ("waiting",))]),
        ("status:new,resolved", [Term("status", ("new", "resolved"))]),
        ("status:res", [Term("status", ("resolved",))]),
        ("status:offen", [Term("status", ("open",))]),
        ("priority:hoch,crit", [Term("priority", ("high", "critical"))]),
        ("Priorität:kritisch", [Term("priority", ("critical",))]),
        ("type:service_request", [Term("type", ("service_request",))]),
        ("channel:Telefon", [Term("channel", ("phone",))]),
        ("owner:me", [Term("owner", ("me",))]),
        ("verantwortlich:ich,niemand", [Term("owner", ("me", "none"))]),
        ("owner:@me", [Term("owner", ("me",))]),
        ('team:"Service Desk",Network', [Term("team", ("Service Desk", "Network"))]),
        ("flag:legal,social_media", [Term("flag", ("legal", "social_media"))]),
        ("Kennzeichen:Beschwerde,any", [Term("flag", ("complaint", "any"))]),
        ("-tag:vpn", [Term("tag", ("vpn",), is_excluded=True)]),
        ("customer:@acme.example", [Term("customer", ("@acme.example",))]),
        ("vpn  drops", [Term("", ("vpn",)), Term("", ("drops",))]),
        ('"vpn  drops"', [Term("", ("vpn drops",), is_exact=True)]),
        ("„vpn drops“", [Term("", ("vpn drops",), is_exact=True)]),
        ('-"out of office"', [Term("", ("out of office",), is_excluded=True, is_exact=True)]),
        ('""', []),
        ("https://vpn.example/x", [Term("", ("https://vpn.example/x",))]),
        ("10:30 - 11", [Term("", ("10:30",)), Term("", ("-",)), Term("", ("11",))]),
        ("vpn vpn", [Term("", ("vpn",))]),
        ("vpn\0now", [Term("", ("vpn",)), Term("", ("now",))]),
    ],
)
def test_what_is_read(text: str, terms: list[Term]) -> None:
    assert read_filter(text) == Filter(tuple(terms))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("state:new", "There is no filter “state”. There are status, priority,"),
        ("status:", "Name a value behind “status:”."),
        ("team:,", "Name a value behind “team:”."),
        ("status:sleeping", "“sleeping” is no value of Status. There are open, waiting, escalated, ended,"),
        ("priority:urgent", "“urgent” is no value of Priority. There are critical, high, medium, low."),
        ("status:c", "“c” is no value of Status. There are cancelled, closed."),
        ('"vpn', "A quotation mark is not closed."),
        ("x" * (MAX_CHARACTERS + 1), "A filter has at most 500 characters."),
        ("channel:m " + "x" * (MAX_CHARACTERS - 10), "A filter has at most 500 characters."),
        (" ".join(f"w{n}" for n in range(21)), "A filter has at most 20 values."),
    ],
)
def test_what_is_wrong_is_said(text: str, fault: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_filter(text, field="filter")
    assert refused.value.fields["filter"][0].startswith(fault), refused.value.fields


def test_every_fault_is_said_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_filter("priority:urgent state:new")
    assert len(refused.value.fields["q"]) == 2


@settings(max_examples=300)
@given(st.text(st.sampled_from('ab:-,"„ \n/1ß') | st.characters(), max_size=60))
def test_any_text_is_read_or_refused_and_what_is_read_is_written_so_that_it_reads_the_same(text: str) -> None:
    with suppress(Invalid):
        wanted = read_filter(text)
        event("read")
        assert read_filter(wanted.text) == wanted


@st.composite
def written_terms(draw: st.DrawFn) -> Term:
    key = draw(st.sampled_from(["", *LABELS]))
    is_excluded = draw(st.booleans())
    name = st.from_regex(r"[a-zäß0-9.@:]+( [a-zäß,0-9]+)?", fullmatch=True)
    if not key:
        return Term("", (draw(name.filter(lambda text: " " in text)),), is_excluded, is_exact=True)
    values = st.sampled_from(CHOICES[key].values) if key in CHOICES else name.map(lambda text: f"name {text}")
    return Term(key, tuple(draw(st.lists(values, min_size=1, max_size=3, unique=True))), is_excluded)


@settings(max_examples=200)
@given(st.lists(written_terms(), max_size=5, unique=True), st.sampled_from(["en", "de"]))
def test_what_is_written_is_read_again_in_any_language(terms: list[Term], language: str) -> None:
    with translation.override(language):
        assert read_filter(Filter(tuple(terms)).text) == Filter(tuple(terms))


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_value_is_known_by_its_name_in_both_languages(language: str) -> None:
    for key, choices in CHOICES.items():
        for choice in choices:
            with translation.override(language):
                name = str(choice.label)
            assert read_filter(f'{key}:"{name}"').terms == (Term(key, (choice.value,)),), name


def test_chips_are_worded_in_the_readers_language() -> None:
    terms = read_filter('-status:waiting owner:none tag:vpn -"out of office"').terms
    assert [term.label for term in terms] == ["not Status: Waiting", "Owner: Nobody", "Tag: vpn", '-"out of office"']
    with translation.override("de"):
        assert [term.label for term in terms][:2] == ["nicht Status: Wartet auf andere", "Verantwortlich: Niemand"]


# ---- what it narrows ----


@pytest.fixture
def team(db: None) -> Team:
    return TeamFactory(name="Network Operations")


@pytest.fixture
def agent(team: Team) -> Agent:
    return AgentFactory(name="Mara Weiss", email="mara@desk.example", teams=[team])


@pytest.fixture
def found(agent: Agent) -> Callable[[str], set[str]]:
    def subjects(text: str) -> set[str]:
        tickets = narrowed(Ticket.objects.visible_to(agent), read_filter(text), by=agent)
        return set(tickets.values_list("subject", flat=True))

    return subjects


@pytest.fixture
def world(agent: Agent, team: Team) -> None:
    """Three tickets in sight, one out of it."""
    acme = CompanyFactory(name="Acme GmbH", domains=["acme.example"])
    dana = ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.example", company=acme)
    hardware = Category.objects.create(name="Hardware")
    printer = Category.objects.create(name="Printer", parent=hardware)
    one = TicketFactory(
        team=team,
        subject="one",
        requester=dana,
        priority=Priority.HIGH,
        message=Message(body_text="The VPN drops twice. Office was out."),
    )
    message = Message(body_text="Out of office, drops the VPN.")
    two = TicketFactory(team=team, subject="two", owner=agent, message=message)
    TicketFactory(team=team, subject="three", priority=Priority.LOW, category=printer)
    security = TeamFactory(name="Network Security")
    TicketFactory(
        team=security,
        subject="hidden",
        requester=dana,
        owner=AgentFactory(name="Nina Vogt", teams=[security]),
        message=Message(body_text="The VPN drops twice here, too."),
    )
    vpn, slow = Tag.objects.create(name="vpn"), Tag.objects.create(name="slow line")
    for ticket, flag in ((one, "legal"), (two, "vip"), (two, "complaint"), (one, "repeat_contact")):
        add_flag(ticket.pk, by=DESK, type=flag, reason="As they say")
    clear_flag(one.case_flags.get(type="repeat_contact").pk, by=DESK, reason="No more")
    TicketTag.objects.create(ticket=one, tag=vpn)
    TicketTag.objects.create(ticket=one, tag=slow)
    TicketTag.objects.create(ticket=two, tag=vpn)


FOUND = {
    "": "one two three",
    "status:new": "one three",
    "status:new,in_progress": "one two three",
    "status:new status:in_progress": "one two three",
    "-status:new": "two",
    "status:open": "one two three",
    "status:ended": "",
    "status:any": "one two three",
    "priority:high,low": "one three",
    'team:"network operations"': "one two three",
    "owner:me": "two",
    "owner:none": "one three",
    "owner:mara": "two",
    "owner:MARA@desk.example,none": "one two three",
    "-owner:me": "one three",
    "tag:vpn": "one two",
    'tag:vpn tag:"slow line"': "one",
    'tag:vpn,"slow line"': "one two",
    "-tag:slow": "two three",
    "tag:none": "three",
    "flag:legal": "one",
    "flag:legal,vip": "one two",
    "flag:legal flag:vip": "",
    "flag:vip flag:complaint": "two",
    "flag:any": "one two",
    "flag:none": "three",
    "flag:none,legal": "one three",
    "-flag:legal": "two three",
    "category:hardware": "three",
    "category:none": "one two",
    "company:acme": "one",
    "company:nowhere": "",
    "customer:roth": "one",
    'customer:"dana roth"': "one",
    "customer:@acme.example": "one",
    "drops vpn": "one two",
    "vp": "one two",
    '"vpn drops"': "one",
    '"out of office"': "two",
    '-"out of office"': "one three",
    "-vpn": "three",
    '"one"': "one",
    "vpn priority:high status:waiting": "",
    "!!!": "",
}
"""What is typed, and the subjects of the tickets that it finds in `world`."""


def test_what_is_found(world: None, found: Callable[[str], set[str]]) -> None:
    assert {text: found(text) for text in FOUND} == {text: set(subjects.split()) for text, subjects in FOUND.items()}
    with pytest.raises(Invalid, match="Team “network” can mean Network Operations, Network Security"):
        found("team:network")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("team:nowhere", "There is no Team “nowhere”."),
        ("owner:nobody-here", "There is no Owner “nobody-here”."),
        ("tag:nothing", "There is no Tag “nothing”."),
        ("category:nothing", "There is no Category “nothing”."),
    ],
)
def test_unknown_names_are_told(found: Callable[[str], set[str]], text: str, fault: str) -> None:
    with pytest.raises(Invalid) as refused:
        found(text)
    assert refused.value.fields == {"q": [fault]}


FITS_THE_HIDDEN = (
    'team:"network security"',
    "owner:nina",
    "-owner:me",
    "-tag:vpn",
    "-company:none",
    '-"out of office"',
)


@settings(max_examples=60)
@given(parts=st.lists(st.sampled_from([*FOUND, *FITS_THE_HIDDEN]), max_size=5))
def test_no_filter_shows_more_than_one_sees(world: None, agent: Agent, parts: list[str]) -> None:
    """Whatever is combined, the hidden ticket (of the same customer, with the same words) stays hidden."""
    text = " ".join(parts)
    seen = set(Ticket.objects.visible_to(agent))
    assert set(narrowed(Ticket.objects.visible_to(agent), read_filter(text), by=agent)) <= seen, text


@pytest.mark.django_db
def test_exact_words_are_looked_for_where_an_entry_stands_now(agent: Agent, found: Callable[[str], set[str]]) -> None:
    team, dana = agent.teams.get(), ContactFactory()
    first, second = (TicketFactory(team=team, subject=name, requester=dana, owner=agent) for name in ("from", "to"))
    entry = record_customer_message(first.pk, by=dana, message=Message(body_text="The blue cable is loose."))
    assert (found('"blue cable is"'), found('"blue cable was"')) == ({"from"}, set())
    move_entry(entry.pk, to=second, by=agent)
    assert found('"blue cable is"') == {"to"}
    undo_move(entry.pk, by=agent)
    assert found('"blue cable is"') == {"from"}


@pytest.mark.django_db
def test_a_program_is_nobodys_owner() -> None:
    client, everybody = ApiClientFactory(), AgentFactory(roles=[Role.AUDITOR])
    TicketFactory(subject="any")
    assert narrowed(Ticket.objects.all(), read_filter("owner:me"), by=client).count() == 0
    assert narrowed(Ticket.objects.all(), read_filter("owner:none"), by=everybody).count() == 1


def test_statements_are_one_for_each_name_and_one_for_words(agent: Agent, world: None) -> None:
    text = 'status:new priority:low owner:mara tag:vpn category:printer company:acme drops "vpn drops"'
    with CaptureQueriesContext(connection) as captured:
        narrowed(Ticket.objects.visible_to(agent), read_filter(text), by=agent)
    assert len(captured) <= 7, [query["sql"] for query in captured]
