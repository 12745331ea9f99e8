"""Sign-in with Microsoft Entra ID: who comes in, who does not and why, and that passwords serve whatever happens."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as project
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.enums import Role
from accounts.models import Agent
from accounts.services import deactivate_agent, end_access
from connectors.base import gates
from connectors.base.models import Connection, Gate
from connectors.base.services import change_connection, run_due_test
from connectors.entra import flow, keys
from connectors.entra.models import MicrosoftAccount
from connectors.entra.services import save_account
from connectors.entra.wire import account_of
from core.actors import DESK
from core.errors import Invalid
from desk.unfinished import Unfinished
from tests.connectors.entra.conftest import linked
from tests.factories import AgentFactory
from tests.factories.people import PASSWORD
from tests.fakes.entra import SECRET, TENANT, Entra, Person
from tests.fakes.serving import Reply

Comes = Callable[..., Any]
pytestmark = pytest.mark.django_db


def is_in(browser: Client) -> bool:
    return browser.get("/account/").status_code == 200


def test_button_is_there_only_where_it_is_set_up(client: Client, db: None) -> None:
    assert "Microsoft" not in client.get("/login/").content.decode()
    assert client.post(f"/login/microsoft/{uuid4()}/").status_code == 404
    assert client.get("/login/microsoft/").status_code == 400


def test_person_comes_in_and_their_session_is_as_any_other(client: Client, ann: Agent, come: Comes) -> None:
    assert "Sign in with Microsoft" in client.get("/login/").content.decode()
    answer = come(client, next="/customers/?q=a")
    assert (answer.status_code, answer.url) == (302, "/customers/?q=a")
    assert is_in(client)
    assert client.get("/account/session/").json()["person"] == "ann@desk.test"
    end_access(ann.user_id)
    assert not is_in(client)


def test_nothing_of_ours_leads_elsewhere(client: Client, ann: Agent, come: Comes) -> None:
    assert come(client, next="https://evil.example/").url == "/"


def test_what_was_typed_goes_along_for_whom_it_was_made(client: Client, ann: Agent, come: Comes) -> None:
    values = [("signature", "Ann, at your service")]
    typed = Unfinished(person_id=str(ann.pk), path="/account/", origin="", values=values, has_files=False)
    assert come(client, typed=typed.signed()).url == "/account/?typed=1"
    theirs = replace(typed, person_id=str(uuid4()))
    assert come(Client(), typed=theirs.signed()).url == "/"
    assert come(Client(), typed="x" * 5000).url == "/"


def test_the_way_there_needs_neither_script_nor_another_policy(client: Client, connection: Connection) -> None:
    page = client.post(f"/login/microsoft/{connection.pk}/")
    html = page.content.decode()
    assert '<meta http-equiv="refresh" content="0;url=https://localhost' in html
    assert "form-action 'self';" in page["Content-Security-Policy"] + ";"
    assert "no-store" in page["Cache-Control"]
    assert client.get(f"/login/microsoft/{connection.pk}/").status_code == 405


def test_the_session_has_another_key_afterwards(client: Client, ann: Agent, come: Comes) -> None:
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies[project.SESSION_COOKIE_NAME] = planted = session.session_key
    come(client)
    assert client.session.session_key != planted


def test_what_a_stranger_begins_is_kept_briefly_and_a_session_for_its_full_age(
    client: Client, ann: Agent, come: Comes, connection: Connection
) -> None:
    client.post(f"/login/microsoft/{connection.pk}/")
    assert client.session.get_expiry_age() == 900
    come(client)
    assert client.session.get_expiry_age() == project.SESSION_COOKIE_AGE
    client.post(f"/login/microsoft/{connection.pk}/")
    assert client.session.get_expiry_age() == project.SESSION_COOKIE_AGE


def test_a_password_after_a_way_to_microsoft_that_was_given_up_is_a_session_as_any_other(
    client: Client, ann: Agent, connection: Connection
) -> None:
    client.post(f"/login/microsoft/{connection.pk}/")
    assert client.post("/login/", {"username": ann.email, "password": PASSWORD}).status_code == 302
    assert client.session.get_expiry_age() == project.SESSION_COOKIE_AGE
    assert "to_microsoft" not in client.session


def test_of_two_tabs_each_comes_in_by_its_own_way_and_a_stray_look_ends_none(
    client: Client, ann: Agent, connection: Connection, fake: Entra
) -> None:
    addresses = [
        client.post(f"/login/microsoft/{connection.pk}/", {"next": to}).context["address"]
        for to in ("/search/", "/board/")
    ]
    assert client.get("/login/microsoft/").status_code == 400
    assert client.get("/login/microsoft/?state=another").status_code == 400
    came = [client.get(f"/login/microsoft/?{fake.back_from(address)}").url for address in reversed(addresses)]
    assert (came, is_in(client)) == (["/board/", "/search/"], True)
    assert client.get(f"/login/microsoft/?{fake.back_from(addresses[0])}").status_code == 400, "it serves once"


def test_a_browser_keeps_few_ways_that_it_has_begun(client: Client, ann: Agent, connection: Connection) -> None:
    for _number in range(9):
        client.post(f"/login/microsoft/{connection.pk}/")
    assert len(client.session["to_microsoft"]) == 4


def test_182_once_microsoft_answers_again_people_come_in(
    client: Client, ann: Agent, come: Comes, connection: Connection, fake: Entra
) -> None:
    """The one who tries for all is whoever comes back, not whoever goes there."""
    account = account_of(connection.settings)
    for _time in range(gates.OPENS_AFTER):
        gates.count_failure(account)
    Gate.objects.filter(account=account).update(open_until=timezone.now() - timedelta(seconds=1))
    assert client.post(f"/login/microsoft/{connection.pk}/").status_code == 200
    assert come(Client()).status_code == 302
    assert Gate.objects.get(account=account).open_until is None


def test_182_a_test_that_finds_all_well_closes_the_circuit(connection: Connection, fake: Entra) -> None:
    account = account_of(connection.settings)
    for _time in range(gates.OPENS_AFTER):
        gates.count_failure(account)
    Connection.objects.update(test_due_at=timezone.now())
    run_due_test()
    assert Gate.objects.get(account=account).open_until is None


def test_signing_out_offers_to_sign_out_of_microsoft_too(client: Client, ann: Agent, come: Comes) -> None:
    come(client)
    answer = client.post("/logout/")
    assert answer["Clear-Site-Data"] == '"cache"'
    page = client.get(answer.url).content.decode()
    assert re.search(rf'href="https://localhost:\d+/{TENANT}/oauth2/v2.0/logout\?post_logout_redirect_uri=http', page)
    assert not is_in(client)
    assert client.get("/login/?microsoft=nonsense").status_code == 200


# What must be right about the answer (acceptance 183: forged or replayed, it is rejected) -----------------------------

FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "wrong nonce": ({"claims": {"nonce": "another"}}, "it belongs to another sign-in."),
    "no nonce": ({"claims": {"nonce": None}}, "it belongs to another sign-in."),
    "wrong audience": ({"claims": {"aud": str(uuid4())}}, "it was made for another application."),
    "wrong issuer": ({"claims": {"iss": "https://login.example/v2.0"}}, "it was made by somebody else."),
    "another tenant": ({"claims": {"tid": str(uuid4())}}, "it comes from another tenant."),
    "expired": ({"claims": {"exp": int(time.time()) - 120}}, "it is too old, or not valid yet."),
    "not yet valid": ({"claims": {"nbf": int(time.time()) + 7200}}, "it is too old, or not valid yet."),
    "without end": ({"claims": {"exp": None}}, "it does not say who you are."),
    "nobody": ({"claims": {"oid": None}}, "it does not say who you are."),
    "an id that is none": ({"claims": {"oid": "ann"}}, "it does not say who you are."),
    "unsigned": ({"algorithm": "none"}, "it is not signed as agreed."),
    "signed by everybody": ({"algorithm": "HS256"}, "it is not signed as agreed."),
    "unknown key": ({"kid": "key-9"}, "it is signed with a key that Microsoft does not name."),
    "another key": ({"signed_with": 2}, "its signature is wrong."),
    "no token": ({"token_instead": "a.b.c"}, "it is no token."),
}


@pytest.mark.parametrize("name", FORGED)
def test_183_forged_answer_is_refused_with_its_reason(
    name: str, client: Client, ann: Agent, come: Comes, fake: Entra, connection: Connection
) -> None:
    switches, reason = FORGED[name]
    vars(fake).update(switches)
    answer = come(client)
    assert answer.status_code == 403
    assert reason in answer.content.decode()
    assert not is_in(client)
    connection.refresh_from_db()
    assert connection.last_failure["code"] == "entra_untrusted"


def test_183_answer_is_good_once_and_in_its_own_browser(
    client: Client, ann: Agent, fake: Entra, connection: Connection
) -> None:
    fake.reuses_codes = True  # Microsoft would refuse the second time; we do not ask it
    page = client.post(f"/login/microsoft/{connection.pk}/")
    query = fake.back_from(page.context["address"])
    stranger = Client()
    assert stranger.get(f"/login/microsoft/?{query}").status_code == 400
    other = Client()
    other.post(f"/login/microsoft/{connection.pk}/")
    assert other.get(f"/login/microsoft/?{query}").status_code == 400
    assert not is_in(other)
    assert client.get(f"/login/microsoft/?{query}").status_code == 302
    assert client.get(f"/login/microsoft/?{query}").status_code == 400
    client.post("/logout/")
    assert client.get(f"/login/microsoft/?{query}").status_code == 400
    assert not is_in(client)


def test_183_code_that_was_redeemed_elsewhere_is_refused(
    client: Client, ann: Agent, fake: Entra, connection: Connection
) -> None:
    page = client.post(f"/login/microsoft/{connection.pk}/")
    query = fake.back_from(page.context["address"])
    fake.codes.clear()
    answer = client.get(f"/login/microsoft/?{query}")
    assert (answer.status_code, "used already" in answer.content.decode()) == (400, True)


def test_code_of_somebody_else_does_not_go_with_our_verifier(
    client: Client, ann: Agent, fake: Entra, connection: Connection
) -> None:
    theirs = fake.authorize(Client().post(f"/login/microsoft/{connection.pk}/").context["address"])
    ours = fake.authorize(client.post(f"/login/microsoft/{connection.pk}/").context["address"])
    answer = client.get("/login/microsoft/", {"code": theirs["code"], "state": ours["state"]})
    assert answer.status_code == 400
    assert not is_in(client)


def test_new_key_of_microsoft_is_looked_up_but_not_for_every_stranger(
    client: Client, ann: Agent, come: Comes, fake: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(client)
    vars(fake).update(signed_with=2, kid="key-2", named_keys=(1, 2))
    assert come(Client()).status_code == 403
    asked = [path for path in fake.calls if path.endswith("/keys")]
    assert len(asked) == 1
    monkeypatch.setattr(keys, "AGAIN_SECONDS", 0.0)
    assert come(Client()).status_code == 302


# Whom it is -----------------------------------------------------------------------------------------------------------


def test_first_sign_in_under_the_verified_address_links_whom_an_admin_has_allowed(
    client: Client, come: Comes, fake: Entra, connection: Connection
) -> None:
    agent = AgentFactory(user__email="bob@desk.test", email="bob@desk.test")
    fake.person.email = "Bob@Desk.test"
    answer = come(client)
    assert (answer.status_code, "Nobody at this desk" in answer.content.decode()) == (403, True)
    account = linked(connection, agent)
    fake.person.is_vouched_for = False
    assert come(client).status_code == 403
    fake.person.is_vouched_for = True
    assert come(client).status_code == 302
    account.refresh_from_db()
    assert (account.tenant_id, account.object_id) == (TENANT, fake.person.object_id)
    assert account.history.first().history_change_reason == "first sign-in under the verified address"
    fake.person = Person(str(uuid4()), email="bob@desk.test")  # somebody who has got the address since
    assert come(Client()).status_code == 403
    fake.person = Person(account.object_id, email="other@desk.test")  # the same person under another one
    assert come(Client()).status_code == 302


def test_deactivated_person_and_ended_permission_are_refused(
    client: Client, ann: Agent, come: Comes, connection: Connection
) -> None:
    account = MicrosoftAccount.objects.get()
    account.is_active = False
    save_account(account, by=DESK)
    assert come(client).status_code == 403
    account.is_active = True
    save_account(account, by=DESK)
    deactivate_agent(ann.pk, by=DESK)
    answer = come(client)
    assert (answer.status_code, "Your account at this desk is deactivated." in answer.content.decode()) == (403, True)


def test_person_who_declines_is_told_so(client: Client, ann: Agent, come: Comes, fake: Entra) -> None:
    fake.person = None
    answer = come(client)
    assert (answer.status_code, "access_denied" in answer.content.decode()) == (403, True)


def test_second_factor_of_the_desk_is_not_asked_for(
    client: Client, ann: Agent, come: Comes, settings: Settings
) -> None:
    settings.SECOND_FACTOR_ROLES = list(ann.roles)
    assert come(client).status_code == 302
    assert is_in(client)


# What fails -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "status", "said", "code"),
    [
        ({"fails_with": Reply(503)}, 503, "Microsoft did not answer in time.", "ms_sign_in_unreached"),
        ({"fails_with": Reply(0, hangs_up=True)}, 503, "Microsoft did not answer in time.", "ms_sign_in_unreached"),
        ({"delay_seconds": 0.6}, 503, "Microsoft did not answer in time.", "ms_sign_in_unreached"),
        ({"secret": "renewed"}, 503, "is not set up right", "entra_secret_refused"),
        ({"named_keys": ()}, 503, "is not set up right", "entra_no_keys"),
    ],
    ids=["fault", "cut", "slow", "secret", "keys"],
)
def test_each_failure_has_its_sentence_and_passwords_go_on(
    switches: dict[str, Any], status: int, said: str, code: str,
    client: Client, ann: Agent, connection: Connection, fake: Entra, settings: Settings,
) -> None:  # fmt: skip
    settings.SIGN_IN_SECONDS = 0.3
    query = fake.back_from(client.post(f"/login/microsoft/{connection.pk}/").context["address"])
    vars(fake).update(switches)
    answer = client.get(f"/login/microsoft/?{query}")
    assert (answer.status_code, said in answer.content.decode()) == (status, True)
    connection.refresh_from_db()
    assert connection.last_failure["code"] == code
    assert client.post("/login/", {"username": ann.email, "password": PASSWORD}).status_code == 302


def test_nobody_waits_for_what_has_just_failed(
    client: Client, ann: Agent, connection: Connection, fake: Entra, settings: Settings
) -> None:
    for _time in range(gates.OPENS_AFTER):
        gates.count_failure(account_of(connection.settings))
    asked = len(fake.calls)
    assert client.post(f"/login/microsoft/{connection.pk}/").status_code == 503
    assert len(fake.calls) == asked
    assert client.get("/login/").status_code == 200


def test_neither_token_nor_secret_nor_address_is_logged_or_kept(
    client: Client, ann: Agent, come: Comes, fake: Entra, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    fake.person.email = "canary-9b1c@desk.test"
    come(client)
    fake.claims = {"nonce": "another", "email": "canary-9b1c@desk.test"}
    come(Client())
    for record in caplog.records:
        if record.name.startswith(("django.db", "msal")):
            assert "canary-9b1c" not in record.getMessage()
            continue
        assert not any(word in str(vars(record)) for word in ("canary-9b1c", SECRET, "eyJ"))
    assert "canary-9b1c" not in str(dict(client.session))


def test_the_test_of_the_connection_names_what_is_wrong(connection: Connection, fake: Entra) -> None:
    def found() -> list[tuple[str, str]]:
        Connection.objects.filter(pk=connection.pk).update(test_due_at="2020-01-01T00:00Z")
        run_due_test()
        connection.refresh_from_db()
        return [(each["state"], each["what"]["code"]) for each in connection.findings]

    assert found() == [("fine", "entra_answers"), ("fine", "entra_credentials")]
    fake.secret = "renewed"
    assert found() == [("fine", "entra_answers"), ("missing", "entra_credentials")]
    fake.busy = "AADSTS90033"
    flow._applications.clear()  # msal asks for nothing again that was refused just now
    assert found() == [("fine", "entra_answers"), ("failed", "entra_credentials")], "which says nothing of the secret"
    fake.fails_with = Reply(503)
    assert found() == [("failed", "entra_answers")]


def test_a_day_that_does_not_exist_is_not_taken_for_the_end_of_the_secret(connection: Connection, db: None) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    settings = {**connection.settings, "secret_ends_on": "2027-02-31"}
    with pytest.raises(Invalid) as refused:
        change_connection(connection, by=admin, settings=settings)
    assert list(refused.value.fields) == ["secret_ends_on"]
