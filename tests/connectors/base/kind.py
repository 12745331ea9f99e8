"""A kind of the tests: as small as one can be."""

from collections.abc import Iterator

from connectors.base.enums import FindingState
from connectors.base.kinds import Asked, Finding, Kind
from connectors.base.models import Connection
from connectors.base.secrets import secret_of
from connectors.base.sentences import Said


def look_over(connection: Connection) -> Iterator[Finding]:
    secret = secret_of(connection, "password")
    is_right = secret == "pw"
    cure = None if is_right else Said("no_secret", {"secret": "password"})
    yield Finding(FindingState.FINE if is_right else FindingState.MISSING, Said("refused", FACTS), cure)


FACTS: dict[str, str | int] = {"host": "example.com", "status": 400}
SAMPLE = Kind(
    name="sample",
    label="Sample",
    prefix="SAMPLE_",
    settings=(Asked("account", "Account", is_required=True, pattern="[a-z]+"), Asked("note", "Note")),
    secrets=(Asked("password", "Password"), Asked("key", "Key", is_long=True)),
    account=lambda values: f"sample:{values.get('account', '')}",
    look_over=look_over,
    signing_in=("refused",),
    endings={"certificate": "Certificate"},
)
