"""URLs of proposals; part of the namespace `desk`."""

from django.urls import URLPattern, path

from desk.proposals import views

urlpatterns: list[URLPattern] = [
    path("proposals/", views.proposals, name="proposals"),
    path("proposals/new/", views.choose, name="propose"),
    path("proposals/new/policy/", views.on_policy, name="propose-new-policy"),
    path("proposals/new/policy/<uuid:policy_id>/", views.on_policy, name="propose-policy"),
    path("proposals/new/calendar/<uuid:calendar_id>/", views.on_calendar, name="propose-calendar"),
    path("proposals/new/alerts/<uuid:rule_id>/", views.on_rule, name="propose-rule"),
    path("proposals/<uuid:proposal_id>/", views.proposal, name="proposal"),
    path("proposals/<uuid:proposal_id>/accept/", views.accept, name="proposal-accept"),
    path("proposals/<uuid:proposal_id>/decline/", views.decline, name="proposal-decline"),
    path("proposals/<uuid:proposal_id>/withdraw/", views.withdraw, name="proposal-withdraw"),
]
