"""The demo desk with something on every page: what stories do not tell (drafts, receipts, quarantine) is added here."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from accounts.models import Absence, Agent, BusinessCalendar, Contact, Team
from connectors.base.enums import AnswerClass, FindingState
from connectors.base.kinds import Finding
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.base.services import add_connection
from connectors.mail.enums import MailState
from connectors.mail.models import Mailbox
from connectors.mail.services import block_sender
from connectors.push.models import PushSubscription
from desk.demo.acts import message_id_of
from desk.demo.building import build
from desk.recent import note_opened
from envelopes import services as help_services
from notifications.enums import Because, DeliveryStatus, EventType, Timing
from notifications.models import Delivery, Notification
from sla.alerts.models import AlertRule
from sla.models import Proposal, SlaPolicy
from sla.reminders.models import Reminder
from sla.reminders.services import Rhythm, create_reminder, snooze_reminder, trigger_reminder
from tests.every_page.meetings import arranged
from tests.every_page.pages import Page
from tests.every_page.teams import card_of, posted_to_teams
from tests.factories.mail import BrakeFactory, a_mail, arrive
from tickets import services
from tickets.enums import AttemptOutcome, BulkKind, EntryKind, FlagType, LinkKind, OutboundStatus, WipMode
from tickets.links import Answer, sign_answer
from tickets.models import CalibrationItem, CaseFlag, OutboundMessage, Resolution, Ticket, TimelineEntry
from tickets.services import Limit, NewFile
from tickets.services.creation import Message

HTML = "<p>Good morning,</p><p>the archive is <b>there</b>, thank you.</p><p>Eleanor Whitcombe</p>"


@dataclass(frozen=True)
class Places:
    """What stands in the braces of `Page.path`."""

    ticket: str
    """Mara's, with mails, notes, files, tasks, tags, a draft and a reply that waits."""
    new: str
    foreign: str
    waiting: str
    resolved: str
    merged: str
    sibling: str
    """Of the same customer, for merging."""
    entry: str
    task: str
    flag: str
    posted_on: str
    posted: str
    """The flag of a case that people write about in public, and its ticket, which is Mara's."""
    colleague: str
    view: str
    kept_board: str
    helped: str
    """Mara's, on which Nina helps."""
    sealed: str
    nina: str
    message: str
    """What Nina wrote in the envelope."""
    at_vendor: str
    """Sofia's, on which Tim writes to a vendor."""
    legal: str
    """Nobody's yet, on which Hanna gives legal advice."""
    receipt: str
    team: str
    agent: str
    absence: str
    text: str
    contact: str
    company: str
    scheduled: str
    reminder: str
    granted: str
    """Mara's, with a resolution that was not approved and one that was withdrawn."""
    asked_on: str
    asked: str
    """The resolution that waits for an approval, and its ticket."""
    week: str
    item: str
    proposal: str
    """Max's, which waits; and what can be proposed about."""
    teams: str
    microsoft: str
    meeting: str
    card: str
    policy: str
    calendar: str
    cell: str
    mail: str
    quarantined: str
    password_link: str
    solved: str
    not_solved: str

    def path_of(self, page: Page) -> str:
        return page.path.format(**{field.name: getattr(self, field.name) for field in fields(self)})


def agent(name: str) -> Agent:
    return Agent.objects.get(email=f"{name}@itilnext.example")


def _told(key: str) -> Ticket:
    """The ticket of a story of the demo."""
    return TimelineEntry.objects.select_related("ticket").get(email_message_id=message_id_of(key)).ticket


