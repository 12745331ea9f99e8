"""Naming a policy for a company, or for one ticket, before any is looked for."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Company
from core.actors import Actor
from core.errors import Invalid, StaleVersion
from core.events import publish
from core.history import record
from core.service import service
from sla.enums import PolicyKind
from sla.errors import PoliciesNotEditable
from sla.events import TermsFollowed
from sla.models import CompanyPolicy, SlaPolicy, TicketPolicy
from sla.policies import may_choose_for_ticket, may_edit_policies
from sla.services.book import forget_book
from sla.services.receiving import follow_terms
from tickets.services import lock_ticket

LEAST_REASON = 3


@service
def choose_for_company(
    company_id: UUID, *, by: Actor, policy: SlaPolicy | None, reason: str, version: int | None = None
) -> CompanyPolicy:
    """Which policy its tickets are promised first, where that one's conditions hold; None: as for everybody else.

    Running clocks follow within minutes, by a timer. `version`: that of the choice. Raises PoliciesNotEditable, Invalid
    or StaleVersion.
    """
    if not may_edit_policies(by):
        raise PoliciesNotEditable
    Company.objects.select_for_update(no_key=True).get(pk=company_id)
    if policy is not None and policy.company_id not in (None, company_id):
        raise Invalid({"policy": _("This policy is for another company.")})
    _check(policy, reason)
    choice = CompanyPolicy.objects.filter(company=company_id).first() or CompanyPolicy(company_id=company_id)
    if version is not None and version != choice.version:
        raise StaleVersion(given=version, current=choice.version)
    choice.policy = policy
    record(choice, by=by, reason=reason.strip())
    forget_book()
    return choice


@service
def choose_for_ticket(
    ticket_id: UUID, *, by: Actor, policy: SlaPolicy | None, reason: str, at: datetime | None = None
) -> TicketPolicy:
    """Which policy holds for this ticket, whatever its conditions say; None: the one that is found for it again.

    Its clocks follow at once. Rules do this (`apply_sla_policy`, domain.md section 15); no person's role includes it.
    Raises PoliciesNotEditable or Invalid.
    """
    if not may_choose_for_ticket(by):
        raise PoliciesNotEditable
    ticket = lock_ticket(ticket_id)
    _check(policy, reason)
    choice = TicketPolicy.objects.filter(ticket=ticket).first() or TicketPolicy(ticket=ticket)
    choice.policy = policy
    record(choice, by=by, reason=reason.strip())
    now = at or timezone.now()
    if follow_terms(ticket.pk, at=now):
        publish(TermsFollowed(ticket_ids=(ticket.pk,), occurred_at=now))
    return choice


def _check(policy: SlaPolicy | None, reason: str) -> None:
    if policy is not None and (policy.kind != PolicyKind.SLA or not policy.is_active):
        raise Invalid({"policy": _("Name an active policy that promises something to customers.")})
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid({"reason": _("Say why: its history keeps the reason of every change.")})
