"""What a connection to Microsoft 365 asks for."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from connectors.base.kinds import Asked, Kind
from connectors.microsoft365.graph import account_of
from connectors.microsoft365.identity import CERTIFICATE, SECRET, ends_of
from connectors.microsoft365.services import KIND
from connectors.microsoft365.setup import steps
from connectors.microsoft365.testing import look_over

ADDRESS = r"[^@\s\x00-\x1f/\\]{1,64}@[A-Za-z0-9.-]{1,253}"
IS_NO_ADDRESS = _("Write an e-mail address.")

MICROSOFT_365 = Kind(
    name=KIND,
    label=_("Microsoft 365"),
    prefix="MSGRAPH_",
    settings=(
        Asked(
            "tenant_id",
            _("Tenant id"),
            help=_("“Directory (tenant) ID” of the app registration in Entra, or the tenant's domain"),
            is_required=True,
            pattern=r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}",
            wrong=_("Write the id of the tenant, or its domain."),
        ),
        Asked(
            "client_id",
            _("Application id"),
            help=_("“Application (client) ID” of the app registration"),
            is_required=True,
            pattern=r"[A-Za-z0-9-]{1,100}",
            wrong=_("Write the id of the application."),
        ),
        Asked(
            "secret_ends_on",
            _("The client secret ends on"),
            help=_(
                "As 2027-01-31: Entra shows it and does not tell it to the application; the page of connections warns"
            ),
            pattern=r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
            wrong=_("Write the date as 2027-01-31."),
            check=date.fromisoformat,
        ),
        Asked(
            "mailbox",
            _("Mailbox to test"),
            help=_("One of the shared mailboxes that the application may read"),
            pattern=ADDRESS,
            wrong=IS_NO_ADDRESS,
        ),
        Asked(
            "foreign_mailbox",
            _("Mailbox that must stay closed"),
            help=_("One that is none of the desk's business: the test says so if the application can read it"),
            pattern=ADDRESS,
            wrong=IS_NO_ADDRESS,
        ),
    ),
    secrets=(
        Asked(SECRET, _("Client secret")),
        Asked(
            CERTIFICATE, _("Certificate with its private key, as PEM; instead of a secret, and better"), is_long=True
        ),
    ),
    account=account_of,
    look_over=look_over,
    ends=ends_of,
    signing_in=("ms_signs_in",),
    steps=steps,
    endings={"token": _("Access token"), "certificate": _("Certificate"), "secret": _("Client secret")},
)
