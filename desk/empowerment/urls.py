"""URLs of approvals and calibration; part of the namespace `desk`."""

from django.urls import URLPattern, path

from desk.empowerment.views import calibration, resolutions

urlpatterns: list[URLPattern] = [
    path("approvals/", resolutions.approvals, name="approvals"),
    path("calibration/", calibration.calibration, name="calibration"),
    path("calibration/generate/", calibration.generate, name="calibration-generate"),
    path("calibration/weeks/<uuid:session_id>/", calibration.week, name="calibration-week"),
    path("calibration/weeks/<uuid:session_id>/close/", calibration.close, name="calibration-close"),
    path("calibration/items/<uuid:item_id>/", calibration.item, name="calibration-item"),
    path("calibration/report/", calibration.report, name="calibration-report"),
    path("calibration/export.csv", calibration.export, name="calibration-export"),
]
