"""The operators' window, opened by our policies; `is_superuser` and `is_staff` count for nothing (ruling 8)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.auth import to_sign_in
from accounts.models import Agent
from accounts.policies import may_open_admin
from core.actors import Actor
from core.admin_site import PolicyMixin


@dataclass(frozen=True)
class GuardedPage:
    """A form page of its own for an act that is more than changing a row."""

    route: str
    name: str
    label: Promise
    view: Callable[..., HttpResponse]
    may_open: Callable[[Actor], bool]
    on_refused: Callable[[HttpRequest, Agent], None] | None = None
    """Told of each POST by somebody who may not open the page, where the act behind it is one that is audited."""

    @property
    def url_name(self) -> str:
        return f"admin:{self.name}"


class OperatorsSite(AdminSite):
    site_title = "ITIL-NEXT"
    site_header = "ITIL-NEXT"
    index_title = _("Set-up and records")
    enable_nav_sidebar = False  # it shifts the layout of every page; the index and the breadcrumbs lead everywhere

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages: list[GuardedPage] = []

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only what asks our policies; pages that libraries bring along ask Django's permissions and stay out."""
        if admin_class is not None and issubclass(admin_class, PolicyMixin):
            super().register(model_or_iterable, admin_class, **options)

    def add_page(self, page: GuardedPage) -> None:
        self._pages.append(page)

    def get_urls(self) -> list[Any]:
        pages = [path(page.route, self._guarded(page), name=page.name) for page in self._pages]
        return pages + super().get_urls()

    def _guarded(self, page: GuardedPage) -> Callable[..., HttpResponse]:
        shown: Callable[..., HttpResponse] = self.admin_view(self._opened(page))

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            agent: Agent | None = request.agent  # type: ignore[attr-defined]  # set by ActorMiddleware
            is_refused = agent is not None and not (self.has_permission(request) and page.may_open(agent))
            if page.on_refused is not None and request.method == "POST" and agent is not None and is_refused:
                page.on_refused(request, agent)
            return shown(request, *args, **kwargs)

        return guarded

    def _opened(self, page: GuardedPage) -> Callable[..., HttpResponse]:
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not page.may_open(request.agent):  # type: ignore[attr-defined]  # set by ActorMiddleware
                raise PermissionDenied
            return page.view(request, *args, **kwargs)

        return opened

    def has_permission(self, request: HttpRequest) -> bool:
        agent: Agent | None = getattr(request, "agent", None)
        return agent is not None and may_open_admin(agent)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not self.has_permission(request):
                if request.user.is_authenticated:
                    raise PermissionDenied
                return to_sign_in(request)
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, view)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseRedirect:
        """There is one sign-in page."""
        return HttpResponseRedirect(f"{reverse('desk:login')}?next={reverse('admin:index')}")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """There is one page for it too."""
        return redirect("desk:password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        agent: Agent | None = getattr(request, "agent", None)
        pages = [page for page in self._pages if agent is not None and page.may_open(agent)]
        facts = {"theme": agent.theme if agent else "system", "operator": agent}
        return super().each_context(request) | facts | {"guarded_pages": pages}
