"""What people are told about Microsoft 365."""

from django.utils.translation import gettext_lazy as _

from connectors.base import sentences

sentences.put(
    {
        "ms_secret_wrong": _(
            "Microsoft does not accept the client secret (AADSTS%(number)s). Enter the value of the secret, not its id."
        ),
        "ms_secret_expired": _(
            "The client secret has expired (AADSTS%(number)s). Add a new one to the app registration and enter it here."
        ),
        "ms_certificate_refused": _(
            "Microsoft does not accept the certificate (AADSTS%(number)s): it has expired, or the app registration "
            "does not have it."
        ),
        "ms_certificate_expired": _("The certificate ended on %(date)s. Renew it in the app registration and here."),
        "ms_certificate_unusable": _(
            "The certificate cannot be used: give the private key and the certificate as PEM, one after the other."
        ),
        "ms_app_unknown": _("The tenant %(tenant)s has no application %(client)s (AADSTS%(number)s). Check both ids."),
        "ms_tenant_unknown": _("Microsoft knows no tenant %(tenant)s (AADSTS%(number)s). Check the tenant id."),
        "ms_consent_missing": _(
            "No administrator has consented to the application's permissions yet (AADSTS%(number)s)."
        ),
        "ms_sign_in_refused": _("Microsoft refuses the sign-in (%(error)s, AADSTS%(number)s)."),
        "ms_sign_in_busy": _("Microsoft's sign-in is not available at the moment (%(error)s)."),
        "ms_sign_in_unreached": _("Microsoft's sign-in was not reached: %(cause)s."),
        "ms_sign_in_untrusted": _("The certificate of Microsoft's sign-in is not trusted here; set MSGRAPH_CA_FILE."),
        "ms_forbidden": _("Microsoft does not allow this (%(code)s): the application has no right to it."),
        "ms_refused": _("Microsoft refuses the request (%(status)s %(code)s)."),
        "ms_lent": _("It signs in as “%(connection)s”, which Microsoft refuses; mend it there."),
        "ms_no_folder": _("The mailbox has no folder “%(folder)s” beside its inbox."),
        "ms_no_mail": _("What was handed out as a mail is none."),
        "ms_resync": _("Microsoft no longer knows where the last look had ended; reading begins anew."),
        "ms_signs_in": _("Signing in as the application"),
        "ms_permission": _("The application permission %(permission)s"),
        "ms_grant": _(
            "In Entra, add the application permission %(permission)s to the app registration and grant admin consent; "
            "or assign the role “Application %(permission)s” by RBAC for Applications."
        ),
        "ms_grant_scoped": _(
            "The token does not name it, as it names no role that is scoped by RBAC for Applications. "
            "Test-ServicePrincipalAuthorization in Exchange Online tells whether “Application %(permission)s” is there."
        ),
        "ms_mailbox": _("Reading the mailbox %(mailbox)s"),
        "ms_mailbox_scope": _(
            "Put the mailbox into the scope of the application's role. A change may take two hours to hold."
        ),
        "ms_mailbox_unknown": _("There is no such mailbox in this tenant; check the address."),
        "ms_forbidden_mailbox": _("The mailbox %(mailbox)s, which is none of ours, stays closed to us"),
        "ms_too_open": _(
            "The application can read every mailbox of the tenant. Remove the consent for the whole tenant in Entra "
            "and scope its roles to the shared mailboxes."
        ),
    }
)
