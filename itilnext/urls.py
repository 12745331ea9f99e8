"""All URLs; each app keeps its own list."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from core.csp import csp_report
from core.health import healthz, readyz
from core.metrics import metrics
from desk.views.answer import answer
from desk.views.remote_images import remote_image

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("csp-report/", csp_report),
    path("admin/", admin.site.urls),
    path("answer/<str:token>/", answer, name="answer"),
    path("remote-images/<str:token>/", remote_image, name="remote-image"),
    path("api/v1/", include("itilnext.api")),
    path("", include("reports.urls")),
    path("", include("connectors.mail.urls")),
    path("", include("connectors.base.urls")),
    path("", include("connectors.teams.urls")),
    path("", include("desk.urls")),
]

handler400 = "desk.views.errors.bad_request"
handler403 = "desk.views.errors.permission_denied"
handler404 = "desk.views.errors.not_found"
handler500 = "desk.views.errors.server_error"
