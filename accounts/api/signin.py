"""Getting and ending a token."""

from django.contrib.auth import authenticate, logout
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import TokenIn, TokenOut
from accounts.auth import actor_of
from accounts.errors import CodeNeeded, FactorToBeSetUp
from accounts.models import Agent, User
from accounts.policies import needs_second_factor
from accounts.selectors import second_factor_of
from accounts.services import prove_second_factor
from accounts.tokens import end_token, token_for
from core.api.throttling import SignInThrottle
from core.api.views import ApiViewSet
from core.errors import NotAuthenticated


class WrongCredentials(NotAuthenticated):
    detail = _("The e-mail address or the password is wrong.")
    hint = _("Check both; after several wrong attempts the sign-in rests for a while.")


class TokenViewSet(ApiViewSet):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (SignInThrottle,)
    keeps_answers = False  # a token is never stored

    @extend_schema(
        operation_id="token_create",
        summary="Sign in and get a token",
        request=TokenIn,
        responses={200: TokenOut},
        auth=[],
    )
    def create(self, request: Request) -> Response:
        values = self.read(TokenIn)
        user = self._user(request, values["username"].strip().lower(), values["password"])
        self._second_factor(user, values.get("code", ""))
        token, expires_at = token_for(user)
        return Response(TokenOut({"token": token, "expires_at": expires_at}).data)

    def _user(self, request: Request, username: str, password: str) -> User:
        """Raises WrongCredentials; while the sign-in rests after failures, django-axes puts a 429 in its place."""
        user = authenticate(request._request, username=username, password=password)  # noqa: SLF001
        if not isinstance(user, User):
            raise WrongCredentials
        return user

    def _second_factor(self, user: User, code: str) -> None:
        """A password alone gives no token where it does not let the person in either; programs have no second factor.

        Raises CodeNeeded, FactorToBeSetUp, CodeWrong, CodesRest.
        """
        actor = actor_of(user)
        if not isinstance(actor, Agent):
            return
        if second_factor_of(user.pk) is None:
            if needs_second_factor(actor):
                raise FactorToBeSetUp
            return
        if not code:
            raise CodeNeeded
        prove_second_factor(user.pk, by=actor, code=code)


class LogoutViewSet(ApiViewSet):
    keeps_answers = False  # afterwards nobody is signed in to ask again

    @extend_schema(operation_id="logout", summary="End this token or session", request=None, responses={204: None})
    def create(self, request: Request) -> Response:
        return self._end(request)

    @extend_schema(
        operation_id="logout_delete", summary="End this token or session", request=None, responses={204: None}
    )
    def destroy(self, request: Request) -> Response:
        return self._end(request)

    def _end(self, request: Request) -> Response:
        if request.auth is not None:
            end_token(request.auth)
        else:
            logout(request._request)  # noqa: SLF001
        return Response(status=204)
