"""One small desk with a person for each column of the matrix and a ticket for each state; built once for all tables.

Every ticket that somebody owns exists twice: owned by Mara, who is here, and by Olaf, who is away and covered by Dora of
another team. The column `deputy` meets Olaf's.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Agent, Team
from accounts.services import deactivate_agent
from accounts.tokens import token_for
from connectors.mail.enums import MailState
from connectors.mail.services import block_sender, move_mail
from core.actors import DESK, SystemActor
from core.history import record
from core.models import Heartbeat
from core.timers import HEARTBEAT
from envelopes.mail_tokens import token_of
from envelopes.services import (
    accept_envelope,
    add_envelope_task,
    complete_envelope,
    offer_help,
    open_envelope,
    post_mail,
    write_to_vendor,
)
from notifications.enums import EventType
from notifications.models import Notification
from tests.factories import (
    AbsenceFactory,
    AgentFactory,
    ApiClientFactory,
    CompanyFactory,
    ContactFactory,
    TeamFactory,
    TicketFactory,
)
from tests.factories.mail import BrakeFactory, MailboxFactory, a_mail, arrive
from tests.factories.resolutions import a_resolution
from tickets import services
from tickets.enums import BulkKind, OutboundStatus
from tickets.models import Attachment, CalibrationItem, CalibrationSession, OutboundMessage, Ticket
from tickets.services import NewFile
from tickets.services.creation import Message

COLUMNS = (
    "anon",  # nobody signed in
    "agent",  # member of the ticket's team, not its owner
    "owner",  # owner of the ticket; of unowned ones just another member
    "deputy",  # agent of another team, covering for the ticket's absent owner
    "lead",  # team lead alone, no further role
    "super",  # supervisor alone
    "manager",  # manager alone
    "auditor",
    "admin",
    "outsider",  # agent of another team
    "bare",  # API client to which the team, but no scope is granted
    "client",  # API client with every scope there is
    "gone",  # agent of the team, deactivated after signing in
)
PROGRAMS = ("bare", "client")
STRANGERS = ("anon", "gone")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea135816e0000000049454e44ae426082"
)


@dataclass
class Scene:
    """A ticket in one state, with what belongs to it."""

    ticket: Ticket
    task: Any = None
    message: Any = None
    envelope: Any = None
    file: Any = None
    """Of a mail in the envelope's thread."""
    resolution: Any = None
    flags: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    desk: Team
    network: Team
    field_service: Team
    people: dict[str, Any]
    """By column; nobody for `anon`."""
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    scenes: dict[str, Scene] = field(default_factory=dict)
    """State -> scene of everybody, and `<state>:deputy` -> the same of the absent owner."""
    things: dict[str, Any] = field(default_factory=dict)
    """What is no ticket: absences, contacts, files, notifications by name."""

    def scene(self, state: str, column: str) -> Scene:
        own = self.scenes.get(f"{state}:deputy") if column == "deputy" else None
        return own or self.scenes[state]


def build() -> World:
    desk, network, field_service = (TeamFactory(name=name) for name in ("Service Desk", "Network", "Field Service"))
    field_service.allow_foreign_accept = True
    field_service.save()
    people: dict[str, Any] = {
        "anon": None,
        "agent": AgentFactory(name="Jonas Kern", teams=[desk]),
        "owner": AgentFactory(name="Mara Weiss", teams=[desk], max_tickets=100),
        "deputy": AgentFactory(name="Dora Lang", teams=[TeamFactory(name="Back Office")]),
        "lead": AgentFactory(name="Lea Brandt", roles=[Role.TEAM_LEAD]),
        "super": AgentFactory(name="Sam Okafor", roles=[Role.SUPERVISOR]),
        "manager": AgentFactory(name="Max Ott", roles=[Role.MANAGER]),
        "auditor": AgentFactory(name="Aude Petit", roles=[Role.AUDITOR]),
        "admin": AgentFactory(name="Ada Min", roles=[Role.ADMIN]),
        "outsider": AgentFactory(name="Nina Vogt", teams=[network], max_envelopes=50),
        "bare": ApiClientFactory(name="Bare", scopes=[], teams=[desk]),
        "client": ApiClientFactory(name="Mighty", scopes=list(Scope), teams=[desk]),
        "gone": AgentFactory(name="Gero Alt", teams=[desk]),
    }
    desk.lead, desk.supervisor, desk.manager = people["lead"], people["super"], people["manager"]
    desk.save()
    world = World(desk, network, field_service, people)
    _sign_in(world)
    _tickets(world)
    _absences(world)
    _mail(world)
    _other_things(world)
    _calibration(world)
    deactivate_agent(people["gone"].pk, by=SystemActor("test"))
    # The world is asked for longer than a sweep may be over.
    Heartbeat.objects.create(name=HEARTBEAT, ended_at=timezone.now() + timedelta(hours=1))
    return world


