"""Microsoft's word of new mail: made, renewed, taken back; and what is done about a word that comes, whoever sends it
(integrations.md section 2; acceptance 042, 182, 183). Reading goes on without any of it.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.enums import Role
from accounts.models import Team
from connectors.base.models import Connection
from connectors.base.selectors import standing_of
from connectors.mail.models import Mailbox
from connectors.mail.services import change_mailbox, keep_subscriptions, poll_mailboxes
from connectors.mail.subscriptions import GraphSubscription
from connectors.microsoft365 import identity
from tests.connectors.mail.graph_mailboxes import ADDRESS, a_connection, graph_mailbox, poll
from tests.factories import AgentFactory
from tests.fakes.microsoft import Mailbox as Box
from tests.fakes.microsoft import MicrosoftFake, microsoft, once, refusal, throttled
from tests.fakes.serving import Reply, ca_file

pytestmark = pytest.mark.django_db
HOOK = "/hooks/microsoft365/"
MAIL = b"From: ann@customer.example\r\nMessage-ID: <%d@customer.example>\r\nSubject: Printer\r\n\r\nNo paper.\r\n"


def reach(url: str, query: dict[str, str], body: bytes) -> tuple[int, str, str]:
    answer = Client().post(urlsplit(url).path, body, "text/plain; charset=utf-8", query_params=query)
    return answer.status_code, answer["Content-Type"], answer.content.decode()


@pytest.fixture
def fake(settings: Settings) -> Iterator[MicrosoftFake]:
    with microsoft() as made:
        settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = made.base, made.login
        settings.MSGRAPH_CA_FILE = ca_file()
        settings.SITE_URL = "https://desk.example"
        made.mailboxes = {ADDRESS: Box()}
        made.subscriptions.reach = reach
        yield made
        identity._held.clear()


@pytest.fixture
def connection(db: None, fake: MicrosoftFake) -> Connection:
    return a_connection()


@pytest.fixture
def mailbox(connection: Connection) -> Mailbox:
    return graph_mailbox(connection)


def row() -> GraphSubscription:
    return GraphSubscription.objects.get()


def tell(*told: Any) -> int:
    answer = Client().post(HOOK, json.dumps({"value": list(told)}), "application/json")
    assert answer.content == b""
    return answer.status_code


def is_to_be_read() -> bool:
    next_at = Mailbox.objects.get().next_poll_at
    return next_at is None or next_at <= timezone.now()


@pytest.fixture
def subscribed(mailbox: Mailbox, fake: MicrosoftFake) -> str:
    """Graph's name of it; the mailbox was just read."""
    assert keep_subscriptions() == 1
    poll_mailboxes()
    assert not is_to_be_read()
    return row().provider_id


# Made, renewed, taken back --------------------------------------------------------------------------------------------


def test_042_a_mailbox_has_its_folders_told_of(fake: MicrosoftFake, connection: Connection) -> None:
    graph_mailbox(connection, folders=["inbox", "archive"])
    assert [keep_subscriptions() for _time in range(3)] == [1, 1, 0]
    asked = sorted((one["resource"], one["changeType"]) for one in fake.subscriptions.kept.values())
    assert asked == [(f"users/{ADDRESS}/mailFolders('{name}')/messages", "created") for name in ("archive", "inbox")]
    assert len({one["clientState"] for one in fake.subscriptions.kept.values()}) == 2
    assert {one["notificationUrl"] for one in fake.subscriptions.kept.values()} == {f"https://desk.example{HOOK}"}
    shown = standing_of([connection])[0]
    assert [ending.is_soon for ending in shown.ends if "word of new mail" in ending.what] == [False]
    assert shown.notes == []


def test_it_is_renewed_at_half_its_life(fake: MicrosoftFake, subscribed: str) -> None:
    now, before = timezone.now(), row()
    assert before.expires_at is not None
    assert timedelta(minutes=1600) < before.due_at - now < timedelta(minutes=2101)
    assert keep_subscriptions(now=now + timedelta(minutes=1500)) == 0
    GraphSubscription.objects.update(due_at=now)
    assert keep_subscriptions() == 1
    assert (fake.subscriptions.renewed, fake.subscriptions.made, row().provider_id) == (1, 1, subscribed)


