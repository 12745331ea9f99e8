"""Browsers in which somebody has signed in already. The form is slow on purpose, and has tests of its own."""

from typing import TYPE_CHECKING

from django.test import Client

from accounts.models import Agent

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


def session_of(agent: Agent) -> dict[str, str]:
    """The cookies of a new session."""
    client = Client()
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    return {name: morsel.value for name, morsel in client.cookies.items()}


def session_header_of(agent: Agent) -> str:
    """The same as a request sends it."""
    return "; ".join(f"{name}={value}" for name, value in session_of(agent).items())


def sign_in_without_form(context: "BrowserContext", agent: Agent, site: str) -> None:
    """Whoever had signed in there before is not signed in any more."""
    context.add_cookies([{"name": name, "value": value, "url": site} for name, value in session_of(agent).items()])
