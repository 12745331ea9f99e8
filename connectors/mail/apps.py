from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    name = "connectors.mail"
    label = "mail"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from connectors.mail import receivers, services  # noqa: F401  # receivers subscribe when imported
        from connectors.mail.metrics import of_incoming_mail
        from core import metrics, timers

        timers.register("mail_polled", services.poll_mailboxes, order=40)
        timers.register("mail_processed", services.process_due, order=45)
        timers.register("mail_compared", services.reconcile_due, order=50)
        timers.register("mail_sent", services.send_due_mail, order=60)
        timers.register("mail_copied", services.file_sent_copies, order=65)
        metrics.sources.append(of_incoming_mail)