def _sign_in(world: World) -> None:
    """A real session and a real token for each; people get theirs before one of them is deactivated."""
    for column, person in world.people.items():
        if person is None:
            continue
        world.tokens[column], _ends = token_for(person.user)
        client = Client()
        client.force_login(person.user, backend="accounts.auth.AgentBackend")
        world.sessions[column] = client.cookies["sessionid"].value
        client.get("/healthz")  # the first use of a session is written down, later ones are not


def _tickets(world: World) -> None:
    mara, jonas = world.people["owner"], world.people["agent"]
    olaf = world.things["olaf"] = AgentFactory(name="Olaf Berg", teams=[world.desk], max_tickets=100)
    emil = world.things["emil"] = AgentFactory(name="Emil Fort", teams=[world.desk])
    fred = AgentFactory(name="Fred Feld", teams=[world.field_service])
    company = world.things["company"] = CompanyFactory(name="Acme GmbH", domains=["acme.example"])
    dana = world.things["contact"] = ContactFactory(email="dana@acme.example", company=company)
    world.things["colleague"] = AgentFactory(name="Tara Neu", teams=[world.desk])

    def new(**more: Any) -> Ticket:
        ticket: Ticket = TicketFactory(**{"team": world.desk, "requester": dana, **more})
        return ticket

    world.scenes["new"] = Scene(new(message=Message(body_text="It is off.", body_html="<p>It is off.</p>")))
    world.scenes["offered"] = Scene(new())
    services.offer_ticket(world.scenes["offered"].ticket.pk, to=jonas, by=world.people["lead"])
    world.scenes["open_new"] = Scene(new(team=world.field_service))
    world.scenes["foreign_owned"] = Scene(new(team=world.field_service, owner=fred))
    world.scenes["network_new"] = Scene(new(team=world.network))
    world.scenes["dropped"] = Scene(new())
    services.cancel_ticket(world.scenes["dropped"].ticket.pk, by=mara, code="withdrawn")
    for suffix, owner in (("", mara), (":deputy", olaf)):
        for state, make in OWNED_STATES.items():
            world.scenes[state + suffix] = make(world, new(owner=owner), owner)
    world.scenes["leaving"] = Scene(new(owner=emil))
    emil.employment_ended_on = emil.today(timezone.now()) - timedelta(days=1)
    emil.save()


def _plain(world: World, ticket: Ticket, owner: Agent) -> Scene:
    return Scene(ticket)


def _answered(world: World, ticket: Ticket, owner: Agent) -> Scene:
    message = services.reply_to_customer(ticket.pk, by=owner, body_text="Restart it.")
    services.release_message(message.pk, now=timezone.now() + timedelta(minutes=1))
    return Scene(ticket, message=message)


def _waiting(world: World, ticket: Ticket, owner: Agent) -> Scene:
    scene = _answered(world, ticket, owner)
    services.wait_for_customer(ticket.pk, by=owner)
    return scene


def _resolved(world: World, ticket: Ticket, owner: Agent) -> Scene:
    services.resolve_ticket(ticket.pk, by=owner, code="fixed", note="Restarted.")
    return Scene(ticket)


def _closed(world: World, ticket: Ticket, owner: Agent) -> Scene:
    task = services.create_task(ticket.pk, by=owner, title="Order toner")
    _resolved(world, ticket, owner)
    services.confirm_ticket(ticket.pk, by=owner)
    return Scene(ticket, task=task)


def _cancelled(world: World, ticket: Ticket, owner: Agent) -> Scene:
    services.cancel_ticket(ticket.pk, by=owner, code="withdrawn")
    return Scene(ticket)


