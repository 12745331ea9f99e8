from django.db import migrations


def add_default_calendar(apps, schema_editor):
    """Monday to Friday 08:00-18:00 in Berlin (domain.md section 9), so that business time is defined from the start."""
    alias = schema_editor.connection.alias
    calendar_model = apps.get_model("accounts", "BusinessCalendar")
    if calendar_model.objects.using(alias).filter(is_default=True).exists():
        return
    calendar = calendar_model.objects.using(alias).create(name="Standard", timezone="Europe/Berlin", is_default=True)
    windows = apps.get_model("accounts", "CalendarWindow").objects.using(alias)
    for weekday in range(5):
        windows.create(calendar=calendar, weekday=weekday, start_minute=8 * 60, end_minute=18 * 60)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(add_default_calendar, migrations.RunPython.noop)]
