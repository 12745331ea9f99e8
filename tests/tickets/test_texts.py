"""Canned responses, ticket templates, signatures of teams: whose they are, and what is refused."""

from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import Agent
from core.errors import DomainError, Invalid, StaleVersion
from tests.factories import AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.errors import RoleForbids, TextForbidden
from tickets.models import CannedResponse, TeamSignature, Ticket, TicketTemplate
from tickets.services import (
    add_flag,
    create_canned_response,
    create_ticket_template,
    delete_canned_response,
    edit_canned_response,
    set_team_signature,
)
from tickets.texts import responses_for, responses_of, team_signature

pytestmark = pytest.mark.django_db


class People:
    def __init__(self) -> None:
        self.lead = AgentFactory(roles=[Role.AGENT, Role.TEAM_LEAD])
        self.supervisor = AgentFactory(roles=[Role.SUPERVISOR])
        self.manager = AgentFactory(roles=[Role.MANAGER])
        self.team = TeamFactory(lead=self.lead, supervisor=self.supervisor, manager=self.manager)
        self.other_team = TeamFactory()
        self.agent = AgentFactory(teams=[self.team])
        self.stranger = AgentFactory(teams=[self.other_team])
        self.auditor = AgentFactory(roles=[Role.AUDITOR])
        self.admin = AgentFactory(roles=[Role.ADMIN])


@pytest.fixture
def people() -> People:
    return People()


def write(by: Agent, **values: Any) -> CannedResponse:
    found: CannedResponse = create_canned_response(by=by, **{"title": "Greeting", "body": "Hello", **values})
    return found


def outcome(call: Any) -> str:
    try:
        call()
    except DomainError as refusal:
        return type(refusal).__name__
    return "ok"


def test_who_keeps_which(people: People) -> None:
    """permissions.md section 2: own ones everybody who writes; the team's its lead, supervisor, manager, and admins."""
    said = {
        name: (
            outcome(lambda who=who: write(who, scope="personal")),
            outcome(lambda who=who: write(who, scope="team", team=people.team)),
            outcome(lambda who=who: write(who, scope="global")),
        )
        for name, who in vars(people).items()
        if isinstance(who, Agent)
    }
    no = "TextForbidden"
    assert said == {
        "lead": ("ok", "ok", no),
        "supervisor": ("ok", "ok", no),
        "manager": ("ok", "ok", no),
        "agent": ("ok", no, no),
        "stranger": ("ok", no, no),
        "auditor": ("RoleForbids", "RoleForbids", "RoleForbids"),
        "admin": ("ok", "ok", "ok"),
    }


def test_who_sees_which(people: People) -> None:
    write(people.agent, title="mine", scope="personal")
    write(people.lead, title="team", scope="team", team=people.team)
    write(people.admin, title="all", scope="global")
    seen = {
        name: sorted(responses_of(who).values_list("title", flat=True))
        for name, who in vars(people).items()
        if isinstance(who, Agent)
    }
    assert seen == {
        "agent": ["all", "mine", "team"],
        "lead": ["all", "team"],
        "supervisor": ["all", "team"],
        "manager": ["all", "team"],
        "stranger": ["all"],
        "auditor": ["all", "team"],
        "admin": ["all", "team"],
    }


def test_another_persons_text_is_nobody_elses_to_change(people: People) -> None:
    text = write(people.agent, scope="personal")
    for who in (people.lead, people.admin, people.stranger):
        with pytest.raises(TextForbidden):
            edit_canned_response(text.pk, by=who, title="Taken")
        with pytest.raises(TextForbidden):
            delete_canned_response(text.pk, by=who)
    assert CannedResponse.objects.get().title == "Greeting"


def test_a_text_is_not_given_to_a_team_one_does_not_keep(people: People) -> None:
    text = write(people.lead, scope="team", team=people.team)
    with pytest.raises(TextForbidden):
        edit_canned_response(text.pk, by=people.lead, team=people.other_team)
    with pytest.raises(TextForbidden):
        edit_canned_response(text.pk, by=people.lead, scope="global")
    with pytest.raises(Invalid, match="which team"):
        write(people.lead, scope="team")
    edited = edit_canned_response(text.pk, by=people.lead, scope="personal")
    assert (edited.owner, edited.team) == (people.lead, None)