def test_what_has_another_place_is_told_of_there_alone(
    fake: MicrosoftFake, subscribed: str, connection: Connection
) -> None:
    fake.mailboxes["helpdesk@desk.test"] = Box()
    admin = AgentFactory(roles=[Role.ADMIN])
    change_mailbox(Mailbox.objects.get(), by=admin, settings={"user": "helpdesk@desk.test"})
    assert [keep_subscriptions() for _time in range(2)] == [1, 0]
    (one,) = fake.subscriptions.kept.values()
    assert one["resource"] == "users/helpdesk@desk.test/mailFolders('inbox')/messages"
    assert row().provider_id == one["id"]


def test_a_mailbox_is_told_of_at_its_new_place_also_where_the_old_one_lets_nobody_in(
    fake: MicrosoftFake, subscribed: str, connection: Connection
) -> None:
    fake.mailboxes["helpdesk@desk.test"] = Box()
    fake.faults = [lambda call: refusal(503, "Busy") if call.method == "DELETE" else None]
    admin = AgentFactory(roles=[Role.ADMIN])
    change_mailbox(Mailbox.objects.get(), by=admin, settings={"user": "helpdesk@desk.test"})
    keep_subscriptions()
    assert fake.subscriptions.kept[row().provider_id]["resource"].startswith("users/helpdesk@desk.test/")


def test_one_whose_making_was_not_answered_does_not_stand_beside_the_next(
    fake: MicrosoftFake, mailbox: Mailbox
) -> None:
    lost = once(Reply(0, hangs_up=True), path="/subscriptions")
    fake.late_faults = [lambda call: lost(call) if call.method == "POST" else None]
    keep_subscriptions()
    assert len(fake.subscriptions.kept) == 1
    keep_subscriptions(now=timezone.now() + timedelta(minutes=5))
    assert list(fake.subscriptions.kept) == [row().provider_id]


@pytest.mark.parametrize("reply", [refusal(400, "InvalidRequest"), Reply(204)], ids=["400", "204"])
def test_one_that_is_not_renewed_and_still_there_does_not_stand_beside_the_next(
    reply: Reply, fake: MicrosoftFake, subscribed: str
) -> None:
    fake.faults = [lambda call: reply if call.method == "PATCH" else None]
    GraphSubscription.objects.update(due_at=timezone.now())
    keep_subscriptions()
    assert list(fake.subscriptions.kept) == [row().provider_id] != [subscribed]
    fake.contract.violations.clear()


def test_those_of_another_desk_are_left_alone(fake: MicrosoftFake, mailbox: Mailbox) -> None:
    other = {"resource": f"users/{ADDRESS}/mailFolders('inbox')/messages", "notificationUrl": "https://other.example/"}
    more = {"changeType": "created", "expirationDateTime": "2026-03-02T08:00:00Z", "clientState": "theirs"}
    fake.subscriptions.kept["other"] = {"id": "other", **other, **more}
    keep_subscriptions()
    assert set(fake.subscriptions.kept) == {"other", row().provider_id}


def test_two_mailboxes_of_one_user_are_told_of_side_by_side(
    fake: MicrosoftFake, subscribed: str, connection: Connection
) -> None:
    graph_mailbox(connection, address="alias@desk.test", user=ADDRESS)
    keep_subscriptions()
    held = GraphSubscription.objects.values_list("provider_id", flat=True)
    assert len(fake.subscriptions.kept) == 2
    assert set(fake.subscriptions.kept) == set(held)


