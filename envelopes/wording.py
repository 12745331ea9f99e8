"""What happens to envelopes, in the reader's language: lines of timelines and of threads."""

from typing import Any

from django.utils.translation import gettext as _

from core.labels import label_of
from envelopes.enums import Outcome
from tickets import wording

Facts = dict[str, Any]


def _sealed(facts: Facts) -> str:
    text = _("Envelope %(number)s sealed by %(expert)s") % facts
    return f"{text} ({label_of(Outcome, facts['outcome'])})" if facts.get("outcome") else text


def register() -> None:
    """Called once, in `ready()`."""
    wording.put("envelope_created", lambda f: _("Envelope %(number)s opened: help asked of %(target)s") % f)
    wording.put("envelope_completed", _sealed)
    wording.put("legal_team_missing", lambda f: _("Legal advice was asked of nobody: no team is marked to give it"))
    wording.put("envelope_accepted", lambda f: _("%(expert)s accepted the envelope") % f)
    wording.put("envelope_declined", lambda f: _("%(expert)s declined the envelope") % f)
    wording.put("envelope_redirected", lambda f: _("Help asked of %(to)s in place of %(from)s") % f)
    wording.put("envelope_released", lambda f: _("%(expert)s gave the envelope back") % f)
    wording.put("envelope_taken", lambda f: _("%(taken_by)s took the envelope from %(expert)s") % f)
    wording.put("envelope_owns", lambda f: _("%(expert)s owns the ticket now; the envelope goes on without them") % f)
    wording.put("envelope_left", lambda f: _("%(expert)s left the desk; the envelope goes on without them") % f)
    wording.put("envelope_invited", lambda f: _("%(expert)s takes part from now on") % f)
    wording.put("envelope_offered", lambda f: _("%(expert)s can help") % f)
    wording.put("envelope_offer_withdrawn", lambda f: _("%(expert)s took the offer of help back") % f)
    wording.put("envelope_sealed", lambda f: _("Envelope sealed"))
    wording.put("envelope_cancelled", lambda f: _("Envelope withdrawn"))
    wording.put("envelope_ended", lambda f: _("Envelope withdrawn, as the ticket was cancelled"))
    wording.put("envelope_reopened", lambda f: _("Envelope opened again"))
    wording.put("envelope_mail", lambda f: _("Came by mail"))
    wording.put(
        "envelope_mail_undone",
        lambda f: _("The mail to the vendor was taken back before it was sent: %(subject)s") % f,
    )
    wording.put("envelope_mail_kept", lambda f: _("Kept mail"))
    wording.put("envelope_task", lambda f: _("Task added: %(title)s") % f)
