"""The states of a ticket that somebody owns, each made by its owner: what the tables of the matrix call them."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Agent
from core.actors import DESK
from envelopes.services import (
    accept_envelope,
    add_envelope_task,
    complete_envelope,
    offer_help,
    open_envelope,
    post_mail,
    write_to_vendor,
)
from sla.services import pause_clocks
from tests.factories import TicketFactory
from tests.factories.resolutions import a_resolution
from tests.matrix.scenes import PNG, Scene, World
from tickets import services
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import NewFile
from tickets.services.creation import Message


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


def _paused(world: World, ticket: Ticket, owner: Agent) -> Scene:
    until = timezone.now() + timedelta(hours=3)
    pause_clocks(ticket.pk, by=world.people["super"], reason="vendor", until=until)
    return Scene(ticket)


OWNED_STATES = {
    "paused": _paused,
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
