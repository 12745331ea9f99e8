"""Settings of a production site, and what holds everywhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from itilnext.broker import broker_url, next_database

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "itilnext.settings.production",
    "SECRET_KEY": "0a1b2c3d4e5f6g7h8i9j-0A1B2C3D4E5F6G7H8I9J-0a1b2c3d4e5f6g7h8i9j",
    "ALLOWED_HOSTS": "desk.example.com",
    "DATABASE_URL": "postgresql://itilnext_app:hush@database/itilnext",
    "REDIS_URL": "redis://queue:6379/0",
    "EMAIL_URL": "smtp://mail.example.com",
    "DEFAULT_FROM_EMAIL": "desk@example.com",
    "SITE_URL": "https://desk.example.com",
    "MESSAGE_ID_DOMAIN": "desk.example.com",
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A `manage.py` command that sees only the given variables."""
    environment = {"PATH": os.environ["PATH"], **variables}
    command = [sys.executable, "-W", "error", "manage.py", *arguments]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)


def test_production_passes_the_deployment_checks_without_a_warning(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, ITILNEXT_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize("name", [key for key in PRODUCTION if key != "DJANGO_SETTINGS_MODULE"])
def test_production_does_not_start_without_what_it_needs(name: str) -> None:
    variables = {key: value for key, value in PRODUCTION.items() if key != name}
    done = manage("check", **variables)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name} is not set; set it")
    assert done.stderr.count("\n") == 1


def test_the_web_process_of_production_knows_no_owner_of_tables_and_plans_for_the_values_at_hand(
    tmp_path: Path,
) -> None:
    shown = (
        "sorted(settings.DATABASES), settings.DEMO, settings.DEBUG, settings.DATABASES['default']['OPTIONS']['options']"
    )
    script = f"from django.conf import settings; print({shown})"
    done = manage("shell", "--no-imports", "--command", script, **PRODUCTION, ITILNEXT_HOME=str(tmp_path))
    assert done.stdout.strip() == "['default'] False False -c plan_cache_mode=force_custom_plan", done.stderr


def test_nothing_inline_and_nothing_foreign_is_allowed() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["script-src"] == directives["style-src"] == directives["default-src"] == ["'self'"]
    assert directives["frame-ancestors"] == directives["object-src"] == directives["base-uri"] == ["'none'"]
    allowed = {source for sources in directives.values() for source in sources}
    assert allowed <= {"'self'", "'none'", "data:", "blob:", "/csp-report/"}


def test_queue_and_cache_take_different_database_numbers() -> None:
    assert next_database("redis://queue:6379/0") == "redis://queue:6379/1"
    assert next_database("rediss://:hush@queue:6379/4") == "rediss://:hush@queue:6379/5"
    assert next_database("unix:///run/my%20desk/valkey.sock?db=0") == "unix:///run/my%20desk/valkey.sock?db=1"
    assert broker_url("redis://queue:6379/0") == "redis://queue:6379/0"
    assert broker_url("unix:///run/valkey.sock?db=2") == "redis+socket:///run/valkey.sock?virtual_host=2"


def test_tests_and_application_use_one_database_in_two_roles() -> None:
    default, owner = connections["default"].settings_dict, connections["owner"].settings_dict
    assert default["USER"] != owner["USER"]
    assert (default["HOST"], default["PORT"]) == (owner["HOST"], owner["PORT"])
