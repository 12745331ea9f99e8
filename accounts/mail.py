"""Mails about accounts: leased, written, handed to Django's e-mail backend; at least once, never not."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from email.utils import formataddr
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.enums import AccountMailKind
from accounts.models import AccountMail, User
from core import steps
from core.retry import next_attempt_at

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MAX_BATCHES = 1000

TEMPLATES = {AccountMailKind.INVITATION: "invitation", AccountMailKind.PASSWORD_RESET: "password"}
"""The others tell of what opens or closes a way in, and carry no link: nobody is to learn to follow one there."""
SUBJECTS = {
    AccountMailKind.INVITATION: gettext_noop("Your account at the service desk"),
    AccountMailKind.PASSWORD_RESET: gettext_noop("Set a new password"),
    AccountMailKind.FACTOR_ON: gettext_noop("Your second factor is switched on"),
    AccountMailKind.FACTOR_OFF: gettext_noop("Your second factor is switched off"),
    AccountMailKind.FACTOR_RESET: gettext_noop("Your second factor was reset"),
    AccountMailKind.RECOVERY_USED: gettext_noop("A recovery code was used"),
    AccountMailKind.EMAIL_CHANGED: gettext_noop("You sign in with another address now"),
    AccountMailKind.ACCOUNT_LINKED: gettext_noop("An account of Microsoft opens yours now"),
}

LEASED = steps.declare("accounts.mail", "leased")
HANDED_OVER = steps.declare("accounts.mail", "handed_over")
DONE = steps.declare("accounts.mail", "done")


def send_due_account_mail(*, limit: int = 20, now: datetime | None = None) -> int:
    """Send one batch of due mails under a lease and return how many were handed over. Workers never take the same row
    at once.
    """
    return sum(_send_each(_lease(limit=limit, now=now or timezone.now())).values())


def send_all_account_mail(*, limit: int = 20) -> int:
    """Send all due mails, batch by batch, each tried once: failing ones do not stop those behind them."""
    sent, failed = 0, set[UUID]()
    for _batch in range(MAX_BATCHES):
        outcomes = _send_each(_lease(limit=limit, now=timezone.now(), besides=failed))
        if not outcomes:
            break
        sent += sum(outcomes.values())
        failed |= {mail_id for mail_id, is_sent in outcomes.items() if not is_sent}
    return sent


def _send_each(mail_ids: list[UUID]) -> dict[UUID, bool]:
    outcomes: dict[UUID, bool] = {}
    for mail_id in mail_ids:
        LEASED.reached()
        outcomes[mail_id] = _send(mail_id)
    return outcomes


@transaction.atomic
def _lease(*, limit: int, now: datetime, besides: Collection[UUID] = ()) -> list[UUID]:
    """What is due at `now`; the lease itself runs by the clock, so that a `now` ahead of it locks nobody out."""
    due = (
        AccountMail.objects.filter(next_attempt_at__lte=now)
        .exclude(leased_until__gt=now)
        .exclude(pk__in=besides)
        .order_by("next_attempt_at")
        .select_for_update(skip_locked=True)[:limit]
    )
    ids = [mail.pk for mail in due]
    AccountMail.objects.filter(pk__in=ids).update(leased_until=timezone.now() + LEASE, attempts=F("attempts") + 1)
    return ids


def _send(mail_id: UUID) -> bool:
    mail = AccountMail.objects.select_related("user__agent").get(pk=mail_id)
    if mail.next_attempt_at is None:
        return False
    if not mail.user.is_active:
        _end(mail, failed_at=timezone.now(), last_error="the account is deactivated")
        return False
    try:
        compose(mail).send()
    except SoftTimeLimitExceeded:  # the worker's time is over, which says nothing about the address
        raise
    except Exception as error:  # the outermost loop of a worker: one address must not stop the others
        logger.exception("account mail not sent", extra={"mail": mail.pk})
        _put_off(mail, error)
        return False
    HANDED_OVER.reached()
    _end(mail, sent_at=timezone.now(), last_error="")
    DONE.reached()
    return True


def _end(mail: AccountMail, **values: datetime | str) -> None:
    for name, value in values.items():
        setattr(mail, name, value)
    mail.next_attempt_at = mail.leased_until = None
    mail.save(update_fields=["next_attempt_at", "leased_until", *values])


def _put_off(mail: AccountMail, error: Exception) -> None:
    now = timezone.now()
    reason = f"{type(error).__name__}: {error}"[:2000]
    again_at = next_attempt_at(mail.attempts, since=mail.created_at, now=now)
    if again_at is None:
        _end(mail, failed_at=now, last_error=reason)
        return
    mail.next_attempt_at, mail.leased_until, mail.last_error = again_at, None, reason
    mail.save(update_fields=["next_attempt_at", "leased_until", "last_error"])


def compose(mail: AccountMail) -> EmailMessage:
    """The mail in the person's language; a link in it works once and for `PASSWORD_RESET_TIMEOUT` seconds."""
    agent = mail.user.agent
    with translation.override(agent.language or settings.LANGUAGE_CODE):
        kind = AccountMailKind(mail.kind)
        facts = {"name": agent.name, "site": settings.SITE_URL, "at": mail.created_at, "kind": kind.value}
        if kind in TEMPLATES:
            hours = settings.PASSWORD_RESET_TIMEOUT // 3600
            facts |= {"link": set_password_link(mail.user), "hours": hours}
        template, subject = f"registration/mail_{TEMPLATES.get(kind, 'way_in')}.txt", _(SUBJECTS[kind])
        return EmailMessage(
            subject=subject,
            body=render_to_string(template, facts),
            to=[formataddr((agent.name, mail.to or mail.user.email))],
            headers={
                # Of the row, so that a second copy after a crash is known for what it is.
                "Message-ID": f"<account.{mail.pk}@{settings.MESSAGE_ID_DOMAIN}>",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
            },
        )


def set_password_link(user: User) -> str:
    """Address of the page where `user` sets a password; it dies with its use, with the next sign-in and with time."""
    facts = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    return settings.SITE_URL.rstrip("/") + reverse("desk:set-password", kwargs=facts)
