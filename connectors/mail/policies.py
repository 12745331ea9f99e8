"""Rights on the ledger (permissions.md section 2, ruling 19). Who sees a row is `MailMessage.objects.visible_to`."""

from accounts.enums import Role
from accounts.models import Agent
from accounts.selectors import reach_of
from connectors.mail.enums import MailState
from connectors.mail.models import Brake, MailMessage
from tickets.enums import PlacementCause
from tickets.models import Placement, Ticket


def may_retry(actor: Agent, message: MailMessage) -> bool:
    """Agents, leads, supervisors and managers of the mailbox's team; of what is about envelopes also who answers for
    all their tickets.
    """
    return message.mailbox.team_id in reach_of(actor).teams or _answers_for(actor, message)


def _answers_for(actor: Agent, message: MailMessage) -> bool:
    if reach_of(actor).sees_everything or message.ticket_id is not None:
        return False
    return MailMessage.objects.openable_by(actor).filter(pk=message.pk).exists()


def may_choose(actor: Agent, message: MailMessage) -> bool:
    """Who tries a mail again says which of the envelopes that it names it belongs into."""
    return message.ticket_id is None and message.envelope_mails.count() > 1 and may_retry(actor, message)


def may_release(actor: Agent, message: MailMessage) -> bool:
    """Supervisors and managers of the team let a mail act that was put aside for a reason."""
    return message.mailbox.team_id in reach_of(actor).overseen


def may_read(actor: Agent, message: MailMessage) -> bool:
    """What was written: not while nobody knows whether it belongs into an envelope, save for who reads all of them."""
    return message.has_outcome or reach_of(actor).sees_everything


def may_move(actor: Agent, message: MailMessage) -> bool:
    """Who retries moves, where the mail stands on a ticket in their sight. A copy follows the mail that counts."""
    if not may_retry(actor, message) or message.entry_id is None or message.state == MailState.DUPLICATE:
        return False
    if message.ticket_id is None:
        return False
    return Ticket.objects.visible_to(actor).filter(pk=message.ticket_id).exists()


def may_undo_move(actor: Agent, message: MailMessage) -> bool:
    """As `may_move`, while the last thing that happened to its place is a move."""
    last = last_placement(message)
    return last is not None and last.cause == PlacementCause.MOVE and may_move(actor, message)


def last_placement(message: MailMessage) -> Placement | None:
    if message.entry_id is None:
        return None
    rows = Placement.objects.filter(entry=message.entry_id).select_related("from_ticket", "to_ticket", "by")
    return rows.order_by("-id").first()


def may_block(actor: Agent) -> bool:
    """Those who work tickets decide whom they do not want to hear from."""
    return actor.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR)


may_unblock = may_block


def may_see_ledger(actor: Agent) -> bool:
    """Everybody whose role lets them see a team's mails; admins and people without a team see none."""
    reach = reach_of(actor)
    return bool(reach.teams) or reach.sees_everything


def may_lift(actor: Agent, brake: Brake) -> bool:
    """As the release from quarantine, which it is for all that would follow: supervisors and managers of the team."""
    return brake.mailbox.team_id in reach_of(actor).overseen
