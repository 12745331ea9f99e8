"""How one is told: by event, and the quiet hours. One's own alone."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from core.api.fields import In, Out
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import NotFound
from notifications.api.serializers import NotificationVersionIn
from notifications.defaults import USUAL, choice_for, is_always_breach
from notifications.enums import DeliveryChannel, EventType, Timing
from notifications.errors import NotYourNotifications
from notifications.knowledge import Wishes, wishes_of
from notifications.models import QuietHours
from notifications.services import keep_preference, keep_quiet_hours, usual_again

CLOCK: dict[str, Any] = {"required": False, "allow_null": True, "help_text": "by the person's clock, as 20:00"}


class QuietOut(Out):
    quiet_from = serializers.TimeField(format="%H:%M", allow_null=True)
    quiet_to = serializers.TimeField(format="%H:%M", allow_null=True)
    version = serializers.IntegerField(allow_null=True, help_text="null: nothing is chosen yet")


class NotificationPreferenceOut(QuietOut):
    """What applies to an event, chosen or usual. In the app it stands in any case; a breach comes by push and Teams."""

    event_type = serializers.ChoiceField(choices=EventType.choices)
    channels = serializers.ListField(child=serializers.ChoiceField(choices=DeliveryChannel.choices))
    timing = serializers.ChoiceField(choices=Timing.choices)
    is_usual = serializers.BooleanField(help_text="whether the person has chosen nothing else")


class NotificationPreferenceIn(In):
    channels = serializers.ListField(
        required=False, child=serializers.ChoiceField(choices=DeliveryChannel.choices), max_length=5
    )
    timing = serializers.ChoiceField(required=False, choices=Timing.choices)
    quiet_from = serializers.TimeField(**CLOCK)
    quiet_to = serializers.TimeField(**CLOCK)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class QuietHoursIn(In):
    quiet_from = serializers.TimeField(**(CLOCK | {"required": True}))
    quiet_to = serializers.TimeField(**(CLOCK | {"required": True}))
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


def shown(event: EventType, wishes: Wishes) -> dict[str, Any]:
    own = wishes.preferences.get(event)
    choice = choice_for(event, USUAL[event].urgency, wishes.choice(event))
    quiet = own.quiet if own and not is_always_breach(event) else None
    return {
        "event_type": event.value,
        "channels": [channel.value for channel in choice.channels],
        "timing": choice.timing.value,
        "is_usual": own is None,
        "quiet_from": quiet and quiet[0],
        "quiet_to": quiet and quiet[1],
        "version": own and own.version,
    }


class OwnViewSet(ApiViewSet):
    @property
    def reader(self) -> Agent:
        """Programs are told nothing, so there is nothing for them to choose."""
        if not isinstance(self.actor, Agent):
            raise NotYourNotifications
        return self.actor

    def event(self, name: str) -> EventType:
        if name not in EventType:
            raise NotFound
        return EventType(name)


class PreferenceViewSet(OwnViewSet):
    def answer(self, event: EventType) -> Response:
        return Response(NotificationPreferenceOut(shown(event, wishes_of(self.reader))).data)

    @extend_schema(
        operation_id="notification_preference_list",
        summary="How I am told, by event; all of them on one page",
        responses=page_of(NotificationPreferenceOut),
    )
    def list(self, request: Request) -> Response:
        wishes = wishes_of(self.reader)
        rows = NotificationPreferenceOut([shown(event, wishes) for event in EventType], many=True).data
        return Response({"next": None, "previous": None, "results": rows})

    @extend_schema(operation_id="notification_preference", summary="Of one event", responses=NotificationPreferenceOut)
    def retrieve(self, request: Request, event_type: str) -> Response:
        self.reader  # noqa: B018  # refuses programs before it looks
        return self.answer(self.event(event_type))

    @extend_schema(
        operation_id="notification_preference_update",
        summary="I want it so; what is not sent stays",
        request=NotificationPreferenceIn,
        responses=NotificationPreferenceOut,
    )
    def update(self, request: Request, event_type: str) -> Response:
        agent, event = self.reader, self.event(event_type)
        values = self.read(NotificationPreferenceIn)
        now = shown(event, wishes_of(agent))
        version = self.version(values, is_required=now["version"] is not None)
        before = {name: now[name] for name in ("channels", "timing", "quiet_from", "quiet_to")}
        keep_preference(agent, event, by=agent, version=version, **(before | values))
        return self.answer(event)

    @extend_schema(
        operation_id="notification_preference_delete",
        summary="As usual again",
        request=NotificationVersionIn,
        responses={204: None},
    )
    def destroy(self, request: Request, event_type: str) -> Response:
        agent, event = self.reader, self.event(event_type)
        usual_again(agent, event, by=agent, version=self.version(self.read(NotificationVersionIn)))
        return Response(status=204)


class QuietHoursViewSet(OwnViewSet):
    def rows(self) -> QuerySet[QuietHours]:
        return QuietHours.objects.filter(agent=self.reader)

    def answer(self) -> Response:
        row = self.rows().first() or {"quiet_from": None, "quiet_to": None, "version": None}
        return Response(QuietOut(row).data)

    @extend_schema(operation_id="quiet_hours", summary="My quiet hours", responses=QuietOut)
    def retrieve(self, request: Request) -> Response:
        return self.answer()

    @extend_schema(
        operation_id="quiet_hours_update",
        summary="Only breaches reach me then; both null: never",
        request=QuietHoursIn,
        responses=QuietOut,
    )
    def update(self, request: Request) -> Response:
        agent = self.reader
        values = self.read(QuietHoursIn)
        version = self.version(values, is_required=self.rows().exists())
        keep_quiet_hours(agent, by=agent, version=version, **values)
        return self.answer()
