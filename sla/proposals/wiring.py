"""What `ready()` of the app registers for proposals."""

from sla.proposals import receivers  # noqa: F401  # they subscribe when imported


def register() -> None:
    """Nothing is due of them; they wait for people."""
