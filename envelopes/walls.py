"""What the database refuses about envelopes, whoever asks."""

import pgtrigger

from core.walls import Wall, append_only, refuse

_POST_WALL = f"""
    IF NOT EXISTS (
        SELECT 1 FROM tickets_timelineentry t JOIN envelopes_envelope e ON e.ticket_id = t.ticket_id
        WHERE t.id = NEW.entry_id AND e.id = NEW.envelope_id AND t.visibility = 'envelope_only'
    ) THEN
        {refuse("an envelope holds entries of its own ticket that are for nobody else")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

POST_WALLS = [
    Wall(
        name="post_of_its_ticket",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=_POST_WALL,
    ),
    *append_only("envelopepost"),
]

TASK_WALLS = append_only("envelopetask")

_VENDOR_WALL = f"""
    IF NOT EXISTS (
        SELECT 1 FROM tickets_outboundmessage m JOIN envelopes_envelope e ON e.ticket_id = m.ticket_id
        WHERE m.id = NEW.outbound_id AND e.id = NEW.envelope_id AND m.kind = 'vendor' AND e.kind = 'external_vendor'
    ) THEN
        {refuse("a vendor gets mails of their own envelope alone")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

VENDOR_WALLS = [
    Wall(
        name="vendor_of_its_envelope",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=_VENDOR_WALL,
    ),
    *append_only("vendormessage"),
]

_ENVELOPE_WALL = f"""
    IF TG_OP = 'DELETE' THEN
        {refuse("envelopes are never deleted")}
    END IF;
    IF (NEW.id, NEW.ticket_id, NEW.number, NEW.level, NEW.path, NEW.opened_at)
       IS DISTINCT FROM (OLD.id, OLD.ticket_id, OLD.number, OLD.level, OLD.path, OLD.opened_at) THEN
        {refuse("an envelope keeps its ticket, its number and its place")}
    END IF;
    IF NEW.status IN ('completed', 'cancelled') AND OLD.status <> NEW.status AND EXISTS (
        SELECT 1 FROM envelopes_envelope c
        WHERE c.parent_envelope_id = NEW.id AND c.status IN ('pending', 'active', 'declined')
    ) THEN
        {refuse("an envelope does not close above an open one")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  # constant text

ENVELOPE_WALLS = [
    Wall(
        name="envelope_kept",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=_ENVELOPE_WALL,
    )
]
