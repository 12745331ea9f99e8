from typing import Any

from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]  # the library has no types
    """`Authorization: Bearer <token>`, found by its hash together with the person or program behind it: one query.

    The library looks tokens up by their first characters and deletes old ones as it goes; here a timer does that.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        try:
            digest = hash_token(token.decode("ascii"))
        except UnicodeDecodeError as error:
            raise AuthenticationFailed from error
        found = (
            AuthToken.objects.select_related("user__agent", "user__api_client")
            .filter(digest=digest, expiry__gt=timezone.now())
            .first()
        )
        if found is None or not found.user.is_active:
            raise AuthenticationFailed
        return found.user, found

    def authenticate_header(self, request: Any) -> str:  # Any: the library's signature
        return "Bearer"
