"""Fields that forms of several apps share."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Company

MOST_NAMED = 8


class CompanyField(forms.CharField):
    """One company, by its name, one of its mail domains, or a part of the name that no other has: a desk may have
    thousands of them, too many for a list to choose from.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Company"))
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", gettext_lazy("Its name or mail domain; a part of the name will do."))
        super().__init__(max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, UUID):
            value = Company.objects.filter(pk=value).first()
        return value.name if isinstance(value, Company) else value

    def clean(self, value: Any) -> Any:
        """The company, or None. Raises ValidationError, which names those that fit where there are several."""
        text = super().clean(value)
        return _company_called(text) if text else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def _company_called(text: str) -> Company:
    companies = Company.objects.order_by("name")
    found: Company | None = companies.filter(name__iexact=text).first()
    found = found or companies.filter(domains__contains=[text.lower()]).first()
    if found is not None:
        return found
    fitting: list[Company] = list(companies.filter(name__icontains=text)[: MOST_NAMED + 1])
    if not fitting:
        raise forms.ValidationError(_("No company is called “%(text)s”."), params={"text": text})
    if len(fitting) > 1:
        names = ", ".join(company.name for company in fitting[:MOST_NAMED]) + (" …" if fitting[MOST_NAMED:] else "")
        message = _("Several companies fit “%(text)s”: %(names)s. Write one in full.")
        raise forms.ValidationError(message, params={"text": text, "names": names})
    return fitting[0]
