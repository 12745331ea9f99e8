"""What the database itself refuses of clocks, whoever asks (domain.md section 9)."""

import pgtrigger

from core.walls import Wall, no_truncate, refuse

CLOCK_WALLS = [
    Wall(
        name="slaclock_breach_stands",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(
            "OLD.breached_at IS NOT NULL AND (NEW.breached_at IS DISTINCT FROM OLD.breached_at"
            " OR NEW.breached_by_retarget IS DISTINCT FROM OLD.breached_by_retarget)"
        ),
        func=refuse("a breach is written once"),
    ),
    Wall(
        name="slaclock_never_deleted",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func=refuse("clocks are never deleted"),
    ),
    no_truncate("slaclock"),
]

POLICY_WALLS = [
    Wall(
        name="slapolicy_never_deleted",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func=refuse("policies are never deleted, clocks follow them"),
    ),
    no_truncate("slapolicy"),
]
