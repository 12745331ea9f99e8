"""What managers propose about promises, and what admins decide."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Tier
from accounts.models.calendars import MINUTES_A_DAY, HolidayLanguage
from core.api.fields import In, Instant, Line, Out, PersonOut, Query, Text, person
from core.api.schema import page_of
from core.api.views import ApiViewSet
from sla.alerts.enums import Recipient
from sla.enums import PolicyKind
from sla.models.policies import MOST_MINUTES, TARGETS
from sla.proposals import services
from sla.proposals.enums import ProposalAbout, ProposalStatus
from sla.proposals.errors import ProposalsHidden
from sla.proposals.policies import may_see_proposals
from sla.proposals.selectors import calendars_now, matrix_now, policies_now, proposals_for
from sla.proposals.shapes import values_of
from sla.services import Effects
from tickets.enums import Priority, TicketType

OPTIONAL: dict[str, Any] = {"required": False}
OR_NONE: dict[str, Any] = {"required": False, "allow_null": True}


def _minute(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=MINUTES_A_DAY, **kwargs)


class PolicyValuesIn(In):
    """Only what is to be other; of a new policy all it is to be."""

    name = Line(max_length=100, **OPTIONAL)
    kind = serializers.ChoiceField(choices=PolicyKind.choices, **OPTIONAL)
    is_active = serializers.BooleanField(**OPTIONAL)
    order = serializers.IntegerField(min_value=0, max_value=2**31 - 1, **OPTIONAL)
    ticket_type = serializers.ChoiceField(choices=TicketType.choices, allow_blank=True, **OPTIONAL)
    priority = serializers.ChoiceField(choices=Priority.choices, allow_blank=True, **OPTIONAL)
    customer_tier = serializers.ChoiceField(choices=Tier.choices, allow_blank=True, **OPTIONAL)
    company = serializers.UUIDField(**OR_NONE)
    team = serializers.UUIDField(**OR_NONE)
    category = serializers.UUIDField(**OR_NONE)
    calendar = serializers.UUIDField(**OR_NONE)
    retroactive = serializers.BooleanField(**OPTIONAL)

    def get_fields(self) -> dict[str, Any]:
        minutes = {
            name: serializers.IntegerField(
                min_value=1, max_value=MOST_MINUTES, help_text="business minutes; null: not promised", **OR_NONE
            )
            for name in TARGETS.values()
        }
        return {**super().get_fields(), **minutes}


class WindowIn(In):
    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="0 is Monday")
    start_minute = _minute(help_text="after local midnight")
    end_minute = _minute(help_text="1440 is 24:00; before the start: past midnight")


class HolidayIn(In):
    on = serializers.DateField()
    name = Line(max_length=100)
    is_recurring = serializers.BooleanField(required=False, default=False)
    start_minute = _minute(required=False, allow_null=True, default=None, help_text="of a half day")
    end_minute = _minute(required=False, allow_null=True, default=None, help_text="of a half day")


class CalendarValuesIn(In):
    """Only what is to be other; of windows and holidays all there are to be."""

    name = Line(max_length=100, **OPTIONAL)
    timezone = Line(max_length=64, **OPTIONAL)
    is_24x7 = serializers.BooleanField(**OPTIONAL)
    country = Line(max_length=2, allow_blank=True, **OPTIONAL)
    region = Line(max_length=20, allow_blank=True, **OPTIONAL)
    holiday_language = serializers.ChoiceField(choices=HolidayLanguage.choices, **OPTIONAL)
    left_out = serializers.ListField(child=Line(max_length=100), max_length=100, **OPTIONAL)
    windows = WindowIn(many=True, **OPTIONAL)
    holidays = HolidayIn(many=True, **OPTIONAL)


class AlertRuleValuesIn(In):
    threshold_minutes = serializers.IntegerField(min_value=0, max_value=MOST_MINUTES, **OPTIONAL)
    recipients = serializers.ListField(
        child=serializers.ChoiceField(choices=Recipient.choices), max_length=len(Recipient), **OPTIONAL
    )
    is_active = serializers.BooleanField(**OPTIONAL)


class ProposalIn(In):
    """Values of the one kind that `about` names."""

    asked = ("reason",)
    about = serializers.ChoiceField(choices=ProposalAbout.choices)
    target = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="null: a new policy")
    policy = PolicyValuesIn(required=False)
    calendar = CalendarValuesIn(required=False)
    alert_rule = AlertRuleValuesIn(required=False)
    reason = Text(required=False, allow_blank=True, default="", max_length=400)
    seen_version = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, help_text="of what is to change, as you saw it"
    )


class DecisionIn(In):
    note = Text(required=False, allow_blank=True, default="", max_length=500)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the proposal's")


class ProposalVersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class EffectsOut(Out):
    tickets = serializers.IntegerField(help_text="the newest open ones, which were looked at")
    changed = serializers.IntegerField(help_text="so many would be promised something else, or be warned of otherwise")
    missed = serializers.IntegerField(help_text="of these so many at once")


class ProposalOut(Out):
    id = serializers.UUIDField()
    about = serializers.ChoiceField(choices=ProposalAbout.choices)
    target = serializers.SerializerMethodField(help_text="null: a new policy, until it is accepted")
    title = serializers.CharField(help_text="name of what is to change, as it was then")
    values = serializers.DictField(help_text="what is to be other, by field")
    former = serializers.DictField(help_text="the same fields as they were; empty of something new")
    reason = serializers.CharField()
    effects = serializers.SerializerMethodField(help_text="on open tickets, when it was proposed")
    status = serializers.CharField(help_text=", ".join(ProposalStatus.values))
    proposed_by = PersonOut()
    created_at = Instant()
    decided_by = person()
    decided_at = Instant(allow_null=True)
    note = serializers.CharField(help_text="of whoever decided")
    version = serializers.IntegerField()

    def get_target(self, proposal: Any) -> UUID | None:
        found: UUID | None = proposal.policy_id or proposal.calendar_id or proposal.alert_rule_id
        return found

    def get_effects(self, proposal: Any) -> dict[str, int]:
        return dict(proposal.effects)


class SubjectOut(Out):
    about = serializers.ChoiceField(choices=ProposalAbout.choices)
    id = serializers.UUIDField()
    name = serializers.CharField()
    values = serializers.DictField(help_text="all that can be proposed about, as it is now")
    version = serializers.IntegerField()


class SubjectsOut(Out):
    results = SubjectOut(many=True)


class ProposalQuery(Query):
    status = serializers.ChoiceField(choices=ProposalStatus.choices, required=False)
    about = serializers.ChoiceField(choices=ProposalAbout.choices, required=False)


class ProposalViewSet(ApiViewSet):
    """Managers propose, admins decide, auditors read; programs neither."""

    def _refuse(self) -> None:
        if not may_see_proposals(self.actor):
            raise ProposalsHidden

    @extend_schema(
        operation_id="proposal_list",
        summary="What is proposed about promises",
        parameters=[ProposalQuery],
        responses=page_of(ProposalOut),
    )
    def list(self, request: Request) -> Response:
        self._refuse()
        query = self.read_query(ProposalQuery)
        rows = proposals_for(self.actor).filter(**{name: query[name] for name in ("status", "about") if name in query})
        return self.page(rows, ("-created_at", "-id"), query, ProposalOut)

    @extend_schema(operation_id="proposal", summary="One", responses=ProposalOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        self._refuse()
        return Response(ProposalOut(self.one(proposals_for(self.actor), pk=id)).data)

    @extend_schema(
        operation_id="proposal_subjects",
        summary="What can be proposed about, as it is now",
        responses=SubjectsOut,
    )
    def subjects(self, request: Request) -> Response:
        self._refuse()
        rows = [
            {"about": about, "id": row.pk, "name": str(row), "values": values_of(about, row), "version": row.version}
            for about, found in (
                (ProposalAbout.POLICY, policies_now()),
                (ProposalAbout.CALENDAR, calendars_now()),
                (ProposalAbout.ALERT_RULE, matrix_now()),
            )
            for row in found
        ]
        return Response(SubjectsOut({"results": rows}).data)

    @extend_schema(
        operation_id="proposal_create",
        summary="Propose a change",
        description="Managers. It is checked as the change itself would be; an admin decides.",
        request=ProposalIn,
        responses={201: ProposalOut},
    )
    def create(self, request: Request) -> Response:
        values = self.read(ProposalIn)
        about, target = values["about"], values["target"]
        proposal = services.propose(
            about,
            target,
            dict(values.get(about, {})),
            by=self.actor,
            reason=values["reason"],
            version=values["seen_version"],
        )
        return Response(ProposalOut(proposal).data, status=201)

    @extend_schema(
        operation_id="proposal_preview",
        summary="What a change would do to open tickets",
        description="Nothing is kept.",
        request=ProposalIn,
        responses=EffectsOut,
    )
    def preview(self, request: Request) -> Response:
        values = self.read(ProposalIn)
        about = values["about"]
        effects: Effects = services.preview_proposal(
            about, values["target"], dict(values.get(about, {})), by=self.actor, version=values["seen_version"]
        )
        return Response(EffectsOut(effects).data)

    @extend_schema(
        operation_id="proposal_accept",
        summary="Let it hold",
        description="Admins, about others' proposals, as long as what is to change is still as it was.",
        request=DecisionIn,
        responses={200: ProposalOut},
    )
    def accept(self, request: Request, id: UUID) -> Response:
        return self._decide(id, DecisionIn, services.accept_proposal)

    @extend_schema(
        operation_id="proposal_decline",
        summary="Decline it, with a note",
        request=DecisionIn,
        responses={200: ProposalOut},
    )
    def decline(self, request: Request, id: UUID) -> Response:
        return self._decide(id, DecisionIn, services.decline_proposal)

    @extend_schema(
        operation_id="proposal_withdraw",
        summary="Take one's own back",
        request=ProposalVersionIn,
        responses={200: ProposalOut},
    )
    def withdraw(self, request: Request, id: UUID) -> Response:
        return self._decide(id, ProposalVersionIn, services.withdraw_proposal)

    def _decide(self, id: UUID, shape: type[In], act: Any) -> Response:
        self._refuse()
        proposal = self.one(proposals_for(self.actor), pk=id)
        act(proposal.pk, by=self.actor, **self.read(shape))
        return self.retrieve(self.request, id)
