from django.db import migrations

# Of envelopes that were accepted before the start was kept: the thread says when.
WRITE = """
UPDATE envelopes_envelope e
   SET completion_started_at = coalesce(
           (SELECT max(t.created_at) FROM envelopes_envelopepost p JOIN tickets_timelineentry t ON t.id = p.entry_id
             WHERE p.envelope_id = e.id AND t.facts ->> 'event' = 'envelope_reopened'),
           (SELECT min(t.created_at) FROM envelopes_envelopepost p JOIN tickets_timelineentry t ON t.id = p.entry_id
             WHERE p.envelope_id = e.id AND t.facts ->> 'event' = 'envelope_accepted'),
           e.accepted_at, e.opened_at)
 WHERE e.completion_due_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("envelopes", "0008_completion_start")]

    operations = [migrations.RunSQL(WRITE, migrations.RunSQL.noop)]
