"""Canned responses and a ticket template for the demo desk."""

from accounts.models import Agent, Team
from desk.demo.people import SERVICE_DESK
from tickets import services
from tickets.enums import Priority, TextScope, TicketType
from tickets.models import CannedResponse, TicketTemplate

RESPONSES = (
    (
        "Received, we look into it",
        "en",
        "got",
        (
            "Hello {{customer.name}},\n\nthank you for your message. I look into it and write to you again today "
            "({{ticket.reference}})."
        ),
    ),
    (
        "Eingegangen, wir kümmern uns",
        "de",
        "got",
        (
            "Guten Tag {{customer.name}},\n\nvielen Dank für Ihre Nachricht. Ich sehe es mir an und melde mich heute "
            "noch ({{ticket.reference}})."
        ),
    ),
    (
        "Restart the device",
        "en",
        "restart",
        (
            "Please restart the device:\n\n1. Switch it **off**.\n2. Wait for a minute.\n3. Switch it on again.\n\n"
            "Does it work now?"
        ),
    ),
    (
        "Gerät neu starten",
        "de",
        "restart",
        (
            "Bitte starten Sie das Gerät neu:\n\n1. **Aus**schalten.\n2. Eine Minute warten.\n"
            "3. Wieder einschalten.\n\nGeht es jetzt?"
        ),
    ),
)
LEGAL = (
    (
        "Legal case: first answer",
        "en",
        "legal",
        (
            "Hello {{customer.name}},\n\nwe have received your message and pass it on to our legal department "
            "({{ticket.reference}}). Until it has answered we cannot say anything about the matter itself."
        ),
    ),
    (
        "Rechtsfall: erste Antwort",
        "de",
        "recht",
        (
            "Guten Tag {{customer.name}},\n\nwir haben Ihre Nachricht erhalten und geben sie an unsere Rechtsabteilung "
            "weiter ({{ticket.reference}}). Bis zu deren Antwort können wir zur Sache selbst nichts sagen."
        ),
    ),
)
"""Prescribed while a ticket has the legal flag."""
TEMPLATE = "New starter"


def keep_texts(*, by: Agent) -> None:
    """What the demo desk is missing of them; `by` is an admin."""
    team = Team.objects.get(name=SERVICE_DESK)
    for title, language, shortcut, body in (*RESPONSES, *LEGAL):
        if not CannedResponse.objects.filter(title=title).exists():
            services.create_canned_response(
                by=by,
                title=title,
                body=body,
                language=language,
                shortcut=shortcut,
                scope=TextScope.TEAM.value,
                team=team,
                is_enforced_for_flag=any(title == legal[0] for legal in LEGAL),
            )
    if TicketTemplate.objects.filter(title=TEMPLATE).exists():
        return
    services.create_ticket_template(
        by=by,
        title=TEMPLATE,
        scope=TextScope.TEAM.value,
        team=team,
        subject="New starter: ",
        description="Name:\nFirst day:\nDepartment:\nDevices and programs:",
        type=TicketType.SERVICE_REQUEST.value,
        priority=Priority.LOW.value,
        handled_by=team,
    )
