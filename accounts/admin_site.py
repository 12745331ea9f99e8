"""The operators' window: opened by our policies, never by `is_superuser`, `is_staff` or Django's permissions (ruling 8)."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.auth import to_sign_in
from accounts.models import Agent
from accounts.policies import may_open_admin


class OperatorsSite(AdminSite):
    site_title = "ITIL-NEXT"
    site_header = "ITIL-NEXT"
    index_title = _("Set-up and records")
    enable_nav_sidebar = False  # it shifts the layout of every page; the index and the breadcrumbs lead everywhere

    def has_permission(self, request: HttpRequest) -> bool:
        agent: Agent | None = getattr(request, "agent", None)
        return agent is not None and may_open_admin(agent)

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                if request.user.is_authenticated:
                    raise PermissionDenied
                return to_sign_in(request)
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, view)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseRedirect:
        """There is one sign-in page."""
        return HttpResponseRedirect(f"{reverse('desk:login')}?next={reverse('admin:index')}")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseRedirect:
        """There is one page for it too."""
        return redirect("desk:password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        agent: Agent | None = getattr(request, "agent", None)
        return super().each_context(request) | {"theme": agent.theme if agent else "system", "operator": agent}
