from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    name = "connectors.mail"
    label = "mail"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from connectors.mail import receivers, services  # noqa: F401  # receivers subscribe when imported
        from core import timers

        timers.register("mail_polled", services.poll_mailboxes, order=40)
        timers.register("mail_processed", services.process_due, order=45)
        timers.register("mail_sent", services.send_due_mail, order=60)
        timers.register("mail_copied", services.file_sent_copies, order=65)
