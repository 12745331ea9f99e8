"""Sign-in, sign-out, and the mailed links that set a password."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.auth import AgentRequest, actor_of, agent_required
from accounts.models import Agent
from accounts.selectors import begun_second_factor
from accounts.services import (
    begin_second_factor,
    confirm_second_factor,
    prove_second_factor,
    request_password_reset,
)
from connectors.entra.flow import address_to_sign_out
from connectors.entra.selectors import way_in_named, ways_in
from core.errors import DomainError, Throttled
from desk.people import second_step
from desk.people.forms import FirstPasswordForm, ForgottenPasswordForm, SignInCodeForm, SignInForm
from desk.people.second_step import Waiting
from desk.people.views.common import add_refusal, site_address
from desk.people.views.second_factor import codes_page, set_up
from desk.unfinished import give_back, has_words, read_unfinished, unfinished_in, unfinished_of
from live.services import access_changed

NOT_DONE = gettext_lazy("Your session was over: nothing was sent or changed.")
NOT_KEPT = gettext_lazy("Your session was over: nothing was sent or changed. What you typed is there when you go back.")


@method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
class SignIn(LoginView):
    form_class = SignInForm
    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whoever has signed in elsewhere meanwhile gets what they had typed all the same."""
        person = actor_of(request.user)
        answer = self._given_back(person) if isinstance(person, Agent) else None
        return answer or super().dispatch(request, *args, **kwargs)

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def get_template_names(self) -> list[str]:
        """For a page whose session is over the form alone, in a dialog: what was typed there stays."""
        is_over_a_page = self.request.headers.get("HX-Request") == "true"
        return ["registration/_sign_in_again.html"] if is_over_a_page else [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What somebody had typed when they were sent here outlives a wrong password."""
        typed = str(self.request.POST.get("typed", ""))
        facts = {"unfinished": read_unfinished(typed), "typed": typed, "ways_in": ways_in()}
        left = way_in_named(str(self.request.GET.get(second_step.BY_MICROSOFT, "")))
        if left is not None:
            facts["out_address"] = address_to_sign_out(left, back=site_address(reverse("desk:login")))
        return super().get_context_data(**kwargs) | facts

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The password; or the second step, which what was typed goes along with, too."""
        if "code" not in request.POST:
            return super().post(request, *args, **kwargs)
        waiting = second_step.waiting_in(request.session)
        if waiting is None:
            messages.warning(request, _("That took too long. Sign in once more."))
            return self.render_to_response(self.get_context_data(form=SignInForm(request)), status=400)
        return self._second_step(waiting, SignInCodeForm(request.POST))

    def form_valid(self, form: Any) -> HttpResponse:
        agent = form.get_user().agent
        if second_step.is_needed(agent):
            waiting = second_step.keep_waiting(self.request, agent)
            if not waiting.has_factor:
                begin_second_factor(waiting.user.pk, by=waiting.agent)
            return self._ask_for_code(waiting, SignInCodeForm())
        second_step.let_in(self.request, agent)
        return self._given_back(agent) or redirect(self.get_success_url())

    def _second_step(self, waiting: Waiting, form: SignInCodeForm) -> HttpResponse:
        codes: list[str] = []
        if not form.is_valid():
            return self._ask_for_code(waiting, form, status=400)
        try:
            if waiting.has_factor:
                prove_second_factor(waiting.user.pk, by=waiting.agent, code=form.cleaned_data["code"])
            else:
                codes = confirm_second_factor(waiting.user.pk, by=waiting.agent, code=form.cleaned_data["code"])
        except DomainError as refusal:
            add_refusal(form, refusal, field="code")
            return self._ask_for_code(waiting, form, status=refusal.status)
        second_step.go_in(self.request, waiting)
        where = self._given_back(waiting.agent) or redirect(self.get_success_url())
        return codes_page(self.request, codes, go_on=where.url) if codes else where

    def _ask_for_code(self, waiting: Waiting, form: SignInCodeForm, *, status: int = 200) -> HttpResponse:
        begun = None if waiting.has_factor else begun_second_factor(waiting.user.pk)
        context = self.get_context_data(form=form, is_second_step=True, **(set_up(begun) if begun else {}))
        is_over_a_page = self.template_name not in self.get_template_names()
        template = self.get_template_names()[0] if is_over_a_page else "registration/second_step.html"
        return render(self.request, template, context, status=status)

    def _given_back(self, person: Agent) -> HttpResponseRedirect | None:
        return given_back(self.request, person, str(self.request.POST.get("typed", "")))


def given_back(request: HttpRequest, person: Agent, typed: str) -> HttpResponseRedirect | None:
    """To where what they had typed stands; None if there is nothing of theirs."""
    unfinished = unfinished_of(person, typed)
    if unfinished is None:
        return None
    where = give_back(unfinished, to=person, session=request.session)
    with translation.override(person.language or translation.get_language()):
        if not where:
            messages.warning(request, NOT_KEPT)
            return None
        messages.info(request, _("You are signed in again. Nothing was sent; what you typed stands here."))
        if unfinished.has_files:
            messages.warning(request, _("Choose your files again; they were not kept."))
        if unfinished.has_moment:
            messages.warning(request, _("Choose again when it is to be sent."))
    return redirect(where)


def sign_in_to_go_on(request: HttpRequest, back: str) -> HttpResponse | None:
    """The sign-in page with what stands in the posted form, if it can be given back; a word about it, if not."""
    unfinished = unfinished_in(request)
    if unfinished is None:
        messages.warning(request, NOT_KEPT if has_words(request) else NOT_DONE)
        return None
    context = {"form": SignInForm(request), "next": back, "unfinished": unfinished, "typed": unfinished.signed()}
    context["ways_in"] = ways_in()
    response = render(request, "registration/sign_in.html", context, status=401)
    add_never_cache_headers(response)
    return response


@never_cache
@require_http_methods(["GET", "POST"])
@agent_required
def own_session(request: AgentRequest) -> HttpResponse:
    """Whose session it is, with a token for the forms of a page it did not come with; POST asks whether one works."""
    return JsonResponse({"person": request.agent.email, "csrf_token": get_token(request)})


class SignOut(LogoutView):
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The session ends, with it the streams of its pages, and what the browser keeps of them to go back.

        Whoever came by Microsoft is still signed in there, and may end that on the next page.
        """
        actor, by_microsoft = actor_of(request.user), request.session.get(second_step.BY_MICROSOFT)
        response = super().post(request, *args, **kwargs)
        if by_microsoft:
            response = redirect(f"{reverse('desk:login')}?{urlencode({second_step.BY_MICROSOFT: by_microsoft})}")
        response.headers["Clear-Site-Data"] = '"cache"'
        if isinstance(actor, Agent):
            access_changed(actor.pk)
        return response


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
