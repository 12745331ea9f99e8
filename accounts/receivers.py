"""What follows in the same transaction when people change."""

from accounts import services
from accounts.enums import AccountMailKind
from accounts.events import AgentDeactivated, AgentInvited
from core.events import subscribe


@subscribe(AgentInvited)
def queue_invitation(event: AgentInvited) -> None:
    services.queue_account_mail(event.user_id, AccountMailKind.INVITATION)


@subscribe(AgentDeactivated)
def end_access(event: AgentDeactivated) -> None:
    services.end_access(event.user_id)
