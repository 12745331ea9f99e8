"""What an administrator of the tenant does for a connection, as commands that are filled in for it and can be pasted.

Roles are scoped to the shared mailboxes by RBAC for Applications (integrations.md section 1). Microsoft's pages: "Role
Based Access Control for Applications in Exchange Online", and the cmdlets by their names.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from connectors.base.kinds import Step
from connectors.base.models import Connection
from connectors.microsoft365.testing import NEEDED

GRAPH_ITSELF = "00000003-0000-0000-c000-000000000000"
"""Application id of Microsoft Graph, in every tenant."""
CLOUDS = {
    "graph.microsoft.us": ("USGov", "O365USGovGCCHigh"),
    "dod-graph.microsoft.us": ("USGovDoD", "O365USGovDoD"),
    "microsoftgraph.chinacloudapi.cn": ("China", "O365China"),
}
"""By the host of Graph: what Connect-MgGraph and Connect-ExchangeOnline call a national cloud."""
_PLAIN = re.compile(r"[A-Za-z0-9@._+' -]*")
_SINGLE_QUOTES = re.compile("(['‘’‚‛])")
"""All of these end a string in single quotes for PowerShell; doubled, each stands for itself."""


@dataclass(frozen=True, order=True)
class MailboxName:
    """One that the desk reads and sends from. `user` is its name in the tenant where that is not its address."""

    address: str
    user: str = ""


Mailboxes = Callable[[Connection], Iterable[MailboxName]]
mailbox_sources: list[tuple[Mailboxes, tuple[str, ...]]] = []
"""Who knows mailboxes that a connection signs in for, and which application permissions it needs in them; added in
`ready()`.
"""


@dataclass(frozen=True)
class Need:
    """What the application needs in some mailboxes and in no others: one scope, one assignment for each role."""

    roles: tuple[str, ...]
    mailboxes: list[MailboxName]

    @property
    def family(self) -> str:
        return self.roles[0].partition(".")[0]


def needs_of(connection: Connection) -> list[Need]:
    """Of mail and of calendars apart, as far as there are mailboxes. The one that is tested is one of those of mail."""
    tested = connection.settings.get("mailbox", "")
    found = []
    for source, roles in mailbox_sources:
        names: dict[str, MailboxName] = {}
        for name in source(connection):
            names.setdefault(name.address.lower(), name)
        is_known = any(tested.lower() in (name.address.lower(), name.user.lower()) for name in names.values())
        if tested and roles == NEEDED and not is_known:
            names[tested.lower()] = MailboxName(tested)
        if names:
            found.append(Need(roles, sorted(names.values())))
    return found


def steps(connection: Connection) -> list[Step]:
    """In their order, in the reader's language. Without a mailbox there is nothing to scope roles to yet."""
    client, needs = connection.settings.get("client_id", ""), needs_of(connection)
    roles = [role for need in needs for role in need.roles] or list(NEEDED)
    consenting = _consenting(connection, roles)
    if not needs:
        text = _(
            "The commands name the mailboxes of this connection. Add one, or write it into the settings as the mailbox "
            "to test; then they stand here."
        )
        return [Step(_("Add a mailbox first"), text), consenting]
    return [
        _finding(client),
        _opening(client, needs),
        _changing(client, needs),
        _taking_away(roles),
        _checking(needs, connection.settings.get("foreign_mailbox", "")),
        consenting,
    ]


def _finding(client: str) -> Step:
    graph, exchange = CLOUDS.get(urlsplit(settings.MSGRAPH_BASE_URL).hostname or "", ("", ""))
    scopes = 'Connect-MgGraph -Scopes "Application.Read.All", "AppRoleAssignment.ReadWrite.All"'
    return Step(
        _("Find the application in the tenant"),
        _(
            "In PowerShell 7, as Application Administrator, with the modules Microsoft.Graph and "
            "ExchangeOnlineManagement. The last line shows the object id of the service principal. Where it shows "
            "nothing the tenant does not have the application yet: open the address of the last step once."
        ),
        _lines(
            scopes + (f" -Environment {graph}" if graph else ""),
            "Connect-ExchangeOnline" + (f" -ExchangeEnvironmentName {exchange}" if exchange else ""),
            f"$app = Get-MgServicePrincipal -Filter {quoted(f'appId eq {literal(client)}')}",
            "$app.Id",
        ),
    )


def _opening(client: str, needs: list[Need]) -> Step:
    return Step(
        _("Open these mailboxes to it, and no others"),
        _(
            "In the same window, as Exchange Administrator. Each scope holds exactly the mailboxes that need its "
            "roles. A change may take two hours to hold."
        ),
        _lines(
            'New-ServicePrincipal -AppId $app.AppId -ObjectId $app.Id -DisplayName "ITIL-NEXT"',
            *(line for need in needs for line in _scoped(client, need)),
        ),
    )


