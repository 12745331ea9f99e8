"""How connections are shown: page, API and admin say the same, in the reader's language, and no secret anywhere."""

from dataclasses import replace

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.enums import Role
from accounts.models import Agent
from connectors.base import gates, kinds
from connectors.base.failures import PermissionMissing, Transient
from connectors.base.kinds import kind_named
from connectors.base.metrics import of_connections
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.base.services import Health, ask_for_test, change_connection, run_due_test
from core.health import problems_of_the_desk
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db
CANARY = "canary-9c4d"
BUSY = Said("busy", {"host": "example.com", "status": 429})


@pytest.fixture
def admin() -> Agent:
    made: Agent = AgentFactory(roles=[Role.ADMIN])
    return made


@pytest.fixture
def browser(admin: Agent) -> Client:
    return signed_in(admin)


def signed_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    return client


def test_182_the_page_shows_what_is_wrong_in_one_sentence(connection: Connection, browser: Client) -> None:
    Health(connection.pk).failed(PermissionMissing(Said("forbidden", {"host": "example.com"})))
    for _ in range(gates.OPENS_AFTER):
        gates.count_failure("sample:acme")
    page = browser.get("/connections/").content.decode()
    assert "example.com does not allow this to us; an administrator has to grant it." in page
    assert "Broken off for a while" in page
    assert "open: nothing is sent until" in page


def test_sentences_are_told_in_the_readers_language(connection: Connection) -> None:
    Health(connection.pk).failed(Transient(BUSY))
    with translation.override("de"):
        assert str(Connection.objects.get().failure) == "example.com bittet um Geduld (429)."


def test_a_success_ends_what_was_told(connection: Connection, browser: Client) -> None:
    health = Health(connection.pk)
    health.failed(Transient(BUSY))
    health.succeeded()
    assert "asks for patience" not in browser.get("/connections/").content.decode()
    assert Connection.objects.get().version == connection.version, "how it goes is no change of the row"


def test_182_the_button_has_it_tested_by_a_worker(connection: Connection, browser: Client) -> None:
    assert run_due_test() == 1
    assert run_due_test() == 0
    change_connection(
        connection, by=AgentFactory(roles=[Role.ADMIN]), settings={"account": "acme"}, secrets={"password": "wrong"}
    )
    Connection.objects.update(test_due_at=None)
    response = browser.post(f"/connections/{connection.pk}/test/", follow=True)
    assert "The test has been asked for" in response.content.decode()
    assert run_due_test() == 1
    page = browser.get("/connections/").content.decode()
    assert "The secret “password” is not given yet." in page
    assert "The test has been asked for" not in page


