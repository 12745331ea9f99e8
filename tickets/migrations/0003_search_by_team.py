from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import BtreeGinExtension
from django.db import migrations


class Migration(migrations.Migration):
    """One index on team and words: a word that is rare in one's team is found at once, however common it is elsewhere."""

    dependencies = [("tickets", "0002_timeline_identity")]

    operations = [
        BtreeGinExtension(),
        migrations.RemoveIndex(model_name="searchdocument", name="searchdocument_words"),
        migrations.AddIndex(
            model_name="searchdocument",
            index=GinIndex(fields=["team", "words"], name="searchdocument_words"),
        ),
    ]
