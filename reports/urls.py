from django.urls import URLPattern, URLResolver, include, path

from reports import views

pages: list[URLPattern | URLResolver] = [
    path("", views.report, name="overview"),
    path("rows/", views.rows, name="rows"),
    path("export.csv", views.export, name="export"),
    path("backlog.csv", views.backlog, name="backlog"),
    path("<slug:slug>/", views.report, name="report"),
]

urlpatterns: list[URLPattern | URLResolver] = [path("reports/", include((pages, "reports")))]
