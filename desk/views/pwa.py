"""The desk as an app on a phone: its manifest, its service worker, the page without connection. Open to everybody.

They hold nothing of anybody; what the worker keeps of a person's pages stays in their browser until they sign out.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from core.templatetags.ui import SPRITE

SHELL = (
    "css/app.css",
    "favicon.svg",
    SPRITE,
    "vendor/htmx-2.0.10/htmx.min.js",
    "vendor/idiomorph-0.8.0/idiomorph-ext.min.js",
)
NOT_IN_SHELL = ("sw.js", "api-docs.js")
SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    icons = [
        {"src": static("favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": static("icons/app-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("icons/app-512.png"), "sizes": "512x512", "type": "image/png"},
        {"src": static("icons/app-maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ]
    facts = {
        "name": "ITIL-NEXT",
        "short_name": "ITIL-NEXT",
        "lang": get_language(),
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f6f9",
        "theme_color": "#f4f6f9",
        "icons": icons,
    }
    return JsonResponse(facts, content_type="application/manifest+json")


@never_cache
@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that it serves the whole site; asked for anew each time, since it names the files of today."""
    return HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")


@lru_cache(maxsize=1)
def _worker() -> str:
    """`static/js/sw.js` behind the files it keeps and a version that changes with any of them."""
    text = (SCRIPTS / "sw.js").read_text("utf-8")
    modules = sorted(path.name for path in SCRIPTS.glob("*.js") if path.name not in NOT_IN_SHELL)
    shell = [reverse("desk:offline"), *map(static, SHELL), *(static(f"js/{name}") for name in modules)]
    version = hashlib.sha256(json.dumps([shell, text]).encode()).hexdigest()[:12]
    names = {"VERSION": version, "SHELL": shell, "ICON": static("icons/app-192.png")}
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in names.items()) + text


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/offline.html")
