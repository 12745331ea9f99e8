"""Rights on connections: permissions.md section 2, "integrations": admins act, auditors read."""

from accounts.policies import may_manage_people, may_see_people_settings
from core.actors import Actor


def may_see_connections(actor: Actor) -> bool:
    return may_see_people_settings(actor)


def may_change_connections(actor: Actor) -> bool:
    return may_manage_people(actor)
