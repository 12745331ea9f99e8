"""The layout of a person's own pages."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.errors import NotYourProfile
from accounts.models import Agent
from accounts.panels import CHOICES, may_be_kept
from core.actors import Actor
from core.errors import Invalid
from core.service import service


@service
def keep_panels(agent_id: UUID, *, by: Actor, **values: Any) -> None:
    """Remember how `by` has laid out their own pages; what is not given stays. Raises NotYourProfile or Invalid.

    Neither version nor history move: nobody decides anything by it, and people do it all day.
    """
    agent = Agent.objects.for_update().get(pk=agent_id)
    if not isinstance(by, Agent) or by.pk != agent.pk or not by.is_active:
        raise NotYourProfile
    wrong = [name for name, value in values.items() if not may_be_kept(name, value)]
    if wrong:
        raise Invalid({name: _("There is no such layout.") for name in wrong})
    kept = {name: value for name, value in agent.panels.items() if name in CHOICES}
    Agent.objects.filter(pk=agent.pk).update(panels=kept | values)
