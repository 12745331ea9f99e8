"""How a mailbox in Microsoft 365 is read, as it stands in `Mailbox.settings`; how to sign in the connection knows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date

from django.utils.translation import gettext_lazy as _

from connectors.mail.enums import AfterTaking
from core.errors import Invalid, Text

INBOX = "inbox"
WELL_KNOWN = frozenset({"inbox", "archive", "junkemail", "deleteditems", "clutter"})
"""Names that Graph understands in every language."""
NEVER_READ = frozenset({"drafts", "sentitems", "outbox"})
"""Well-known folders of what we write ourselves."""
MOST_FOLDERS = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_USER = re.compile(r"[^@\s\x00-\x1f/\\]{1,64}@[A-Za-z0-9.-]{1,253}|[0-9a-fA-F-]{36}")


@dataclass(frozen=True, kw_only=True)
class GraphSettings:
    """Settings of one mailbox in Microsoft 365."""

    user: str = ""
    """Name or id under which the tenant knows the mailbox, if that is not its address."""
    folders: tuple[str, ...] = (INBOX,)
    """Well-known names (`inbox`), names as Outlook shows them, or ids."""
    after: str = AfterTaking.LEAVE
    move_to: str = ""
    not_before: str = ""
    """ISO date in the zone of the team's calendar; mails that came before it are left alone. Empty: all are taken."""

    @classmethod
    def of(cls, values: Mapping[str, object]) -> "GraphSettings":
        """From `Mailbox.settings` or a form, where folders stand one a line. Raises Invalid with a sentence for each
        field that cannot serve.
        """
        known = {field.name for field in fields(cls)}
        wrong: dict[str, Text | list[Text]] = {
            name: _("There is no setting of this name.") for name in values if name not in known
        }
        texts = {name: str(values.get(name) or "").strip() for name in known - {"folders"} if values.get(name)}
        found = cls(**texts, folders=_folders(values.get("folders")) or (INBOX,))
        wrong |= _faults(found)
        if wrong:
            raise Invalid(wrong)
        return found

    def as_json(self) -> dict[str, object]:
        """What differs from the defaults."""
        defaults = {field.name: field.default for field in fields(self)}
        kept = {name: value for name, value in asdict(self).items() if value != defaults[name]}
        return kept | ({"folders": list(self.folders)} if "folders" in kept else {})


def _folders(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        given = given.splitlines()
    names = [str(name).strip() for name in given] if isinstance(given, Iterable) else []
    found: dict[str, str] = {}
    for name in filter(None, names):
        found.setdefault(alike(name), name)
    return tuple(found.values())


def alike(name: str) -> str:
    """What Outlook takes for the same name; of well-known ones people also write the words apart."""
    together = name.replace(" ", "").casefold()
    return together if together in WELL_KNOWN | NEVER_READ else name.casefold()


def _faults(found: GraphSettings) -> dict[str, Text | list[Text]]:
    faults: dict[str, Text | list[Text]] = {}
    if found.user and not _USER.fullmatch(found.user):
        faults["user"] = _("Write the name of the mailbox as support@example.com, or its id.")
    folders = {alike(name) for name in found.folders}
    if folders & NEVER_READ:
        faults["folders"] = _("Drafts and sent mails are never taken in; name a folder that mails come to.")
    if len(found.folders) > MOST_FOLDERS or any(len(name) > 250 or _CONTROL.search(name) for name in found.folders):
        faults["folders"] = _("Name up to %(count)d folders, one a line.") % {"count": MOST_FOLDERS}
    if found.after not in AfterTaking.values:
        faults["after"] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(AfterTaking.values)}
    if found.after == AfterTaking.MOVE and (not found.move_to or alike(found.move_to) in folders):
        faults["move_to"] = _("Name the folder that taken mails are moved to; it must not be the one they come to.")
    if _CONTROL.search(found.move_to):
        faults["move_to"] = _("This must not hold control characters.")
    if found.not_before and not _is_date(found.not_before):
        faults["not_before"] = _("Write the date as 2025-12-31.")
    return faults


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
