import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

import core.walls


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0006_ticket_owner_with_team"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="ownershiptransfer",
            name="transfer_facts",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ownershiptransfer",
            trigger=pgtrigger.compiler.Trigger(
                name="transfer_facts",
                sql=core.walls.UpsertWallSql(
                    declare="DECLARE today date;",
                    func="\n    NEW.transaction_id := pg_current_xact_id()::text::bigint;\n    NEW.created_at := statement_timestamp();\n    IF char_length(btrim(NEW.reason)) < 20 THEN\n        RAISE EXCEPTION 'reason_required: at least 20 characters' USING ERRCODE = 'restrict_violation';\n    END IF;\n    IF NEW.authorised_by_id IN (NEW.old_owner_id, NEW.new_owner_id) OR NOT EXISTS (\n        SELECT 1 FROM accounts_agent a\n        WHERE a.id = NEW.authorised_by_id AND a.is_active\n          AND a.roles && ARRAY['supervisor', 'manager', 'admin']::varchar[]\n    ) THEN\n        RAISE EXCEPTION 'permission_denied: not authorised by a supervisor, manager or admin outside the transfer' USING ERRCODE = 'restrict_violation';\n    END IF;\n    IF NOT EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.ticket_id AND t.owner_id = NEW.old_owner_id) THEN\n        RAISE EXCEPTION 'the ticket is not owned by the agent named as old owner' USING ERRCODE = 'restrict_violation';\n    END IF;\n    SELECT (statement_timestamp() AT TIME ZONE a.timezone)::date INTO today\n        FROM accounts_agent a WHERE a.id = NEW.old_owner_id;\n    IF NEW.reason_code = 'termination' THEN\n        IF NOT EXISTS (\n            SELECT 1 FROM accounts_agent a WHERE a.id = NEW.old_owner_id AND a.employment_ended_on <= today\n        ) THEN\n            RAISE EXCEPTION 'invalid_transfer_reason: employment has not ended' USING ERRCODE = 'restrict_violation';\n        END IF;\n    ELSIF NEW.reason_code = 'extended_leave' THEN\n        IF NOT EXISTS (\n            SELECT 1 FROM accounts_absence b\n            WHERE b.agent_id = NEW.old_owner_id AND b.cancelled_at IS NULL\n              AND b.starts_on <= today + 7\n              AND ((b.ends_on IS NULL AND b.is_open_end_confirmed)\n                   OR (b.ends_on >= today AND b.ends_on - b.starts_on + 1 > 30))\n        ) THEN\n            RAISE EXCEPTION 'leave_too_short: no absence of more than 30 days, begun or about to' USING ERRCODE = 'restrict_violation';\n        END IF;\n    ELSE\n        RAISE EXCEPTION 'invalid_transfer_reason' USING ERRCODE = 'restrict_violation';\n    END IF;\n    IF NOT EXISTS (\n        SELECT 1 FROM accounts_agent a\n        WHERE a.id = NEW.new_owner_id AND a.is_active\n          AND a.roles && ARRAY['agent', 'team_lead', 'supervisor']::varchar[]\n    ) THEN\n        RAISE EXCEPTION 'agent_inactive: the new owner is deactivated, or works no tickets' USING ERRCODE = 'restrict_violation';\n    END IF;\n    RETURN NEW;\n",
                    hash="e82c18cfd35d50fb52ffdbfbc04b679ab6d33684",
                    operation="INSERT",
                    pgid="pgtrigger_transfer_facts_05844",
                    table="tickets_ownershiptransfer",
                    when="BEFORE",
                ),
            ),
        ),
    ]
