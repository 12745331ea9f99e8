"""Ways in: passwords, the mails that let people set them, tokens; and the end of all access."""

from datetime import datetime, timedelta
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from knox.models import AuthToken

from accounts.enums import AccountMailKind
from accounts.models import AccountMail, User
from core import wake
from core.actors import Actor
from core.errors import Invalid, Text
from core.history import record
from core.service import service

ONE_MAIL_IN = timedelta(minutes=2)
"""A second request for a new password within this time sends no second mail: nobody floods a colleague's mailbox."""

BATCH = 5000


@service
def request_password_reset(email: str) -> None:
    """Let the person behind `email`, if there is one, set a new password by mail.

    The answer is the same for everybody, so it tells nobody who has an account. People who never used their invitation
    get a link too, as its 24 hours may be over; programs and deactivated people get none.
    """
    user = User.objects.filter(email__iexact=email.strip(), is_active=True, agent__is_active=True).first()
    recently = timezone.now() - ONE_MAIL_IN
    letting_in = (AccountMailKind.INVITATION, AccountMailKind.PASSWORD_RESET)
    mails = AccountMail.objects.filter(user=user, kind__in=letting_in, created_at__gte=recently)
    if user is not None and not mails.exists():
        queue_account_mail(user.pk, AccountMailKind.PASSWORD_RESET)
    wake.after_commit("accounts.send_account_mail")


def queue_account_mail(user_id: UUID, kind: AccountMailKind, *, to: str = "") -> AccountMail:
    """Write the due row of an account mail; a worker makes the link when it sends it. `to`: another address than the
    person's own.
    """
    mail = AccountMail.objects.create(user_id=user_id, kind=kind, to=to)
    wake.after_commit("accounts.send_account_mail")
    return mail


@service
def set_password(user_id: UUID, *, by: Actor, password: str) -> User:
    """Set a password; other sessions and all tokens end, and a lock after too many failed sign-ins is lifted.

    Raises Invalid for a password the validators refuse.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid({"password": list[Text](error.messages)}) from error
    user.set_password(password)
    record(user, by=by, reason="new password", update_fields=["password"])
    AuthToken.objects.filter(user=user).delete()
    AccessAttempt.objects.filter(username=user.email).delete()
    return user


@service
def close_account(email: str, *, by: Actor) -> None:
    """Take the password away and end all sessions and tokens; only a new invitation opens the account again."""
    user = User.objects.select_for_update().get(email__iexact=email)
    user.set_unusable_password()
    record(user, by=by, reason="account closed", update_fields=["password"])
    end_access(user.pk)


def end_access(user_id: UUID) -> None:
    """End all sessions and tokens of a user for good: they do not come back when the person is reactivated."""
    AuthToken.objects.filter(user_id=user_id).delete()
    User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)


def forget_failed_sign_ins(*, now: datetime) -> int:
    """A timer: drop one batch of failed sign-ins that lock nobody out any more."""
    over = AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).values("pk")[:BATCH]
    deleted, _by_model = AccessAttempt.objects.filter(pk__in=over).delete()
    return int(deleted)
