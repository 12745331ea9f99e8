"""What people are told about Microsoft Teams."""

from django.utils.translation import gettext_lazy as _

from connectors.base import sentences

sentences.put(
    {
        "teams_address": _("The address of the workflow"),
        "teams_address_wrong": _(
            "This is no address of a workflow that the desk knows. Copy it from the workflow's first step, and name "
            "its host in TEAMS_WEBHOOK_HOSTS if your cloud has others."
        ),
        "teams_refused_address": _(
            "%(host)s does not accept the address (%(status)s): its signature is wrong, or the workflow has lost its "
            "owner. Open the workflow, give it a co-owner, and enter its address anew."
        ),
        "teams_flow_gone": _(
            "%(host)s knows no workflow at this address (%(status)s): it was deleted or switched off. Switch it on or "
            "make a new one, and enter its address here."
        ),
        "teams_card_refused": _("%(host)s refuses the card (%(status)s %(code)s)."),
        "teams_card_too_large": _("%(host)s refuses the card as too large (%(status)s)."),
        "teams_unclear": _("The card may have been posted: nobody can tell what became of handing it over."),
        "teams_off": _("The connection is switched off."),
        "teams_graph": _("A connection to Microsoft 365 that signs in"),
        "teams_graph_missing": _("Add a connection to Microsoft 365, and choose it here."),
        "teams_permission": _("The application permission %(permission)s"),
        "teams_grant": _(
            "In Entra, add the application permission %(permission)s to the app registration and grant admin consent."
        ),
        "teams_not_installed": _(
            "Teams does not show messages of the desk to this person (%(code)s): the app is not installed for them, or "
            "the application has no right to send."
        ),
        "teams_person_unknown": _("Microsoft 365 knows no person of this address."),
        "teams_card_test": _("“Send a test card” posts one; a test of the connection posts nothing."),
    }
)
