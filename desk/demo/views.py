"""Lists the demo desk shares: what a team looks through every day, and what everybody should see."""

from accounts.models import Agent, Team
from tickets.enums import ListBase, ViewScope
from tickets.models import SavedView
from tickets.services import save_view


def share_views() -> None:
    """Once; whoever changes or deletes them keeps it so."""
    if SavedView.history.exists():
        return
    lead = Agent.objects.get(email="lea@itilnext.example")
    admin = Agent.objects.get(email="admin@itilnext.example")
    team = Team.objects.get(name="Service Desk")
    save_view(
        "Waiting for customers",
        by=lead,
        scope=ViewScope.TEAM,
        team=team,
        base=ListBase.TEAM,
        filters={"q": "status:waiting_customer"},
        columns=["reference", "customer", "tags", "owner", "changed"],
        sort="created_at",
    )
    save_view(
        "High and critical",
        by=admin,
        scope=ViewScope.GLOBAL,
        base=ListBase.ALL,
        filters={"q": "status:open priority:high,critical"},
        sort="-priority_score",
    )
