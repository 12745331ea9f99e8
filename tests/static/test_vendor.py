"""What was written elsewhere is listed, unchanged, and comes with its licence."""

import hashlib
import re
import tomllib
from pathlib import Path

import django_htmx
from django.conf import settings as project
from django.core.management import call_command
from django.test import override_settings

from core.templatetags.ui import SPRITE

VENDOR = Path(project.BASE_DIR) / "static" / "vendor"
PACKAGES = tomllib.loads((VENDOR / "VENDOR.toml").read_text("utf-8"))["package"]
TEMPLATES = sorted((Path(project.BASE_DIR) / "templates").rglob("*.html"))


def test_every_vendored_file_is_listed_and_every_listed_file_is_there() -> None:
    listed = {name for package in PACKAGES for name in package["sha256"]}
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()} - {"VENDOR.toml"}
    assert listed == present


def test_vendored_files_have_their_recorded_sums() -> None:
    recorded = {name: total for package in PACKAGES for name, total in package["sha256"].items()}
    actual = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in recorded}
    assert actual == recorded


def test_every_package_names_version_source_and_licence_and_ships_the_licence_text() -> None:
    for package in PACKAGES:
        assert set(package) == {"name", "version", "licence", "source", "sha256"}, package["name"]
        assert f"{package['name']}-{package['version']}/LICENSE" in package["sha256"]


def test_htmx_is_the_file_of_the_installed_package() -> None:
    installed = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    assert (VENDOR / "htmx-2.0.10" / "htmx.min.js").read_bytes() == installed.read_bytes()


def test_hashing_storage_takes_all_files_and_rewrites_the_imports_of_modules(tmp_path: Path) -> None:
    hashed = {**project.STORAGES, "staticfiles": {"BACKEND": "core.storage.HashedStaticFilesStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=hashed):
        call_command("collectstatic", interactive=False, verbosity=0)
    (entry,) = [path for path in (tmp_path / "js").glob("app.*.js") if path.name != "app.js"]
    imported = re.findall(r"""(?:from |import\()["']\./([^"']+)["']""", entry.read_text("utf-8"))
    assert len(imported) >= 6
    assert all(re.fullmatch(r"[a-z]+\.[0-9a-f]{12}\.js", name) for name in imported), imported
    assert all((tmp_path / "js" / name).exists() for name in imported)


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    sprite = (VENDOR.parent / SPRITE).read_text("utf-8")
    symbols = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    named = {
        (path.name, name)
        for path in TEMPLATES
        for found in re.findall(r'{% icon "([^"]+)"|\bicon="([^"]+)"', path.read_text("utf-8"))
        for name in found
        if name
    }
    assert named, "no template names an icon, the pattern of this test is wrong"
    assert {(template, name) for template, name in named if name not in symbols} == set()
