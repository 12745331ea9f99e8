from django.db import models
from django.utils.translation import gettext_lazy as _


class Backend(models.TextChoices):
    """How a shared mailbox is read."""

    FILES = "files", _("Maildir on this machine")
    IMAP = "imap", _("IMAP server")
    GRAPH = "msgraph", _("Microsoft 365")


class Tls(models.TextChoices):
    """How a connection to a mail server is protected."""

    IMPLICIT = "implicit", _("TLS from the start (port 993)")
    STARTTLS = "starttls", _("STARTTLS (port 143)")
    NONE = "none", _("None, on this machine only")


class SignIn(models.TextChoices):
    """By what a mailbox lets us in."""

    PASSWORD = "password", _("Password")
    OAUTH2 = "oauth2", _("OAuth 2 (XOAUTH2)")


class AfterTaking(models.TextChoices):
    """What becomes of a mail at its server once it is stored here."""

    LEAVE = "leave", _("Leave it as it is")
    MARK = "mark", _("Mark it as read")
    MOVE = "move", _("Move it to another folder")


class MailState(models.TextChoices):
    """Where an incoming mail stands. Everything but `received` is an outcome, and each mail gets one (ruling 18)."""

    RECEIVED = "received", _("Received")
    CREATED = "created", _("Made a ticket")
    APPENDED = "appended", _("Joined a ticket")
    POSTED = "posted", _("Stands in an envelope")
    RECORDED = "recorded", _("Kept without effect")
    DUPLICATE = "duplicate", _("Duplicate")
    QUARANTINED = "quarantined", _("In quarantine")


class Station(models.TextChoices):
    """Where else the ledger can be narrowed to: parts of two states, since nothing is stored of a mail read in vain."""

    PARSED = "parsed", _("Read, tried again")
    """Received and read, but what it asks for has not come about yet."""
    FAILED = "failed", _("Failed")
    """In quarantine because of a failure, not because somebody should look at what it is."""


class Source(models.TextChoices):
    """By which way a mail came in."""

    POLLED = "polled", _("Mailbox")
    COMMAND = "command", _("Command ingest_mail")


class Reason(models.TextChoices):
    """Why a mail has its outcome; what exactly spoke for it stands in the evidence."""

    NEW = "new", _("no ticket of ours was named")
    FOLLOW_UP = "follow_up", _("the ticket had ended")
    STRANGER = "stranger", _("named a ticket that the sender takes no part in")
    UNVERIFIED = "unverified", _("named a ticket, and the sender could not be verified")
    MESSAGE_ID = "message_id", _("answers a mail of the ticket")
    REFERENCE = "reference", _("names the ticket in its subject")
    CONVERSATION = "conversation", _("goes on with a conversation of the ticket")
    ENVELOPE = "envelope", _("answers in an envelope")
    ENVELOPE_STRANGER = "envelope_stranger", _("names an envelope that the sender takes no part in")
    ENVELOPE_UNVERIFIED = "envelope_unverified", _("names an envelope, and the sender could not be verified")
    ENVELOPE_CLOSED = "envelope_closed", _("names an envelope that is closed")
    ENVELOPE_WAITING = "envelope_waiting", _("names an envelope that nobody is working on")
    ENVELOPE_ASIDE = "envelope_aside", _("of a helper, who does not write on the customer's thread")
    SEVERAL_ENVELOPES = "several_envelopes", _("names several envelopes with different readers")
    BOUNCE = "bounce", _("delivery report")
    AUTO_REPLY = "auto_reply", _("automatic reply")
    REPORT = "report", _("report of a mail system")
    READ_RECEIPT = "read_receipt", _("read receipt")
    CALENDAR_ANSWER = "calendar_answer", _("answer to an invitation")
    OWN_MAIL = "own_mail", _("a mail of our own came back")
    STAFF_MAIL = "staff_mail", _("an agent's mail carries no rights and stays inside")
    FORWARDED = "forwarded", _("an agent forwarded a customer's mail")
    SAME_MAIL = "same_mail", _("this mail is here already")
    OVER_LIMIT = "over_limit", _("larger than the limits allow")
    PARTIAL = "partial", _("only a part of a split mail")
    NO_SENDER = "no_sender", _("no usable sender address")
    BLOCKED_SENDER = "blocked_sender", _("the sender is blocked")
    OWN_ADDRESS = "own_address", _("sent in the name of one of our mailboxes")
    SPAM_TICKET = "spam_ticket", _("answers a ticket that was cancelled as spam")
    SENDER_BRAKE = "sender_brake", _("brake: too many mails of this sender")
    THREAD_BRAKE = "thread_brake", _("brake: too many mails on this ticket")
    CONTENT_BRAKE = "content_brake", _("brake: the same content again and again")
    REOPENING_BRAKE = "reopening_brake", _("brake: reopened again and again")
    UNPARSABLE = "unparsable", _("could not be read")
    REFUSED = "refused", _("was refused")
    GAVE_UP = "gave_up", _("could not be processed")


FAILURES = (Reason.UNPARSABLE, Reason.REFUSED, Reason.GAVE_UP)
"""Reasons of a quarantine that is a failure."""


class BrakeKind(models.TextChoices):
    """What a brake looks at; none of them needs a header to be honest (email.md section 5)."""

    SENDER = "sender", _("Many mails of one sender")
    THREAD = "thread", _("Many mails on one ticket")
    CONTENT = "content", _("The same content again and again")
    REOPENING = "reopening", _("Reopened again and again")
    ANSWERS = "answers", _("Many automatic answers to one address")
    MAILBOX = "mailbox", _("Many automatic answers of one mailbox")
