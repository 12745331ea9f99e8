"""Who acknowledges alerts, beside being told of them. Who sees and changes the matrix, `sla.policies` says."""

from accounts.enums import Role

ACKNOWLEDGING = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)
