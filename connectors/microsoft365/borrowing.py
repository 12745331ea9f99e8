"""Connections that sign in as the application of another one, a connection to Microsoft 365."""

from connectors.base.failures import CredentialsRefused, Failure, Transient
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.base.services import Health
from connectors.microsoft365 import sentences  # noqa: F401  # they are said here


class HealthOfABorrower(Health):
    """A refused sign-in is mended at the connection whose it is: there it stands and is told of; here stands where."""

    def __init__(self, row: Connection, application: Connection) -> None:
        super().__init__(row.pk)
        self._application = application

    def failed(self, failure: Failure) -> None:
        if isinstance(failure, CredentialsRefused):
            Health(self._application.pk).failed(failure)
            failure = Transient(lent_by(self._application), vendor_request=failure.vendor_request)
        super().failed(failure)


def lent_by(application: Connection) -> Said:
    return Said("ms_lent", {"connection": application.name})
