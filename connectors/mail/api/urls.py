from django.urls import URLPattern, path

from connectors.mail.api.brakes import BrakeViewSet
from connectors.mail.api.ledger import MailViewSet
from connectors.mail.api.previews import PreviewViewSet

ONE = "mail/messages/<uuid:id>/"

urlpatterns: list[URLPattern] = [
    path("tickets/<slug:reference>/preview_reply/", PreviewViewSet.as_view({"post": "create"})),
    path("mail/brakes/", BrakeViewSet.as_view({"get": "list"})),
    path("mail/brakes/<uuid:id>/lift/", BrakeViewSet.as_view({"post": "lift"})),
    path("mail/messages/", MailViewSet.as_view({"get": "list"})),
    path(ONE, MailViewSet.as_view({"get": "retrieve"})),
    path(f"{ONE}raw/", MailViewSet.as_view({"get": "raw"})),
    path(f"{ONE}retry/", MailViewSet.as_view({"post": "retry"})),
    path(f"{ONE}release/", MailViewSet.as_view({"post": "release"})),
    path(f"{ONE}choose/", MailViewSet.as_view({"post": "choose"})),
    path(f"{ONE}move/", MailViewSet.as_view({"post": "move"})),
    path(f"{ONE}undo_move/", MailViewSet.as_view({"post": "undo_move"})),
]
