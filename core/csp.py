"""`POST /csp-report/`: what a browser refused under our content security policy, into the log."""

import json
import logging
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

logger = logging.getLogger(__name__)

MAX_BYTES = 16 * 1024


@csrf_exempt  # browsers send it without a token; it changes nothing
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Always 204: a report is a hint for us, nothing the sender waits for. Addresses are logged without their query."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return HttpResponse(status=204)
    try:
        report = json.loads(request.body)["csp-report"]
        facts = {
            "directive": str(report.get("violated-directive", ""))[:100],
            "blocked": _without_query(str(report.get("blocked-uri", ""))),
            "page": _without_query(str(report.get("document-uri", ""))),
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return HttpResponse(status=204)
    logger.warning("content security policy violated", extra=facts)
    return HttpResponse(status=204)


def _without_query(address: str) -> str:
    return urlsplit(address)._replace(query="", fragment="").geturl()[:200]
