"""What all admin pages share: our policies decide, our history remembers, nothing is deleted.

A subclass names its policies (`may_view`, `may_add`, `may_change`); what is not granted is refused. Saving goes through
a service or through `record`; what a service refuses stands in the form, with all that was typed. A form of a row that
somebody has changed meanwhile is refused: it would write back what they changed.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ModelAdmin, TabularInline
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core.actors import Actor
from core.errors import DomainError, Invalid, StaleVersion
from core.history import record
from core.trail import acts_on

SHOWN_VERSION = "_version"
"""Name of the hidden field with the version of the row that a form shows; forms of new rows have none."""
COUNT_LIMIT = 10_000
"""Lists count no further than this, so that none walks through a million rows."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNT_LIMIT].count())


class PolicyMixin:
    """Answers Django's questions by our policies."""

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return False

    def may_add(self, by: Actor) -> bool:
        return False

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        by = actor_in(request)
        return by is not None and (self.may_view(by, obj) or self.may_change(by, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        by = actor_in(request)
        return by is not None and self.may_add(by)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        by = actor_in(request)
        return by is not None and self.may_change(by, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


def actor_in(request: HttpRequest) -> Any:
    """The agent behind a request, set by the middleware of `accounts`."""
    return getattr(request, "agent", None)


class PolicyAdmin(PolicyMixin, ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    view_on_site = False
    save_on_top = False
    change_form_template = "admin/versioned_form.html"
    history_parts: ClassVar[Sequence[str]] = ()
    """Reverse relations whose changes are told in the history of their whole."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Rows the reader may see; all others are answered like missing ones."""
        return self.rows_for(super().get_queryset(request), actor_in(request))

    def rows_for(self, rows: QuerySet[Any], by: Any) -> QuerySet[Any]:
        return rows

    def hidden_fields(self, by: Any, obj: Any) -> frozenset[str]:
        """Fields of `obj` that the reader may not see, in its form and in its history."""
        return frozenset()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = self.hidden_fields(actor_in(request), obj)
        return [name for name in super().get_fields(request, obj) if name not in hidden]

    # Saving -----------------------------------------------------------------------------------------------------------

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """As Django's, after the look whether the row, locked from here on, is still the one the form was made of."""
        if change and (shown := request.POST.get(SHOWN_VERSION)):
            rows: Any = self.model._base_manager  # noqa: SLF001  # public by Django's documentation
            row = rows.select_for_update(of=("self",), no_key=True).filter(pk=form.instance.pk)
            current = row.values_list("version", flat=True).get()
            if shown != str(current):
                raise StaleVersion(given=shown[:20], current=current)
        return super().save_form(request, form, change)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through `record`, with the actor; override to call a service, which then gets the cleaned values."""
        record(obj, by=actor_in(request))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for part in formset.save(commit=False):
            record(part, by=actor_in(request))
        for part in formset.deleted_objects:
            part._history_actor = actor_in(request)  # noqa: SLF001  # as `record` does
            part.delete()
        formset.save_m2m()
        whole = form.instance
        if formset.has_changed() and str(whole.version) == request.POST.get(SHOWN_VERSION):
            record(whole, by=actor_in(request), update_fields=[])  # other forms of the whole show old parts from now on

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """As Django's, in its transaction; a refusal rolls all back and shows the form again with the reason."""
        try:
            answer = super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]  # read by get_form
            answer = super().changeform_view(request, object_id, form_url, extra_context)
            answer.status_code = refusal.status
            return answer
        if request.method == "POST" and isinstance(answer, TemplateResponse):
            answer.status_code = 400  # the form again: what was sent is not usable
        return answer

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal: DomainError | None = getattr(request, "refusal", None)
        return _refused(form, refusal) if refusal is not None and request.method == "POST" else form

    # What is not offered ----------------------------------------------------------------------------------------------

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Our history tells it; a second log would only differ from it one day."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """See `log_addition`."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """See `log_addition`."""

    # History ----------------------------------------------------------------------------------------------------------

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed what from what to what, when and why; read from rows nobody can change."""
        obj = self.get_object(request, object_id)
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        if obj is None or not hasattr(self.model, "history"):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(name)s") % {"name": obj},
            "acts": acts_on(obj, parts=self.history_parts, hidden=self.hidden_fields(actor_in(request), obj)),
            "object": obj,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/object_history.html", context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Without "save as new" and the like; a history link only where there is a history.

        A form that is shown again keeps the version it was made of, so that what was refused as stale stays so.
        """
        context["has_history"] = hasattr(self.model, "history")
        context["shown_version"] = request.POST.get(SHOWN_VERSION) or getattr(context.get("original"), "version", "")
        return super().render_change_form(request, context, *args, **kwargs)

    # Actions ----------------------------------------------------------------------------------------------------------

    def each(self, request: HttpRequest, rows: QuerySet[Any], act: Any, done: str) -> None:
        """Call a service for each chosen row and say how it went; one refusal does not stop the others."""
        count = 0
        for row in rows:
            try:
                act(row)
                count += 1
            except DomainError as refusal:
                text = f"{row}: {refusal} {refusal.hint_text} ({refusal.code})"
                self.message_user(request, text, messages.ERROR)
        if count:
            self.message_user(request, done % {"count": count}, messages.SUCCESS)


class ReadOnlyAdmin(PolicyAdmin):
    """A record that is read, never written."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field.name for field in self.model._meta.fields]


class LabelledFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # generic in the stubs only
    """Names each control for the ear: in a table of parts the column's head is no label."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if field.label:
                field.widget.attrs["aria-label"] = str(field.label)


class PartInline(PolicyMixin, TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """Parts of a whole, such as the windows of a calendar: edited, added, taken out by whoever may change the whole."""

    formset = LabelledFormSet
    extra = 0
    show_change_link = False

    def may_add(self, by: Actor) -> bool:
        return self.may_change(by)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


def _refused(form: Any, refusal: DomainError) -> Any:
    """The same form, which now knows what a service refused: at the field it is about, or above."""

    class RefusedForm(form):  # type: ignore[misc]  # made for one request
        def clean(self) -> Any:
            cleaned = super().clean()
            if isinstance(refusal, Invalid) and refusal.fields:
                for name, texts in refusal.fields.items():
                    self.add_error(name if name in self.fields else NON_FIELD_ERRORS, texts)
            else:
                way_on = f" {refusal.hint_text}" if refusal.hint_text else ""
                self.add_error(NON_FIELD_ERRORS, f"{refusal}{way_on} ({refusal.code})")
            return cleaned

    return RefusedForm
