"""Drafts: unsent text of one person for one ticket and one audience. Nothing here touches the ticket."""

from uuid import UUID

from accounts.models import Agent
from core.actors import Actor
from core.errors import StaleVersion
from core.service import service
from tickets.enums import DraftMode
from tickets.errors import RoleForbids
from tickets.models import Draft
from tickets.policies import may_keep_drafts


@service
def keep_draft(
    ticket_id: UUID, *, by: Agent, mode: str, body_text: str, cc: str = "", version: int | None = None
) -> Draft | None:
    """Save what `by` has typed so far; nothing but space is no draft, so that one is removed and the answer is None.

    `version` is that of the draft the text was typed over, 0 if there was none; without it, the text wins. Raises
    StaleVersion if the draft was changed, sent or discarded elsewhere meanwhile: neither text is lost by the other.
    """
    _refuse_unless_kept(by)
    found = Draft.objects.select_for_update(no_key=True).filter(ticket=ticket_id, person=by, mode=mode).first()
    is_empty = not (body_text.strip() or cc.strip())
    if found is None and is_empty:
        return None
    if version is not None and version != (found.version if found else 0):
        raise StaleVersion(given=version, current=found.version if found else 0)
    if found is None:
        # Two first saves at once, of two windows: the second finds the row of the first.
        values = {"body_text": body_text, "cc": cc}
        found, is_new = Draft.objects.get_or_create(ticket_id=ticket_id, person=by, mode=mode, defaults=values)
        if is_new or (found.body_text, found.cc) == (body_text, cc):
            return found
        raise StaleVersion(given=0, current=found.version)
    if is_empty:
        found.delete()
        return None
    if (found.body_text, found.cc) != (body_text, cc):
        found.body_text, found.cc = body_text, cc
        found.save(update_fields=["body_text", "cc"])
    return found


@service
def discard_draft(ticket_id: UUID, *, by: Agent, mode: str) -> None:
    """Remove the own draft, if there is one."""
    _refuse_unless_kept(by)
    Draft.objects.filter(ticket=ticket_id, person=by, mode=mode).delete()


def end_draft(ticket_id: UUID, *, by: Actor, mode: DraftMode, version: int | None) -> None:
    """For the act that uses the text: within its transaction, so that the draft goes exactly if the text went.

    A draft newer than `version` is another text, typed in another window, and stays. No statement without a draft.
    """
    if version and isinstance(by, Agent):
        Draft.objects.filter(ticket=ticket_id, person=by, mode=mode, version=version).delete()


def _refuse_unless_kept(by: Agent) -> None:
    if not may_keep_drafts(by):
        raise RoleForbids
