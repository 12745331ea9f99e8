"""Posts to channels: once or failed for all to see, no faster than Teams takes them, and no word of a customer."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Agent
from connectors.base.errors import ConnectionOff
from connectors.base.failures import HeldBack
from connectors.base.models import Connection, Gate
from connectors.base.selectors import standing_of
from connectors.base.services import add_connection, change_connection, run_due_test
from connectors.teams.enums import PostStatus
from connectors.teams.errors import MayNotPost, PostNotFailed
from connectors.teams.models import ChannelPost
from connectors.teams.services import deliver_due_posts, forget_old, posting, retry_post, send_test_card
from connectors.teams.turns import LONGEST_SECONDS, seconds_to_wait
from connectors.teams.writing import card_of_letter
from core.errors import Invalid
from core.events import deliver_all
from envelopes.services import accept_envelope
from notifications.enums import EventType, Urgency
from notifications.models import Notification
from notifications.services import notify
from notifications.ways import Letter, Line
from tests.connectors.teams.conftest import Connecting
from tests.factories import AgentFactory, ContactFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tests.fakes.serving import Reply
from tests.fakes.teams import SIGNATURE, Workflows, busy, buttons_of, once, refusal, texts_of

pytestmark = pytest.mark.django_db
CANARY = "canary-71fa"


def go(**later: float) -> None:
    while deliver_due_posts(now=timezone.now() + timedelta(**later)):
        pass


def breach(ticket) -> None:
    notify(
        [ticket.owner_id],
        EventType.SLA_BREACH,
        ticket_id=ticket.pk,
        dedupe_key=f"breach:{uuid4()}",
        urgency=Urgency.BREACH,
        reference=ticket.reference,
        subject=ticket.subject,
    )


def a_ticket(**more):
    contact = ContactFactory(first_name=CANARY, last_name=CANARY)
    return TicketFactory(owner=AgentFactory(name=CANARY), subject=CANARY, requester=contact, **more)


def test_128_a_channel_post_shows_reference_priority_and_state_and_nothing_of_the_customer(
    fake: Workflows, connecting: Connecting
) -> None:
    connecting("support-sla-breaches")
    ticket = a_ticket(priority="critical")
    breach(ticket)
    go()
    (card,) = fake.cards("flow")
    shown = texts_of(card)
    for word in (f"{ticket.reference}: Overdue", "Critical", "In progress"):
        assert word in shown
    assert list(buttons_of(card)) == ["Open"]
    assert CANARY not in str(fake.posted)


def test_a_breach_is_heard_in_each_of_its_channels_once(fake: Workflows, connecting: Connecting) -> None:
    ticket = a_ticket(priority="critical")
    others = ("support-sla-breaches", "support-critical", "support-escalations")
    for group in (*others, ticket.team, TeamFactory()):
        connecting(group, workflow=group if isinstance(group, str) else f"t-{group.pk}")
    breach(ticket)
    go()
    heard = {name: len(messages) for name, messages in fake.posted.items()}
    assert heard == {"support-sla-breaches": 1, "support-critical": 1, f"t-{ticket.team_id}": 1}


def test_a_team_that_is_asked_for_help_hears_it_and_nothing_of_the_envelope(
    fake: Workflows, connecting: Connecting
) -> None:
    network = TeamFactory(name="Network")
    nina = AgentFactory(teams=[network])
    connecting(network)
    envelope = EnvelopeFactory(ticket=a_ticket(), team=network, reason=CANARY)
    deliver_all()
    go()
    (card,) = fake.cards("flow")
    assert list(buttons_of(card)) == ["Accept", "Open"]
    assert f"{envelope.ticket.reference}: Help wanted" in texts_of(card)
    assert CANARY not in str(fake.posted)
    accept_envelope(envelope.pk, by=nina)
    deliver_all()
    go()
    assert len(fake.cards("flow")) == 1


def test_whoever_is_asked_by_name_is_nobody_elses_business(fake: Workflows, connecting: Connecting) -> None:
    network = TeamFactory()
    nina = AgentFactory(teams=[network])
    connecting(network)
    EnvelopeFactory(ticket=a_ticket(), team=network, assigned_to=nina)
    deliver_all()
    assert not ChannelPost.objects.exists()


def test_126_without_any_connection_nothing_is_written_and_the_act_succeeds(db: None) -> None:
    ticket = a_ticket()
    with CaptureQueriesContext(database) as queries:
        breach(ticket)
    assert not ChannelPost.objects.exists()
    assert sum("connections_connection" in each["sql"] for each in queries) == 1


# What goes wrong ------------------------------------------------------------------------------------------------------


def queued(connection: Connection, admin: Agent) -> ChannelPost:
    return send_test_card(connection.pk, by=admin)


@pytest.mark.parametrize("asked", ["7", ""], ids=["with Retry-After", "without"])
def test_a_plea_for_patience_is_kept_to(fake: Workflows, connecting: Connecting, admin: Agent, asked: str) -> None:
    post = queued(connecting("people"), admin)
    fake.faults = [once(busy(asked))]
    before = timezone.now()
    go()
    post.refresh_from_db()
    assert (post.status, post.attempts, str(post.error)) == ("queued", 1, "localhost asks for patience (429).")
    waits = (post.next_attempt_at - before).total_seconds()
    assert int(asked or 2) - 0.5 <= waits <= int(asked or 2) + 5
    assert len(fake.calls) == 1


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (refusal(400, "TriggerInputSchemaMismatch"), "localhost refuses the card (400 TriggerInputSchemaMismatch)."),
        (refusal(413, "RequestEntityTooLarge"), "localhost refuses the card as too large (413)."),
        (Reply(200, hangs_up=True), "The card may have been posted: nobody can tell what became of handing it over."),
        (refusal(502, "BadGateway"), "The card may have been posted: nobody can tell what became of handing it over."),
    ],
    ids=["refused", "too large", "cut off", "gateway"],
)
def test_a_card_that_is_refused_or_lost_from_sight_fails_at_once_and_visibly(
    fake: Workflows, connecting: Connecting, admin: Agent, reply: Reply, sentence: str
) -> None:
    post = queued(connecting("people"), admin)
    fake.faults = [once(reply)]
    go()
    post.refresh_from_db()
    assert (post.status, post.next_attempt_at, str(post.error)) == (PostStatus.FAILED, None, sentence)
    go(hours=30)
    assert len(fake.calls) == 1
    retry_post(post.pk, by=admin)
    go()
    post.refresh_from_db()
    assert (post.status, post.error, len(fake.cards("flow"))) == (PostStatus.SENT, None, 1)
    with pytest.raises(PostNotFailed):
        retry_post(post.pk, by=admin)


def test_a_workflow_that_is_gone_is_waited_for_and_the_page_says_what_to_do(
    fake: Workflows, connecting: Connecting, admin: Agent
) -> None:
    row = connecting("people")
    fake.names.clear()
    post = queued(row, admin)
    go()
    post.refresh_from_db()
    assert post.status == PostStatus.QUEUED
    (standing,) = standing_of(Connection.objects.all())
    assert standing.last_failure.startswith("localhost knows no workflow at this address (404)")
    assert (standing.state, standing.backlog) == ("failing", 1)
    fake.address("flow")
    go(minutes=2)
    post.refresh_from_db()
    assert post.status == PostStatus.SENT


def test_a_wrong_signature_is_one_sentence_and_burns_no_queue(
    fake: Workflows, connecting: Connecting, admin: Agent
) -> None:
    row = connecting("people", address=fake.address("flow", signature="old"))
    posts = [queued(row, admin) for _ in range(3)]
    go()
    assert len(fake.calls) == 1  # the others were held back
    row.refresh_from_db()
    assert str(row.failure).startswith("localhost does not accept the address (401)")
    change_connection(row, by=admin, settings={"posts_for": "people"}, secrets={"webhook": fake.address("flow")})
    go(minutes=6)
    assert {ChannelPost.objects.get(pk=post.pk).status for post in posts} == {PostStatus.SENT}


def test_a_workflow_that_is_set_up_wrong_stops_no_other_of_its_group(
    fake: Workflows, connecting: Connecting, admin: Agent
) -> None:
    connecting("support-sla-breaches", workflow="wrong", address=fake.address("wrong").replace(SIGNATURE, "mistyped"))
    connecting("support-sla-breaches", workflow="right")
    for _time in range(3):
        breach(a_ticket())
    go()
    go(minutes=2)
    sent = ChannelPost.objects.filter(status=PostStatus.SENT)
    assert set(sent.values_list("connection__name", flat=True)) == {"Teams right"}
    assert sent.count() == 3


def test_a_day_of_failures_ends_the_waiting(fake: Workflows, connecting: Connecting, admin: Agent) -> None:
    post = queued(connecting("people"), admin)
    fake.names.clear()
    ChannelPost.objects.filter(pk=post.pk).update(wanted_since=timezone.now() - timedelta(hours=24), attempts=9)
    go()
    post.refresh_from_db()
    assert post.status == PostStatus.FAILED


def test_tried_again_a_post_of_yesterday_has_another_day(fake: Workflows, connecting: Connecting, admin: Agent) -> None:
    post = queued(connecting("people"), admin)
    yesterday = timezone.now() - timedelta(hours=25)
    ChannelPost.objects.filter(pk=post.pk).update(
        created_at=yesterday, wanted_since=yesterday, status=PostStatus.FAILED, next_attempt_at=None
    )
    fake.faults = [once(busy(30))]
    retry_post(post.pk, by=admin)
    go()
    post.refresh_from_db()
    assert post.status == PostStatus.QUEUED
    Gate.objects.all().delete()  # the pause is over
    go(minutes=2)
    post.refresh_from_db()
    assert post.status == PostStatus.SENT


def test_workflows_that_hang_hold_up_no_more_than_their_time(
    fake: Workflows, connecting: Connecting, admin: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "WORKING_SECONDS", 0.0)
    queued(connecting("people"), admin)
    assert deliver_due_posts() == 0
    monkeypatch.undo()
    assert deliver_due_posts() == 1


def test_what_a_dead_worker_left_behind_is_not_posted_again(
    fake: Workflows, connecting: Connecting, admin: Agent
) -> None:
    post = queued(connecting("people"), admin)
    over = timezone.now() - timedelta(seconds=1)
    ChannelPost.objects.filter(pk=post.pk).update(attempts=1, handing_since=over, leased_until=over)
    go()
    post.refresh_from_db()
    assert (post.status, fake.calls) == (PostStatus.FAILED, [])
    assert str(post.error).startswith("The card may have been posted")


def test_a_connection_that_is_switched_off_posts_nothing(fake: Workflows, connecting: Connecting, admin: Agent) -> None:
    row = connecting("people")
    post = queued(row, admin)
    row.is_active = False
    change_connection(row, by=admin, settings={"posts_for": "people"})
    go()
    post.refresh_from_db()
    assert (str(post.error), fake.calls) == ("The connection is switched off.", [])
    with pytest.raises(ConnectionOff):
        queued(row, admin)


def test_cards_take_turns(fake: Workflows, connecting: Connecting, admin: Agent) -> None:
    row = connecting("people")
    for _ in range(6):
        queued(row, admin)
    go(seconds=5)
    assert len(fake.cards("flow")) == 6  # `Workflows.check` counts how many came within a second


@pytest.mark.usefixtures("db")
def test_a_turn_that_is_too_far_off_is_not_taken(settings: Settings) -> None:
    settings.TEAMS_CARDS_A_SECOND = 1
    waits = [seconds_to_wait("teams:people") for _ in range(2)]
    assert waits[0] == 0
    assert 0.5 < waits[1] <= 1
    with pytest.raises(HeldBack):
        seconds_to_wait("teams:people")
    assert seconds_to_wait("teams:another") == 0 < LONGEST_SECONDS


# Who sets it up -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posts_for", "address", "wrong"),
    [
        ("nobody", "https://x.logic.azure.com/workflows/1?sig=2", {"posts_for"}),
        ("", "https://x.logic.azure.com/workflows/1?sig=2", {"posts_for"}),
        ("people", "http://x.logic.azure.com/workflows/1?sig=2", {"webhook"}),
        ("people", "copy me", {"webhook"}),
    ],
)
def test_what_cannot_serve_is_refused_where_it_is_typed(
    admin: Agent, posts_for: str, address: str, wrong: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        add_connection("teams", by=admin, name="T", settings={"posts_for": posts_for}, secrets={"webhook": address})
    assert set(refused.value.fields) == wrong


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/workflows/1?sig=2",
        "https://evil.example\\.logic.azure.com/workflows/1",
        "https://evil.example#.logic.azure.com/",
        "https://me@x.logic.azure.com/workflows/1",
        "https://10.0.0.5/workflows/1?x=.logic.azure.com",
    ],
)
def test_nothing_is_sent_to_hosts_that_are_no_workflows(
    fake: Workflows, admin: Agent, settings: Settings, address: str
) -> None:
    settings.TEAMS_WEBHOOK_HOSTS = ["*.logic.azure.com"]
    row = add_connection("teams", by=admin, name="T", settings={"posts_for": "people"}, secrets={"webhook": address})
    queued(row, admin)
    go()
    assert run_due_test() == 1
    row.refresh_from_db()
    assert (row.findings[0]["state"], fake.calls) == ("missing", [])
    assert str(row.failure).startswith("This is no address of a workflow that the desk knows.")


def test_a_test_of_the_connection_posts_nothing_and_agents_have_none_posted(
    fake: Workflows, connecting: Connecting, admin: Agent
) -> None:
    row = connecting("people")
    assert run_due_test() == 1
    row.refresh_from_db()
    assert (row.findings[0]["state"], fake.calls) == ("fine", [])
    with pytest.raises(MayNotPost):
        send_test_card(row.pk, by=AgentFactory())


def test_the_address_is_told_nowhere(
    fake: Workflows, connecting: Connecting, admin: Agent, client, caplog: pytest.LogCaptureFixture
) -> None:
    row = connecting("people")
    client.force_login(admin.user, backend="accounts.auth.AgentBackend")
    fake.faults = [once(refusal(400, "X"))]
    with caplog.at_level("INFO"):
        queued(row, admin)
        go()
    pages = [
        client.get(path).content.decode()
        for path in (
            "/connections/",
            f"/connections/{row.pk}/posts/",
            f"/api/v1/connections/{row.pk}/posts/",
            f"/admin/connections/connection/{row.pk}/change/",
        )
    ]
    assert "refuses the card" in pages[1]
    assert SIGNATURE not in " ".join(pages) + str([vars(each) for each in caplog.records])


def test_what_is_old_is_forgotten(fake: Workflows, connecting: Connecting, admin: Agent) -> None:
    row = connecting("people")
    old, new = queued(row, admin), queued(row, admin)
    go(seconds=3)
    ChannelPost.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert forget_old(now=timezone.now()) == 1
    assert ChannelPost.objects.get() == new


# What it costs --------------------------------------------------------------------------------------------------------


def statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(database) as queries:
        act()
    return len(queries)


@pytest.mark.parametrize("path", ["/connections/{}/posts/", "/api/v1/connections/{}/posts/"], ids=["page", "api"])
def test_the_list_of_posts_costs_the_same_for_one_and_for_many(
    connecting: Connecting, admin: Agent, client, path: str
) -> None:
    row = connecting("people")
    client.force_login(admin.user, backend="accounts.auth.AgentBackend")
    queued(row, admin)
    client.get(path.format(row.pk))
    one = statements(lambda: client.get(path.format(row.pk)))
    for _ in range(4):
        queued(row, admin)
    assert statements(lambda: client.get(path.format(row.pk))) == one


def test_a_sweep_without_anything_due_is_one_statement(connecting: Connecting, admin: Agent) -> None:
    post = queued(connecting("people"), admin)
    ChannelPost.objects.filter(pk=post.pk).update(next_attempt_at=timezone.now() + timedelta(hours=1))
    assert statements(deliver_due_posts) == 1


def test_a_card_of_many_news_costs_the_same_as_of_one(connecting: Connecting) -> None:
    owner = AgentFactory(max_tickets=50)

    def letter(count: int) -> Letter:
        for _ in range(count):
            breach(TicketFactory(owner=owner))
        rows = Notification.objects.filter(recipient=owner).order_by("-created_at")[:count]
        lines = tuple(
            Line(
                notification_id=row.pk,
                event_type=row.event_type,
                kind="Overdue",
                text="",
                reference=row.ticket.reference,
                url="https://desk.example/",
                told_at=row.created_at,
            )
            for row in rows.select_related("ticket")
        )
        facts = {"urgency": "breach", "timing": "immediate", "title": "News", "url": "https://desk.example/"}
        return Letter(key=str(uuid4()), recipient=owner, language="en", lines=lines, **facts)

    one, many = letter(1), letter(5)
    assert statements(lambda: card_of_letter(one)) == statements(lambda: card_of_letter(many)) == 1
