"""Tokens for the API: shown once, stored as a hash, with an end."""

from datetime import datetime, timedelta

from django.conf import settings
from knox.models import AuthToken

from accounts.models import User

BATCH = 5000


def token_for(user: User, *, lasts: timedelta | None = None) -> tuple[str, datetime]:
    """A new token of `user` and when it ends (UTC); without `lasts` as long as the setting REST_KNOX says."""
    row, token = AuthToken.objects.create(user=user, expiry=lasts or settings.REST_KNOX["TOKEN_TTL"])
    return str(token), row.expiry


def end_token(token: AuthToken) -> None:
    """Nobody signs in with it any more; other tokens of the user stay."""
    AuthToken.objects.filter(pk=token.pk).delete()


def forget_expired_tokens(*, now: datetime) -> int:
    """A timer: drop one batch of tokens that have ended; authentication refuses them all the same."""
    ended = AuthToken.objects.filter(expiry__lt=now).values("pk")[:BATCH]
    deleted, _by_model = AuthToken.objects.filter(pk__in=ended).delete()
    return int(deleted)