@transaction.atomic
def furnish() -> Places:
    """Makes the demo desk where it is missing, and adds to it; call it once a desk."""
    build(timezone.now())
    mara, lea, team = agent("mara"), agent("lea"), Team.objects.get(name="Service Desk")
    mailbox = Mailbox.objects.get(address="support@itilnext.example")
    ticket, entry = _worked_on(mara, lea, mailbox)
    resolved, merged, sibling, waiting = _neighbours(mara, ticket)
    scheduled = _replies(mara, ticket, waiting)
    kept_board = services.save_board("By priority", by=mara, filters={"q": "status:open"}, column_field="priority")
    view = services.save_view("High, without owner", by=mara, base="all", filters={"q": "status:new priority:high"})
    receipt = services.act_on_many(
        BulkKind.PRIORITY, by=mara, references=[sibling.reference, _told("kasse-kornblume").reference], priority="low"
    )
    limits = {("status", "in_progress"): Limit(3, WipMode.SOFT), ("status", "waiting"): Limit(12, WipMode.HARD)}
    services.set_wip_limits(team.pk, by=lea, limits=limits)
    services.set_team_signature(team, by=lea, language="de", text="Ihr Service Desk\nTelefon 040 5550100")
    text = services.create_canned_response(by=mara, title="Rückruf angeboten", body="Hallo {{customer.name}}, …")
    _notified(mara, ticket)
    microsoft = _connected(agent("admin"))
    teams = posted_to_teams(agent("admin"))
    meeting = arranged(agent("admin"), mara, ticket)
    reminder = _reminded(mara, ticket, waiting)
    for seen in (_told("outlook-hansen"), waiting, ticket):
        note_opened(mara, seen)
    helped, sealed, message = _help(mara, agent("nina"), ticket)
    letter, quarantined = _mails(lea, mailbox)
    contact = ticket.requester
    asked = Resolution.objects.select_related("ticket").get(approval_status="pending")
    posted = CaseFlag.objects.select_related("ticket").get(type=FlagType.SOCIAL_MEDIA, ticket__owner=mara)
    item = CalibrationItem.objects.filter(resolution__agent=agent("jonas")).latest("created_at")
    return Places(
        ticket=ticket.reference,
        new=_told("outlook-hansen").reference,
        foreign=_told("teams-ton-sommer").reference,
        waiting=waiting.reference,
        resolved=resolved.reference,
        merged=merged.reference,
        sibling=sibling.reference,
        entry=str(entry.pk),
        task=str(ticket.tasks.earliest("created_at").pk),
        flag=str(ticket.case_flags.get(type=FlagType.PHYSICAL_DAMAGE).pk),
        posted_on=posted.ticket.reference,
        posted=str(posted.pk),
        colleague=Contact.objects.filter(company=ticket.company).exclude(pk=contact.pk)[0].email,
        view=view.slug,
        kept_board=kept_board.slug,
        receipt=str(receipt.pk),
        helped=helped.reference,
        sealed=sealed.reference,
        nina=str(agent("nina").pk),
        message=str(message.pk),
        at_vendor=_told("lizenz-lang").reference,
        legal=_told("phishing-lutz").reference,
        team=str(team.pk),
        agent=str(agent("jonas").pk),
        absence=str(Absence.objects.get(agent=agent("petra")).pk),
        text=str(text.pk),
        contact=str(contact.pk),
        company=str(ticket.company_id),
        scheduled=str(scheduled.pk),
        reminder=str(reminder.pk),
        granted=_told("kasse-kornblume").reference,
        asked_on=asked.ticket.reference,
        asked=str(asked.pk),
        week=str(item.session_id),
        proposal=str(Proposal.objects.get(status="pending").pk),
        teams=str(teams.pk),
        microsoft=str(microsoft.pk),
        meeting=str(meeting.pk),
        card=card_of(_told("outlook-hansen")),
        policy=str(SlaPolicy.objects.get(name="Medium").pk),
        calendar=str(BusinessCalendar.objects.get(is_default=True).pk),
        cell=str(AlertRule.objects.get(priority="medium", condition="not_updated", level=1).pk),
        item=str(item.pk),
        mail=str(letter.pk),
        quarantined=str(quarantined.pk),
        password_link=_password_link(agent("petra")),  # of somebody who opens no page: signing in ends the link
        solved=sign_answer(resolved, Answer.SOLVED),
        not_solved=sign_answer(resolved, Answer.NOT_SOLVED),
    )


def _accepted(mara: Agent, beside: Ticket, subject: str) -> Ticket:
    """Mara's, of the same customer."""
    message = Message(body_text="Ms Whitcombe calls: it is missing again.")
    new = services.create_ticket(
        by=mara, requester=beside.requester, team=beside.team, subject=subject, message=message, channel="phone"
    )
    return services.accept_ticket(new.pk, by=mara)


def _help(mara: Agent, nina: Agent, beside: Ticket) -> tuple[Ticket, Ticket, TimelineEntry]:
    """A ticket with an envelope that is worked on, one that is asked and one that went to a person; one with a sealed
    envelope.
    """
    network = Team.objects.get(name="Network")
    helped, sealed = (_accepted(mara, beside, f"No printer in ward {number}") for number in (3, 4))
    for ticket in (helped, sealed):
        found = help_services.open_envelope(ticket.pk, by=mara, team=network, reason="Which port is the printer on?")
        help_services.accept_envelope(found.pk, by=nina)
        files = [NewFile("port-7.log", b"17 of 1000 packets dropped"), NewFile("setup.exe", b"MZ" + b"\0" * 64)]
        words = "Port 7 of switch B drops packets."
        written = help_services.post_in_envelope(found.pk, by=nina, body_text=words, files=files)
        if ticket == sealed:
            help_services.complete_envelope(found.pk, by=mara, summary="Port 7 is bad; use port 9.", outcome="solved")
            continue
        message = written
        help_services.post_in_envelope(found.pk, by=mara, body_text="Can you move it to another port?")
        help_services.open_envelope(ticket.pk, by=mara, team=network, reason="Is the cable to ward 3 old?")
        help_services.open_next_level(found.pk, by=nina, assigned_to=agent("jonas"), reason="Who has the key?")
    return helped, sealed, message


