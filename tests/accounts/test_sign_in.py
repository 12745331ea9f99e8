"""Sign-in, its rate limit, and the end of access."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from knox.models import AuthToken
from pytest_django import Settings

from accounts.enums import Role, Scope
from accounts.services import deactivate_agent, end_access, reactivate_agent
from accounts.services.access import forget_failed_sign_ins
from core import timers
from tests.factories import AgentFactory, ApiClientFactory
from tests.factories.people import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/login/"


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post(LOGIN, {"username": email, "password": password, **more})


def test_person_signs_in_by_address_whatever_its_case(client: Client) -> None:
    agent = AgentFactory(user__email="ann@desk.test")
    answer = sign_in(client, "ANN@Desk.test")
    assert (answer.status_code, answer.url) == (302, "/")
    assert client.session["_auth_user_id"] == str(agent.user_id)


def test_next_leads_to_own_pages_only(client: Client) -> None:
    agent = AgentFactory()
    assert sign_in(client, agent.email, next="/customers/?q=a").url == "/customers/?q=a"
    client.post("/logout/")
    assert sign_in(client, agent.email, next="https://evil.example/").url == "/"


def test_wrong_password_unknown_address_deactivated_and_program_read_alike(client: Client) -> None:
    known, gone, program = AgentFactory(), AgentFactory(), ApiClientFactory(scopes=[Scope.TICKETS_READ])
    deactivate_agent(gone.pk, by=AgentFactory(roles=[Role.ADMIN]))
    tries = [
        (known.email, "wrong"),
        ("nobody@desk.test", PASSWORD),
        (gone.email, PASSWORD),
        (program.user.email, PASSWORD),
    ]
    answers = [sign_in(Client(), email, password) for email, password in tries]
    assert {answer.status_code for answer in answers} == {400}
    texts = {
        answer.content.decode().replace(email, "").split("csrfmiddlewaretoken")[0]
        for answer, (email, _p) in zip(answers, tries, strict=True)
    }
    assert len({str(answer.context["form"].errors) for answer in answers}) == 1
    assert len(texts) == 1
    assert not Session.objects.exists()


def test_session_key_changes_at_sign_in(client: Client) -> None:
    """Session fixation: a key planted before sign-in is worth nothing after it."""
    session = client.session
    session["planted"] = "x"
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    from django.conf import settings

    client.cookies[settings.SESSION_COOKIE_NAME] = planted
    sign_in(client, AgentFactory().email)
    assert client.session.session_key != planted
    stranger = Client()
    stranger.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert stranger.get("/account/").status_code == 302


def test_sign_out_is_a_post(client: Client) -> None:
    client.force_login(AgentFactory().user, backend="accounts.auth.AgentBackend")
    assert client.get("/logout/").status_code == 405
    answer = client.post("/logout/")
    assert (answer.url, answer.headers["Clear-Site-Data"]) == ("/login/", '"cache"')
    assert client.get("/account/").status_code == 302


def test_fifth_failure_locks_with_429_even_with_the_cache_lost(client: Client) -> None:
    agent = AgentFactory()
    spellings = [agent.email, agent.email.upper(), f" {agent.email}", agent.email.title(), agent.email]
    codes = []
    for spelling in spellings:
        codes.append(sign_in(client, spelling, "wrong").status_code)
        cache.clear()
    assert codes == [400, 400, 400, 400, 429]
    answer = sign_in(client, agent.email)
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "15 minutes" in answer.content.decode()
    assert sign_in(client, AgentFactory().email).status_code == 302  # others from the same address sign in


def test_page_asked_for_by_a_fragment_sends_the_whole_page_to_sign_in(client: Client) -> None:
    answer = client.get("/account/", headers={"HX-Request": "true", "Referer": "http://testserver/people/?a=1"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/login/?next=/people/%3Fa%3D1")


def test_what_a_page_asks_for_by_itself_leads_nobody_away(client: Client) -> None:
    answer = client.get("/account/", headers={"HX-Request": "true", "Live-Update": "1"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert "HX-Redirect" not in answer


def test_over_a_page_there_is_the_form_alone_and_a_token_for_the_page(client: Client) -> None:
    """What a page whose session is over asks for: the form, then whose session it is now."""
    agent, over_a_page = AgentFactory(), {"HX-Request": "true"}
    form = client.get("/login/", headers=over_a_page).content.decode()
    assert ("<html" in form, 'name="next" value="/account/session/"' in form) == (False, True)
    values = {"username": agent.email, "password": "wrong", "next": "/account/session/"}
    refused = client.post("/login/", values, headers=over_a_page)
    assert (refused.status_code, "<html" in refused.content.decode()) == (400, False)
    told = client.post("/login/", values | {"password": PASSWORD}, headers=over_a_page, follow=True).json()
    assert (told["person"], len(told["csrf_token"])) == (agent.email, 64)


def test_a_form_of_another_session_is_told_from_other_refusals() -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(AgentFactory().user, backend="accounts.auth.AgentBackend")
    answer = browser.post("/account/session/")
    assert (answer.status_code, answer["Form-Out-Of-Date"]) == (403, "1")
    token = browser.get("/account/session/").json()["csrf_token"]
    answer = browser.post("/account/session/", {"csrfmiddlewaretoken": token})
    assert (answer.status_code, answer.has_header("Form-Out-Of-Date")) == (200, False)


def test_posted_form_leads_back_to_its_page_after_sign_in(client: Client) -> None:
    answer = client.post("/account/theme/", headers={"Referer": "http://testserver/people/"})
    assert answer.url == "/login/?next=/people/"
    assert client.post("/account/theme/", headers={"Referer": "https://evil.example/x"}).url == "/login/?next=/"


def test_deactivated_agent_loses_sessions_and_tokens_at_once_and_for_good(client: Client) -> None:
    admin, agent, other = AgentFactory(roles=[Role.ADMIN]), AgentFactory(), AgentFactory()
    sign_in(client, agent.email)
    assert client.get("/account/").status_code == 200
    AuthToken.objects.create(user=agent.user)
    AuthToken.objects.create(user=other.user)
    deactivate_agent(agent.pk, by=admin)
    assert client.get("/account/").url == "/login/?next=/account/"
    assert not AuthToken.objects.filter(user=agent.user).exists()
    assert AuthToken.objects.filter(user=other.user).exists()
    reactivate_agent(agent.pk, by=admin)
    assert client.get("/account/").url == "/login/?next=/account/"
    assert sign_in(client, agent.email).status_code == 302


def test_the_end_of_one_persons_access_costs_the_same_however_many_are_signed_in() -> None:
    agents = AgentFactory.create_batch(4)
    browsers = [Client() for _agent in agents]
    counts = []
    for agent, browser in zip(agents[:2], browsers[:2], strict=True):
        sign_in(browser, agent.email)
        sign_in(Client(), agent.email)
        with CaptureQueriesContext(connection) as queries:
            end_access(agent.user_id)
        counts.append(len(queries))
        for other, theirs in zip(agents[2:], browsers[2:], strict=True):
            sign_in(theirs, other.email)
    assert counts == [2, 2]
    assert [browser.get("/account/").status_code for browser in browsers] == [302, 302, 200, 200]
    assert sign_in(browsers[0], agents[0].email).url == "/"
    assert browsers[0].get("/account/").status_code == 200


def test_sessions_outlive_a_change_of_the_secret_that_is_kept_as_fallback(client: Client, settings: Settings) -> None:
    agent = AgentFactory()
    sign_in(client, agent.email)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-0123456789-0123456789-0123456789-0123456789"
    assert client.get("/account/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get("/account/").status_code == 200
    end_access(agent.user_id)
    assert client.get("/account/").status_code == 302


def test_failed_sign_ins_are_forgotten_once_they_lock_nobody_out(client: Client) -> None:
    agent = AgentFactory()
    sign_in(client, agent.email, "wrong")
    failed = AccessAttempt.objects.get()
    assert forget_failed_sign_ins(now=failed.attempt_time + timedelta(minutes=15)) == 0
    assert forget_failed_sign_ins(now=failed.attempt_time + timedelta(minutes=15, seconds=1)) == 1
    assert not AccessAttempt.objects.exists()
    assert "failed_sign_ins_forgotten" in timers.registered()


def test_demo_person_cannot_sign_in_outside_a_demo(client: Client, settings) -> None:
    agent = AgentFactory(user__email="mara@itilnext.example")
    settings.DEMO = False
    assert sign_in(client, agent.email).status_code == 400
    settings.DEMO = True
    assert sign_in(client, agent.email).status_code == 302
    settings.DEMO = False
    assert client.get("/account/").status_code == 302


def test_sign_in_page_is_not_kept_and_needs_few_queries(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):  # by which tenants people may sign in
        answer = client.get(reverse("desk:login"))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
