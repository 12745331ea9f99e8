"""What the rules of service levels have in common in the operators' window."""

from typing import Any

from django.http import HttpRequest

from core.actors import Actor
from core.admin_site import PolicyAdmin, actor_in
from core.errors import DomainError
from sla.policies import may_edit_policies, may_see_policies


class RuleAdmin(PolicyAdmin):
    """Seen by all who see policies, changed by those who edit them."""

    previews: tuple[type[DomainError], ...] = ()
    """What tells the effects of an edit instead of keeping it."""

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_policies(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_edit_policies(by)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """A preview comes as a refusal, since nothing is kept of it; but nothing is wrong with what was typed."""
        refusal = getattr(request, "refusal", None)
        context["previewed"] = refusal if isinstance(refusal, self.previews) else None
        if context["previewed"]:
            context["errors"] = None
        return super().render_change_form(request, context, *args, **kwargs)


class FixedRuleAdmin(RuleAdmin):
    """Rows that are there from the beginning, changed with a reason: the last of their `fields`."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = self.fields or ()
        return names if self.may_change(actor_in(request)) else names[:-1]
