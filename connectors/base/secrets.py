"""Secrets of a connection: read when needed, so that a new one in a file needs no restart; shown to nobody."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from connectors.base import sealing
from connectors.base.enums import SecretPlace
from connectors.base.failures import CredentialsRefused
from connectors.base.kinds import kind_named
from connectors.base.models import Connection
from connectors.base.sentences import Said


def has_secret(connection: Connection, name: str) -> bool:
    return bool(connection.secrets.get(name))


def place_of(connection: Connection, name: str) -> SecretPlace | None:
    kept = connection.secrets.get(name, {})
    if "variable" in kept:
        return SecretPlace.ENVIRONMENT
    return SecretPlace.SEALED if "sealed" in kept else None


def secret_of(connection: Connection, name: str) -> str:
    """Raises CredentialsRefused with the sentence that names the cure."""
    kept = connection.secrets.get(name, {})
    if "variable" in kept:
        return _named(connection, str(kept["variable"]))
    if "sealed" not in kept:
        raise CredentialsRefused(Said("no_secret", {"secret": name}), is_final=True)
    try:
        return sealing.open_sealed(str(kept["sealed"]), connection_id=connection.pk, name=name)
    except (sealing.NotOpened, sealing.UnusableKey) as error:
        raise CredentialsRefused(Said("not_opened", {"secret": name}), is_final=True) from error


def _named(connection: Connection, variable: str) -> str:
    """From the environment or a file; only names of the connection's own kind, whatever stands in the row."""
    kind = kind_named(connection.kind)
    if kind is None or not kind.is_variable(variable):
        raise CredentialsRefused(Said("no_secret", {"secret": variable}), is_final=True)
    try:
        return str(import_string(settings.CONNECTOR_SECRETS)(variable))
    except ImproperlyConfigured as error:
        facts = {"variable": variable, "cause": str(error)}
        raise CredentialsRefused(Said("no_variable", facts), is_final=True) from error
