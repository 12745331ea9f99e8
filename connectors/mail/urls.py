"""The ledger's pages; the demo's page and what Graph calls stand outside, without a namespace."""

from django.urls import URLPattern, URLResolver, include, path

from connectors.mail.views import demo, ledger, notifications

ledger_pages: list[URLPattern | URLResolver] = [
    path("", ledger.ledger, name="ledger"),
    path("brakes/<uuid:brake_id>/lift/", ledger.lift, name="lift"),
    path("<uuid:message_id>/", ledger.message, name="message"),
    path("<uuid:message_id>/raw/", ledger.raw, name="raw"),
    path("<uuid:message_id>/retry/", ledger.retry, name="retry"),
    path("<uuid:message_id>/release/", ledger.release, name="release"),
    path("<uuid:message_id>/choose/", ledger.choose, name="choose"),
    path("<uuid:message_id>/move/", ledger.move, name="move"),
    path("<uuid:message_id>/undo_move/", ledger.undo_move, name="undo_move"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("mail/", include((ledger_pages, "mail"))),
    path("demo/mailbox/", demo.mailbox, name="mailbox"),
    path("hooks/microsoft365/", notifications.graph_notifications, name="graph_notifications"),
]
