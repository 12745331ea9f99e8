import hashlib
import json
from uuid import uuid5

from django.db import migrations

# Business minutes of first and next response, resolution, value (domain.md section 9).
OF_CUSTOMERS = (
    ("Critical", "critical", 15, 15, 60, 60),
    ("High", "high", 60, 60, 240, 240),
    ("Medium", "medium", 120, 120, 480, 480),
    ("Low", "low", 360, 360, 1440, 1440),
)


def add_default_policies(apps, schema_editor):
    """One promise for each priority, and one between teams, in the hours of the default calendar."""
    alias = schema_editor.connection.alias
    policies = apps.get_model("sla", "SlaPolicy").objects.using(alias)
    for place, (name, priority, first, following, resolution, value) in enumerate(OF_CUSTOMERS, start=1):
        policies.get_or_create(
            name=name,
            defaults={
                "kind": "sla",
                "order": 1000 + place,
                "priority": priority,
                "first_response_minutes": first,
                "next_response_minutes": following,
                "resolution_minutes": resolution,
                "time_to_value_minutes": value,
            },
        )
    policies.get_or_create(
        name="Between teams",
        defaults={"kind": "ola", "order": 1000, "ola_response_minutes": 240, "ola_completion_minutes": 1440},
    )


def keep_default_calendar(apps, schema_editor):
    """The edition of the default calendar as `sla.records` writes it, so that the first ticket finds it."""
    alias = schema_editor.connection.alias
    calendar = apps.get_model("accounts", "BusinessCalendar").objects.using(alias).filter(is_default=True).first()
    if calendar is None:
        return
    weekly = [[] for _day in range(7)]
    for window in calendar.windows.order_by("weekday", "start_minute"):
        weekly[window.weekday].append([window.start_minute, window.end_minute])
    holidays = [
        {
            "on": holiday.on.isoformat(),
            "is_recurring": holiday.is_recurring,
            "window": [holiday.start_minute, holiday.end_minute] if holiday.is_half_day else None,
            "name": holiday.name,
        }
        for holiday in calendar.holidays.order_by("on")
    ]
    content = {"zone": calendar.timezone, "is_24x7": calendar.is_24x7, "weekly": weekly, "holidays": holidays}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    key = uuid5(calendar.pk, hashlib.sha256(text.encode()).hexdigest())
    editions = apps.get_model("sla", "CalendarEdition").objects.using(alias)
    editions.get_or_create(pk=key, defaults={"calendar_id": calendar.pk, "content": content})


class Migration(migrations.Migration):
    dependencies = [("sla", "0003_policies_and_clocks"), ("accounts", "0002_default_calendar")]

    operations = [
        migrations.RunPython(add_default_policies, migrations.RunPython.noop),
        migrations.RunPython(keep_default_calendar, migrations.RunPython.noop),
    ]
