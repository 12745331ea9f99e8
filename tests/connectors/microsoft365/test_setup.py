"""What an administrator of the tenant does, filled in for one connection: commands that PowerShell reads as meant."""

import re

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from accounts.enums import Role
from accounts.models import Team
from connectors.base.models import Connection
from connectors.base.services import add_connection
from connectors.mail.models import Mailbox
from connectors.microsoft365.setup import MailboxName, filter_of, literal, needs_of, quoted, steps
from tests.factories import AgentFactory, TeamFactory

pytestmark = pytest.mark.django_db
APP = "66666666-7777-8888-9999-000000000000"
FILTER = "PrimarySmtpAddress -eq 'billing@desk.example' -or PrimarySmtpAddress -eq 'support@desk.example'"


@pytest.fixture
def connection() -> Connection:
    values = {"tenant_id": "acme.example", "client_id": APP, "foreign_mailbox": "board@desk.example"}
    return add_connection("microsoft365", by=AgentFactory(roles=[Role.ADMIN]), name="Microsoft", settings=values)


@pytest.fixture
def team() -> Team:
    made: Team = TeamFactory()
    return made


def add_mailbox(connection: Connection, team: Team, address: str, **settings: str) -> None:
    Mailbox.objects.create(address=address, backend="msgraph", connection=connection, team=team, settings=settings)


def signed_in(*roles: Role) -> Client:
    client = Client()
    client.force_login(AgentFactory(roles=list(roles)).user, backend="accounts.auth.AgentBackend")
    return client


def commands(connection: Connection) -> str:
    return "\n".join(step.commands for step in steps(connection))


def test_the_commands_name_this_application_and_exactly_its_mailboxes(connection: Connection, team: Team) -> None:
    other = Connection.objects.create(kind="microsoft365", name="Other", settings={"client_id": "other"})
    add_mailbox(connection, team, "support@desk.example")
    add_mailbox(connection, team, "billing@desk.example")
    add_mailbox(other, team, "foreign@desk.example")
    lines = commands(connection).splitlines()
    assert f"$app = Get-MgServicePrincipal -Filter \"appId eq '{APP}'\"" in lines
    scope = f'"ITIL-NEXT {APP} Mail"'
    assert f'New-ManagementScope -Name {scope} -RecipientRestrictionFilter "{FILTER}"' in lines
    assert f'Set-ManagementScope -Identity {scope} -RecipientRestrictionFilter "{FILTER}"' in lines
    for role in ("Application Mail.ReadWrite", "Application Mail.Send"):
        assert f'New-ManagementRoleAssignment -App $app.Id -Role "{role}" -CustomResourceScope {scope}' in lines
    tested = [line for line in lines if line.startswith("Test-ServicePrincipalAuthorization")]
    assert [line.rpartition(" ")[2] for line in tested] == [
        '"billing@desk.example"',
        '"support@desk.example"',
        '"board@desk.example"',
    ]
    assert "foreign@desk.example" not in "\n".join(lines)
    assert lines[-1] == f"https://login.microsoftonline.com/acme.example/adminconsent?client_id={APP}"


def test_a_mailbox_with_another_name_in_the_tenant_is_found_by_that(connection: Connection, team: Team) -> None:
    add_mailbox(connection, team, "support@desk.example", user="sd@acme.example")
    assert [filter_of(need.mailboxes) for need in needs_of(connection)] == ["UserPrincipalName -eq 'sd@acme.example'"]
    assert '-Resource "sd@acme.example"' in commands(connection)


def test_the_mailbox_that_is_tested_is_one_of_them_once(connection: Connection, team: Team) -> None:
    connection.settings["mailbox"] = "Support@Desk.example"
    assert [need.mailboxes for need in needs_of(connection)] == [[MailboxName("Support@Desk.example")]]
    add_mailbox(connection, team, "support@desk.example")
    assert [need.mailboxes for need in needs_of(connection)] == [[MailboxName("support@desk.example")]]


def add_calendar(connection: Connection, address: str) -> None:
    settings = {"microsoft365": str(connection.pk), "mailbox": address, "meets_for": "all"}
    Connection.objects.create(kind="calendar", name=f"Meetings {address}", settings=settings)