def _worked_on(mara: Agent, lea: Agent, mailbox: Mailbox) -> tuple[Ticket, TimelineEntry]:
    """One ticket with all that may stand on one."""
    ticket = _told("mailbox-whitcombe")
    png = NewFile("archive-index.png", _PNG, "image/png")
    tool = NewFile("repair.exe", b"MZ" + b"\0" * 64)
    note = services.add_note(
        ticket.pk,
        by=mara,
        body_text=f"Index of the archive is **damaged**, see the picture. @{lea.name}?",
        files=[png, tool],
    )
    services.mark_attempt(ticket.pk, entry_id=note.pk, by=mara, outcome=AttemptOutcome.FAILED)
    call = services.log_contact(
        ticket.pk,
        by=mara,
        kind=EntryKind.PHONE_NOTE,
        body_text="Told her that the copy runs until tomorrow morning.",
        direction="inbound",
        minutes=4,
        spoke_with="Eleanor Whitcombe",
    )
    services.mark_attempt(ticket.pk, entry_id=call.pk, by=mara, outcome=AttemptOutcome.WORKED)
    services.create_task(ticket.pk, by=mara, title="Check the copied archive", assigned_to=mara, is_mandatory=True)
    done = services.create_task(ticket.pk, by=mara, title="Ask for the confirmation", assigned_to=mara)
    services.finish_task(done.pk, by=mara)
    ticket.refresh_from_db()
    services.edit_ticket(ticket.pk, by=mara, version=ticket.version, tags=["archive", "outlook"])
    services.link_tickets(ticket.pk, to=_told("vpn-bello"), kind=LinkKind.RELATED, by=mara)
    for flag, reason in (
        (FlagType.PHYSICAL_DAMAGE, "She says that the disk fell from the desk."),
        (FlagType.REPEAT_CONTACT, "Third call about the archive."),
    ):
        if flag not in ticket.flags:  # a desk that runs counts contacts by itself
            services.add_flag(ticket.pk, by=mara, type=flag, reason=reason)
    services.keep_draft(ticket.pk, by=mara, mode="note", body_text="Still open: who pays for the")
    letter = arrive(
        a_mail(
            sender=f"{ticket.requester.name} <{ticket.requester.email}>",
            to=mailbox.address,
            subject=f"RE: [{ticket.reference}] {ticket.subject}",
            body="Good morning,\n\nthe archive is there, thank you.\n\nEleanor Whitcombe",
            html=HTML,
        ),
        mailbox,
    )
    entry = TimelineEntry.objects.get(email_message_id=letter.message_id, ticket=ticket)
    return Ticket.objects.get(pk=ticket.pk), entry


def _neighbours(mara: Agent, ticket: Ticket) -> tuple[Ticket, Ticket, Ticket, Ticket]:
    """A resolved one, a merged one, one of the same customer that might be merged, one that waits."""
    made = [_accepted(mara, ticket, subject) for subject in ("Shared mailbox is missing", "Archive of the Mercer file")]
    services.merge_ticket(made[0].pk, into=ticket, by=mara)
    return _told("e27"), made[0], made[1], _told("vpn-bello")


def _replies(mara: Agent, ticket: Ticket, waiting: Ticket) -> OutboundMessage:
    """One that could not be delivered, and one that waits for tomorrow."""
    failed = services.reply_to_customer(waiting.pk, by=mara, body_text="Did the new phone work?")
    services.release_message(failed.pk, now=timezone.now() + timedelta(minutes=1))
    OutboundMessage.objects.filter(pk=failed.pk).update(status=OutboundStatus.FAILED, last_error="mailbox full")
    moment = timezone.now() + timedelta(days=1)
    return services.reply_to_customer(
        ticket.pk, by=mara, body_text="Tomorrow at nine I call you about the archive.", when="at", send_at=moment
    )


def _notified(mara: Agent, ticket: Ticket) -> None:
    """As the worker tells it, which does not run here."""
    facts = {"reference": ticket.reference, "author": "Eleanor Whitcombe", "subject": ticket.subject}
    for kind in (EventType.NOTE_ADDED, EventType.CUSTOMER_REPLY):
        Notification.objects.get_or_create(
            recipient=mara,
            dedupe_key=f"furnished:{kind}",
            defaults={"event_type": kind, "ticket": ticket, "payload": facts, "planned_at": timezone.now()},
        )
    if not Delivery.objects.filter(recipient=mara).exists():
        _delivered(mara)


