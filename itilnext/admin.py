"""Makes our site the one that `@admin.register` registers with."""

from django.contrib.admin.apps import AdminConfig


class OperatorsAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.OperatorsSite"