def test_a_test_asked_for_during_a_test_is_not_lost(
    connection: Connection, admin: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def pressed_meanwhile(connection: Connection, name: str) -> str:
        if not asked:
            asked.append(1)
            ask_for_test(connection.pk, by=admin)
        return "pw"

    monkeypatch.setattr("tests.connectors.base.kind.secret_of", pressed_meanwhile)
    assert [run_due_test(), run_due_test(), run_due_test()] == [1, 1, 0]


def test_a_fault_of_a_test_stops_no_other(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object) -> str:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("tests.connectors.base.kind.secret_of", broken)
    assert run_due_test() == 1
    findings = Connection.objects.get().findings
    assert [Said.of(each["what"]) for each in findings] == [Said("bug", {"cause": "RuntimeError"})]


def test_what_is_switched_off_is_neither_tested_nor_asked_for(connection: Connection, browser: Client) -> None:
    Connection.objects.update(is_active=False)
    assert run_due_test() == 0
    assert browser.post(f"/connections/{connection.pk}/test/").status_code == 409
    answer = browser.post(f"/api/v1/connections/{connection.pk}/test/")
    assert (answer.status_code, answer.json()["code"]) == (409, "connection_off")


def test_an_auditor_reads_and_is_offered_nothing(connection: Connection) -> None:
    page = signed_in(AgentFactory(roles=[Role.AUDITOR])).get("/connections/").content.decode()
    assert "Sample" in page
    assert "Test connection" not in page
    assert "Add connection" not in page


def test_the_api_tells_the_same(connection: Connection, browser: Client) -> None:
    Health(connection.pk).failed(Transient(BUSY))
    gates.pause("sample:acme", "", seconds=60)
    (row,) = browser.get("/api/v1/connections/").json()["results"]
    assert (row["name"], row["state"]) == ("Sample", "failing")
    assert row["last_failure"] == "example.com asks for patience (429)."
    assert row["paused_until"] > timezone.now().isoformat()[:19]
    assert row == browser.get(f"/api/v1/connections/{connection.pk}/").json()


def test_no_page_shows_a_secret(connection: Connection, browser: Client, admin: Agent) -> None:
    change_connection(connection, by=admin, settings=connection.settings, secrets={"password": CANARY, "key": CANARY})
    change = f"/admin/connections/connection/{connection.pk}/change/"
    sealed = Connection.objects.get().secrets["password"]["sealed"]
    auditor = signed_in(AgentFactory(roles=[Role.AUDITOR]))
    for reader in (browser, auditor):
        for path in ("/connections/", "/api/v1/connections/", change, change.replace("change", "history")):
            answer = reader.get(path)
            assert answer.status_code == 200, path
            for secret in (CANARY, sealed):
                assert secret not in answer.content.decode(), path


def test_what_is_added_is_chosen_first_and_asked_for_alone(sample_kind: None, browser: Client) -> None:
    add = "/admin/connections/connection/add/"
    kinds = browser.get(add).content.decode()
    assert 'href="?kind=sample"' in kinds
    assert 'name="name"' not in kinds
    form = browser.get(f"{add}?kind=sample").context["adminform"].form
    assert {name.partition("__")[0] for name in form.fields if "__" in name} == {"sample"}
    asked = {"name": "Ours", "is_active": "on", "sample__account": "acme"}
    assert browser.post(f"{add}?kind=sample", asked).status_code == 302
    assert browser.post(f"{add}?kind=nothing", asked | {"name": "Theirs"}).status_code == 400
    assert Connection.objects.get().kind == "sample"


def test_an_admin_adds_and_changes_one_and_what_is_left_empty_stays(sample_kind: None, browser: Client) -> None:
    form = {"kind": "sample", "name": "Ours", "is_active": "on", "sample__account": "acme", "sample__password": "pw"}
    answer = browser.post("/admin/connections/connection/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    row = Connection.objects.get()
    kept = row.secrets
    change = f"/admin/connections/connection/{row.pk}/change/"
    later = form | {"sample__account": "other", "sample__password": ""}
    assert browser.post(change, later).status_code == 302
    row.refresh_from_db()
    assert (row.settings, row.secrets) == ({"account": "other"}, kept)
    wrong = browser.post(change, later | {"sample__account": "A1", "sample__password_removed": "on"})
    assert wrong.status_code == 400
    row.refresh_from_db()
    assert row.secrets == kept
    assert wrong.context["adminform"].form.errors == {"sample__account": ["This is not usable here."]}
    both = browser.post(change, later | {"sample__password": "another", "sample__password_removed": "on"})
    assert (both.status_code, Connection.objects.get().secrets) == (400, kept)
    assert browser.post(change, later | {"sample__password_removed": "on"}).status_code == 302
    assert Connection.objects.get().secrets == {}


def test_the_page_costs_the_same_for_one_and_for_three(connection: Connection, browser: Client, admin: Agent) -> None:
    def cost() -> int:
        with CaptureQueriesContext(database) as queries:
            browser.get("/connections/")
        return len(queries)

    cost()
    one = cost()
    for name in ("b", "c"):
        Connection.objects.create(kind="sample", name=name, settings={"account": name})
    assert cost() == one


def test_a_broken_vendor_is_no_reason_to_call_the_desk_unready(connection: Connection) -> None:
    before = problems_of_the_desk()
    Health(connection.pk).failed(Transient(BUSY))
    gates.stop("sample:acme")
    assert problems_of_the_desk() == before


def test_185_with_nothing_connected_the_page_says_so(browser: Client) -> None:
    assert "The desk works without." in browser.get("/connections/").content.decode()


def test_metrics_count_what_fails(connection: Connection) -> None:
    Health(connection.pk).failed(Transient(BUSY))
    assert [gauge.value for gauge in of_connections(timezone.now())] == [1]


def test_a_test_that_the_end_of_the_workers_time_breaks_off_has_found_nothing(
    connection: Connection,
) -> None:
    def hanging(_row: Connection) -> list[object]:
        raise SoftTimeLimitExceeded

    kind = kind_named("sample")
    assert kind is not None
    kinds._kinds["sample"] = replace(kind, look_over=hanging)
    try:
        with pytest.raises(SoftTimeLimitExceeded):
            run_due_test()
    finally:
        kinds._kinds["sample"] = kind
    connection.refresh_from_db()
    assert (connection.findings, connection.tested_at) == ([], None)
