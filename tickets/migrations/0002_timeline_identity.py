from django.db import migrations


class Migration(migrations.Migration):
    """The timeline's `seq` is numbered by the database alone: GENERATED ALWAYS refuses a value from outside."""

    dependencies = [("tickets", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE tickets_timelineentry ALTER COLUMN seq DROP DEFAULT;
            DROP SEQUENCE tickets_timelineentry_seq_seq;
            ALTER TABLE tickets_timelineentry ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY;
            """,
            """
            ALTER TABLE tickets_timelineentry ALTER COLUMN seq DROP IDENTITY;
            CREATE SEQUENCE tickets_timelineentry_seq_seq;
            SELECT setval('tickets_timelineentry_seq_seq', coalesce(max(seq), 0) + 1) FROM tickets_timelineentry;
            ALTER TABLE tickets_timelineentry
                ALTER COLUMN seq SET DEFAULT nextval('tickets_timelineentry_seq_seq');
            """,
        )
    ]
