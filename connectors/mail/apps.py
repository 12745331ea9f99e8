from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    name = "connectors.mail"
    label = "mail"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from accounts.guards import address_guards
        from connectors.base.kinds import stand_beside
        from connectors.mail import decisions, receivers, services  # noqa: F401  # receivers subscribe when imported
        from connectors.mail.graph_standing import OF_MAIL
        from connectors.mail.metrics import of_incoming_mail
        from connectors.mail.notices import EmailWay
        from connectors.mail.selectors import mailboxes_in_microsoft365, no_mailbox_of_ours
        from connectors.mail.unheard import may_be_unheard
        from connectors.microsoft365.setup import mailbox_sources
        from connectors.microsoft365.testing import NEEDED
        from core import metrics, timers
        from notifications.ways import use_way
        from tickets import wording
        from tickets.guards import unheard_guards
        from tickets.selectors import BESIDE

        timers.register("mail_polled", services.poll_mailboxes, order=40)
        timers.register("graph_subscriptions_kept", services.keep_subscriptions, order=43)
        timers.register("mail_processed", services.process_due, order=45)
        timers.register("mail_compared", services.reconcile_due, order=50)
        timers.register("mail_sent", services.send_due_mail, order=60)
        timers.register("mail_copied", services.file_sent_copies, order=65)
        timers.register("mail_drafts_cleaned", services.clean_drafts, order=66)
        stand_beside("microsoft365", OF_MAIL)
        metrics.sources.append(of_incoming_mail)
        use_way(EmailWay())
        mailbox_sources.append((mailboxes_in_microsoft365, NEEDED))
        address_guards.append(no_mailbox_of_ours)
        unheard_guards.append(may_be_unheard)
        wording.put("envelope_mail_kept", decisions.of_kept_mail)
        BESIDE["outbound_message__handover"] = ("accepted",)
