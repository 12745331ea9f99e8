"""Typed readers of the environment, which only settings and the local servers read; nonsense stops the start.

A set but empty variable counts as unset, since compose files and CI pass empty ones on.
"""

import os
import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

MINUTES_OF_A_WEEK = 7 * 24 * 60
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def text(name: str, default: str | None = None) -> str:
    """The value of `name`; without a default it is required."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set; set it in the environment.")
    return default


def secret(name: str, default: str | None = None) -> str:
    """Like `text`, or the content of the file that `<name>_FILE` names, without surrounding white space."""
    file_name = os.environ.get(f"{name}_FILE", "").strip()
    if not file_name:
        value = os.environ.get(name, "").strip()
        if not value and default is None:
            raise ImproperlyConfigured(
                f"{name} is not set; set it, or {name}_FILE to the path of a file that holds it."
            )
        return value or str(default)
    if os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; remove one of them.")
    try:
        content = Path(file_name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE names {file_name}, which cannot be read; correct the path.") from error
    if not content:
        raise ImproperlyConfigured(f"{name}_FILE names {file_name}, which is empty; write the secret into it.")
    return content


def positive_int(name: str, default: int | None = None) -> int:
    value = text(name, None if default is None else str(default))
    if not value.isascii() or not value.isdigit() or int(value) == 0:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to a whole number above 0.")
    return int(value)


def whole_number(name: str, default: int | None = None) -> int:
    """A whole number, 0 included: for what can be switched off."""
    value = text(name, None if default is None else str(default))
    if not value.isascii() or not value.isdigit():
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to a whole number, 0 or above.")
    return int(value)


def most_within(name: str, default: str) -> tuple[int, int]:
    """ "60/1440": so many within so many minutes, at most a week; 0 instead of both for no limit."""
    value = text(name, default)
    most, slash, minutes = (part.strip() for part in value.partition("/"))
    numbers = [part for part in (most, minutes) if part.isascii() and part.isdigit() and len(part) < 10]
    if value.strip("0 ") == "":
        return 0, 0
    if not slash or len(numbers) < 2 or not 1 <= int(minutes) <= MINUTES_OF_A_WEEK:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to a number and minutes such as 60/1440, or to 0.")
    return int(most), int(minutes)


def boolean(name: str, default: bool | None = None) -> bool:
    value = text(name, None if default is None else str(default)).lower()
    if value not in TRUE + FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to 1 or 0.")
    return value in TRUE


def choice(name: str, options: Sequence[str], default: str | None = None) -> str:
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to one of {', '.join(options)}.")
    return value


def names(name: str, default: str | None = None) -> list[str]:
    """A comma-separated list; empty items are dropped."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def path(name: str, default: Path) -> Path:
    """An absolute path; a relative one counts from the working directory."""
    return Path(text(name, str(default))).expanduser().absolute()


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Networks such as 10.1.0.0/16, with commas between them; none is the default."""
    try:
        return [ip_network(part.strip()) for part in text(name, "").split(",") if part.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} holds what is no network ({error}); write it as 10.1.0.0/16.") from error


def url(name: str, schemes: Sequence[str], default: str | None = None) -> str:
    """A URL of one of `schemes`; may hold a password and so may come from a file."""
    value = secret(name, default)
    try:
        scheme, port = urlsplit(value).scheme, urlsplit(value).port
    except ValueError:
        scheme, port = "", None
    if scheme not in schemes or port == 0:
        raise ImproperlyConfigured(
            f"{name} is not a usable URL; write it as {schemes[0]}://user:password@host:port/name."
        )
    return value


def database(name: str, default: str | None = None) -> dict[str, object]:
    """Django's connection settings from `postgresql://user:password@host:port/name?option=value`.

    A socket folder is given as `?host=/folder`. Other options (`sslmode`, `application_name` ...) are handed to libpq.
    The password may stand apart: that of `DATABASE_URL` in `DATABASE_PASSWORD` or the file `DATABASE_PASSWORD_FILE`.
    """
    value = url(name, ("postgresql", "postgres"), default)
    parts = urlsplit(value)
    options: dict[str, object] = dict(parse_qsl(parts.query))
    if not parts.path.strip("/"):
        raise ImproperlyConfigured(
            f"{name} names no database; write it as postgresql://user:password@host:5432/itilnext."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or secret(f"{name.removesuffix('_URL')}_PASSWORD", default=""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(options.pop("port", parts.port or "")),
        "OPTIONS": options,
    }


def email(name: str, *, default: str, folder: Path) -> dict[str, object]:
    """Django's e-mail settings from `smtp://user:password@host:587?tls=1&timeout=10` or `smtps://…`.

    `smtp:` begins with STARTTLS unless `tls=0`; `smtps:` is TLS from the first byte. `auth=oauth2` signs in by tokens.

    For trying out also `console:`, `file:/folder`, `memory:`, and `maildir:` (Maildirs below `folder`, which is how the
    demo desk delivers to its customers).
    """
    value = secret(name, default)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} is not a usable URL; write it as smtp://user:password@host:587?tls=1."
        ) from error
    if parts.scheme in ("console", "memory"):
        backend = {"console": "console", "memory": "locmem"}[parts.scheme]
        return {"EMAIL_BACKEND": f"django.core.mail.backends.{backend}.EmailBackend"}
    if parts.scheme == "file" and parts.path:
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": parts.path}
    if parts.scheme == "maildir":
        return {"EMAIL_BACKEND": "connectors.mail.maildir.EmailBackend", "EMAIL_FILE_PATH": parts.path or str(folder)}
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} is not usable; write smtp://user:password@host:587?tls=1, smtps://…, file:/folder, or console:."
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    server = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": _starttls(name, options) and parts.scheme == "smtp",
        "EMAIL_TIMEOUT": _mail_timeout(name, options),
    }
    return server | _mail_sign_in(name, options, server)


OAUTH_OPTIONS = ("token_url", "client_id", "secret", "scope", "refresh_token")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _mail_sign_in(name: str, options: dict[str, str], server: dict[str, object]) -> dict[str, object]:
    """What OAuth 2 adds: another backend, and where its tokens come from, as add_mailbox is told it."""
    auth = options.get("auth", "password")
    if auth not in ("password", "oauth2"):
        raise ImproperlyConfigured(f"{name} has auth={auth}; write auth=password or auth=oauth2.")
    given = {option: options[option] for option in OAUTH_OPTIONS if options.get(option)}
    if auth == "password":
        if given:
            raise ImproperlyConfigured(f"{name} has the option {min(given)} without auth=oauth2; add that.")
        return {}
    if wrong := _oauth_fault(given, server):
        raise ImproperlyConfigured(f"{name} asks for OAuth 2: {wrong}.")
    return {"EMAIL_BACKEND": "connectors.mail.smtp_oauth.EmailBackend", "EMAIL_OAUTH": given}


def _oauth_fault(given: dict[str, str], server: dict[str, object]) -> str:
    """What keeps it from working, with the cure; as `ImapSettings` for mailboxes."""
    user = str(server["EMAIL_HOST_USER"])
    token_url = urlsplit(given.get("token_url", ""))
    names = [given.get("secret", ""), *([given["refresh_token"]] if "refresh_token" in given else [])]
    if not (user.isascii() and user.isprintable() and user):
        return "name the user before the host, in ASCII, as in smtp://desk%40example.com@host"
    if server["EMAIL_HOST_PASSWORD"]:
        return "leave out the password; the client's secret is named by secret=MAILBOX_..."
    if token_url.scheme != "https" and (token_url.scheme != "http" or token_url.hostname not in LOOPBACK):
        return "write the address of the token endpoint as token_url=https://..."
    if "client_id" not in given:
        return "write the client id of the application as client_id=..."
    if not all(re.fullmatch(r"MAILBOX_[A-Z0-9_]{1,100}", found) for found in names):
        return "name the variables that hold the secrets, as secret=MAILBOX_SUPPORT; their names begin with MAILBOX_"
    if not (server["EMAIL_USE_SSL"] or server["EMAIL_USE_TLS"] or server["EMAIL_HOST"] in LOOPBACK):
        return "without TLS the token would cross the network in clear; remove tls=0"
    return ""


def _starttls(name: str, options: dict[str, str]) -> bool:
    if unknown := sorted(options.keys() - {"tls", "timeout", "auth", *OAUTH_OPTIONS}):
        raise ImproperlyConfigured(
            f"{name} has the option {unknown[0]}; possible are tls=0 or 1, timeout=seconds and auth=oauth2."
        )
    value = options.get("tls", "1").lower()
    if value not in (*TRUE, *FALSE):
        raise ImproperlyConfigured(f"{name} has tls={value}; write tls=1 for STARTTLS or tls=0 for none.")
    return value in TRUE


def _mail_timeout(name: str, options: dict[str, str]) -> int:
    """Seconds for each wait; several of them must fit into the minute for which one worker has a mail."""
    value = options.get("timeout", "10")
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 15:
        raise ImproperlyConfigured(f"{name} has timeout={value}; write whole seconds from 1 to 15.")
    return int(value)
