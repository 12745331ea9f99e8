"""Demo accounts refuse to exist on a desk that is no demo."""

import os
import subprocess
import sys
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from accounts.checks import refuse_demo_accounts
from accounts.models import User
from accounts.services import close_account
from core.actors import SystemActor
from tests.factories import AgentFactory
from tests.live import live_environment

pytestmark = pytest.mark.django_db


def errors() -> list[str]:
    return [
        message.id
        for message in run_checks(include_deployment_checks=True, databases=["default"])
        if message.id == "accounts.E001"
    ]


def test_check_and_start_refuse_demo_people_with_a_password(settings) -> None:
    AgentFactory(user__email="mara@itilnext.example")
    AgentFactory(user__email="real@desk.test")
    assert errors() == []
    refuse_demo_accounts()
    settings.DEMO = False
    assert errors() == ["accounts.E001"]
    with pytest.raises(ImproperlyConfigured, match=r"mara@itilnext\.example.*close_demo_accounts"):
        refuse_demo_accounts()


def test_closing_the_demo_accounts_is_the_cure(settings) -> None:
    for name in ("mara", "jonas"):
        AgentFactory(user__email=f"{name}@itilnext.example")
    real = AgentFactory(user__email="real@desk.test")
    settings.DEMO = False
    out = StringIO()
    call_command("close_demo_accounts", stdout=out)
    assert "2 demo accounts closed." in out.getvalue()
    assert errors() == []
    refuse_demo_accounts()
    assert User.objects.get(pk=real.user_id).has_usable_password()


def test_closed_account_is_out(client) -> None:
    agent = AgentFactory()
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    close_account(agent.email, by=SystemActor("test"))
    assert client.get("/account/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_web_process_of_production_refuses_to_start_and_names_the_cure() -> None:
    AgentFactory(user__email="mara@itilnext.example")
    environment = live_environment(
        DJANGO_SETTINGS_MODULE="itilnext.settings.production",
        SECRET_KEY="0123456789" * 6,
        ALLOWED_HOSTS="desk.example",
        REDIS_URL=django_settings.REDIS_URL,
        EMAIL_URL="memory:",
        SITE_URL="https://desk.example",
        MESSAGE_ID_DOMAIN="desk.example",
        DEFAULT_FROM_EMAIL="desk@desk.example",
    )
    start = [sys.executable, "-c", "import itilnext.wsgi"]
    refused = subprocess.run(
        start, check=False, env=environment, cwd=django_settings.BASE_DIR, capture_output=True, text=True, timeout=120
    )
    assert refused.returncode != 0
    assert "Demo accounts exist on a production desk: mara@itilnext.example." in refused.stderr
    assert "manage.py close_demo_accounts" in refused.stderr
    call_command("close_demo_accounts", stdout=StringIO())
    started = subprocess.run(
        start, check=False, env=environment, cwd=django_settings.BASE_DIR, capture_output=True, text=True, timeout=120
    )
    assert started.returncode == 0, started.stderr
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "itilnext.settings.test"


@pytest.mark.django_db(transaction=True)
def test_check_deploy_of_a_production_site_says_nothing() -> None:
    environment = live_environment(
        DJANGO_SETTINGS_MODULE="itilnext.settings.production",
        SECRET_KEY="aB3-xY9_kLm2Qw7Zt5Rv8Np4Hs6Dj1Fg0Cu" * 2,
        ALLOWED_HOSTS="desk.example",
        REDIS_URL=django_settings.REDIS_URL,
        EMAIL_URL="memory:",
        SITE_URL="https://desk.example",
        MESSAGE_ID_DOMAIN="desk.example",
        DEFAULT_FROM_EMAIL="desk@desk.example",
    )
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", "--database", "default"]
    done = subprocess.run(
        command, check=False, env=environment, cwd=django_settings.BASE_DIR, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, "no issues (0 silenced)" in done.stdout) == (0, True), done.stderr
