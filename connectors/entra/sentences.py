"""What admins are told about sign-in with Microsoft."""

from django.utils.translation import gettext_lazy as _

from connectors.base import sentences

sentences.put(
    {
        "entra_answers": _("Microsoft names its addresses and keys for the tenant"),
        "entra_credentials": _("The application's id, and its secret or certificate"),
        "entra_secret_refused": _(
            "Microsoft does not accept the application's id, or its secret or certificate (AADSTS%(number)s)."
        ),
        "entra_redirect": _("The app registration does not have the address %(address)s for its answers."),
        "entra_refused": _("Microsoft refuses what the desk asks at a sign-in (%(error)s, AADSTS%(number)s)."),
        "entra_no_keys": _("Microsoft's keys for the tenant cannot be read."),
        "entra_untrusted": _("A sign-in was refused because its token could not be trusted (%(reason)s)."),
        "entra_tenant": _("Microsoft knows no tenant %(tenant)s. Check the tenant id."),
    }
)
