"""Which hidden tasks and files are seen: of envelopes whose thread the reader may read; which tasks go together."""

from django.db.models import Exists, OuterRef, Q

from accounts.models import Agent
from core.actors import Actor
from envelopes.models import Envelope, EnvelopeParticipant, EnvelopeTask
from tickets.models import Task


def tasks_seen_by(actor: Actor) -> Q:
    return Q(envelope_task__envelope__in=Envelope.objects.thread_visible_to(actor).order_by().values("pk"))


def tasks_worked_by(actor: Actor) -> Q:
    """Experts work on all tasks of their envelope, as they add them (permissions.md section 2)."""
    if not isinstance(actor, Agent) or not actor.is_active:
        return Q(pk__in=[])
    own = EnvelopeParticipant.objects.filter(agent=actor.pk, left_at__isnull=True)
    return Q(envelope_task__envelope__in=own.order_by().values("envelope"))


def tasks_beside(task: Task) -> Q:
    return Q(envelope_task__envelope__in=EnvelopeTask.objects.filter(task=task).values("envelope"))


def files_seen_by(actor: Actor) -> Q:
    """Of posts, and of mails to the vendor that are not posts yet or were taken back."""
    readable = Envelope.objects.thread_visible_to(actor).order_by()
    ways = ("entry__envelope_post__envelope", "outbound__vendor_message__envelope")
    is_posted, is_held = (Q(Exists(readable.filter(pk=OuterRef(way)))) for way in ways)
    return is_posted | is_held
