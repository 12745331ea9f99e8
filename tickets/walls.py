"""The third wall of ownership: what the database itself refuses, whoever asks (domain.md section 3, ruling 6)."""

import pgtrigger

from core.walls import Wall, append_only, no_truncate, refuse
from tickets.transfers import MAX_ORDINARY_LEAVE_DAYS, MIN_REASON_CHARACTERS

_OWNER_WALL = f"""
    IF TG_OP = 'DELETE' THEN
        {refuse("tickets are never deleted")}
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (NEW.owner_id IS NOT NULL OR NEW.status <> 'new')
           AND NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
            {refuse("ownership_immutable: a ticket begins new and unowned")}
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.id <> OLD.id OR NEW.reference <> OLD.reference THEN
        {refuse("ownership_immutable: id and reference of a ticket do not change")}
    END IF;
    IF OLD.owner_id IS NULL THEN
        IF NEW.owner_id IS NOT NULL
           AND NOT (OLD.status = 'new' AND NEW.status = 'in_progress' AND NEW.owner_accepted_at IS NOT NULL) THEN
            {refuse("ownership_immutable: an owner comes with acceptance only")}
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.owner_accepted_at IS DISTINCT FROM OLD.owner_accepted_at THEN
        {refuse("ownership_immutable: the moment of acceptance does not change")}
    END IF;
    IF NEW.owner_id IS DISTINCT FROM OLD.owner_id AND NOT EXISTS (
        SELECT 1 FROM tickets_ownershiptransfer t
        WHERE t.ticket_id = OLD.id AND t.old_owner_id = OLD.owner_id AND t.new_owner_id = NEW.owner_id
          AND t.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        {refuse("ownership_immutable: only a recorded transfer changes the owner")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

TICKET_WALLS = [
    Wall(
        name="ticket_owner",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=_OWNER_WALL,
    ),
    no_truncate("ticket"),
]

_TRANSFER_WALL = f"""
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    NEW.created_at := statement_timestamp();
    IF char_length(btrim(NEW.reason)) < {MIN_REASON_CHARACTERS} THEN
        {refuse(f"reason_required: at least {MIN_REASON_CHARACTERS} characters")}
    END IF;
    IF NEW.authorised_by_id IN (NEW.old_owner_id, NEW.new_owner_id) OR NOT EXISTS (
        SELECT 1 FROM accounts_agent a
        WHERE a.id = NEW.authorised_by_id AND a.is_active
          AND a.roles && ARRAY['supervisor', 'manager', 'admin']::varchar[]
    ) THEN
        {refuse("permission_denied: not authorised by a supervisor, manager or admin outside the transfer")}
    END IF;
    IF NOT EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.ticket_id AND t.owner_id = NEW.old_owner_id) THEN
        {refuse("the ticket is not owned by the agent named as old owner")}
    END IF;
    SELECT (statement_timestamp() AT TIME ZONE a.timezone)::date INTO today
        FROM accounts_agent a WHERE a.id = NEW.old_owner_id;
    IF NEW.reason_code = 'termination' THEN
        IF NOT EXISTS (
            SELECT 1 FROM accounts_agent a WHERE a.id = NEW.old_owner_id AND a.employment_ended_on <= today
        ) THEN
            {refuse("invalid_transfer_reason: employment has not ended")}
        END IF;
    ELSIF NEW.reason_code = 'extended_leave' THEN
        IF NOT EXISTS (
            SELECT 1 FROM accounts_absence b
            WHERE b.agent_id = NEW.old_owner_id AND b.cancelled_at IS NULL
              AND ((b.ends_on IS NULL AND b.is_open_end_confirmed)
                   OR (b.ends_on >= today AND b.ends_on - b.starts_on + 1 > {MAX_ORDINARY_LEAVE_DAYS}))
        ) THEN
            {refuse(f"leave_too_short: no absence of more than {MAX_ORDINARY_LEAVE_DAYS} days")}
        END IF;
    ELSE
        {refuse("invalid_transfer_reason")}
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM accounts_agent a
        WHERE a.id = NEW.new_owner_id AND a.is_active
          AND a.roles && ARRAY['agent', 'team_lead', 'supervisor']::varchar[]
    ) THEN
        {refuse("agent_inactive: the new owner is deactivated, or works no tickets")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

TRANSFER_WALLS = [
    Wall(
        name="transfer_facts",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("today", "date")],
        func=_TRANSFER_WALL,
    ),
    *append_only("ownershiptransfer"),
]

