"""Our own sentences about mail that has not left: stored in English, read in the reader's language."""

import re

from django.utils.translation import gettext, gettext_noop

NO_MAILBOX = gettext_noop("There is no active mailbox to send from; add one with manage.py add_mailbox.")
NOT_SCANNED = gettext_noop("A file of this mail still waits for the virus scanner.")
NOT_CLEAN = gettext_noop("The virus scanner does not let a file of this mail pass: %(file)s")
GRAPH_OFF = gettext_noop("The mailbox's connection to Microsoft 365 is switched off.")
GRAPH_BUSY = gettext_noop("Microsoft 365 asks for patience; the mail goes out by itself.")
GRAPH_DOWN = gettext_noop("Microsoft 365 cannot be used at the moment; the mail goes out by itself.")
GRAPH_UPLOADING = gettext_noop("Files of this mail are on their way to Microsoft 365.")
GRAPH_SENDING = gettext_noop(
    "Microsoft 365 has not said whether it has sent the mail; before it is sent again the Sent items are looked at."
)
GRAPH_SIGN_IN = gettext_noop(
    "Microsoft 365 refuses our sign-in. An administrator finds the reason on the page of connections; the mail goes "
    "out by itself then."
)
GRAPH_PERMISSION = gettext_noop(
    "Microsoft 365 does not let us send from %(mailbox)s (%(code)s). An administrator has to grant Mail.ReadWrite and "
    "Mail.Send for it; the mail goes out by itself then."
)
GRAPH_GONE = gettext_noop(
    "Microsoft 365 does not find the mailbox %(mailbox)s, or the draft in it (%(code)s); it is tried again."
)
GRAPH_FULL = gettext_noop(
    "The mailbox %(mailbox)s is full (%(code)s). Make room in it; the mail goes out by itself then."
)
GRAPH_RECIPIENT = gettext_noop("Microsoft 365 refuses a recipient (%(code)s). Check the addresses and write again.")
GRAPH_TOO_LARGE = gettext_noop(
    "The mail is too large for Microsoft 365 (%(code)s). Send its files in several mails, or a link to them."
)
GRAPH_REFUSED = gettext_noop("Microsoft 365 refuses the mail (%(code)s).")
_FACT = re.compile(r"%\\\((\w+)\\\)s")
_SENTENCES = {
    re.compile(_FACT.sub(r"(?P<\1>.*)", re.escape(sentence)), re.DOTALL): sentence
    for sentence in (
        *(NO_MAILBOX, NOT_SCANNED, NOT_CLEAN),
        *(GRAPH_OFF, GRAPH_BUSY, GRAPH_DOWN, GRAPH_UPLOADING, GRAPH_SENDING, GRAPH_SIGN_IN, GRAPH_PERMISSION),
        *(GRAPH_GONE, GRAPH_FULL, GRAPH_RECIPIENT, GRAPH_TOO_LARGE, GRAPH_REFUSED),
    )
}


def error_in_words(error: str) -> str:
    """A stored error in the reader's language; what a mail server said stays as it is."""
    for pattern, sentence in _SENTENCES.items():
        if found := pattern.fullmatch(error):
            return gettext(sentence) % found.groupdict()
    return error
