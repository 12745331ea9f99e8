"""What connections to Microsoft Teams ask for, and what a test of them looks at."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from connectors.base.enums import FindingState
from connectors.base.failures import Failure
from connectors.base.kinds import Asked, Finding, Kind
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.microsoft365.identity import Tokens
from connectors.microsoft365.testing import roles_of
from connectors.teams import activity, workflows
from connectors.teams.models import ChannelPost
from connectors.teams.services.queueing import OF_TEAM
from notifications.channels import Channel

NEEDED = "TeamsActivity.Send"
FINE, MISSING, FAILED = FindingState.FINE, FindingState.MISSING, FindingState.FAILED


def groups() -> Iterator[tuple[str, str]]:
    """What a workflow can post for."""
    yield workflows.PEOPLE, gettext("Each person, in their chat with the workflow's bot")
    for channel in Channel:
        yield channel.value, f"#{channel.value}"
    for team_id, name in Team.objects.order_by("name").values_list("pk", "name"):
        yield OF_TEAM % team_id, gettext("Team %(name)s") % {"name": name}


def applications() -> Iterator[tuple[str, str]]:
    """Connections to Microsoft 365, by whose application messages are sent."""
    for row_id, name in Connection.objects.of_kind("microsoft365").order_by("name").values_list("pk", "name"):
        yield str(row_id), name


def look_at_workflow(connection: Connection) -> Iterator[Finding]:
    """The address alone: whoever tests every six hours posts nothing."""
    what = Said("teams_address")
    try:
        workflows.address_of(connection)
    except Failure as failure:
        yield Finding(MISSING, what, failure.said)
        return
    yield Finding(FINE, what, Said("teams_card_test"))


def look_at_application(connection: Connection) -> Iterator[Finding]:
    """Signing in, and the permission, as far as the token names any."""
    what = Said("teams_graph")
    try:
        signing_in = activity.signs_in(connection)
    except Failure as failure:
        yield Finding(MISSING, what, failure.said)
        return
    try:
        roles = roles_of(Tokens(signing_in).headers()["Authorization"].removeprefix("Bearer "))
    except Failure as failure:
        yield Finding(FAILED, what, failure.said)  # what is missing is told by the connection whose it is
        return
    yield Finding(FINE, what)
    if roles:
        facts = {"permission": NEEDED}
        cure = None if NEEDED in roles else Said("teams_grant", facts)
        yield Finding(MISSING if cure else FINE, Said("teams_permission", facts), cure)


def waiting(row: Connection) -> int:
    return ChannelPost.objects.waiting().filter(connection=row).count()


def posts_page(row: Connection) -> str:
    return reverse("teams:posts", args=[row.pk])


WORKFLOW = Kind(
    name=workflows.KIND,
    label=_("Microsoft Teams: cards by a workflow"),
    prefix="TEAMS_",
    settings=(
        Asked(
            workflows.POSTS_FOR,
            _("Posts for"),
            help=_("Whose news this workflow posts: those of one channel, of one team, or of each person alone"),
            is_required=True,
            choices=groups,
            wrong=_("Choose one of the list."),
        ),
    ),
    secrets=(
        Asked(
            workflows.WEBHOOK,
            _("Address of the workflow"),
            pattern=r"https://[!-~]{10,2000}",
            wrong=_("Copy the whole address from the workflow's first step; it begins with https://."),
        ),
    ),
    account=workflows.account_of,
    look_over=look_at_workflow,
    backlog=waiting,
    more_at=posts_page,
)
ACTIVITY = Kind(
    name=activity.KIND,
    label=_("Microsoft Teams: activity feed of people"),
    prefix="TEAMS_",
    settings=(
        Asked(
            activity.MICROSOFT_365,
            _("Signs in as"),
            help=_("The connection to Microsoft 365 whose application sends; it needs TeamsActivity.Send"),
            is_required=True,
            choices=applications,
            wrong=_("Choose one of the list."),
        ),
        Asked(
            "app_id",
            _("Id of the Teams app"),
            help=_("Of the app that is installed for people; the documentation has its manifest"),
            is_required=True,
            pattern=r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
            wrong=_("Write the id as it stands in the manifest."),
        ),
    ),
    secrets=(),
    account=activity.account_of,
    look_over=look_at_application,
    signing_in=("teams_graph",),
    backlog=waiting,
    more_at=posts_page,
)