def _merged(world: World, ticket: Ticket, owner: Agent) -> Scene:
    other = TicketFactory(team=world.desk, requester=ticket.requester, owner=owner)
    services.merge_ticket(ticket.pk, into=other, by=owner)
    return Scene(ticket)


def _task(world: World, ticket: Ticket, owner: Agent) -> Scene:
    return Scene(ticket, task=services.create_task(ticket.pk, by=owner, title="Order toner"))


def _task_of_agent(world: World, ticket: Ticket, owner: Agent) -> Scene:
    jonas = world.people["agent"]
    return Scene(ticket, task=services.create_task(ticket.pk, by=owner, title="Order toner", assigned_to=jonas))


def _task_of_team(world: World, ticket: Ticket, owner: Agent) -> Scene:
    return Scene(ticket, task=services.create_task(ticket.pk, by=owner, title="Order toner", team=world.desk))


def _task_done(world: World, ticket: Ticket, owner: Agent) -> Scene:
    scene = _task(world, ticket, owner)
    services.finish_task(scene.task.pk, by=owner)
    return scene


def _task_must(world: World, ticket: Ticket, owner: Agent) -> Scene:
    return Scene(ticket, task=services.create_task(ticket.pk, by=owner, title="Order toner", is_mandatory=True))


def _asked(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """The team lead's to approve."""
    return Scene(ticket, resolution=a_resolution(ticket, "150.00", by=owner))


def _asked_high(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """The manager's to approve."""
    return Scene(ticket, resolution=a_resolution(ticket, "600.00", by=owner))


def _granted(world: World, ticket: Ticket, owner: Agent) -> Scene:
    return Scene(ticket, resolution=a_resolution(ticket, "10.00", by=owner))


def _held(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """A reply in its hold; its author is the owner, of the absent owner's ticket the deputy (see `_absences`)."""
    return Scene(ticket, message=services.reply_to_customer(ticket.pk, by=owner, body_text="Restart it."))


def _scheduled(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """A reply that waits for tomorrow; its author is the owner, also of the ticket whose owner is absent by now."""
    moment = timezone.now() + timedelta(days=1)
    return Scene(
        ticket,
        message=services.reply_to_customer(
            ticket.pk, by=owner, body_text="Restart it tomorrow.", when="at", send_at=moment
        ),
    )


def _sent(world: World, ticket: Ticket, owner: Agent) -> Scene:
    scene = _answered(world, ticket, owner)
    OutboundMessage.objects.filter(pk=scene.message.pk).update(status=OutboundStatus.SENT)
    return scene


def _failed(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """A reply of the owner, also of the one who is absent by now, that no mail server takes."""
    scene = _answered(world, ticket, owner)
    OutboundMessage.objects.filter(pk=scene.message.pk).update(status=OutboundStatus.FAILED)
    return scene


def _help_asked(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """Help is asked of the team Network; the outsider is one of it."""
    return Scene(ticket, envelope=open_envelope(ticket.pk, by=owner, team=world.network, reason="Packets drop."))


def _help_asked_by_name(world: World, ticket: Ticket, owner: Agent) -> Scene:
    nina = world.people["outsider"]
    return Scene(ticket, envelope=open_envelope(ticket.pk, by=owner, assigned_to=nina, reason="Packets drop."))


def _helped(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """The outsider is its expert, and has written in it by mail."""
    scene = _help_asked(world, ticket, owner)
    nina = world.people["outsider"]
    accept_envelope(scene.envelope.pk, by=nina)
    mail = Message(body_text="See the port.", body_html="<p>See the port.</p>", files=[NewFile("port.png", PNG)])
    taken = post_mail(scene.envelope.pk, senders=[nina.email], sender=nina.email, message=mail)
    scene.file = taken.entry.attachments.get()
    return scene


def _helped_task(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """With a task that is nobody's yet."""
    scene = _helped(world, ticket, owner)
    scene.task = add_envelope_task(scene.envelope.pk, by=owner, title="Swap the port")
    return scene


def _sealed(world: World, ticket: Ticket, owner: Agent) -> Scene:
    scene = _helped(world, ticket, owner)
    complete_envelope(scene.envelope.pk, by=world.people["outsider"], summary="A bad port.")
    return scene


def _help_offered(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """A colleague of the ticket's team, who was not asked, can help."""
    scene = _help_asked(world, ticket, owner)
    offer_help(scene.envelope.pk, by=world.people["agent"])
    return scene


def _help_offered_too(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """Beside its expert."""
    scene = _helped(world, ticket, owner)
    offer_help(scene.envelope.pk, by=world.people["agent"])
    return scene


def _vendor(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """Help of a vendor, with a mail of the owner that has not left; the outsider is its expert."""
    envelope = open_envelope(
        ticket.pk,
        by=owner,
        team=world.network,
        reason="Packets drop.",
        kind="external_vendor",
        vendor_addresses=["vera@vendor.test"],
    )
    accept_envelope(envelope.pk, by=world.people["outsider"])
    message = write_to_vendor(envelope.pk, by=owner, subject="Switch 7", body_text="Which firmware?")
    return Scene(ticket, envelope=envelope, message=message)


def _flagged(world: World, ticket: Ticket, owner: Agent) -> Scene:
    names = ("complaint", "legal", "physical_damage", "social_media")
    return Scene(ticket, flags={name: services.add_flag(ticket.pk, by=DESK, type=name, reason="So") for name in names})


def _flagged_closed(world: World, ticket: Ticket, owner: Agent) -> Scene:
    names = ("complaint", "vip")
    flags = {name: services.add_flag(ticket.pk, by=DESK, type=name, reason="So") for name in names}
    _resolved(world, ticket, owner)
    services.confirm_ticket(ticket.pk, by=owner)
    return Scene(ticket, flags=flags)


def _legal(world: World, ticket: Ticket, owner: Agent) -> Scene:
    """Comes last, as from now on Network is asked for legal advice; the outsider gives it."""
    world.network.is_legal = True
    world.network.save()
    names = ("complaint", "legal", "physical_damage")
    flags = {name: services.add_flag(ticket.pk, by=DESK, type=name, reason="So") for name in names}
    envelope = ticket.envelopes.get()
    accept_envelope(envelope.pk, by=world.people["outsider"])
    return Scene(ticket, envelope=envelope, resolution=a_resolution(ticket, by=owner), flags=flags)


OWNED_STATES = {
    "vendor": _vendor,
    "help_asked": _help_asked,
    "help_asked_by_name": _help_asked_by_name,
    "help_offered": _help_offered,
    "help_offered_too": _help_offered_too,
    "helped": _helped,
    "helped_task": _helped_task,
    "sealed": _sealed,
    "owned": _plain,
    "answered": _answered,
    "waiting": _waiting,
    "resolved": _resolved,
    "closed": _closed,
    "cancelled": _cancelled,
    "merged": _merged,
    "task": _task,
    "task_mine": _task_of_agent,
    "task_team": _task_of_team,
    "task_done": _task_done,
    "task_must": _task_must,
    "asked": _asked,
    "asked_high": _asked_high,
    "granted": _granted,
    "held": _held,
    "scheduled": _scheduled,
    "sent": _sent,
    "failed": _failed,
    "flagged": _flagged,
    "flagged_end": _flagged_closed,
    "legal": _legal,
}


def _absences(world: World) -> None:
    """Olaf is away and Dora covers; Tara will be; Emil has left, his tickets wait for their transfer."""
    dora = world.people["deputy"]
    AbsenceFactory(agent=world.things["olaf"], deputy=dora)
    AbsenceFactory(agent=world.things["emil"], deputy=dora)
    start = timezone.now().date() + timedelta(days=20)
    world.things["absence"] = AbsenceFactory(agent=world.things["colleague"], starts_on=start, deputy=dora)
    for state in ("held", "sent"):
        scene = world.scenes[f"{state}:deputy"]
        scene.message = services.reply_to_customer(
            scene.ticket.pk, by=Agent.objects.get(pk=dora.pk), body_text="Restart it."
        )
    sent = world.scenes["sent:deputy"].message
    services.release_message(sent.pk, now=timezone.now() + timedelta(minutes=1))
    OutboundMessage.objects.filter(pk=sent.pk).update(status=OutboundStatus.SENT)


def _mail(world: World) -> None:
    """A mail that waits in quarantine, as its sender is blocked, one that has become a ticket, and one that was moved
    from its ticket to another.
    """
    block_sender("spam@bad.example", by=world.people["lead"])
    mailbox = MailboxFactory(team=world.desk)
    world.things["mail"] = arrive(a_mail(sender="spam@bad.example"), mailbox)
    world.things["done_mail"] = arrive(a_mail(), mailbox)
    world.things["moved_mail"] = arrive(a_mail(), mailbox)
    world.things["target"] = target = arrive(a_mail(), mailbox).ticket
    move_mail(world.things["moved_mail"].pk, to=target.reference, by=world.people["lead"])
    envelopes = [world.scenes[state].envelope for state in ("helped", "vendor")]
    named = " ".join(token_of(envelope.pk) for envelope in envelopes)
    world.things["mail_of_two"] = arrive(a_mail(sender="eva@else.example", body=named), mailbox)
    world.things["envelope_of_two"] = envelopes[0]
    world.things["brake"] = BrakeFactory(mailbox=mailbox)
    assert world.things["mail"].state == MailState.QUARANTINED
    assert world.things["done_mail"].state == MailState.CREATED


def _calibration(world: World) -> None:
    """A week with one item, which an agent granted alone, and an empty one."""
    row = world.scenes["granted"].resolution
    full = CalibrationSession(iso_year=2026, iso_week=9, sample_seed="1")
    empty = CalibrationSession(iso_year=2026, iso_week=8, sample_seed="2")
    item = CalibrationItem(session=full, resolution=row, reasons=["random_sample"])
    for each in (full, empty, item):
        record(each, by=SystemActor("test"))
    world.things |= {"week": full, "empty_week": empty, "item": item}


def _other_things(world: World) -> None:
    mara, jonas = world.people["owner"], world.people["agent"]
    ticket = world.scenes["owned"].ticket
    png, exe = NewFile("screen.png", PNG, "image/png"), NewFile("tool.exe", b"MZ" + b"\0" * 64)
    entry = services.add_note(ticket.pk, by=mara, body_text="See the files.", files=[png, exe])
    clean, blocked = Attachment.objects.filter(entry=entry).order_by("-filename")[:2][::-1]
    world.things |= {"file": clean, "blocked_file": blocked}
    world.things["nina"] = world.people["outsider"]
    world.things["stranger"] = AgentFactory(name="Nora Fern", teams=[world.network])
    row = Notification(recipient=jonas, event_type=EventType.NOTE_ADDED, ticket=ticket, dedupe_key="matrix")
    row.payload = {"reference": ticket.reference, "author": "Mara Weiss", "subject": ticket.subject}
    row.save()
    world.things["notification"] = row
    world.things["receipt"] = services.act_on_many(BulkKind.WATCH, by=mara, references=[ticket.reference])
    asked = services.ask_many(BulkKind.WATCH, by=mara, tickets=[(ticket.pk, ticket.reference)])
    world.things["running"] = services.start_many(asked.pk, by=mara)
    world.things["own_view"] = services.save_view("Mine", by=mara, base="all")
    world.things["team_view"] = services.save_view(
        "Ours", by=world.people["lead"], scope="team", team=world.desk, base="all"
    )
    world.things["own_board"] = services.save_board("Mine", by=mara)
    world.things["team_board"] = services.save_board("Ours", by=world.people["lead"], scope="team", team=world.desk)
    world.things["draft"] = services.keep_draft(ticket.pk, by=mara, mode="reply", body_text="Half a sen")
    lead = Agent.objects.get(pk=world.people["lead"].pk)
    of_team = {"scope": "team", "team": world.desk}
    world.things["text"] = services.create_canned_response(by=lead, title="Greeting", body="Hello", **of_team)
    world.things["own_text"] = services.create_canned_response(by=mara, title="Mine", body="Hello")
    world.things["template"] = services.create_ticket_template(by=lead, title="New starter", **of_team)
    files = [NewFile("half.txt", b"half")]
    [world.things["draft_file"]] = services.keep_draft_files(ticket.pk, by=mara, mode="note", files=files)
