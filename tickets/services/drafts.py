"""Drafts: unsent text of one person for one ticket and one audience. Nothing here touches the ticket."""

import secrets
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from accounts.models import Agent
from core.actors import Actor
from core.service import service
from tickets.errors import DraftChanged, RoleForbids
from tickets.models import Draft, DraftFile
from tickets.policies import may_keep_drafts

BEGINNINGS = 900_000_000
"""As many as leave room for saves below the nine digits that versions are read with."""


@service
def keep_draft(
    ticket_id: UUID,
    *,
    by: Agent,
    mode: str,
    body_text: str,
    cc: str = "",
    version: int | None = None,
    sent_before: Collection[tuple[str, str]] = (),
) -> Draft | None:
    """Save what `by` has typed so far; nothing but space is no draft, so that one is removed and the answer is None.

    `version` is that of the draft the text was typed over, 0 if there was none; without it, the text wins. Raises
    DraftChanged if the draft was changed, sent or discarded elsewhere meanwhile: neither text is lost by the other.
    `sent_before` is text and Cc of each save whose answer never came: the draft may as well be one of them.
    """
    _refuse_unless_kept(by)
    place: dict[str, Any] = {"ticket_id": ticket_id, "person": by, "mode": mode}
    is_empty = not (body_text.strip() or cc.strip())
    while (found := _locked(place)) is None and not is_empty and not version:
        # Two first saves at once, of two windows: the second waits here, and finds the row of the first.
        begun = Draft(**place, body_text=body_text, cc=cc, version=_first_version())
        Draft.objects.bulk_create([begun], ignore_conflicts=True)
    if found is None:
        if is_empty:
            return None
        raise DraftChanged(given=version, current=0)
    if not _is(found, (body_text, cc), *sent_before):
        _refuse_stale(found, version)
    return _overwritten(found, body_text, cc)


@service
def keep_above(
    ticket_id: UUID,
    *,
    by: Agent,
    mode: str,
    body_text: str,
    cc: str = "",
    over: int | None = None,
    join_cc: Callable[[str, str], str] = lambda first, _second: first,
) -> Draft | None:
    """Make a text that was typed before the draft again, with what has been begun since below it: no word of either is
    lost, whatever other windows save at the same time.

    Not with the draft of version `over`, which the text was typed over, nor with words that are part of the text.
    `join_cc` makes one second line of both.
    """
    _refuse_unless_kept(by)
    place: dict[str, Any] = {"ticket_id": ticket_id, "person": by, "mode": mode}
    fresh = Draft(**place, body_text=body_text, cc=cc, version=_first_version())
    is_empty = not (body_text.strip() or cc.strip())
    while (begun := _locked(place)) is None and not is_empty:
        Draft.objects.bulk_create([fresh], ignore_conflicts=True)  # or that of another window, begun just now
    if begun is None or begun.pk == fresh.pk:
        return begun
    if begun.version != over:
        cc = join_cc(cc, begun.cc)
        if begun.body_text.strip() not in body_text:
            body_text = "\n\n".join(part for part in (body_text, begun.body_text) if part.strip())
    return _overwritten(begun, body_text, cc)


@service
def discard_draft(ticket_id: UUID, *, by: Agent, mode: str, version: int | None = None) -> None:
    """Remove the own draft with its files, if there is one. `version` is that of the draft that was looked at, 0 if
    there was none. Raises DraftChanged where there is another by now: nobody throws away what they have not seen.
    """
    _refuse_unless_kept(by)
    place: dict[str, Any] = {"ticket_id": ticket_id, "person": by, "mode": mode}
    found = _locked(place)
    files = DraftFile.objects.filter(**place)
    if found is not None or files.exists():
        _refuse_stale(found, version)
    files.delete()
    if found is not None:
        found.delete()


def end_draft(ticket_id: UUID, *, by: Actor, mode: str, version: int | None) -> None:
    """For the act that uses the text: within its transaction, so that the draft goes exactly if the text went.

    A draft newer than `version` is another text, typed in another window, and stays. No statement without a draft.
    """
    if version and isinstance(by, Agent):
        Draft.objects.filter(ticket=ticket_id, person=by, mode=mode, version=version).delete()


def _locked(place: dict[str, Any]) -> Draft | None:
    return Draft.objects.select_for_update(no_key=True).filter(**place).first()


def _first_version() -> int:
    """Where a new draft begins to count: a window that still shows one that is gone must not meet its number again."""
    return secrets.randbelow(BEGINNINGS) + 1


def _refuse_stale(found: Draft | None, version: int | None) -> None:
    current = found.version if found else 0
    if version is not None and version != current:
        raise DraftChanged(given=version, current=current)


def _overwritten(draft: Draft, body_text: str, cc: str) -> Draft | None:
    if not (body_text.strip() or cc.strip()):
        draft.delete()
        return None
    if not _is(draft, (body_text, cc)):
        draft.body_text, draft.cc = body_text, cc
        draft.save(update_fields=["body_text", "cc"])
    return draft


def _is(draft: Draft, *texts: tuple[str, str]) -> bool:
    return (draft.body_text, draft.cc) in texts


def _refuse_unless_kept(by: Agent) -> None:
    if not may_keep_drafts(by):
        raise RoleForbids
