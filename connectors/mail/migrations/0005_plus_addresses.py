from django.db import migrations, models


def files_take_them(apps, schema_editor):
    """A Maildir is fed by a mail server of the site, or by the demo's page; both know plus addresses."""
    mailboxes = apps.get_model("mail", "Mailbox").objects.using(schema_editor.connection.alias)
    mailboxes.filter(backend="files").update(takes_plus_addresses=True)


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0004_brakes"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalmailbox",
            name="takes_plus_addresses",
            field=models.BooleanField(
                default=False,
                help_text="Only where its mail server delivers support+anything@ to support@.",
                verbose_name="answers come to addresses that name their ticket",
            ),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="takes_plus_addresses",
            field=models.BooleanField(
                default=False,
                help_text="Only where its mail server delivers support+anything@ to support@.",
                verbose_name="answers come to addresses that name their ticket",
            ),
        ),
        migrations.RunPython(files_take_them, migrations.RunPython.noop, elidable=True),
    ]