def _scoped(client: str, need: Need) -> Iterator[str]:
    scope = quoted(scope_name(client, need))
    yield f"New-ManagementScope -Name {scope} -RecipientRestrictionFilter {quoted(filter_of(need.mailboxes))}"
    for role in need.roles:
        named = quoted(f"Application {role}")
        yield f"New-ManagementRoleAssignment -App $app.Id -Role {named} -CustomResourceScope {scope}"


def _changing(client: str, needs: list[Need]) -> Step:
    return Step(
        _("After a mailbox was added or has left"),
        _(
            "Only for a scope that is there already: it gets the filter of today. The first mailbox of a kind, such as "
            "the first calendar, needs its lines of the step before."
        ),
        _lines(
            *(
                f"Set-ManagementScope -Identity {quoted(scope_name(client, need))} "
                f"-RecipientRestrictionFilter {quoted(filter_of(need.mailboxes))}"
                for need in needs
            ),
        ),
    )


def _taking_away(roles: list[str]) -> Step:
    families = ", ".join(map(quoted, families_of(roles)))
    return Step(
        _("Take away what holds for the whole tenant"),
        _(
            "Permissions add up: while %(permissions)s are consented to in Entra, the scope is without effect. "
            "This takes those, and only those, from the application. Remove them under “API permissions” of the "
            "app registration as well, so that no later consent brings them back."
        )
        % {"permissions": _named(roles)},
        _lines(
            f"$graph = Get-MgServicePrincipal -Filter \"appId eq '{GRAPH_ITSELF}'\"",
            f'$roles = $graph.AppRoles | Where-Object {{ ($_.Value -split "[.]")[0] -in {families} }}',
            "Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id -All |",
            "  Where-Object { $_.ResourceId -eq $graph.Id -and $_.AppRoleId -in $roles.Id } |",
            "  ForEach-Object {",
            "    Remove-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id -AppRoleAssignmentId $_.Id",
            "  }",
        ),
    )


def _checking(needs: list[Need], foreign: str) -> Step:
    ours = dict.fromkeys(name.user or name.address for need in needs for name in need.mailboxes)
    names = [*ours, *([foreign] if foreign else [])]
    return Step(
        _("See that it holds"),
        _(
            "InScope says True for each mailbox of the desk, at the roles that it needs, and False for any other. Then "
            "press “Test connection” on the page of connections."
        ),
        _lines(
            *(f"Test-ServicePrincipalAuthorization -Identity $app.Id -Resource {quoted(name)}" for name in names),
        ),
    )


def _consenting(connection: Connection, roles: list[str]) -> Step:
    tenant, client = connection.settings.get("tenant_id", ""), connection.settings.get("client_id", "")
    return Step(
        _("Consent for what the app registration asks for"),
        _(
            "A Cloud Application Administrator opens this address once and consents. An application that asks for "
            "nothing is only added to the tenant by it. Consent to %(permissions)s opens every mailbox of the tenant: "
            "it is for tenants that do not scope roles as above."
        )
        % {"permissions": _named(roles)},
        f"{settings.MSGRAPH_AUTHORITY.rstrip('/')}/{tenant}/adminconsent?client_id={client}",
    )


def _named(roles: list[str]) -> str:
    return ", ".join(f"{family}.*" for family in families_of(roles))


def _lines(*lines: str) -> str:
    return "\n".join(lines)


def families_of(roles: Iterable[str]) -> list[str]:
    """The first words of permissions, such as Mail of Mail.Send: unscoped, none of its like may stay."""
    return sorted({role.partition(".")[0] for role in roles})


# PowerShell -----------------------------------------------------------------------------------------------------------


def scope_name(client: str, need: Need) -> str:
    """By the application, as each may have mailboxes of its own; Exchange takes 64 characters."""
    return f"ITIL-NEXT {client}"[: 63 - len(need.family)] + f" {need.family}"


def filter_of(mailboxes: Iterable[MailboxName]) -> str:
    """OPATH: exactly these mailboxes."""
    return " -or ".join(
        f"UserPrincipalName -eq {literal(name.user)}"
        if "@" in name.user  # otherwise it is an id, by which Exchange filters nothing
        else f"PrimarySmtpAddress -eq {literal(name.address)}"
        for name in mailboxes
    )


def literal(text: str) -> str:
    """For OPATH and OData, which both double a single quote."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def quoted(text: str) -> str:
    """As PowerShell reads it back: in double quotes where nothing in it means anything there, else in single ones."""
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    doubled = _SINGLE_QUOTES.sub(r"\1\1", text)
    return f"'{doubled}'"
