"""Sign-in, sign-out, and the mailed links that set a password."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.auth import actor_of
from accounts.models import Agent
from accounts.services import request_password_reset
from core.errors import Throttled
from desk.people.forms import FirstPasswordForm, ForgottenPasswordForm, SignInForm


@method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
class SignIn(LoginView):
    form_class = SignInForm
    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        return self.render_to_response(self.get_context_data(form=form), status=400)


class SignOut(LogoutView):
    http_method_names = ["post", "options"]


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """Answer to sign-ins of a name from an address that failed too often; the same for known and unknown names."""
    cooloff = settings.AXES_COOLOFF_TIME
    wait = str(int(cooloff.total_seconds()))
    if request.path.startswith("/api/"):
        answer: HttpResponse = JsonResponse(Throttled().as_problem(), status=429)
        answer["Content-Type"] = "application/problem+json"
    else:
        facts = {"minutes": int(cooloff.total_seconds() // 60), "limit": settings.AXES_FAILURE_LIMIT}
        answer = render(request, "registration/locked.html", facts, status=429)
    answer["Retry-After"] = wait
    return answer


@never_cache
@require_http_methods(["GET", "POST"])
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """Ask for a link; what follows looks the same whether the address is known or not."""
    form = ForgottenPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        request_password_reset(form.cleaned_data["email"])
        return redirect("desk:password-mail-sent")
    status = 400 if form.is_bound else 200
    return render(request, "registration/forgotten_password.html", {"form": form}, status=status)


@require_GET
def password_mail_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "registration/password_mail_sent.html")


@method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
class SetPassword(PasswordResetConfirmView):
    """The mailed link, of an invitation or a forgotten password. Its token moves to the session, out of the address."""

    form_class = FirstPasswordForm
    template_name = "registration/set_password.html"
    success_url = reverse_lazy("desk:login")

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        return user if user is not None and isinstance(actor_of(user), Agent) else None

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        facts = super().get_context_data(**kwargs)
        is_first = self.user is not None and not self.user.has_usable_password()
        return facts | {"is_first": is_first, "again_url": reverse("desk:forgotten-password")}

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        form = context.get("form")
        if not self.validlink or (form is not None and form.is_bound):
            response_kwargs["status"] = 400
        return super().render_to_response(context, **response_kwargs)
