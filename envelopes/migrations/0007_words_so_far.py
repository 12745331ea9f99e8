from django.db import migrations

# What was written before posts had words of their own; the same words as tickets.models.search.WORDS_OF makes.
WRITE = r"""
INSERT INTO envelopes_envelopewords (envelope_id, entry_id, created_at, words)
SELECT p.envelope_id, t.id, t.created_at,
       strip(to_tsvector('itilnext', translate(left(concat_ws(' ', t.body_text, t.facts ->> 'title'), 200000),
                                               '-@/\_', '     ')))
  FROM envelopes_envelopepost p JOIN tickets_timelineentry t ON t.id = p.entry_id
 WHERE concat_ws('', t.body_text, t.facts ->> 'title') <> '' AND t.redacted_at IS NULL
UNION ALL
SELECT e.id, NULL, e.opened_at, strip(to_tsvector('itilnext', translate(left(e.reason, 200000), '-@/\_', '     ')))
  FROM envelopes_envelope e
"""


class Migration(migrations.Migration):
    dependencies = [("envelopes", "0006_words")]

    operations = [migrations.RunSQL(WRITE, "DELETE FROM envelopes_envelopewords")]
