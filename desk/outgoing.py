"""Messages that are no entry yet, or failed, as their template wants them."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from desk.delivery import words_of_failure
from desk.entry_files import file_of
from desk.scheduling import moment_in_words
from desk.timeline import Item, as_formatted
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage
from tickets.policies import may_undo

SOON_SECONDS = 60
"""From then on a scheduled reply counts its seconds down like any other."""


def outgoing_of(message: OutboundMessage, agent: Agent, *, name: str) -> Item:
    """A message that is no entry yet, or failed, as `components/outgoing.html` wants it."""
    left = max(0, round((message.release_at - timezone.now()).total_seconds()))
    is_held = message.status == OutboundStatus.HELD
    waits = is_held and message.waits_for_moment and left > SOON_SECONDS
    state = (
        "scheduled"
        if waits
        else "held"
        if is_held and left
        else "failed"
        if message.status == OutboundStatus.FAILED
        else "sending"
    )
    return {
        "id": message.pk,
        "state": state,
        "author_name": message.author.name if message.author else _("ITIL-NEXT"),
        "to": name,
        "body_text": message.body_text,
        "body_html": as_formatted(message.body_text) if message.body_html else "",
        "release_at": message.release_at,
        "moment": moment_in_words(message.release_at, message.ticket.requester) if waits else "",
        "seconds_left": left,
        "hold_seconds": max(round((message.release_at - message.hold_began_at).total_seconds()), 1),
        "undo_url": reverse("desk:undo", args=[message.pk]) if may_undo(agent, message) else "",
        "schedule_url": reverse("desk:schedule", args=[message.pk]) if waits and may_undo(agent, message) else "",
        "problem": words_of_failure(message) if state == "failed" else "",
        "attachments": [file_of(file) for file in message.attachments.all()],
    }
