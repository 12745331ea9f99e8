"""What the database itself refuses of resolutions and verdicts, whoever asks (domain.md section 8, object rule 8)."""

import pgtrigger

from core.walls import Wall, append_only, no_truncate, refuse

_DECISION = ("approval_status", "approved_by_id", "approved_at", "rejected_by_id", "approval_note")
_CALIBRATION = ("calibration_status", "calibration_reasons")
_MAY_CHANGE = f"{{{','.join((*_DECISION, *_CALIBRATION, 'reminder_due_at', 'version', 'updated_at'))}}}"
_RESOLUTION_WALL = f"""
    IF TG_OP = 'DELETE' THEN
        {refuse("resolutions are never deleted")}
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.approval_status NOT IN ('not_required', 'pending')
           AND NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
            {refuse("a resolution begins without a decision")}
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - '{_MAY_CHANGE}'::text[] <> to_jsonb(OLD) - '{_MAY_CHANGE}'::text[] THEN
        {refuse("what a resolution says does not change: another amount is another row")}
    END IF;
    IF NEW.approval_status <> OLD.approval_status AND OLD.approval_status <> 'pending' THEN
        {refuse("a decision about a resolution stands")}
    END IF;
    IF (NEW.approved_by_id, NEW.approved_at, NEW.rejected_by_id, NEW.approval_note)
       IS DISTINCT FROM (OLD.approved_by_id, OLD.approved_at, OLD.rejected_by_id, OLD.approval_note)
       AND NEW.approval_status = OLD.approval_status THEN
        {refuse("a decision about a resolution stands")}
    END IF;
    IF coalesce(NEW.approved_by_id, NEW.rejected_by_id) IN (NEW.agent_id, NEW.created_by_id) THEN
        {refuse("self_approval: the author is not the approver")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

RESOLUTION_WALLS = [
    Wall(
        name="resolution_kept",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=_RESOLUTION_WALL,
    ),
    no_truncate("resolution"),
]

_VERDICT_WALL = f"""
    IF EXISTS (
        SELECT 1 FROM tickets_calibrationitem i JOIN tickets_resolution r ON r.id = i.resolution_id
        WHERE i.id = NEW.item_id
          AND NEW.reviewer_id IN (r.agent_id, r.created_by_id, r.approved_by_id, r.rejected_by_id)
    ) THEN
        {refuse("self_review: neither author nor approver reviews")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

VERDICT_WALLS = [
    Wall(
        name="verdict_of_another",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=_VERDICT_WALL,
    ),
    *append_only("calibrationverdict"),
]