def test_once_its_team_is_off_nothing_is_told_of_any_more(fake: MicrosoftFake, subscribed: str) -> None:
    Team.objects.update(is_active=False)
    assert keep_subscriptions() == 1
    assert fake.subscriptions.kept == {}


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "9" * 5000])
def test_183_a_length_that_is_none_is_refused(length: str, db: None) -> None:
    answer = Client().post(HOOK, b"{}", "application/json", CONTENT_LENGTH=length)
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize("refused", [404, 400])
def test_what_graph_knows_no_more_is_made_anew_and_the_mailbox_read(
    fake: MicrosoftFake, subscribed: str, refused: int
) -> None:
    fake.faults.append(once(refusal(refused, "ErrorInvalidParameter"), path="/subscriptions/"))
    GraphSubscription.objects.update(due_at=timezone.now())
    assert keep_subscriptions() == 1
    assert row().provider_id not in ("", subscribed)
    assert is_to_be_read()


def test_an_answer_that_is_no_subscription_is_told_and_the_one_there_is_stays(
    fake: MicrosoftFake, subscribed: str
) -> None:
    told = b'{"@odata.type": "#microsoft.graph.subscription", "id": "1"}'
    fake.faults.append(once(Reply(200, told, (("Content-Type", "application/json"),)), path="/subscriptions/"))
    GraphSubscription.objects.update(due_at=timezone.now())
    assert keep_subscriptions() == 1
    assert (row().provider_id, row().failures) == (subscribed, 1)


def test_a_life_that_the_tenant_refuses_is_told_and_tried_less_and_less_often(
    fake: MicrosoftFake, mailbox: Mailbox, settings: Settings
) -> None:
    settings.MSGRAPH_SUBSCRIPTION_MINUTES = 10_080
    now = timezone.now()
    assert [keep_subscriptions(now=now), keep_subscriptions(now=now)] == [1, 0]
    assert keep_subscriptions(now=now + timedelta(minutes=1)) == 1
    assert row().due_at - (now + timedelta(minutes=1)) == timedelta(minutes=2)
    (note,) = standing_of(Connection.objects.all())[0].notes
    assert "does not tell us of new mail in inbox" in note
    assert "refuses the request (400 InvalidRequest)" in note
    fake.mailboxes[ADDRESS].deliver(MAIL % 1)
    assert poll() == 1, "reading goes on"


def test_throttled_it_waits(fake: MicrosoftFake, mailbox: Mailbox) -> None:
    fake.faults.append(once(throttled(600), path="/subscriptions"))
    assert keep_subscriptions() == 1
    assert (row().provider_id, row().failures) == ("", 1)


def test_182_a_mailbox_switched_off_is_told_of_no_more(fake: MicrosoftFake, subscribed: str) -> None:
    Mailbox.objects.update(is_active=False)
    assert [keep_subscriptions(), keep_subscriptions()] == [1, 0]
    assert (fake.subscriptions.kept, GraphSubscription.objects.count()) == ({}, 0)


def test_185_a_desk_that_nobody_can_reach_asks_for_nothing(
    fake: MicrosoftFake, mailbox: Mailbox, settings: Settings
) -> None:
    settings.SITE_URL = "http://desk.example"
    assert keep_subscriptions() == 0
    (note,) = standing_of(Connection.objects.all())[0].notes
    assert "no public address over https" in note


# What comes -----------------------------------------------------------------------------------------------------------


def test_042_a_word_of_new_mail_has_the_mailbox_read_at_once(fake: MicrosoftFake, subscribed: str) -> None:
    fake.mailboxes[ADDRESS].deliver(MAIL % 1)
    assert poll_mailboxes() == 0, "between two looks"
    word = fake.subscriptions.told_of(subscribed)
    assert [tell(word, word), tell(word)] == [202, 202]
    assert (poll_mailboxes(), row().notified_at is not None) == (1, True)


