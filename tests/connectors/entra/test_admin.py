"""Who is allowed to sign in with Microsoft, in the operators' window."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from accounts.mail import compose
from accounts.models import AccountMail
from connectors.base.models import Connection
from connectors.entra.models import GroupRole, MicrosoftAccount
from tests.factories import AgentFactory
from tests.fakes.entra import TENANT

pytestmark = pytest.mark.django_db
OBJECT_ID = "0f0f0f0f-1111-4222-8333-444444444444"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(AgentFactory(roles=[Role.ADMIN]).user, backend="accounts.auth.AgentBackend")
    return client


def test_admin_allows_a_person_and_links_them_by_object_id(admin: Client, tenant: Connection) -> None:
    agent, other = AgentFactory.create_batch(2)
    url = reverse("admin:entra_microsoftaccount_add")
    sent = {"connection": tenant.pk, "agent": agent.pk, "object_id": OBJECT_ID, "is_active": "on"}
    assert admin.post(url, sent | {"object_id": "ann"}).status_code == 400
    assert admin.post(url, sent).status_code == 302
    account = MicrosoftAccount.objects.get()
    assert (account.tenant_id, account.linked_at is not None) == (TENANT, True)
    assert account.history.get().actor_name
    again = admin.post(url, sent | {"agent": other.pk})
    assert (again.status_code, "Somebody else signs in by this account." in again.content.decode()) == (400, True)
    change = reverse("admin:entra_microsoftaccount_change", args=[account.pk])
    assert admin.post(change, sent | {"object_id": ""}).status_code == 302
    account.refresh_from_db()
    assert (account.tenant_id, account.object_id, account.linked_at) == ("", "", None)


def test_the_person_is_told_who_opens_their_account_and_whose_it_is_stays(admin: Client, tenant: Connection) -> None:
    """An admin who links their own account of Microsoft to somebody else's here comes in as them."""
    agent, other = AgentFactory.create_batch(2)
    sent = {"connection": tenant.pk, "agent": agent.pk, "is_active": "on"}
    url = reverse("admin:entra_microsoftaccount_add")
    assert admin.post(url, sent | {"object_id": ""}).status_code == 302
    assert not AccountMail.objects.exists(), "nothing opens it yet"
    change = reverse("admin:entra_microsoftaccount_change", args=[MicrosoftAccount.objects.get().pk])
    for object_id in (OBJECT_ID, OBJECT_ID, OBJECT_ID.replace("0", "1")):
        assert admin.post(change, sent | {"agent": other.pk, "object_id": object_id}).status_code == 302
    mails = AccountMail.objects.all()
    assert [(mail.user, mail.kind) for mail in mails] == [(agent.user, "account_linked")] * 2
    assert MicrosoftAccount.objects.get().agent == agent
    mail = compose(mails[0])
    assert (mail.subject, mail.to) == ("An account of Microsoft opens yours now", [f"{agent.name} <{agent.email}>"])
    assert "whoever signs in there comes in as you" in mail.body


def test_an_account_follows_the_tenant_id_that_was_put_right(admin: Client, tenant: Connection) -> None:
    agent = AgentFactory()
    wrong = {**tenant.settings, "tenant_id": OBJECT_ID}
    Connection.objects.update(settings=wrong)
    sent = {"connection": tenant.pk, "agent": agent.pk, "object_id": OBJECT_ID, "is_active": "on"}
    admin.post(reverse("admin:entra_microsoftaccount_add"), sent)
    Connection.objects.update(settings=tenant.settings)
    change = reverse("admin:entra_microsoftaccount_change", args=[MicrosoftAccount.objects.get().pk])
    assert admin.post(change, sent).status_code == 302
    assert MicrosoftAccount.objects.get().tenant_id == TENANT


def test_admin_maps_a_group_to_a_role(admin: Client, tenant: Connection) -> None:
    other = Connection.objects.create(kind="microsoft365", name="Mail")
    sent = {"connection": tenant.pk, "granted_by": "group", "value": OBJECT_ID, "name": "Leads", "role": "team_lead"}
    url = reverse("admin:entra_grouprole_add")
    assert admin.post(url, sent | {"connection": other.pk, "is_active": "on"}).status_code == 400
    assert admin.post(url, sent | {"is_active": "on"}).status_code == 302
    assert str(GroupRole.objects.get()) == "Leads: Team lead"
