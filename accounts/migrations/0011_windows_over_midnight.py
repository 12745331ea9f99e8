import django.core.validators
import django.db.models.constraints
from django.db import migrations, models

END = models.PositiveSmallIntegerField(
    validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)],
    verbose_name="to",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_legal_team")]

    operations = [
        migrations.RemoveConstraint(model_name="calendarwindow", name="calendarwindow_order"),
        migrations.RemoveConstraint(model_name="holiday", name="holiday_once"),
        migrations.RemoveConstraint(model_name="holiday", name="holiday_half_day_has_window"),
        migrations.AlterField(model_name="calendarwindow", name="end_minute", field=END),
        migrations.AlterField(model_name="historicalcalendarwindow", name="end_minute", field=END),
        migrations.AddConstraint(
            model_name="calendarwindow",
            constraint=models.CheckConstraint(
                name="calendarwindow_within_days",
                condition=models.Q(
                    ("end_minute__gte", 1),
                    ("end_minute__lte", 1440),
                    ("start_minute__lt", 1440),
                    models.Q(("start_minute", models.F("end_minute")), _negated=True),
                ),
                violation_error_message="A window needs a length; a whole day is 00:00 to 24:00.",
            ),
        ),
        migrations.AddConstraint(
            model_name="holiday",
            constraint=models.CheckConstraint(
                name="holiday_half_day_has_window",
                condition=models.Q(
                    models.Q(("end_minute__isnull", True), ("is_half_day", False), ("start_minute__isnull", True)),
                    models.Q(
                        ("end_minute__isnull", False),
                        ("end_minute__lte", 1440),
                        ("is_half_day", True),
                        ("start_minute__isnull", False),
                        ("start_minute__lt", models.F("end_minute")),
                    ),
                    _connector="OR",
                ),
                violation_error_message="A half day needs the window in which work is done, a whole one has none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="holiday",
            constraint=models.UniqueConstraint(
                name="holiday_once",
                fields=("calendar", "on"),
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
            ),
        ),
    ]
