"""One small desk with a person for each column of the matrix and a ticket for each state; built once for all tables.

Every ticket that somebody owns exists twice: owned by Mara, who is here, and by Olaf, who is away and covered by Dora of
another team. The column `deputy` meets Olaf's.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Agent, BusinessCalendar
from accounts.services import deactivate_agent
from accounts.tokens import token_for
from connectors.base.services import add_connection
from connectors.entra.enums import GrantedBy
from connectors.entra.models import GroupRole, MicrosoftAccount
from connectors.entra.services import save_account, save_group_role
from connectors.mail.enums import MailState
from connectors.mail.services import block_sender, move_mail
from connectors.meetings.models import CalendarCopy
from connectors.meetings.services import Wanted, arrange_meeting
from connectors.push.models import PushSubscription
from connectors.teams.models import ChannelPost
from core.actors import SystemActor
from core.history import record
from core.models import Heartbeat
from core.timers import HEARTBEAT
from envelopes.mail_tokens import token_of
from notifications.enums import DeliveryStatus, EventType
from notifications.models import Delivery, Notification
from sla.alerts.models import Alert, AlertRecipient, AlertRule
from sla.models import SlaPolicy
from sla.proposals.services import propose
from sla.reminders.models import Reminder
from sla.reminders.services import create_reminder, open_feed
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
from tests.matrix.scenes import PNG, Scene, World
from tests.matrix.states import OWNED_STATES
from tickets import services
from tickets.enums import BulkKind, OutboundStatus
from tickets.models import Attachment, CalibrationItem, CalibrationSession, OutboundMessage, Ticket
from tickets.services import NewFile
from tickets.services.creation import Message


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
    _connections(world)
    _meetings(world)
    _other_things(world)
    _calibration(world)
    _proposal(world)
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


def _connections(world: World) -> None:
    ids = {"tenant_id": "acme.example", "client_id": "1"}
    row = add_connection("microsoft365", by=world.people["admin"], name="Microsoft 365", settings=ids)
    world.things["connection"] = row
    teams = add_connection(
        "teams",
        by=world.people["admin"],
        name="Teams",
        settings={"posts_for": "people"},
        secrets={"webhook": "https://workflows.invalid/1?sig=2"},
    )
    world.things["teams"] = teams
    values = {"microsoft365": str(row.pk), "mailbox": "desk@acme.example", "meets_for": "all"}
    add_connection("calendar", by=world.people["admin"], name="Calendar", settings=values)
    _microsoft_sign_in(world)
    now = timezone.now()
    world.things["post"] = ChannelPost.objects.create(
        connection=teams, key="test:1", kind="test", status="failed", failed_at=now
    )


def _microsoft_sign_in(world: World) -> None:
    admin = world.people["admin"]
    ids = {"tenant_id": str(uuid4()), "client_id": str(uuid4())}
    tenant = add_connection("entra", by=admin, name="Acme", settings=ids)
    account = MicrosoftAccount(connection=tenant, agent=world.people["agent"])
    world.things["microsoft_account"] = save_account(account, by=admin)
    mapped = GroupRole(connection=tenant, granted_by=GrantedBy.APP_ROLE, value="Desk.Lead", role=Role.TEAM_LEAD)
    world.things["group_role"] = save_group_role(mapped, by=admin)


def _meetings(world: World) -> None:
    """One that could not be sent of each of the tickets that are owned, and one in an envelope."""
    nina, soon = world.people["outsider"], timezone.now() + timedelta(days=3)
    for name in ("", ":deputy"):
        ticket = world.scenes[f"owned{name}"].ticket
        wanted = Wanted(title="Look at it", starts_at=soon, minutes=30, attendees=["dana@acme.example"])
        made = world.things[f"meeting{name}"] = arrange_meeting(ticket.pk, wanted, by=ticket.owner)
        CalendarCopy.objects.filter(meeting=made).update(state="failed", next_attempt_at=None, failed_at=timezone.now())
    envelope = world.scenes["helped"].envelope
    inside = Wanted(title="Among us", starts_at=soon, minutes=30, attendees=[nina.email])
    world.things["envelope_meeting"] = arrange_meeting(envelope.ticket_id, inside, by=nina, envelope_id=envelope.pk)


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


def _proposal(world: World) -> None:
    """The manager's, and a policy, a calendar and a cell to propose about."""
    policy = SlaPolicy.objects.get(name="Medium")
    cell = AlertRule.objects.get(priority="medium", condition="not_updated", level=1)
    world.things |= {"policy": policy, "hours": BusinessCalendar.objects.get(is_default=True), "cell": cell}
    world.things["proposal"] = propose(
        "policy", policy.pk, {"order": 7}, by=world.people["manager"], reason="The board wishes it"
    )


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
    failed = Delivery(recipient=jonas, channel="email", scheduled_for=timezone.now(), last_error="Busy.")
    failed.end(DeliveryStatus.FAILED)
    failed.released_at = failed.failed_at = timezone.now()
    failed.save()
    world.things["delivery"] = failed
    world.things["browser"] = PushSubscription.objects.create(agent=jonas, endpoint="https://fcm.googleapis.com/send/1")
    _reminders(world, mara)
    world.things["alert"] = _alert(world, ticket)
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


def _alert(world: World, ticket: Any) -> Alert:
    alert = Alert(ticket=ticket, condition="not_updated", level=1, cycle=1, triggered_at=timezone.now())
    record(alert, by=SystemActor("test"))
    for column in ("owner", "lead", "manager", "auditor"):
        AlertRecipient.objects.create(alert=alert, agent=world.people[column], told_at=timezone.now())
    return alert


def _reminders(world: World, mara: Any) -> None:
    """Mara's own one, and one the desk made for Olaf, who is away; both are due."""
    now = timezone.now()
    world.things["calendar"] = open_feed(mara, by=mara)
    own = create_reminder("custom", by=mara, message="Call the vendor", trigger_at=now + timedelta(minutes=1))
    ticket = world.scenes["owned:deputy"].ticket
    of_desk = Reminder(agent=world.things["olaf"], ticket=ticket, kind="stale_ticket", cycle="matrix", trigger_at=now)
    for name, row in (("reminder", own), ("desk_reminder", of_desk)):
        row.trigger(at=now)
        record(row, by=SystemActor("test"))
        world.things[name] = row
