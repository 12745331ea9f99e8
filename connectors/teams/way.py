"""Teams as a channel of people: a card in the chat with the workflow's bot, else a message in the activity feed."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone, translation

from accounts.models import Agent
from connectors.base.failures import Ambiguous, Failure, Transient
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.teams import activity, workflows
from connectors.teams.cards import message_of
from connectors.teams.models import Unreached
from connectors.teams.writing import card_of_letter
from notifications.enums import DeliveryChannel
from notifications.ways import Letter, NotDelivered

UNREACHED_FOR = timedelta(days=1)
"""Whoever has not the app is asked about once a day, not with each message; a test card asks at once."""


class TeamsWay:
    channel = DeliveryChannel.TEAMS
    is_repeatable = False
    """A workflow knows no card again: the second one would stand beside the first."""

    def reaches(self, agent: Agent) -> bool:
        row = _connection() if agent.email else None
        return row is not None and not _unreached(row, agent).filter(until__gt=timezone.now()).exists()

    def deliver(self, letter: Letter) -> None:
        """By one try: the delivery itself is tried again, and a breach goes on by the next channel meanwhile."""
        row = _connection()
        if row is None:
            raise NotDelivered("No connection to Microsoft Teams is set up for people any more.", is_final=True)
        try:
            with translation.override(letter.language):
                card = card_of_letter(letter)
                message = message_of(card, recipient=letter.recipient.email)
            if row.kind == workflows.KIND:
                workflows.post(row, message)
            else:
                email = letter.recipient.email
                activity.send(row, activity.Message(key=letter.key, email=email, title=card.title, url=card.url))
                _unreached(row, letter.recipient).delete()
        except Ambiguous as failure:  # it may have arrived: not here once more, and by the next channel all the same
            raise NotDelivered(str(Said("teams_unclear")), is_final=True) from failure
        except Transient as failure:
            pause = timedelta(seconds=failure.pause) if failure.pause else None
            raise NotDelivered(str(failure), retry_after=pause) from failure
        except Failure as failure:
            if isinstance(failure, activity.PersonNotReached):
                _unreached(row, letter.recipient).update_or_create(
                    connection=row, agent=letter.recipient, defaults={"until": timezone.now() + UNREACHED_FOR}
                )
            raise NotDelivered(str(failure), is_final=True) from failure


def _unreached(row: Connection, agent: Agent) -> QuerySet[Unreached]:
    return Unreached.objects.filter(connection=row, agent=agent)


def _connection() -> Connection | None:
    """By which people are reached: cards, which have buttons, rather than the activity feed. One query."""
    rows = Connection.objects.active().of_kind(workflows.KIND).filter(settings__posts_for=workflows.PEOPLE)
    both = rows | Connection.objects.active().of_kind(activity.KIND)
    return both.order_by("kind", "created_at").first()  # "teams" comes before "teams_activity"
