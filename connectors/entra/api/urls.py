from django.urls import URLPattern, path

from connectors.entra.api.signin import GroupRoleViewSet, MicrosoftAccountViewSet

urlpatterns: list[URLPattern] = [
    path("microsoft_accounts/", MicrosoftAccountViewSet.as_view({"get": "list"})),
    path("microsoft_accounts/<uuid:id>/", MicrosoftAccountViewSet.as_view({"get": "retrieve"})),
    path("group_roles/", GroupRoleViewSet.as_view({"get": "list"})),
    path("group_roles/<uuid:id>/", GroupRoleViewSet.as_view({"get": "retrieve"})),
]
