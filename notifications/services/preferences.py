"""What a person says about how they are told."""

from collections.abc import Sequence
from datetime import time

from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid, StaleVersion, Text
from core.history import record, record_deletion
from core.service import service
from notifications.defaults import is_always_breach
from notifications.enums import DeliveryChannel, EventType, Timing
from notifications.errors import NotYourNotifications
from notifications.models import NotificationPreference, QuietHours
from notifications.policies import may_choose_for

AT_ONCE = _("A breach comes at once, whatever the hour.")
BOTH = _("Give both times, and two different ones, or none.")
TO_CHOOSE = tuple(channel for channel in DeliveryChannel if channel != DeliveryChannel.IN_APP)
"""In the app everything stands in any case."""


@service
def keep_preference(
    agent: Agent,
    event_type: str,
    *,
    by: Actor,
    channels: Sequence[str],
    timing: str = Timing.IMMEDIATE,
    quiet_from: time | None = None,
    quiet_to: time | None = None,
    version: int | None = None,
) -> NotificationPreference:
    """From now on `agent` is told of this event so; what waits already keeps its moment. Of a breach there is no choice
    of when.

    Raises NotYourNotifications, Invalid or StaleVersion.
    """
    _refuse_others(agent, by)
    if wrong := _what_is_wrong(event_type, channels, timing, quiet_from, quiet_to):
        raise Invalid(wrong)
    row = _locked(NotificationPreference(agent=agent, event_type=event_type), event_type=event_type)
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)
    row.channels = [channel for channel in TO_CHOOSE if channel in channels]
    row.timing, row.quiet_from, row.quiet_to = timing, quiet_from, quiet_to
    record(row, by=by)
    return row


def _locked(new: NotificationPreference, *, event_type: str) -> NotificationPreference:
    agent = Agent.objects.for_update().get(pk=new.agent_id)  # the person stands for the row that may not be there yet
    return NotificationPreference.objects.filter(agent=agent, event_type=event_type).first() or new


def _what_is_wrong(
    event_type: str, channels: Sequence[str], timing: str, quiet_from: time | None, quiet_to: time | None
) -> dict[str, Text | list[Text]]:
    wrong: dict[str, Text | list[Text]] = {}
    if event_type not in EventType:
        wrong["event_type"] = _("There is no such event.")
    if unknown := [channel for channel in channels if channel not in DeliveryChannel]:
        wrong["channels"] = _("There is no such channel: %(names)s") % {"names": ", ".join(unknown)}
    if timing not in Timing:
        wrong["timing"] = _("There is no such choice.")
    elif event_type in EventType and is_always_breach(event_type):
        if timing != Timing.IMMEDIATE:
            wrong["timing"] = AT_ONCE
        if quiet_from is not None or quiet_to is not None:
            wrong["quiet_from"] = AT_ONCE
    if not _makes_sense(quiet_from, quiet_to):
        wrong["quiet_to"] = BOTH
    return wrong


@service
def usual_again(agent: Agent, event_type: str, *, by: Actor, version: int | None = None) -> None:
    """Forget what `agent` has said about an event; nothing happens if that is nothing. Raises NotYourNotifications or
    StaleVersion.
    """
    _refuse_others(agent, by)
    Agent.objects.for_update().get(pk=agent.pk)
    for row in NotificationPreference.objects.filter(agent=agent, event_type=event_type):
        if version is not None and version != row.version:
            raise StaleVersion(given=version, current=row.version)
        record_deletion(row, by=by)


@service
def keep_quiet_hours(
    agent: Agent, *, by: Actor, quiet_from: time | None, quiet_to: time | None, version: int | None = None
) -> QuietHours:
    """When `agent` wants nothing but breaches, by their own clock; both None: never.

    Raises NotYourNotifications, Invalid or StaleVersion.
    """
    _refuse_others(agent, by)
    if not _makes_sense(quiet_from, quiet_to):
        raise Invalid({"quiet_to": BOTH})
    Agent.objects.for_update().get(pk=agent.pk)
    row = QuietHours.objects.filter(agent=agent).first() or QuietHours(agent=agent)
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)
    row.quiet_from, row.quiet_to = quiet_from, quiet_to
    record(row, by=by)
    return row


def _refuse_others(agent: Agent, by: Actor) -> None:
    if not may_choose_for(by, agent):
        raise NotYourNotifications


def _makes_sense(quiet_from: time | None, quiet_to: time | None) -> bool:
    return (quiet_from is None) == (quiet_to is None) and (quiet_from is None or quiet_from != quiet_to)
