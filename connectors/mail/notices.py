"""What people of the desk are told by e-mail: by the desk's own mail server, from its own address, never to customers.

Such a mail answers nothing and is no part of a ticket's conversation, so it carries no token of one in its subject.
"""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import Agent
from connectors.base import DeliveryError, PermanentDeliveryError, Transport, UnclearDeliveryError
from connectors.mail.composing import UnfoldedMail
from connectors.mail.transport import DjangoTransport
from notifications.enums import DeliveryChannel
from notifications.letters import absolute
from notifications.ways import Letter, NotDelivered


class EmailWay:
    channel = DeliveryChannel.EMAIL
    is_repeatable = False

    def reaches(self, agent: Agent) -> bool:
        return bool(agent.email)

    def deliver(self, letter: Letter) -> None:
        transport: Transport[EmailMessage] = DjangoTransport()
        try:
            transport.open()
            transport.deliver(compose(letter))
        except PermanentDeliveryError as error:
            raise NotDelivered(str(error), is_final=True) from error
        except UnclearDeliveryError as error:
            raise NotDelivered(str(error), is_unclear=True) from error
        except DeliveryError as error:
            raise NotDelivered(str(error)) from error
        finally:
            transport.close()


def compose(letter: Letter) -> UnfoldedMail:
    """As text and as HTML, in the recipient's language. A second copy has the same Message-ID."""
    with translation.override(letter.language):
        facts = {"letter": letter, "settings_url": absolute("desk:notification-settings")}
        body = render_to_string("connectors/mail/notice.txt", facts)
        html = render_to_string("connectors/mail/notice.html", facts)
    email = UnfoldedMail(
        subject=letter.title,
        body=body,
        to=[letter.recipient.email],
        headers={
            "Message-ID": f"<notice.{letter.key}@{settings.MESSAGE_ID_DOMAIN}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    email.attach_alternative(html, "text/html")
    return email
