"""Signing in to Microsoft and asking Graph, against its own contract; each thing that is wrong has one sentence."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pytest_django.fixtures import Settings

from accounts.enums import Role
from connectors.base.client import Request
from connectors.base.failures import CredentialsRefused, Gone, HeldBack, PermissionMissing, Transient
from connectors.base.models import Connection, Gate
from connectors.base.selectors import standing_of
from connectors.base.services import add_connection, ask_for_test, change_connection, run_due_test
from connectors.microsoft365 import identity
from connectors.microsoft365.checks import ids_are_usable
from connectors.microsoft365.graph import Graph
from connectors.microsoft365.services import fill_due
from connectors.microsoft365.testing import INBOX
from core.errors import Invalid
from tests.concurrency import in_parallel
from tests.connectors.microsoft365.conftest import FOREIGN, SUPPORT
from tests.factories import AgentFactory
from tests.fakes.microsoft import CLIENT, TENANT, Mailbox, MicrosoftFake, once, refusal, throttled
from tests.fakes.serving import Reply

pytestmark = pytest.mark.django_db
FOLDER = {"user-id": SUPPORT, "mailFolder-id": "inbox"}
DELTA = Request(method="GET", route="/users/{user-id}/mailFolders/{mailFolder-id}/messages/delta", values=FOLDER)
MAIL = b"From: ann@customer.example\r\nMessage-ID: <%d@customer.example>\r\nSubject: Printer\r\n\r\nNo paper.\r\n"


def look(connection: Connection) -> object:
    return Graph(connection).get(INBOX, FOLDER)


def test_a_token_is_asked_for_once_and_kept(connection: Connection, fake: MicrosoftFake) -> None:
    for _ in range(3):
        look(connection)
    assert len(fake.sign_ins) == 1
    assert standing_of([Connection.objects.get()])[0].ends[0].what == "Access token"


def test_a_revoked_token_is_renewed_once(connection: Connection, fake: MicrosoftFake) -> None:
    look(connection)
    fake.forget_tokens()
    look(connection)
    assert len(fake.sign_ins) == 2


def test_182_a_wrong_secret_is_one_sentence_and_is_not_tried_again(connection: Connection, fake: MicrosoftFake) -> None:
    fake.secret = "another"
    with pytest.raises(CredentialsRefused, match="does not accept the client secret"):
        look(connection)
    assert len(fake.sign_ins) == 1
    assert fake.calls == []
    shown = standing_of([Connection.objects.get()])[0]
    assert (shown.state, shown.last_failure) == (
        "broken_off",
        "Microsoft does not accept the client secret (AADSTS7000215). Enter the value of the secret, not its id.",
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("7000222", "The client secret has expired"),
        ("700016", f"no application {CLIENT}"),
        ("65001", "No administrator has consented"),
        ("53003", "refuses the sign-in (invalid_client, AADSTS53003)"),
    ],
)
def test_182_what_is_wrong_with_the_sign_in_is_said(
    connection: Connection, fake: MicrosoftFake, number: str, words: str
) -> None:
    fake.refused = number
    with pytest.raises(CredentialsRefused) as caught:
        look(connection)
    assert words in str(caught.value)


def test_182_an_unknown_tenant_is_said(connection: Connection, fake: MicrosoftFake) -> None:
    connection.settings["tenant_id"] = "elsewhere.example"
    with pytest.raises(CredentialsRefused, match="knows no tenant elsewhere"):
        look(connection)


@pytest.mark.parametrize(
    ("reply", "pause"),
    [
        (Reply(403, b"<html>Blocked by the proxy of Acme</html>"), None),
        (Reply(200, b"<html>Sign in to the guests' network</html>"), None),
        (Reply(429, b'{"error": "temporarily_unavailable"}', (("Retry-After", "7"),)), 7.0),
        (Reply(400, b'{"error": "invalid_request", "error_description": "AADSTS900144: no"}'), None),
    ],
    ids=["proxy", "guests", "plea", "other"],
)
def test_an_answer_that_names_no_tenant_is_no_unknown_tenant(
    connection: Connection, fake: MicrosoftFake, reply: Reply, pause: float | None
) -> None:
    """It heals by itself: no sign-in is held to be wrong because a proxy has shut the way to it."""
    fake.sign_in_faults.append(lambda call: reply if call.method == "GET" else None)
    with pytest.raises(Transient, match="sign-in is not available") as caught:
        identity.Tokens(connection).headers()
    assert caught.value.pause == pause


def test_a_proxys_page_in_place_of_a_token_heals(connection: Connection, fake: MicrosoftFake) -> None:
    fake.sign_in_faults.append(lambda call: Reply(403, b"<html>No</html>") if call.method == "POST" else None)
    with pytest.raises(Transient, match="sign-in is not available"):
        identity.Tokens(connection).headers()


def test_182_one_mistyped_secret_stops_no_other_connection_of_the_tenant(
    connection: Connection, fake: MicrosoftFake
) -> None:
    """And what goes well elsewhere opens no way to it."""
    wrong = add_connection(
        "microsoft365",
        by=admin(),
        name="Mistyped",
        settings=connection.settings,
        secrets={"client_secret": "mistyped"},
    )
    with pytest.raises(CredentialsRefused):
        look(wrong)
    assert look(connection)
    for _time in range(3):
        with pytest.raises(HeldBack):
            look(wrong)
    assert len(fake.sign_ins) == 2
    shown = {row.name: row.state for row in standing_of(Connection.objects.all())}
    assert shown == {"Microsoft": "working", "Mistyped": "broken_off"}
    ask_for_test(wrong.pk, by=admin())
    with pytest.raises(CredentialsRefused):
        look(wrong)


def test_of_a_certificate_that_was_taken_away_nothing_ends(connection: Connection, fake: MicrosoftFake) -> None:
    with_certificate(connection, days=20)
    run_due_test()
    assert set(Connection.objects.get().ends) == {"token", "certificate"}
    row = Connection.objects.get()
    change_connection(row, by=admin(), settings=row.settings, removed=["certificate"])
    run_due_test()
    kept = Connection.objects.get()
    assert (set(kept.secrets), set(kept.ends)) == ({"client_secret"}, {"token"})
    assert kept.history.first().history_change_reason == "secrets: certificate"


def test_the_environments_ids_are_looked_at_before_anything_starts(settings: Settings) -> None:
    settings.MSGRAPH_TENANT_ID, settings.MSGRAPH_CLIENT_ID = "the tenant", CLIENT
    assert [fault.id for fault in ids_are_usable(None)] == ["microsoft365.E002"]
    settings.MSGRAPH_TENANT_ID = TENANT
    assert ids_are_usable(None) == []


def test_a_sign_in_that_is_not_reached_heals(connection: Connection, settings: Settings) -> None:
    settings.MSGRAPH_AUTHORITY = "https://localhost:1"
    client = Graph(connection)
    client._client._rest = lambda _seconds: None
    with pytest.raises(Transient, match="sign-in was not reached"):
        client.get(INBOX, FOLDER)


def test_a_sign_in_that_is_not_trusted_is_told_nothing(
    connection: Connection, fake: MicrosoftFake, settings: Settings
) -> None:
    settings.MSGRAPH_CA_FILE = ""
    client = Graph(connection)
    client._client._rest = lambda _seconds: None
    with pytest.raises(Transient, match="MSGRAPH_CA_FILE"):
        client.get(INBOX, FOLDER)
    assert fake.sign_ins == []


def test_a_certificate_signs_in(connection: Connection, fake: MicrosoftFake) -> None:
    row = with_certificate(connection, days=90)
    look(row)
    assert "client_secret" not in fake.sign_ins[0]
    assert run_due_test() == 1
    ending = {ending.what: ending for ending in standing_of([Connection.objects.get()])[0].ends}["Certificate"]
    assert (ending.at - datetime.now(UTC)).days == pytest.approx(89, abs=1)
    assert not ending.is_soon


def test_182_a_certificate_that_has_ended_is_one_sentence(connection: Connection, fake: MicrosoftFake) -> None:
    fake.refused = "700027"
    row = with_certificate(connection, days=-1)
    with pytest.raises(CredentialsRefused, match=r"The certificate ended on 20\d\d-\d\d-\d\d"):
        look(row)


def test_182_what_is_no_certificate_is_said(connection: Connection) -> None:
    row = change_connection(
        connection, by=admin(), settings=connection.settings, secrets={"certificate": "no certificate"}
    )
    with pytest.raises(CredentialsRefused, match="private key and the certificate as PEM"):
        look(row)


# Testing a connection -------------------------------------------------------------------------------------------------


def findings(fake: MicrosoftFake) -> dict[str, tuple[str, str]]:
    assert run_due_test() == 1
    assert run_due_test() == 0
    return {found.what: (found.state, found.cure) for found in standing_of([Connection.objects.get()])[0].findings}


def test_a_test_looks_at_each_thing_that_is_needed(connection: Connection, fake: MicrosoftFake) -> None:
    found = findings(fake)
    assert {what: state for what, (state, _cure) in found.items()} == {
        "Signing in as the application": "fine",
        "The application permission Mail.ReadWrite": "fine",
        "The application permission Mail.Send": "fine",
        f"Reading the mailbox {SUPPORT}": "fine",
        f"The mailbox {FOREIGN}, which is none of ours, stays closed to us": "fine",
    }
    assert standing_of([Connection.objects.get()])[0].state == "working"


def test_a_day_that_does_not_exist_is_not_taken(connection: Connection) -> None:
    with pytest.raises(Invalid):
        change_connection(connection, by=admin(), settings={**connection.settings, "secret_ends_on": "2027-02-31"})


def test_182_a_test_says_exactly_which_permission_is_missing(connection: Connection, fake: MicrosoftFake) -> None:
    fake.roles = ("Mail.ReadWrite",)
    fake.mailboxes[SUPPORT].is_closed = True
    found = findings(fake)
    state, cure = found["The application permission Mail.Send"]
    assert (state, "“Application Mail.Send” is there" in cure) == ("unclear", True)
    assert found[f"Reading the mailbox {SUPPORT}"][0] == "missing"
    assert found["The application permission Mail.ReadWrite"][0] == "fine"
    fake.roles = ()
    fake.forget_tokens()
    identity._held.clear()
    ask_for_test(connection.pk, by=admin())
    state, cure = findings(fake)["The application permission Mail.ReadWrite"]
    assert (state, "add the application permission Mail.ReadWrite" in cure) == ("missing", True)
    assert standing_of([Connection.objects.get()])[0].state == "failing"


def test_a_test_says_when_the_application_may_too_much(connection: Connection, fake: MicrosoftFake) -> None:
    fake.mailboxes[FOREIGN].is_closed = False
    state, cure = findings(fake)[f"The mailbox {FOREIGN}, which is none of ours, stays closed to us"]
    assert state == "missing"
    assert "every mailbox of the tenant" in cure


@pytest.mark.parametrize("named", [(), ("User.ReadBasic.All",)])
def test_roles_scoped_by_rbac_are_told_by_trying(
    connection: Connection, fake: MicrosoftFake, named: tuple[str, ...]
) -> None:
    """The set-up that we recommend is no failure, whatever else the token names."""
    fake.roles = named
    found = findings(fake)
    assert {what: state for what, (state, _cure) in found.items()} == {
        "Signing in as the application": "fine",
        "The application permission Mail.ReadWrite": "unclear",
        "The application permission Mail.Send": "unclear",
        f"Reading the mailbox {SUPPORT}": "fine",
        f"The mailbox {FOREIGN}, which is none of ours, stays closed to us": "fine",
    }
    assert standing_of([Connection.objects.get()])[0].state == "working"


def test_a_test_of_a_wrong_secret_says_it(connection: Connection, fake: MicrosoftFake) -> None:
    fake.secret = "another"
    found = findings(fake)
    assert found["Signing in as the application"][0] == "missing"
    fake.secret = "s3cret~value"
    identity._held.clear()
    ask_for_test(connection.pk, by=admin())
    assert findings(fake)["Signing in as the application"][0] == "fine"


# Graph ----------------------------------------------------------------------------------------------------------------


def test_a_list_is_followed_to_its_end(connection: Connection, fake: MicrosoftFake) -> None:
    sent = [fake.mailboxes[SUPPORT].deliver(MAIL % number) for number in range(25)]
    pages = list(Graph(connection).pages(DELTA))
    assert [len(page.items) for page in pages] == [10, 10, 5]
    assert [item["id"] for page in pages for item in page.items] == [message.id for message in sent]
    late = fake.mailboxes[SUPPORT].deliver(MAIL % 25)
    (page,) = Graph(connection).pages(replace(DELTA, link=pages[-1].delta_link))
    assert [item["id"] for item in page.items] == [late.id]
    assert Graph(connection).source(SUPPORT, late.id) == MAIL % 25


def test_a_forgotten_position_is_gone(connection: Connection, fake: MicrosoftFake) -> None:
    (page,) = Graph(connection).pages(DELTA)
    fake.forget_cursors()
    with pytest.raises(Gone, match="reading begins anew"):
        Graph(connection).page(replace(DELTA, link=page.delta_link))


def test_a_deleted_message_is_gone(connection: Connection, fake: MicrosoftFake) -> None:
    message = fake.mailboxes[SUPPORT].deliver(MAIL % 1)
    fake.mailboxes[SUPPORT].remove(message)
    with pytest.raises(Gone):
        Graph(connection).source(SUPPORT, message.id)


def test_182_a_closed_mailbox_is_a_missing_permission(connection: Connection, fake: MicrosoftFake) -> None:
    with pytest.raises(PermissionMissing, match="ErrorAccessDenied"):
        Graph(connection).get(INBOX, FOLDER | {"user-id": FOREIGN})


@pytest.mark.parametrize(
    ("reply", "scopes"),
    [
        (throttled(600), [""]),
        (throttled(600, "ApplicationThrottled", "over its MailboxConcurrency limit"), [f"mailbox:{SUPPORT}"]),
        (refusal(503, "serviceNotAvailable", headers=(("Retry-After", "600"),)), [""]),
    ],
)
def test_182_a_plea_for_patience_holds_back_what_it_is_about(
    connection: Connection, fake: MicrosoftFake, reply: Reply, scopes: list[str]
) -> None:
    fake.faults = [once(reply)]
    with pytest.raises(Transient):
        look(connection)
    assert list(Gate.objects.filter(paused_until__isnull=False).values_list("scope", flat=True)) == scopes
    with pytest.raises(HeldBack):
        look(connection)
    other = FOLDER | {"user-id": "second@desk.example"}
    fake.mailboxes["second@desk.example"] = Mailbox()
    if scopes == [""]:  # all of the tenant
        with pytest.raises(HeldBack):
            Graph(connection).get(INBOX, other)
    else:
        assert Graph(connection).get(INBOX, other)


@pytest.mark.django_db(transaction=True)
def test_four_requests_at_once_for_a_mailbox_and_no_more(connection: Connection, fake: MicrosoftFake) -> None:
    import time

    look(connection)
    fake.slow = lambda: time.sleep(0.05)  # as long as it takes Graph to answer
    acts: list[Callable[[], object]] = [lambda: [look(connection) for _ in range(3)] for _ in range(8)]
    outcomes = in_parallel(*acts)
    assert [type(outcome) for outcome in outcomes] == [list] * 8
    assert fake.refused_at_once == 0
    assert fake.most_at_once[SUPPORT] == 4


# The environment ------------------------------------------------------------------------------------------------------


def test_185_without_configuration_nothing_is_there_and_nothing_is_asked(
    db: None, settings: Settings, django_assert_num_queries: Callable[[int], object]
) -> None:
    with django_assert_num_queries(0):  # type: ignore[attr-defined]  # a context manager
        assert fill_due() == 0
    assert run_due_test() == 0
    assert not Connection.objects.exists()


def test_the_environment_names_the_first_connection(
    fake: MicrosoftFake, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MSGRAPH_TENANT_ID, settings.MSGRAPH_CLIENT_ID = TENANT, CLIENT
    monkeypatch.setenv("MSGRAPH_CLIENT_SECRET", "s3cret~value")
    assert fill_due() == 1
    assert fill_due() == 0
    look(Connection.objects.get())


def admin() -> object:
    return AgentFactory(roles=[Role.ADMIN])


def with_certificate(connection: Connection, *, days: int) -> Connection:
    """The connection, which has a certificate of its own instead of a secret, that ends in so many days."""
    key, name = rsa.generate_private_key(65537, 2048), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(days=100))
    made = builder.not_valid_after(now + timedelta(days=days)).sign(key, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    return change_connection(
        connection, by=admin(), settings=connection.settings, secrets={"certificate": pem.decode()}
    )
