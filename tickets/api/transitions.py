"""Steps in a ticket's life: each is one service, one address, one POST."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid
from tickets import services
from tickets.api.base import TicketBase
from tickets.api.inputs import (
    CancelIn,
    ChangeRequesterIn,
    ChangeTeamIn,
    MaybeOverLimit,
    MergeIn,
    OfferIn,
    ReopenIn,
    ResolveIn,
    SplitIn,
    TransferIn,
    Versioned,
)
from tickets.api.outputs import TicketOut, TransferredOut
from tickets.models import Ticket

A = TypeVar("A", bound=Callable[..., Response])


def step(name: str, summary: str, request: Any = Versioned) -> Callable[[A], A]:
    described: Callable[[A], A] = extend_schema(
        operation_id=f"ticket_{name}", summary=summary, request=request, responses={200: TicketOut}
    )
    return described


class TransitionViewSet(TicketBase):
    @step("accept", "Become the owner, for good", MaybeOverLimit)
    def accept(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(MaybeOverLimit)
        version = self.version(values)
        return self.whole(services.accept_ticket(ticket.pk, by=self.actor, version=version, **values).pk)

    @step("offer", "Propose to an agent of the team", OfferIn)
    def offer(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(OfferIn)
        version = self.version(values)
        return self.whole(services.offer_ticket(ticket.pk, to=values["agent"], by=self.actor, version=version).pk)

    @step("withdraw_offer", "Take an offer back")
    def withdraw_offer(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        version = self.version(self.read(Versioned))
        return self.whole(services.withdraw_offer(ticket.pk, by=self.actor, version=version).pk)

    @step("change_team", "Put into another team's queue, while unowned", ChangeTeamIn)
    def change_team(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(ChangeTeamIn)
        version = self.version(values)
        return self.whole(services.change_team(ticket.pk, by=self.actor, version=version, **values).pk)

    @extend_schema(
        operation_id="ticket_change_requester",
        summary="Make somebody else the customer of the ticket",
        description=(
            "Answers go to them from then on; mail to the former requester that is held, scheduled or queued is not "
            "sent (what is being handed over at that moment is). Never across companies. An address that nobody has "
            "becomes a contact."
        ),
        request=ChangeRequesterIn,
        responses={200: TicketOut},
    )
    def change_requester(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(ChangeRequesterIn)
        version = self.version(values)
        changed = services.change_requester(ticket.pk, by=self.actor, version=version, **values["requester"])
        return self.whole(changed.pk)

    @step("wait_for_customer", "The customer is to act", MaybeOverLimit)
    def wait_for_customer(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(MaybeOverLimit)
        version = self.version(values)
        return self.whole(services.wait_for_customer(ticket.pk, by=self.actor, version=version, **values).pk)

    @step("resume", "Go on without waiting", MaybeOverLimit)
    def resume(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(MaybeOverLimit)
        version = self.version(values)
        return self.whole(services.resume_ticket(ticket.pk, by=self.actor, version=version, **values).pk)

    @step("resolve", "The outcome is reached; the customer is told", ResolveIn)
    def resolve(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(ResolveIn)
        resolved = services.resolve_ticket(
            ticket.pk,
            by=self.actor,
            version=self.version(values),
            code=values["resolution_code"],
            note=values["resolution_note"],
            over_limit=values.get("over_limit", ""),
        )
        return self.whole(resolved.pk)

    @step("confirm", "Close on the customer's word")
    def confirm(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        version = self.version(self.read(Versioned))
        return self.whole(services.confirm_ticket(ticket.pk, by=self.actor, version=version).pk)

    @step("reopen", "Go on with a resolved ticket, same owner", ReopenIn)
    def reopen(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(ReopenIn)
        version = self.version(values)
        return self.whole(services.reopen_ticket(ticket.pk, by=self.actor, version=version, **values).pk)

    @step("cancel", "End what is no ticket: duplicate, spam, withdrawn, created in error", CancelIn)
    def cancel(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(CancelIn)
        version = self.version(values)
        code = values["closure_code"]
        return self.whole(services.cancel_ticket(ticket.pk, by=self.actor, code=code, version=version).pk)

    @step("merge_into", "End it as a duplicate; its conversation goes on at the other ticket", MergeIn)
    def merge_into(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(MergeIn)
        version = self.version(values)
        into = self.visible().filter(reference=values["ticket"].strip().upper()).first()
        if into is None:
            raise Invalid({"ticket": _("There is no such ticket, or you may not see it.")})
        return self.whole(services.merge_ticket(ticket.pk, into=into, by=self.actor, version=version).pk)

    @step("unmerge", "Take a merge back, within seven days and before the customer conversation goes on")
    def unmerge(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        version = self.version(self.read(Versioned))
        return self.whole(services.unmerge_ticket(ticket.pk, by=self.actor, version=version).pk)

    @extend_schema(
        operation_id="ticket_split",
        summary="Make an entry a ticket of its own, linked to this one",
        description="Answers the new ticket.",
        request=SplitIn,
        responses={201: TicketOut},
    )
    def split(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(SplitIn)
        made = services.split_entry(
            ticket.pk,
            entry_id=values["entry"],
            subject=values["subject"],
            by=self.actor,
            version=self.version(values),
        )
        return self.whole(made.pk, status=201)


class TransferViewSet(TicketBase):
    further_problems = ("422",)

    @extend_schema(
        operation_id="ticket_transfer_ownership",
        summary="The one exception to immutable ownership",
        description="Answers the whole ticket; to those who authorise it without reading tickets, its owner alone.",
        request=TransferIn,
        responses={
            200: PolymorphicProxySerializer("Transferred", [TicketOut, TransferredOut], resource_type_field_name=None)
        },
    )
    def transfer_ownership(self, request: Request, reference: str) -> Response:
        ticket = self.one(Ticket.objects.transferable_by(self.actor), reference=reference)
        values = self.read(TransferIn)
        version = self.version(values)
        ticket = services.transfer_ownership(ticket.pk, by=self.actor, version=version, **values)
        if self.visible().filter(pk=ticket.pk).exists():
            return self.whole(ticket.pk)
        return Response(TransferredOut(ticket).data)
