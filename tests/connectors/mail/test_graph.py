"""Mailboxes in Microsoft 365: every mail once, whatever Graph forgets, repeats, refuses or throttles."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.client import Client
from connectors.base.models import Connection
from connectors.mail.backends import GraphSettings
from connectors.mail.enums import MailState, Reason
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import add_mailbox
from connectors.mail.services.reconciliation import reconcile
from connectors.microsoft365 import identity
from core.errors import Invalid
from tests.connectors.mail.conftest import answered
from tests.connectors.mail.graph_mailboxes import ADDRESS, a_connection, graph_mailbox, poll
from tests.connectors.mail.imap_mailboxes import error_of, subjects
from tests.connectors.mail.test_imap_settings import browser
from tests.factories import AgentFactory, TeamFactory
from tests.factories.mail import MailboxFactory, a_mail, our_mail_on
from tests.fakes import microsoft as at
from tests.fakes.microsoft import MicrosoftFake, microsoft, once, refusal, throttled
from tests.fakes.serving import Call, Reply, ca_file
from tickets.enums import TicketStatus
from tickets.models import Ticket, TimelineEntry
from tickets.services import accept_ticket, wait_for_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(settings: Settings) -> Iterator[MicrosoftFake]:
    with microsoft() as made:
        settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = made.base, made.login
        settings.MSGRAPH_CA_FILE = ca_file()
        made.mailboxes = {ADDRESS: at.Mailbox()}
        yield made
        identity._held.clear()


@pytest.fixture
def inbox(fake: MicrosoftFake) -> at.Mailbox:
    return fake.mailboxes[ADDRESS]


@pytest.fixture
def connection(db: None, fake: MicrosoftFake) -> Connection:
    return a_connection()


@pytest.fixture
def mailbox(connection: Connection) -> Mailbox:
    return graph_mailbox(connection)


def sources_read(fake: MicrosoftFake) -> int:
    return sum(call.path.endswith("/$value") for call in fake.calls)


# What is taken ---------------------------------------------------------------------------------------------------


def test_mails_are_taken_as_they_came_and_left_as_they_are(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    raw = a_mail(subject="Mail 1", body="Grüße, <3 & Co.", files={"plan.pdf": b"%PDF-1.4"}).replace(b"\n", b"\r\n")
    first, second = inbox.deliver(raw), inbox.deliver(a_mail(subject="Mail 2"))
    assert poll() == 2
    assert subjects() == ["Mail 1", "Mail 2"]
    row = MailMessage.objects.get(provider_id=f"graph:{first.id}")
    assert bytes(row.raw.content) == raw
    assert [(mail.is_read, mail.folder) for mail in (first, second)] == [(False, "inbox")] * 2
    assert poll() == 0
    assert error_of() == ""


def test_pages_are_followed_and_a_look_asks_only_for_what_is_new(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    for number in range(23):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    assert poll() == 23
    fake.calls.clear()
    inbox.deliver(a_mail(subject="One more"))
    assert poll() == 1
    assert [call.path.endswith("/$value") for call in fake.calls] == [False, True]


def test_a_limit_ends_a_look_and_the_next_one_goes_on(mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake) -> None:
    for number in range(15):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    assert [poll(limit=6) for _look in range(4)] == [6, 6, 3, 0]
    assert sorted(subjects()) == sorted(f"Mail {number}" for number in range(15))
    assert sources_read(fake) == 15


def test_drafts_are_never_taken(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    inbox.deliver(a_mail(subject="Not yet")).is_draft = True
    inbox.deliver(a_mail(subject="Sent"))
    assert poll() == 1
    assert subjects() == ["Sent"]


def test_what_is_read_moved_deleted_or_told_twice_has_no_effect(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    mails = [inbox.deliver(a_mail(subject=f"Mail {number}")) for number in range(3)]
    inbox.log["inbox"] += reversed(inbox.log["inbox"])
    gone = inbox.deliver(a_mail(subject="Gone before anybody looked"))
    inbox.remove(gone)
    assert poll() == 3
    inbox.log["inbox"] += [(mail.id, True) for mail in mails]
    inbox.remove(mails[0])
    assert poll() == 0
    assert sorted(subjects()) == ["Mail 0", "Mail 1", "Mail 2"]
    assert error_of() == ""


def test_mails_of_a_chosen_day_on(connection: Connection, inbox: at.Mailbox) -> None:
    graph_mailbox(connection, not_before="2026-03-02")
    for day, subject in ((1, "Before"), (2, "On the day")):
        inbox.deliver(a_mail(subject=subject)).received = f"2026-03-{day:02}T12:00:00Z"
    assert poll() == 1
    assert subjects() == ["On the day"]


def test_chosen_folders_are_read_by_the_names_that_people_know(connection: Connection, inbox: at.Mailbox) -> None:
    graph_mailbox(connection, folders=["inbox", "Ann's orders"])
    inbox.log["Ann's orders"] = []
    inbox.deliver(a_mail(subject="In the inbox"))
    moved = inbox.deliver(a_mail(subject="An order"), folder="Ann's orders")
    assert poll() == 2
    inbox.log["Ann's orders"].append((moved.id, False))
    moved.folder = "inbox"
    inbox.log["inbox"].append((moved.id, True))
    assert poll() == 0  # a mail between two of the folders is the same mail


def test_a_connection_that_is_switched_off_reads_nothing(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    inbox.deliver(a_mail())
    Connection.objects.update(is_active=False)
    assert poll() == 0
    assert error_of() == "Its connection to Microsoft 365 is switched off."
    assert fake.calls == []


def test_a_folder_that_is_not_there_is_said_in_one_sentence(connection: Connection, inbox: at.Mailbox) -> None:
    graph_mailbox(connection, folders=["Orders"])
    assert poll() == 0
    assert error_of() == "The mailbox has no folder “Orders” beside its inbox."


@pytest.mark.parametrize(("after", "is_read", "folder"), [("mark", True, "inbox"), ("move", False, "Done")])
def test_taken_mails_are_marked_or_moved_where_that_is_configured(
    connection: Connection, inbox: at.Mailbox, after: str, is_read: bool, folder: str
) -> None:
    inbox.log["Done"] = []
    graph_mailbox(connection, after=after, **({"move_to": "Done"} if after == "move" else {}))
    mail = inbox.deliver(a_mail())
    assert poll() == 1
    assert (mail.is_read, mail.folder) == (is_read, folder)
    assert poll() == 0
    assert MailMessage.objects.count() == 1


# What Graph forgets, refuses, throttles ----------------------------------------------------------------------------


def test_after_410_nothing_is_lost_or_doubled_or_read_again(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    for number in range(12):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    poll()
    fake.forget_cursors()
    inbox.deliver(a_mail(subject="Meanwhile"))
    assert poll() == 1
    assert MailMessage.objects.count() == Ticket.objects.count() == 13
    assert sources_read(fake) == 13


def test_a_mail_that_says_it_came_tomorrow_hides_none_of_today_from_a_new_beginning(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    inbox.deliver(a_mail(subject="Brought from elsewhere")).received = "2099-01-01T00:00:00Z"
    assert poll() == 1
    fake.forget_cursors()
    inbox.deliver(a_mail(subject="Meanwhile"))
    assert poll() == 1
    assert Ticket.objects.count() == 2


def test_a_page_forgotten_in_mid_round_begins_it_anew(mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake) -> None:
    for number in range(25):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    fake.faults = [once(refusal(410, "syncStateNotFound"), path="$skiptoken=")]
    assert poll() == 25
    assert sources_read(fake) == 25


@pytest.mark.parametrize("position", [{}, {"place": "elsewhere"}, {"folders": {"inbox": {"link": 7}}}])
def test_a_lost_position_costs_a_look_at_all_and_no_mail(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake, position: dict[str, object]
) -> None:
    inbox.deliver(a_mail())
    poll()
    Mailbox.objects.update(position=position)
    inbox.deliver(a_mail(subject="Meanwhile"))
    assert poll() == 1
    assert sources_read(fake) == 2


@pytest.mark.parametrize("link", ["https://elsewhere.example/v1.0/x", "broken"])
def test_a_link_that_leads_elsewhere_is_not_followed_and_reading_begins_anew(
    mailbox: Mailbox, inbox: at.Mailbox, link: str
) -> None:
    inbox.deliver(a_mail())
    poll()
    mailbox.refresh_from_db()
    mailbox.position["folders"]["inbox"]["link"] = link
    Mailbox.objects.update(position=mailbox.position)
    inbox.deliver(a_mail(subject="Meanwhile"))
    assert poll() == 1
    assert error_of() == ""


def test_a_mail_that_is_not_handed_out_keeps_no_other_waiting_and_is_tried_again(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    stuck = inbox.deliver(a_mail(subject="Stuck"))
    inbox.deliver(a_mail(subject="Behind it"))
    fake.faults = [once(refusal(400, "ErrorMimeContentInvalid"), path=f"{stuck.id}/$value")]
    assert poll() == 1
    assert subjects() == ["Behind it"]
    assert error_of().startswith("1 mails are not handed out and are tried again: Microsoft refuses the request (400")
    fake.calls.clear()
    assert poll() == 0  # its pause is not over
    assert sources_read(fake) == 0
    mailbox.refresh_from_db()
    mailbox.position["put_off"][stuck.id]["next_at"] = (timezone.now() - timedelta(seconds=1)).isoformat()
    Mailbox.objects.update(position=mailbox.position)
    assert poll() == 1
    assert error_of() == ""
    assert sorted(subjects()) == ["Behind it", "Stuck"]


def test_a_mail_deleted_between_list_and_look_is_no_failure(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    inbox.deliver(a_mail())
    fake.faults = [once(refusal(404, "ErrorItemNotFound"), path="$value")]
    assert poll() == 0
    assert error_of() == ""


def test_182_throttling_ends_the_look_for_all_of_the_tenant_and_costs_no_mail(
    connection: Connection, mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    graph_mailbox(connection, address="sales@desk.test")
    fake.mailboxes["sales@desk.test"] = at.Mailbox()
    for number in range(4):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    taken: list[Call] = []

    def busy(call: Call) -> Reply | None:
        taken.append(call)
        return throttled(600) if len(taken) > 3 else None

    fake.faults = [busy]
    assert poll() == 2
    assert len(taken) == 4  # the other mailbox of the tenant was not asked for, either
    assert error_of() != ""
    assert error_of("sales@desk.test") != ""
    fake.faults.clear()
    assert poll() == 2
    assert len(subjects()) == 4


def test_182_a_pause_of_one_tenant_is_not_waited_for_by_other_mailboxes(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(Client.__init__, "__kwdefaults__", Client.__init__.__kwdefaults__ | {"rest": waited.append})
    inbox.deliver(a_mail())
    fake.faults = [once(throttled(20))]
    assert poll() == 0
    assert waited == []
    assert poll() == 1


def test_what_was_stored_before_a_kill_is_not_read_again(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.mail.services import polling

    for number in range(3):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    with monkeypatch.context() as killed:
        killed.setattr(polling, "_note", lambda *_arguments, **_more: None)  # the worker is gone before it notes
        poll()
    Mailbox.objects.update(polled_until=None)
    assert poll() == 0
    assert (MailMessage.objects.count(), sources_read(fake)) == (3, 3)


def test_a_batch_that_could_not_be_stored_is_offered_again(
    mailbox: Mailbox, inbox: at.Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.mail.services import polling

    inbox.deliver(a_mail())
    with monkeypatch.context() as full:
        full.setattr(polling, "receive_all", lambda *_arguments, **_more: (_ for _ in ()).throw(OSError("disk full")))
        assert poll() == 0
    assert "disk full" in error_of()
    assert poll() == 1


def test_the_night_finds_what_no_look_has_told(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    known = inbox.deliver(a_mail(subject="Known"))
    poll()
    quiet = inbox.deliver(a_mail(subject="Never told"))
    inbox.log["inbox"] = [(known.id, True)]
    result = reconcile(mailbox)
    assert (result.present, result.missing) == (2, [f"graph:{quiet.id}"])


# Through Graph, what every way in keeps to ---------------------------------------------------------------------------


def test_042_new_mail_in_microsoft_365_makes_one_ticket(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    inbox.deliver(a_mail(html="<p>It burns<script>x()</script></p>", files={"log.txt": b"smoke"}))
    poll()
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.requester.email) == ("Printer is on fire", "dana@customer.test")
    entry = TimelineEntry.objects.get(ticket=ticket, pk=MailMessage.objects.get().entry_id)
    assert "<script" not in entry.body_html
    assert [file.filename for file in entry.attachments.all()] == ["log.txt"]


def test_043_replies_through_microsoft_365_join(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    inbox.deliver(a_mail(message_id="first@customer.test"))
    poll()
    ticket = Ticket.objects.get()
    inbox.deliver(a_mail(subject="Re: Printer", In_Reply_To=f"<{our_mail_on(ticket)}>"))
    inbox.deliver(a_mail(subject=f"Re: [{ticket.reference}] Printer"))
    poll()
    states = MailMessage.objects.order_by("received_at").values_list("state", "ticket")
    assert list(states)[1:] == [(MailState.APPENDED, ticket.pk)] * 2
    assert Ticket.objects.count() == 1


def test_044_the_same_mail_under_two_ids_is_one_entry(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    raw = a_mail(message_id="first@customer.test")
    inbox.deliver(raw)
    inbox.deliver(raw)
    poll()
    assert sorted(MailMessage.objects.values_list("state", flat=True)) == [MailState.CREATED, MailState.DUPLICATE]


def test_045_automatic_mail_of_microsoft_365_resumes_nothing(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    inbox.deliver(a_mail())
    poll()
    ticket = Ticket.objects.get()
    ann = AgentFactory(teams=[mailbox.team])
    accept_ticket(ticket.pk, by=ann)
    answered(ticket, ann)
    wait_for_customer(ticket.pk, by=ann)
    automatic = {"In_Reply_To": f"<{our_mail_on(ticket)}>", "Auto_Submitted": "auto-replied"}
    inbox.deliver(a_mail(subject="Out of office", **automatic))
    poll()
    ticket.refresh_from_db()
    assert (ticket.status, Ticket.objects.count()) == (TicketStatus.WAITING_CUSTOMER, 1)


def test_046_a_strangers_reference_makes_a_ticket_of_its_own(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    inbox.deliver(a_mail())
    poll()
    ticket = Ticket.objects.get()
    inbox.deliver(a_mail(sender="Eve <eve@elsewhere.test>", subject=f"Re: [{ticket.reference}]"))
    poll()
    row = MailMessage.objects.order_by("received_at").last()
    assert (row.state, row.reason, row.ticket_id == ticket.pk) == (MailState.CREATED, Reason.STRANGER, False)


def test_047_a_forward_by_an_agent_is_the_customers_ticket(mailbox: Mailbox, inbox: at.Mailbox) -> None:
    ann: Agent = AgentFactory(email="ann@desk.test", teams=[mailbox.team])
    begins = "See below.\n\n---------- Forwarded message ---------\nFrom: Dana Roth <dana@customer.test>\n"
    body = f"{begins}Date: Mon, 2 Mar 2026\nSubject: Printer\nTo: Ann <ann@desk.test>\n\nNo paper.\n"
    inbox.deliver(a_mail(sender=f"Ann <{ann.email}>", subject="Fwd: Printer", body=body))
    poll()
    assert Ticket.objects.get().requester.email == "dana@customer.test"


# Adding one ----------------------------------------------------------------------------------------------------------


def test_the_command_adds_one_by_the_environments_connection(
    fake: MicrosoftFake, inbox: at.Mailbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MSGRAPH_TENANT_ID, settings.MSGRAPH_CLIENT_ID = at.TENANT, at.CLIENT
    monkeypatch.setenv("MSGRAPH_CLIENT_SECRET", at.SECRET)
    team = TeamFactory()
    told = StringIO()
    for _time in range(2):
        call_command("add_mailbox", ADDRESS, backend="msgraph", team=team.name, stdout=told)
    assert "from Microsoft 365, by the connection Microsoft 365.\nIt can be read." in told.getvalue()
    inbox.deliver(a_mail())
    assert poll() == 1


def test_admin_adds_and_changes_one(connection: Connection) -> None:
    admin, team = browser(Role.ADMIN), TeamFactory()
    given = {"address": ADDRESS, "name": "", "backend": "msgraph", "team": str(team.pk), "is_active": "on"}
    given |= {"msgraph_folders": "inbox\r\nOrders", "msgraph_after": "leave"}
    refused = admin.post("/admin/mail/mailbox/add/", given)
    assert list(refused.context["adminform"].form.errors) == ["connection"]
    given["connection"] = str(connection.pk)
    assert admin.post("/admin/mail/mailbox/add/", given).status_code == 302
    mailbox = Mailbox.objects.get()
    assert (mailbox.connection, mailbox.settings) == (connection, {"folders": ["inbox", "Orders"]})
    page = f"/admin/mail/mailbox/{mailbox.pk}/change/"
    assert "inbox\nOrders</textarea>" in admin.get(page).content.decode()
    refused = admin.post(page, given | {"msgraph_folders": "drafts"})
    assert list(refused.context["adminform"].form.errors) == ["msgraph_folders"]


def test_the_command_asks_which_of_several_connections(fake: MicrosoftFake, db: None) -> None:
    team = TeamFactory()
    with pytest.raises(CommandError, match="none yet: set MSGRAPH_TENANT_ID"):
        call_command("add_mailbox", ADDRESS, backend="msgraph", team=team.name)
    for name in ("East", "West"):
        a_connection(name)
    with pytest.raises(CommandError, match="known: East, West"):
        call_command("add_mailbox", ADDRESS, backend="msgraph", team=team.name)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"folders": "inbox\nSentItems"}, "folders"),
        ({"folders": "inbox\nSent Items"}, "folders"),
        ({"after": "move", "move_to": "Inbox"}, "move_to"),
        ({"folders": "Orders", "after": "move", "move_to": "ORDERS"}, "move_to"),
        ({"after": "burn"}, "after"),
        ({"after": "move", "move_to": "inbox"}, "move_to"),
        ({"not_before": "yesterday"}, "not_before"),
        ({"user": "a b"}, "user"),
        ({"host": "x"}, "host"),
    ],
)
def test_settings_that_cannot_serve_are_refused(connection: Connection, given: dict[str, object], field: str) -> None:
    whose = {"team": TeamFactory(), "by": AgentFactory(), "connection": connection}
    with pytest.raises(Invalid) as refused:
        add_mailbox(ADDRESS, backend="msgraph", settings=given, **whose)
    assert list(refused.value.fields) == [field]


def test_a_folder_named_twice_is_one() -> None:
    assert GraphSettings.of({"folders": "inbox\nInbox\nOrders\norders\nOld"}).folders == ("inbox", "Orders", "Old")


def test_a_connection_belongs_to_those_that_need_one_and_to_no_other(connection: Connection) -> None:
    for backend, given in (("msgraph", None), ("files", connection)):
        with pytest.raises(Invalid) as refused:
            add_mailbox(ADDRESS, backend=backend, team=TeamFactory(), by=AgentFactory(), connection=given)
        assert list(refused.value.fields) == ["connection"]
        with pytest.raises(IntegrityError, match="mailbox_connected_if_graph"), transaction.atomic():
            MailboxFactory(backend=backend, connection=given)