def _delivered(mara: Agent) -> None:
    """One that was sent, one that waits for its digest, one that has failed; and a browser that takes messages."""
    now = timezone.now()
    for status, channel in ((DeliveryStatus.SENT, "email"), (DeliveryStatus.FAILED, "push")):
        row = Delivery(recipient=mara, channel=channel, scheduled_for=now, released_at=now)
        row.end(status)
        if status == DeliveryStatus.FAILED:
            row.failed_at, row.last_error = now, "fcm.googleapis.com answered 403."
        row.save()
    waits = Delivery(recipient=mara, channel="email", timing=Timing.HOURLY_DIGEST)
    waits.wait(until=now + timedelta(minutes=40), status=DeliveryStatus.BATCHED, because=Because.DIGEST)
    waits.save()
    PushSubscription.objects.create(agent=mara, endpoint="https://fcm.googleapis.com/send/1", device="Firefox, Linux")


def _reminded(mara: Agent, ticket: Ticket, waiting: Ticket) -> Reminder:
    """One in each group of the page; the first one is due, the second one snoozed, the last one recurs."""
    now = timezone.now()
    made = [
        create_reminder("follow_up", by=mara, ticket_id=waiting.pk, trigger_at=now + timedelta(minutes=1)),
        create_reminder("custom", by=mara, message="Order labels", trigger_at=now + timedelta(minutes=1)),
    ]
    for row in made:
        trigger_reminder(row.pk, ticket_id=None, at=now + timedelta(minutes=2))
    snooze_reminder(made[1].pk, by=mara, until=now + timedelta(hours=2))
    create_reminder("check_in", by=mara, ticket_id=ticket.pk)
    review = Rhythm(frequency="weekly")
    return create_reminder("weekly_review", by=mara, trigger_at=now + timedelta(days=6), rhythm=review)


def _mails(lea: Agent, mailbox: Mailbox) -> tuple[Any, Any]:
    """One that became a ticket and one in quarantine, whose sender is blocked; and a brake that holds."""
    block_sender("winner@lottery.example", by=lea, reason="Spam")
    letter = arrive(
        a_mail(
            sender="Lars Köster <l.koester@hansen-logistik.example>",
            to=mailbox.address,
            subject="Telefon in Halle 2",
            body="Guten Tag,\n\ndas Telefon an Platz 3 rauscht.\n\nLars Köster",
            files={"plan.pdf": b"%PDF-1.4 plan"},
        ),
        mailbox,
    )
    spam = arrive(a_mail(sender="winner@lottery.example", to=mailbox.address, subject="You have won"), mailbox)
    if spam.state != MailState.QUARANTINED:
        raise RuntimeError(f"the blocked sender's mail is {spam.state}")
    BrakeFactory(mailbox=mailbox, key="monitor@nordwerft.example", about="monitor@nordwerft.example")
    return letter, spam


def _password_link(person: Agent) -> str:
    uid = urlsafe_base64_encode(str(person.user_id).encode())
    return f"/password-reset/{uid}/{default_token_generator.make_token(person.user)}/"


_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8ffff3f0005fe02fea135816e0000000049454e44ae426082"
)


def _connected(admin: Agent) -> Connection:
    """One connection that has been tested, and lacks something; nothing is asked of the other system here."""
    ids = {"tenant_id": "acme.example", "client_id": "66666666-7777-8888-9999-000000000000"}
    ids |= {"mailbox": "support@itilnext.example"}
    row = add_connection("microsoft365", by=admin, name="Microsoft 365", settings=ids)
    now, mailbox = timezone.now(), {"mailbox": "support@itilnext.example"}
    findings = [
        Finding(FindingState.FINE, Said("ms_signs_in")),
        Finding(FindingState.MISSING, Said("ms_mailbox", mailbox), Said("ms_mailbox_scope")),
    ]
    Connection.objects.filter(pk=row.pk).update(
        test_due_at=None,
        tested_at=now - timedelta(minutes=4),
        last_success_at=now - timedelta(minutes=5),
        last_failure_at=now - timedelta(minutes=4),
        last_failure=Said("ms_forbidden", {"code": "ErrorAccessDenied"}).as_json(),
        last_failure_class=AnswerClass.PERMISSION,
        findings=[finding.as_json() for finding in findings],
        ends={"secret": (now + timedelta(days=12)).isoformat(), "token": (now + timedelta(minutes=50)).isoformat()},
    )
    return row