def test_143_an_unknown_variable_is_not_even_kept(people: People) -> None:
    with pytest.raises(Invalid, match=r"no variable \{\{custmer\.name\}\}.*\{\{customer\.name\}\}"):
        write(people.agent, body="Hello {{custmer.name}}")
    with pytest.raises(Invalid, match="no variable"):
        set_team_signature(people.team, by=people.lead, language="", text="{{nobody}}")
    assert (CannedResponse.objects.count(), TeamSignature.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("values", "field"), [({"title": " "}, "title"), ({"body": " "}, "body"), ({"language": "xx"}, "language")]
)
def test_bad_values_are_refused_at_their_field(people: People, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        write(people.agent, **values)
    assert list(refusal.value.fields) == [field]


def test_a_shortcut_belongs_to_one_text_a_language(people: People) -> None:
    write(people.agent, shortcut="hi", language="en")
    write(people.agent, shortcut="hi", language="de")
    write(people.stranger, shortcut="hi", language="en")
    with pytest.raises(Invalid, match="Another text has this shortcut already"):
        write(people.agent, shortcut="hi", language="en")


def test_history_tells_who_wrote_and_who_removed_it(people: People) -> None:
    text = write(people.lead, scope="team", team=people.team)
    edit_canned_response(text.pk, by=people.supervisor, body="Good day", version=1)
    with pytest.raises(StaleVersion):
        edit_canned_response(text.pk, by=people.lead, body="Hi", version=1)
    delete_canned_response(text.pk, by=people.manager)
    rows = CannedResponse.history.order_by("history_date", "history_id")
    assert list(rows.values_list("history_type", "body", "actor_name")) == [
        ("+", "Hello", people.lead.name),
        ("~", "Good day", people.supervisor.name),
        ("-", "Good day", people.manager.name),
    ]


def test_texts_are_offered_in_the_customers_language_and_the_nearest_first(people: People) -> None:
    ticket = TicketFactory(team=people.team, requester=ContactFactory(language="de-AT"))
    for title, by, values in (
        ("english", people.agent, {"language": "en"}),
        ("all", people.admin, {"scope": "global"}),
        ("team", people.lead, {"scope": "team", "team": people.team}),
        ("deutsch", people.agent, {"language": "de"}),
    ):
        write(by, title=title, **values)
    offered = [text.title for text in responses_for(ticket, by=people.agent)]
    assert offered == ["deutsch", "team", "all", "english"]
    write(people.admin, title="Zulu", scope="global", shortcut="tea", language="en")
    assert [text.title for text in responses_for(ticket, by=people.agent, words="Tea")] == ["Zulu", "team"]


def test_template_and_its_values(people: People) -> None:
    template = create_ticket_template(by=people.agent, title="New starter", subject="New starter: ", priority="low")
    assert TicketTemplate.objects.get() == template
    with pytest.raises(RoleForbids):
        create_ticket_template(by=people.auditor, title="x")
    with pytest.raises(Invalid, match="not a valid choice"):
        create_ticket_template(by=people.agent, title="x", priority="huge")


def test_a_teams_signature_is_that_of_the_customers_language_else_of_all(people: People) -> None:
    german = TicketFactory(team=people.team, requester=ContactFactory(language="de"))
    english = TicketFactory(team=people.team, requester=ContactFactory(language="en"))
    assert team_signature(german) == ""
    set_team_signature(people.team, by=people.lead, language="", text="Service Desk\n")
    set_team_signature(people.team, by=people.lead, language="de", text="Ihr Service Desk")
    assert (team_signature(german), team_signature(english)) == ("Ihr Service Desk", "Service Desk")
    set_team_signature(people.team, by=people.lead, language="de", text=" ")
    assert team_signature(german) == "Service Desk"
    for who in (people.agent, people.stranger, people.auditor):
        with pytest.raises(TextForbidden):
            set_team_signature(people.team, by=who, language="", text="Mine")


def test_113_prescribed_texts_are_shared_and_offered_first_on_a_legal_case(people: People) -> None:
    with pytest.raises(Invalid) as refused:
        write(people.lead, scope="personal", is_enforced_for_flag=True)
    assert list(refused.value.fields) == ["is_enforced_for_flag"]
    legal = write(people.lead, title="Legal", scope="team", team=people.team, is_enforced_for_flag=True)
    own = write(people.lead, title="Mine", scope="personal")
    ticket = TicketFactory(team=people.team)
    assert responses_for(ticket, by=people.lead) == [own, legal]
    add_flag(ticket.pk, by=people.lead, type="legal", reason="A lawyer writes")
    assert responses_for(Ticket.objects.get(pk=ticket.pk), by=people.lead) == [legal, own]
