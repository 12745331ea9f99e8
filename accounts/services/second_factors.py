"""The second factor of a person: set up, asked for at sign-in, switched off, reset; and its recovery codes."""

import base64
import logging
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts import totp
from accounts.enums import AccountMailKind
from accounts.errors import (
    CodesRest,
    CodeWrong,
    NoSecondFactor,
    OwnFactorReset,
    PeopleNotEditable,
    SecondFactorIsOn,
    SecondFactorRequired,
)
from accounts.events import SecondFactorSwitchedOff, SecondFactorSwitchedOn
from accounts.models import Agent, RecoveryCode, SecondFactor, User
from accounts.policies import may_manage_people, needs_second_factor
from accounts.services.access import queue_account_mail
from core.actors import Actor, system_actor
from core.events import publish
from core.history import record, record_deletion, record_new
from core.sealing import NotOpened, open_sealed, seal
from core.service import service

logger = logging.getLogger(__name__)

RECOVERY_CODES = 10
RECOVERY_BYTES = 10
SEALED_AS = "second factor"
SEALING = system_actor("manage.py seal_connections")


@dataclass(frozen=True)
class NewSecondFactor:
    """What a person needs to put a begun second factor into their app."""

    secret: str
    address: str
    """For the QR code."""


@service
def begin_second_factor(user_id: UUID, *, by: Actor) -> SecondFactor:
    """A secret for the person's app; it counts for nothing until a code proves that the app has it.

    Begun anew, an earlier one that was not confirmed is of no use. Raises SecondFactorIsOn.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    factor = SecondFactor.objects.filter(user=user).first() or SecondFactor(user=user)
    if factor.is_on:
        raise SecondFactorIsOn
    factor.sealed = seal(totp.new_secret(), row_id=factor.pk, name=SEALED_AS)
    factor.failures, factor.rests_until = 0, None
    record(factor, by=by, reason="begun")
    return factor


def shown(factor: SecondFactor) -> NewSecondFactor:
    """Only for one that is not confirmed; afterwards nobody needs to see it. Raises SecondFactorIsOn."""
    if factor.is_on:
        raise SecondFactorIsOn
    secret = _secret_of(factor)
    return NewSecondFactor(secret, totp.address_for_apps(secret, account=factor.user.email))


def confirm_second_factor(user_id: UUID, *, by: Actor, code: str) -> list[str]:
    """Switch it on, as the code shows that the app has it. The answer are the recovery codes, told this once.

    Raises NoSecondFactor, SecondFactorIsOn, CodeWrong, CodesRest.
    """
    factor = SecondFactor.objects.filter(user_id=user_id).first()
    if factor is None:
        raise NoSecondFactor
    if factor.is_on:
        raise SecondFactorIsOn
    _prove(user_id, code, by=by)
    return _switch_on(user_id, by=by)


@service
def _switch_on(user_id: UUID, *, by: Actor) -> list[str]:
    factor = SecondFactor.objects.select_for_update(of=("self",)).get(user_id=user_id)
    if factor.is_on:
        raise SecondFactorIsOn
    factor.confirmed_at = timezone.now()
    record(factor, by=by, reason="switched on", update_fields=["confirmed_at"])
    codes = _new_codes(factor, by=by)
    publish(SecondFactorSwitchedOn(user_id=user_id, occurred_at=factor.confirmed_at))
    queue_account_mail(user_id, AccountMailKind.FACTOR_ON)
    return codes


def prove_second_factor(user_id: UUID, *, by: Actor, code: str) -> None:
    """At sign-in, and before what changes the second factor: a code of the app, or a recovery code, which is spent.

    No code is good twice (RFC 6238 section 5.2). After AXES_FAILURE_LIMIT wrong ones, from wherever they came, none is
    looked at for AXES_COOLOFF_TIME. Raises NoSecondFactor, CodeWrong, CodesRest.
    """
    if not SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).exists():
        raise NoSecondFactor
    _prove(user_id, code, by=by)


def _prove(user_id: UUID, code: str, *, by: Actor) -> None:
    is_right, is_resting = _counted(user_id, by=by, code="".join(code.split()).replace("-", "").upper())
    if is_resting:
        raise CodesRest(minutes=int(settings.AXES_COOLOFF_TIME.total_seconds() // 60))
    if not is_right:
        raise CodeWrong


@service
def _counted(user_id: UUID, *, by: Actor, code: str) -> tuple[bool, bool]:
    """Whether the code is right, and whether none is looked at now. A wrong one stays counted, so it raises nothing."""
    now = timezone.now()
    factor = SecondFactor.objects.select_for_update(of=("self",)).get(user_id=user_id)
    if factor.rests_until is not None and factor.rests_until > now:
        return False, True
    if factor.rests_until is not None:
        factor.failures, factor.rests_until = 0, None
    is_right = _is_of_app(factor, code, at=now) or (factor.is_on and _is_recovery(factor, code, at=now, by=by))
    factor.failures = 0 if is_right else factor.failures + 1
    if factor.failures >= settings.AXES_FAILURE_LIMIT:
        factor.rests_until = now + settings.AXES_COOLOFF_TIME
    values = {name: getattr(factor, name) for name in ("failures", "rests_until", "last_step")}
    SecondFactor.objects.filter(pk=factor.pk).update(**values)
    return is_right, factor.rests_until is not None


def _is_of_app(factor: SecondFactor, code: str, *, at: datetime) -> bool:
    try:
        step = totp.matching_step(_secret_of(factor), code, at=at, after=factor.last_step)
    except NotOpened:  # its key is gone; recovery codes still serve
        logger.error("secret of a second factor cannot be opened", extra={"factor": str(factor.pk)})
        return False
    factor.last_step = factor.last_step if step is None else step
    return step is not None


def _is_recovery(factor: SecondFactor, code: str, *, at: datetime, by: Actor) -> bool:
    row = factor.recovery_codes.filter(digest=_digest(factor, code), used_at=None).first()
    if row is None:
        return False
    row.used_at = at
    record(row, by=by, reason="used", update_fields=["used_at"])
    queue_account_mail(factor.user_id, AccountMailKind.RECOVERY_USED)
    return True


def renew_recovery_codes(user_id: UUID, *, by: Actor, code: str) -> list[str]:
    """New recovery codes, told this once; the old ones are worth nothing. Raises as `prove_second_factor`."""
    prove_second_factor(user_id, by=by, code=code)
    return _renew(user_id, by=by)


@service
def _renew(user_id: UUID, *, by: Actor) -> list[str]:
    factor = SecondFactor.objects.select_for_update(of=("self",)).get(user_id=user_id)
    for row in factor.recovery_codes.all():
        record_deletion(row, by=by)
    return _new_codes(factor, by=by)


def switch_off_second_factor(user_id: UUID, *, by: Agent, code: str) -> None:
    """By the person, who has proved themselves by password and code. Raises SecondFactorRequired, and as
    `prove_second_factor`.
    """
    if needs_second_factor(by):
        raise SecondFactorRequired
    prove_second_factor(user_id, by=by, code=code)
    _end(user_id, by=by, reason="switched off", mail=AccountMailKind.FACTOR_OFF)


def reset_second_factor(user_id: UUID, *, by: Actor) -> None:
    """By an admin, for a person who has lost their app; the person is told by mail. Where the role needs a second
    factor, the next sign-in sets up a new one. Raises PeopleNotEditable, OwnFactorReset, NoSecondFactor.
    """
    if not may_manage_people(by):
        raise PeopleNotEditable
    if by.audit_user_id == user_id:
        raise OwnFactorReset
    _end(user_id, by=by, reason="reset", mail=AccountMailKind.FACTOR_RESET)


@service
def _end(user_id: UUID, *, by: Actor, reason: str, mail: AccountMailKind) -> None:
    factor = SecondFactor.objects.select_for_update(of=("self",)).filter(user_id=user_id).first()
    if factor is None:
        raise NoSecondFactor
    for row in factor.recovery_codes.all():
        record_deletion(row, by=by)
    vars(factor)["_change_reason"] = reason  # simple-history reads it
    record_deletion(factor, by=by)
    is_reset = mail == AccountMailKind.FACTOR_RESET
    publish(SecondFactorSwitchedOff(user_id=user_id, is_reset=is_reset, occurred_at=timezone.now()))
    queue_account_mail(user_id, mail)


def _new_codes(factor: SecondFactor, *, by: Actor) -> list[str]:
    codes = [base64.b32encode(token_bytes(RECOVERY_BYTES)).decode() for _number in range(RECOVERY_CODES)]
    record_new([RecoveryCode(factor=factor, digest=_digest(factor, code)) for code in codes], by=by)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _digest(factor: SecondFactor, code: str) -> str:
    return sha256(f"{factor.pk} {code}".encode()).hexdigest()


def _secret_of(factor: SecondFactor) -> str:
    return open_sealed(factor.sealed, row_id=factor.pk, name=SEALED_AS)


def seal_factors_anew() -> tuple[int, list[str]]:
    """Seal every secret with the first key; how many, and whose could not be opened."""
    count, lost = 0, []
    for factor_id in SecondFactor.objects.values_list("pk", flat=True).order_by("pk"):
        try:
            count += _seal_anew(factor_id, by=SEALING)
        except NotOpened:
            lost.append(str(SecondFactor.objects.select_related("user").get(pk=factor_id)))
    return count, lost


@service
def _seal_anew(factor_id: UUID, *, by: Actor) -> int:
    factor = SecondFactor.objects.select_for_update(of=("self",)).filter(pk=factor_id).first()
    if factor is None:
        return 0
    factor.sealed = seal(_secret_of(factor), row_id=factor.pk, name=SEALED_AS)
    record(factor, by=by, reason="secret sealed with another key", update_fields=["sealed"])
    return 1
