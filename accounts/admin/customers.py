"""Contacts and companies. Admins configure mail domains; what is private of a contact they do not read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts import privacy, services
from accounts.models import Agent, Company, Contact
from accounts.policies import may_edit_companies, may_edit_contacts, may_open_admin
from accounts.services.customers import CONTACT_FIELDS
from core.actors import Actor
from core.admin_site import PolicyAdmin, actor_in


@admin.register(Contact)
class ContactAdmin(PolicyAdmin):
    """Contacts come by mail and by new tickets, so none is added here; addresses are corrected on the desk's page."""

    list_display = ("email", "first_name", "last_name", "company", "tier")
    list_filter = ("tier",)
    list_select_related = ("company",)
    search_fields = ("last_name", "first_name", "email")
    fields = ("email", "company", *CONTACT_FIELDS)
    readonly_fields = ("email", "company")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        if not may_open_admin(by) or not may_edit_contacts(by):
            return False
        return obj is None or privacy.is_in_charge_of(by, obj)

    def hidden_fields(self, by: Agent, obj: Contact | None) -> frozenset[str]:
        is_near = obj is not None and privacy.may_read_private_data(by, obj)
        return frozenset() if is_near else frozenset({"phone"})

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        obj.__dict__.update(services.edit_contact(obj.pk, by=actor_in(request), **changed).__dict__)


@admin.register(Company)
class CompanyAdmin(PolicyAdmin):
    list_display = ("name", "tier", "domain_names")
    list_filter = ("tier",)
    search_fields = ("name",)
    fields = ("name", "domains", "tier")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def may_add(self, by: Actor) -> bool:
        return may_open_admin(by) and may_edit_companies(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by) and may_edit_companies(by)

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        if not change:
            return super().save_model(request, obj, form, change)
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        obj.__dict__.update(services.edit_company(obj.pk, by=actor_in(request), **changed).__dict__)
        return None

    @admin.display(description=Company._meta.get_field("domains").verbose_name)
    def domain_names(self, company: Company) -> str:
        return ", ".join(company.domains)
