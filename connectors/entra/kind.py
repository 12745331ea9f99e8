"""What sign-in with Microsoft asks for."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from connectors.base.kinds import Asked, Kind
from connectors.entra.models import OBJECT_ID
from connectors.entra.testing import look_over
from connectors.entra.wire import account_of
from connectors.microsoft365.identity import CERTIFICATE, SECRET, ends_of

ENTRA = Kind(
    name="entra",
    label=_("Sign-in with Microsoft Entra ID"),
    prefix="ENTRA_",
    settings=(
        Asked(
            "tenant_id",
            _("Tenant id"),
            help=_("“Directory (tenant) ID” of the app registration in Entra; people of this tenant alone sign in"),
            is_required=True,
            pattern=OBJECT_ID,
            wrong=_("Write the id in small letters, as Entra shows it."),
        ),
        Asked(
            "client_id",
            _("Application id"),
            help=_("“Application (client) ID” of the app registration"),
            is_required=True,
            pattern=OBJECT_ID,
            wrong=_("Write the id in small letters, as Entra shows it."),
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
    ),
    secrets=(
        Asked(SECRET, _("Client secret")),
        Asked(
            CERTIFICATE, _("Certificate with its private key, as PEM; instead of a secret, and better"), is_long=True
        ),
    ),
    account=lambda row: account_of(row.settings),
    look_over=look_over,
    signing_in=("entra_answers", "entra_credentials"),
    ends=ends_of,
    endings={"certificate": _("Certificate"), "secret": _("Client secret")},
)
