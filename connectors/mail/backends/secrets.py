"""Secrets of mailboxes, by name: the environment or a file holds them, the database only their names."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from connectors.mail.backends.base import MailboxNotReadable


def secret(name: str) -> str:
    """The secret called `name`, read anew each time, so that a new password needs no restart where a file holds it.

    Raises MailboxNotReadable with the sentence that names the cure.
    """
    try:
        return str(import_string(settings.MAILBOX_SECRETS)(name))
    except ImproperlyConfigured as error:
        raise MailboxNotReadable(str(error)) from error