def test_a_calendar_is_opened_for_meetings_alone_and_a_mailbox_for_mail(connection: Connection, team: Team) -> None:
    add_mailbox(connection, team, "support@desk.example")
    assert "Calendars" not in commands(connection)
    add_calendar(connection, "rooms@desk.example")
    add_calendar(connection, "support@desk.example")
    told = commands(connection)
    filters = dict(re.findall(r'New-ManagementScope -Name "ITIL-NEXT \S+ (\w+)" .*?Filter "(.*)"', told))
    rooms, support = (f"PrimarySmtpAddress -eq '{name}@desk.example'" for name in ("rooms", "support"))
    assert filters == {"Mail": support, "Calendars": f"{rooms} -or {support}"}
    assigned = re.findall(r'-Role "Application (\S+)" -CustomResourceScope "ITIL-NEXT \S+ (\w+)"', told)
    assert sorted(assigned) == [("Calendars.ReadWrite", "Calendars"), ("Mail.ReadWrite", "Mail"), ("Mail.Send", "Mail")]
    assert '-in "Calendars", "Mail" }' in told
    assert told.count("Set-ManagementScope") == 2
    tested = [line for line in told.splitlines() if line.startswith("Test-ServicePrincipalAuthorization")]
    assert [line.rpartition(" ")[2] for line in tested] == [
        '"support@desk.example"',
        '"rooms@desk.example"',
        '"board@desk.example"',
    ]


def test_an_application_for_meetings_alone_asks_for_no_mail(connection: Connection) -> None:
    add_calendar(connection, "rooms@desk.example")
    assert "Mail." not in commands(connection)
    assert '-in "Calendars" }' in commands(connection)


def test_without_a_mailbox_it_says_what_comes_first(connection: Connection) -> None:
    assert steps(connection)[0].title == "Add a mailbox first"
    assert "New-ManagementScope" not in commands(connection)


def test_national_clouds_are_named(connection: Connection, team: Team, settings: Settings) -> None:
    settings.MSGRAPH_BASE_URL = "https://graph.microsoft.us/v1.0"
    add_mailbox(connection, team, "support@desk.example")
    assert "-Environment USGov\nConnect-ExchangeOnline -ExchangeEnvironmentName O365USGovGCCHigh" in commands(
        connection
    )


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_whatever_a_name_is_powershell_reads_that_name(text: str) -> None:
    assert read_by_powershell(quoted(text)) == text
    assert re.fullmatch(r"'(?:[^']|'')*'", literal(text))
    assert literal(text)[1:-1].replace("''", "'") == text


def read_by_powershell(given: str) -> str:
    """about_Quoting_Rules: typographic quotes count as plain ones; in double quotes "$" and "`" mean something."""
    inside = given[1:-1]
    if given[0] == '"':
        assert not re.search('["“”„$`]', inside)
        return inside
    assert given[0] == given[-1] == "'"
    assert re.fullmatch("(?:[^'‘’‚‛]|(['‘’‚‛])\\1)*", inside)
    return re.sub("(['‘’‚‛])\\1", r"\1", inside)


def test_the_page_is_reached_from_the_connections_and_can_be_copied(connection: Connection, team: Team) -> None:
    add_mailbox(connection, team, "support@desk.example")
    browser = signed_in(Role.ADMIN)
    address = f"/connections/{connection.pk}/setup/"
    assert f'<a href="{address}">What to set up there</a>' in browser.get("/connections/").content.decode()
    page = browser.get(address).content.decode()
    assert "support@desk.example" in page
    assert page.count('data-copy="') == len(steps(connection))
    assert signed_in(Role.AUDITOR).get(address).status_code == 200
    assert signed_in(Role.AGENT).get(address).status_code == 403


def test_the_page_speaks_german(connection: Connection) -> None:
    with translation.override("de"):
        titles = [step.title for step in steps(connection)]
    assert titles[0] == "Zuerst ein Postfach hinzufügen"


def test_what_has_nothing_to_set_up_has_no_such_page(db: None) -> None:
    row = add_connection(
        "teams",
        by=AgentFactory(roles=[Role.ADMIN]),
        name="Teams",
        settings={"posts_for": "support-escalations"},
        secrets={"webhook": "https://workflows.invalid/1?sig=2"},
    )
    browser = signed_in(Role.ADMIN)
    assert browser.get(f"/connections/{row.pk}/setup/").status_code == 404
    assert "What to set up there" not in browser.get("/connections/").content.decode()