_TIMELINE_WALL = f"""
    IF TG_OP = 'UPDATE' AND OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL
       AND NEW.body_text = '' AND NEW.body_html = '' AND btrim(NEW.redaction_reason) <> ''
       AND EXISTS (
           SELECT 1 FROM accounts_agent a WHERE a.id = NEW.redacted_by_id AND a.is_active AND 'admin' = ANY(a.roles)
       )
       AND to_jsonb(NEW) - '{{body_text,body_html,redacted_at,redacted_by_id,redaction_reason}}'::text[]
         = to_jsonb(OLD) - '{{body_text,body_html,redacted_at,redacted_by_id,redaction_reason}}'::text[] THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.redacted_at IS NULL AND OLD.body_html <> ''
       AND OLD.kind IN ('email_inbound', 'envelope_message') AND OLD.author_id IS NULL
       AND to_jsonb(NEW) - 'body_html' = to_jsonb(OLD) - 'body_html'
       AND EXISTS (
           SELECT 1 FROM tickets_htmlcleaning c
           WHERE c.entry_id = OLD.id AND c.transaction_id = pg_current_xact_id()::text::bigint
             AND c.html_sha256 = encode(sha256(convert_to(NEW.body_html, 'UTF8')), 'hex')
             AND c.old_html_sha256 = encode(sha256(convert_to(OLD.body_html, 'UTF8')), 'hex')
       ) THEN
        RETURN NEW;
    END IF;
    {refuse("the timeline is append-only")}
"""  # noqa: S608  # constant text

TIMELINE_WALLS = [
    Wall(
        name="timeline_append_only",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=_TIMELINE_WALL,
    ),
    no_truncate("timelineentry"),
]

_FROZEN = (
    "to_recipients",
    "cc_recipients",
    "subject",
    "email_message_id",
    "ticket_id",
    "author_id",
    "on_behalf_of_id",
    "kind",
    '"then"',
    "created_at",
)
_OUTBOUND_WALL = f"""
    IF TG_OP = 'DELETE' THEN
        {refuse("outgoing messages are never deleted")}
    END IF;
    IF ({", ".join(f"NEW.{name}" for name in _FROZEN)})
       IS DISTINCT FROM ({", ".join(f"OLD.{name}" for name in _FROZEN)}) THEN
        {refuse("an outgoing message is frozen at the click")}
    END IF;
    IF (NEW.body_text, NEW.body_html) IS DISTINCT FROM (OLD.body_text, OLD.body_html) AND NOT (
        NEW.body_text = '' AND NEW.body_html = '' AND EXISTS (
            SELECT 1 FROM tickets_timelineentry e WHERE e.id = OLD.entry_id AND e.redacted_at IS NOT NULL
        )
    ) THEN
        {refuse("an outgoing message is frozen at the click")}
    END IF;
    IF OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id THEN
        {refuse("a released message keeps its entry")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

OUTBOUND_WALLS = [
    Wall(
        name="outbound_frozen",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=_OUTBOUND_WALL,
    ),
    no_truncate("outboundmessage"),
]

_ATTACHMENT_WALL = f"""
    IF TG_OP = 'DELETE' THEN
        {refuse("attachments are never deleted")}
    END IF;
    IF to_jsonb(NEW) - '{{entry_id,scan_status,scan_note,version,updated_at}}'::text[]
       <> to_jsonb(OLD) - '{{entry_id,scan_status,scan_note,version,updated_at}}'::text[] THEN
        {refuse("an attachment keeps its file, name and message")}
    END IF;
    IF NEW.entry_id IS DISTINCT FROM OLD.entry_id AND NOT (
        OLD.entry_id IS NULL AND EXISTS (
            SELECT 1 FROM tickets_outboundmessage m JOIN tickets_timelineentry e ON e.id = NEW.entry_id
            WHERE m.id = OLD.outbound_id AND m.ticket_id = e.ticket_id AND m.email_message_id = e.email_message_id
        )
    ) THEN
        {refuse("an attachment goes to the entry of its own message only")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

ATTACHMENT_WALLS = [
    Wall(
        name="attachment_kept",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=_ATTACHMENT_WALL,
    ),
    no_truncate("attachment"),
]

_PLACEMENT_WALL = f"""
    IF NEW.from_ticket_id IS DISTINCT FROM coalesce(
        (SELECT p.to_ticket_id FROM tickets_placement p WHERE p.entry_id = NEW.entry_id ORDER BY p.id DESC LIMIT 1),
        (SELECT e.ticket_id FROM tickets_timelineentry e WHERE e.id = NEW.entry_id)
    ) THEN
        {refuse("an entry is moved from where it stands")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

PLACEMENT_WALLS = [
    Wall(
        name="placement_from_here",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=_PLACEMENT_WALL,
    ),
    *append_only("placement"),
]

CLEANING_WALLS = [
    Wall(
        name="cleaning_of_this_transaction",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func="""
            NEW.transaction_id := pg_current_xact_id()::text::bigint;
            NEW.at := statement_timestamp();
            SELECT encode(sha256(convert_to(e.body_html, 'UTF8')), 'hex'), char_length(e.body_html)
                INTO NEW.old_html_sha256, NEW.old_html_length
                FROM tickets_timelineentry e WHERE e.id = NEW.entry_id;
            RETURN NEW;
        """,
    ),
    *append_only("htmlcleaning"),
]

_ATTEMPT_WALL = f"""
    IF NEW.home_id IS DISTINCT FROM (SELECT e.ticket_id FROM tickets_timelineentry e WHERE e.id = NEW.entry_id) THEN
        {refuse("an attempt belongs to the ticket its entry was written on")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

ATTEMPT_WALLS = [
    Wall(
        name="attempt_of_its_entry",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=_ATTEMPT_WALL,
    ),
    *append_only("attemptmark"),
]
