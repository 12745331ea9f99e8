"""Which hidden tasks and files are seen: of envelopes whose thread the reader may read; which tasks go together."""

from django.db.models import Exists, OuterRef, Q

from core.actors import Actor
from envelopes.models import Envelope, EnvelopeTask
from tickets.models import Task


def tasks_seen_by(actor: Actor) -> Q:
    return Q(envelope_task__envelope__in=Envelope.objects.thread_visible_to(actor).order_by().values("pk"))


def tasks_beside(task: Task) -> Q:
    return Q(envelope_task__envelope__in=EnvelopeTask.objects.filter(task=task).values("envelope"))


def files_seen_by(actor: Actor) -> Q:
    """Of posts, and of mails to the vendor that are not posts yet or were taken back."""
    readable = Envelope.objects.thread_visible_to(actor).order_by()
    ways = ("entry__envelope_post__envelope", "outbound__vendor_message__envelope")
    is_posted, is_held = (Q(Exists(readable.filter(pk=OuterRef(way)))) for way in ways)
    return is_posted | is_held
