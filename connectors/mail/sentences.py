"""Our own sentences about mail that has not left: stored in English, read in the reader's language."""

import re

from django.utils.translation import gettext, gettext_noop

NO_MAILBOX = gettext_noop("There is no active mailbox to send from; add one with manage.py add_mailbox.")
NOT_SCANNED = gettext_noop("A file of this mail still waits for the virus scanner.")
NOT_CLEAN = gettext_noop("The virus scanner does not let a file of this mail pass: %(file)s")
_SENTENCES = {
    re.compile(re.escape(sentence).replace(re.escape("%(file)s"), "(?P<file>.*)"), re.DOTALL): sentence
    for sentence in (NO_MAILBOX, NOT_SCANNED, NOT_CLEAN)
}


def error_in_words(error: str) -> str:
    """A stored error in the reader's language; what a mail server said stays as it is."""
    for pattern, sentence in _SENTENCES.items():
        if found := pattern.fullmatch(error):
            return gettext(sentence) % found.groupdict()
    return error
