"""The second factor: set up, asked for at sign-in, never twice by the same code, switched off, reset."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from time_machine import travel

from accounts import totp
from accounts.enums import Role
from accounts.errors import CodesRest, CodeWrong, OwnFactorReset, PeopleNotEditable, SecondFactorIsOn
from accounts.mail import send_due_account_mail
from accounts.models import Agent, RecoveryCode, SecondFactor
from accounts.services import (
    begin_second_factor,
    confirm_second_factor,
    prove_second_factor,
    reset_second_factor,
    seal_factors_anew,
    set_password,
)
from accounts.services.second_factors import shown
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, ApiClientFactory
from tests.factories.people import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, ACCOUNT = "/login/", "/account/second-factor/"


def code_of(secret: str, *, steps: int = 0) -> str:
    return totp.code_at(secret, totp.step_at(timezone.now()) + steps)


def with_factor(agent: Agent) -> tuple[str, list[str]]:
    """Its secret and recovery codes; the code of the step before was used for it."""
    secret = shown(begin_second_factor(agent.user_id, by=agent)).secret
    return secret, confirm_second_factor(agent.user_id, by=agent, code=code_of(secret, steps=-1))


def give_password(client: Client, agent: Agent, **more: str):
    return client.post(LOGIN, {"username": agent.email, "password": PASSWORD, **more})


def test_password_alone_lets_nobody_in_who_has_a_second_factor(client: Client, settings: Settings) -> None:
    agent = AgentFactory()
    secret, _codes = with_factor(agent)
    answer = give_password(client, agent, next="/customers/")
    assert (answer.status_code, "code" in answer.context["form"].fields) == (200, True)
    assert client.get("/account/").status_code == 302
    assert client.get("/api/v1/me/").status_code == 401
    assert client.session.get_expiry_age() == 600
    answer = client.post(LOGIN, {"code": code_of(secret), "next": "/customers/"})
    assert (answer.status_code, answer.url) == (302, "/customers/")
    assert client.get("/account/").status_code == 200
    assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE


def test_the_session_key_changes_with_the_password_and_with_the_code(client: Client) -> None:
    agent = AgentFactory()
    secret, _codes = with_factor(agent)
    session = client.session
    session["planted"] = "x"
    session.save()
    keys = [session.session_key]
    client.cookies["sessionid"] = keys[0]
    give_password(client, agent)
    keys.append(client.session.session_key)
    client.post(LOGIN, {"code": code_of(secret)})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3


def test_a_code_is_good_once_also_for_somebody_who_has_read_it(client: Client) -> None:
    agent = AgentFactory()
    secret, _codes = with_factor(agent)
    code = code_of(secret)
    for browser, status in ((client, 302), (Client(), 400)):
        give_password(browser, agent)
        assert browser.post(LOGIN, {"code": code}).status_code == status
    earlier = Client()
    give_password(earlier, agent)
    assert earlier.post(LOGIN, {"code": code_of(secret, steps=-1)}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_the_same_code_at_once_one_comes_in() -> None:
    agent = AgentFactory()
    secret, _codes = with_factor(agent)
    code = code_of(secret)

    def prove() -> None:
        prove_second_factor(agent.user_id, by=agent, code=code)

    outcomes = in_parallel(prove, prove)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CodeWrong", "NoneType"]


def test_recovery_code_lets_in_once_however_it_is_typed_and_the_person_is_told(client: Client) -> None:
    agent = AgentFactory()
    _secret, codes = with_factor(agent)
    assert (len(codes), len(set(codes))) == (10, 10)
    give_password(client, agent)
    assert client.post(LOGIN, {"code": codes[0].lower().replace("-", " ")}).status_code == 302
    again = Client()
    give_password(again, agent)
    assert again.post(LOGIN, {"code": codes[0]}).status_code == 400
    assert again.post(LOGIN, {"code": codes[1]}).status_code == 302
    assert RecoveryCode.objects.filter(used_at=None).count() == 8
    while send_due_account_mail():
        pass
    subjects = [sent.subject for sent in mail.outbox]
    assert subjects == ["Your second factor is switched on", "A recovery code was used", "A recovery code was used"]
    assert not any(code in sent.body for sent in mail.outbox for code in codes)


def test_fifth_wrong_code_rests_the_account_from_everywhere_and_only_for_a_while(client: Client) -> None:
    agent = AgentFactory()
    secret, codes = with_factor(agent)
    statuses = []
    for number in range(5):
        browser = Client(REMOTE_ADDR=f"198.51.100.{number}")
        give_password(browser, agent)
        statuses.append(browser.post(LOGIN, {"code": "000000"}).status_code)
    assert statuses == [400, 400, 400, 400, 429]
    for code in (code_of(secret), codes[0]):
        with pytest.raises(CodesRest):
            prove_second_factor(agent.user_id, by=agent, code=code)
    with travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        prove_second_factor(agent.user_id, by=agent, code=code_of(secret))
    assert SecondFactor.objects.get().failures == 0


def test_what_waits_for_a_code_ends_with_time_and_with_a_new_password(client: Client) -> None:
    agent = AgentFactory()
    secret, _codes = with_factor(agent)
    give_password(client, agent)
    with travel(timezone.now() + timedelta(minutes=10, seconds=1), tick=False):
        assert client.post(LOGIN, {"code": code_of(secret)}).status_code == 400
        assert client.get("/account/").status_code == 302
    give_password(client, agent)
    set_password(agent.user_id, by=agent, password="tin-drum-lantern-7")
    assert client.post(LOGIN, {"code": code_of(secret)}).status_code == 400
    assert Client().post(LOGIN, {"code": code_of(secret)}).status_code == 400


def test_set_up_on_the_account_page_without_scripts(client: Client) -> None:
    agent = AgentFactory()
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    assert "Set up a second factor" in client.get(ACCOUNT).content.decode()
    refused = client.post(ACCOUNT, {"step": "begin", "password": "mine?"})
    assert (refused.status_code, "This is not your password." in refused.content.decode()) == (400, True)
    assert not SecondFactor.objects.exists()
    begin = {"step": "begin", "password": PASSWORD}
    assert client.post(ACCOUNT, begin).url == ACCOUNT
    page = client.get(ACCOUNT)
    secret = page.context["secret"].replace(" ", "")
    assert "<svg" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert client.post(ACCOUNT, {"step": "confirm", "code": "000000"}).status_code == 400
    assert give_password(Client(), agent).status_code == 302  # not in use before it is confirmed
    page = client.post(ACCOUNT, {"step": "confirm", "code": code_of(secret)})
    codes = page.context["codes"]
    assert (page.status_code, len(codes), codes[0] in page.content.decode()) == (200, 10, True)
    later = client.get(ACCOUNT).content.decode()
    assert ("10 recovery codes are left" in later, secret in later, codes[0] in later) == (True, False, False)
    assert client.post(ACCOUNT, begin).status_code == 409


def test_neither_secret_nor_codes_stand_in_the_database() -> None:
    agent = AgentFactory()
    secret, codes = with_factor(agent)
    with connection.cursor() as cursor:
        cursor.execute("SELECT f::text, c::text FROM accounts_secondfactor f, accounts_recoverycode c")
        rows = str(cursor.fetchall())
        cursor.execute(
            "SELECT h::text, c::text FROM accounts_historicalsecondfactor h, accounts_historicalrecoverycode c"
        )
        rows += str(cursor.fetchall())
    assert secret not in rows
    assert not any(code in rows or code.replace("-", "") in rows for code in codes)


def test_switched_off_by_password_and_code_only(client: Client) -> None:
    agent = AgentFactory()
    secret, _codes = with_factor(agent)
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    sent = {"step": "off", "off-password": PASSWORD, "off-code": code_of(secret)}
    assert client.post(ACCOUNT, sent | {"off-password": "wrong"}).status_code == 400
    assert client.post(ACCOUNT, sent | {"off-code": "000000"}).status_code == 400
    assert client.post(ACCOUNT, sent).url == "/account/"
    assert give_password(Client(), agent).status_code == 302
    assert not RecoveryCode.objects.exists()
    last = SecondFactor.history.first()
    assert (last.history_type, last.actor_name, last.history_change_reason) == ("-", agent.name, "switched off")


def test_new_recovery_codes_end_the_old_ones(client: Client) -> None:
    agent = AgentFactory()
    secret, old = with_factor(agent)
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    page = client.post(ACCOUNT, {"step": "codes", "codes-code": code_of(secret)})
    new = page.context["codes"]
    assert not set(new) & set(old)
    with pytest.raises(CodeWrong):
        prove_second_factor(agent.user_id, by=agent, code=old[0])
    prove_second_factor(agent.user_id, by=agent, code=new[0])


def test_role_that_needs_one_sets_it_up_before_it_is_signed_in(client: Client, settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["admin"]
    admin, agent = AgentFactory(roles=[Role.ADMIN]), AgentFactory()
    assert give_password(Client(), agent).status_code == 302
    page = give_password(client, admin)
    secret = page.context["secret"].replace(" ", "")
    assert client.get("/account/").status_code == 302
    assert client.post(LOGIN, {"code": "000000"}).status_code == 400
    page = client.post(LOGIN, {"code": code_of(secret), "next": "/customers/"})
    assert (len(page.context["codes"]), page.context["go_on"]) == (10, "/customers/")
    assert client.get("/account/").status_code == 200
    off = {"step": "off", "off-password": PASSWORD, "off-code": page.context["codes"][0]}
    assert client.post(ACCOUNT, off).status_code == 409
    assert SecondFactor.objects.filter(confirmed_at__isnull=False).count() == 1


def test_unknown_role_in_the_setting_fails_the_check(settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["boss"]
    assert [found.id for found in run_checks()] == ["accounts.E002"]


def test_admin_resets_it_for_others_and_the_person_is_told() -> None:
    admin, agent = AgentFactory(roles=[Role.ADMIN]), AgentFactory()
    with_factor(agent)
    with_factor(admin)
    with pytest.raises(PeopleNotEditable):
        reset_second_factor(admin.user_id, by=agent)
    with pytest.raises(OwnFactorReset):
        reset_second_factor(admin.user_id, by=admin)
    reset_second_factor(agent.user_id, by=admin)
    assert give_password(Client(), agent).status_code == 302
    gone = SecondFactor.history.filter(history_type="-").get()
    assert (gone.actor_name, gone.history_change_reason) == (admin.name, "reset")
    while send_due_account_mail():
        pass
    told = [sent.to[0] for sent in mail.outbox if sent.subject == "Your second factor was reset"]
    assert len(told) == 1
    assert agent.email in told[0]
    call_command("reset_second_factor", admin.email)
    assert not SecondFactor.objects.exists()


def test_token_needs_the_code_too_and_programs_and_older_tokens_go_on(client: Client, settings: Settings) -> None:
    agent = AgentFactory()
    sent = {"username": agent.email, "password": PASSWORD}

    def ask(**more: str):
        return client.post("/api/v1/auth/token/", sent | more, content_type="application/json")

    token = ask().json()["token"]
    secret, _codes = with_factor(agent)
    assert (ask().status_code, ask().json()["code"]) == (401, "code_needed")
    assert ask(code="000000").json()["code"] == "code_wrong"
    assert ask(code=code_of(secret)).status_code == 200
    assert client.get("/api/v1/me/", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    settings.SECOND_FACTOR_ROLES = [Role.AGENT]
    other = AgentFactory(roles=[Role.AGENT])
    sent |= {"username": other.email}
    assert ask().json()["code"] == "second_factor_missing"
    program = ApiClientFactory()
    program.user.set_password(PASSWORD)
    program.user.save()
    sent |= {"username": program.user.email}
    assert ask().status_code == 200


def test_secrets_are_sealed_anew_with_another_key(settings: Settings) -> None:
    agent = AgentFactory()
    secret, _codes = with_factor(agent)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-0123456789-0123456789-0123456789-0123456789"
    assert seal_factors_anew() == (1, [])
    settings.SECRET_KEY_FALLBACKS = []
    prove_second_factor(agent.user_id, by=agent, code=code_of(secret))
    settings.SECRET_KEY = "a-third-0123456789-0123456789-0123456789-0123456789"
    assert seal_factors_anew() == (0, [agent.email])


def test_where_the_key_is_lost_recovery_codes_still_let_in(settings: Settings) -> None:
    agent = AgentFactory()
    secret, codes = with_factor(agent)
    settings.SECRET_KEY = "another-0123456789-0123456789-0123456789-0123456789"
    with pytest.raises(CodeWrong):
        prove_second_factor(agent.user_id, by=agent, code=code_of(secret))
    prove_second_factor(agent.user_id, by=agent, code=codes[0])


def test_one_in_use_is_not_begun_again() -> None:
    agent = AgentFactory()
    with_factor(agent)
    with pytest.raises(SecondFactorIsOn):
        begin_second_factor(agent.user_id, by=agent)


def test_over_a_page_the_code_is_asked_for_in_the_same_dialog(client: Client) -> None:
    agent, over_a_page = AgentFactory(), {"HX-Request": "true"}
    secret, _codes = with_factor(agent)
    values = {"username": agent.email, "password": PASSWORD, "next": "/account/session/"}
    asked = client.post(LOGIN, values, headers=over_a_page).content.decode()
    assert ("<html" in asked, 'name="code"' in asked, 'name="password"' in asked) == (False, True, False)
    wrong = client.post(LOGIN, {"code": "1", "next": "/account/session/"}, headers=over_a_page)
    assert (wrong.status_code, "<html" in wrong.content.decode()) == (400, False)
    sent = {"code": code_of(secret), "next": "/account/session/"}
    assert client.post(LOGIN, sent, headers=over_a_page, follow=True).json()["person"] == agent.email
