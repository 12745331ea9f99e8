"""What an administrator of the tenant does for a connection, as commands that are filled in for it and can be pasted.

Roles are scoped to the shared mailboxes by RBAC for Applications (integrations.md section 1). Microsoft's pages: "Role
Based Access Control for Applications in Exchange Online", and the cmdlets by their names.
"""

import re
from collections.abc import Callable, Iterable
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


mailbox_sources: list[Callable[[Connection], Iterable[MailboxName]]] = []
"""Who knows which mailboxes a connection signs in for; the app of mail adds itself in `ready()`."""


def mailboxes_of(connection: Connection) -> list[MailboxName]:
    """By address, each once; the mailbox that is tested is one of them, too."""
    found = {name.address.lower(): name for source in mailbox_sources for name in source(connection)}
    if tested := connection.settings.get("mailbox", ""):
        is_known = any(tested.lower() in (name.address.lower(), name.user.lower()) for name in found.values())
        found |= {} if is_known else {tested.lower(): MailboxName(tested)}
    return sorted(found.values())


def steps(connection: Connection) -> list[Step]:
    """In their order, in the reader's language. Without a mailbox there is nothing to scope roles to yet."""
    client, mailboxes = connection.settings.get("client_id", ""), mailboxes_of(connection)
    if not mailboxes:
        text = _(
            "The commands name the mailboxes of this connection. Add one, or write it into the settings as the mailbox "
            "to test; then they stand here."
        )
        return [Step(_("Add a mailbox first"), text), _whole_tenant(connection)]
    return [
        Step(
            _("Find the application in the tenant"),
            _(
                "In PowerShell 7, as Application Administrator, with the modules Microsoft.Graph and "
                "ExchangeOnlineManagement. The last line shows the object id of the service principal. Where it shows "
                "nothing the tenant does not have the application yet: open the address of the last step once."
            ),
            _find(client),
        ),
        Step(
            _("Open these mailboxes to it, and no others"),
            _(
                "In the same window, as Exchange Administrator. All mailboxes of this connection stand in the filter. "
                "A change may take two hours to hold."
            ),
            _open(client, mailboxes),
        ),
        Step(
            _("After a mailbox was added or has left"),
            _("Only if the scope is there already: it gets the filter of today."),
            f"Set-ManagementScope -Identity {quoted(scope_name(client))} "
            f"-RecipientRestrictionFilter {quoted(filter_of(mailboxes))}",
        ),
        Step(
            _("Take away what holds for the whole tenant"),
            _(
                "Permissions add up: while Mail.* is consented to in Entra, the scope is without effect. This takes "
                "those permissions, and only those, from the application. Remove them under “API permissions” of the "
                "app registration as well, so that no later consent brings them back."
            ),
            _take_away(),
        ),
        Step(
            _("See that it holds"),
            _(
                "InScope says True for each mailbox of the desk and False for any other. Then press “Test connection” "
                "on the page of connections."
            ),
            _check(connection, mailboxes),
        ),
        _whole_tenant(connection),
    ]


def _find(client: str) -> str:
    graph, exchange = CLOUDS.get(urlsplit(settings.MSGRAPH_BASE_URL).hostname or "", ("", ""))
    return "\n".join(
        (
            'Connect-MgGraph -Scopes "Application.Read.All", "AppRoleAssignment.ReadWrite.All"'
            + (f" -Environment {graph}" if graph else ""),
            "Connect-ExchangeOnline" + (f" -ExchangeEnvironmentName {exchange}" if exchange else ""),
            f"$app = Get-MgServicePrincipal -Filter {quoted(f'appId eq {literal(client)}')}",
            "$app.Id",
        )
    )


def _open(client: str, mailboxes: list[MailboxName]) -> str:
    scope = quoted(scope_name(client))
    roles = (
        f"New-ManagementRoleAssignment -App $app.Id -Role {quoted(f'Application {role}')} -CustomResourceScope {scope}"
        for role in NEEDED
    )
    return "\n".join(
        (
            'New-ServicePrincipal -AppId $app.AppId -ObjectId $app.Id -DisplayName "ITIL-NEXT"',
            f"New-ManagementScope -Name {scope} -RecipientRestrictionFilter {quoted(filter_of(mailboxes))}",
            *roles,
        )
    )


def _take_away() -> str:
    return "\n".join(
        (
            f"$graph = Get-MgServicePrincipal -Filter \"appId eq '{GRAPH_ITSELF}'\"",
            '$mail = $graph.AppRoles | Where-Object Value -like "Mail.*"',
            "Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id -All |",
            "  Where-Object { $_.ResourceId -eq $graph.Id -and $_.AppRoleId -in $mail.Id } |",
            "  ForEach-Object {",
            "    Remove-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id -AppRoleAssignmentId $_.Id",
            "  }",
        )
    )


def _check(connection: Connection, mailboxes: list[MailboxName]) -> str:
    names = [name.user or name.address for name in mailboxes]
    foreign = connection.settings.get("foreign_mailbox", "")
    lines = [
        f"Test-ServicePrincipalAuthorization -Identity $app.Id -Resource {quoted(name)}"
        for name in (*names, *([foreign] if foreign else []))
    ]
    return "\n".join(lines)


def _whole_tenant(connection: Connection) -> Step:
    tenant, client = connection.settings.get("tenant_id", ""), connection.settings.get("client_id", "")
    return Step(
        _("Consent for what the app registration asks for"),
        _(
            "A Cloud Application Administrator opens this address once and consents. An application that asks for "
            "nothing is only added to the tenant by it. Consent to Mail.* opens every mailbox of the tenant: it is for "
            "tenants that do not scope roles as above."
        ),
        f"{settings.MSGRAPH_AUTHORITY.rstrip('/')}/{tenant}/adminconsent?client_id={client}",
    )


# PowerShell -----------------------------------------------------------------------------------------------------------


def scope_name(client: str) -> str:
    """By the application, as each may have mailboxes of its own; Exchange takes 64 characters."""
    return f"ITIL-NEXT {client}"[:64]


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
