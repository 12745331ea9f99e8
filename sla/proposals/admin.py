"""Proposals in the operators' window: a record, which is decided about on the desk's own page."""

from typing import Any

from django.contrib import admin

from core.actors import Actor
from core.admin_site import ReadOnlyAdmin
from sla.proposals.models import Proposal
from sla.proposals.policies import may_see_proposals


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = ("title", "about", "status", "proposed_by", "created_at", "decided_by", "decided_at")
    list_filter = ("status", "about")
    list_select_related = ("proposed_by", "decided_by")
    search_fields = ("title", "reason", "proposed_by__name")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_proposals(by)