def test_183_a_word_that_is_not_microsofts_does_nothing_and_is_counted(
    fake: MicrosoftFake, subscribed: str, connection: Connection
) -> None:
    forged = [fake.subscriptions.told_of(subscribed, clientState=state) for state in ("guessed", "", None, "\ud800")]
    unknown = fake.subscriptions.told_of(subscribed, subscriptionId="6f0c51a0-0000-4000-8000-000000000000")
    for event in ("", "subscriptionRemoved", "reauthorizationRequired"):
        more = {"lifecycleEvent": event} if event else {}
        assert tell(*({**each, **more} for each in [*forged, unknown])) == 202
    kept = row()
    assert (is_to_be_read(), kept.provider_id, kept.forged, kept.notified_at) == (False, subscribed, 3, None)
    assert kept.due_at > timezone.now()
    assert any("were not Microsoft" in note for note in standing_of([connection])[0].notes)


def test_removed_it_is_made_anew_and_missed_has_the_mailbox_read(fake: MicrosoftFake, subscribed: str) -> None:
    assert tell(fake.subscriptions.told_of(subscribed, lifecycleEvent="missed")) == 202
    assert (is_to_be_read(), row().provider_id) == (True, subscribed)
    told = fake.subscriptions.told_of(subscribed, lifecycleEvent="subscriptionRemoved")
    assert [tell(told), keep_subscriptions()] == [202, 1]
    assert row().provider_id not in ("", subscribed)


def test_asked_to_show_its_right_again_it_renews_once(fake: MicrosoftFake, subscribed: str) -> None:
    told = fake.subscriptions.told_of(subscribed, lifecycleEvent="reauthorizationRequired")
    assert [tell(told, told), tell(told)] == [202, 202]
    assert [keep_subscriptions(), keep_subscriptions()] == [1, 0]
    assert (fake.subscriptions.renewed, row().provider_id) == (1, subscribed)


def test_after_a_failure_no_word_shortens_the_pause(fake: MicrosoftFake, subscribed: str) -> None:
    later = timezone.now() + timedelta(minutes=10)
    Mailbox.objects.update(failed_polls=4, next_poll_at=later)
    assert tell(fake.subscriptions.told_of(subscribed)) == 202
    assert Mailbox.objects.get().next_poll_at == later


def test_it_costs_the_same_for_one_word_and_for_hundreds(fake: MicrosoftFake, subscribed: str) -> None:
    def cost(count: int) -> int:
        Mailbox.objects.update(next_poll_at=timezone.now() + timedelta(minutes=1))
        words = [fake.subscriptions.told_of(subscribed) for _number in range(count)]
        strangers = [{**word, "subscriptionId": f"{number}"} for number, word in enumerate(words)]
        with CaptureQueriesContext(database) as asked:
            assert tell(*words, *strangers) == 202
        return len(asked)

    assert cost(1) == cost(400) <= 6


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"7", 400),
        (b'{"value": {}}', 400),
        (b"[" * 100_000, 400),
        (b'{"value": [7, null, {"subscriptionId": 3}, {"subscriptionId": "\\u0000", "clientState": ["x"]}]}', 202),
        (b" " * (1024 * 1024 + 1), 413),
    ],
)
def test_183_nonsense_is_refused_and_changes_nothing(subscribed: str, body: bytes, status: int) -> None:
    kept: Any = GraphSubscription.objects.values().get()
    assert Client().post(HOOK, body, "application/json").status_code == status
    assert GraphSubscription.objects.values().get() == kept
    assert not is_to_be_read()


def test_the_handshake_answers_the_token_and_nothing_else(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post(f"{HOOK}?validationToken=a%20b%2Bc%3Cscript%3E", b"", "text/plain")
    assert (answer.status_code, answer.content) == (200, b"a b+c&lt;script&gt;")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert (answer["X-Content-Type-Options"], answer.cookies) == ("nosniff", {})
    assert Client().post(f"{HOOK}?validationToken={'x' * 3000}", b"", "text/plain").status_code == 400
    assert Client().get(HOOK).status_code == 405


def test_a_life_is_written_as_microsoft_reads_it(fake: MicrosoftFake, subscribed: str) -> None:
    ends = datetime.fromisoformat(fake.subscriptions.kept[subscribed]["expirationDateTime"])
    assert timedelta(minutes=4190) < ends - timezone.now() < timedelta(minutes=4201)
