"""How connections to other systems are asked for. Nothing here says what is allowed."""

from django.utils import timezone

from connectors.teams.enums import CardAct
from connectors.teams.links import CardLink, address_of
from core.models import new_id
from tests.matrix.cases import Act, Ask, Case, one, page, reads


def a_card(case: Case) -> str:
    """The address of a card of a channel that offers to accept the ticket."""
    link = CardLink(
        act=CardAct.ACCEPT_TICKET,
        subject_id=case.id(case.ticket),
        key=new_id(),
        person_id=None,
        told_at=timezone.now(),
    )
    return "/" + address_of(link).split("/", 3)[3]


def used(case: Case) -> Ask:
    path = a_card(case)
    return Ask("post", path, goes_to=path)


def posts(case: Case, step: str = "") -> str:
    return f"/connections/{case.thing('teams')}/posts/{step}"


CONNECTION_ACTS: dict[str, Act] = {
    "see_connections": page("get", "/connections/"),
    "connections": reads("/connections/"),
    "connection": Act(api=lambda case: Ask("get", f"/api/v1/connections/{case.thing('connection')}/")),
    "test_connection": Act(
        api=lambda case: Ask("post", f"/api/v1/connections/{case.thing('connection')}/test/", {}),
        page=lambda case: Ask("post", f"/connections/{case.thing('connection')}/test/", {}, goes_to="/connections/"),
    ),
    "connection_setup": Act(page=lambda case: Ask("get", f"/connections/{case.thing('connection')}/setup/")),
    "posts": Act(
        api=lambda case: Ask("get", f"/api/v1{posts(case)}"),
        page=lambda case: Ask("get", posts(case)),
    ),
    "post": Act(api=lambda case: Ask("get", f"/api/v1/channel_posts/{case.thing('post')}/")),
    "send_test_card": Act(
        api=lambda case: Ask("post", f"/api/v1{posts(case)}", {}, status=201),
        page=lambda case: Ask("post", posts(case, "test/"), {}, goes_to=posts(case)),
    ),
    "retry_post": Act(
        api=lambda case: Ask("post", f"/api/v1/channel_posts/{case.thing('post')}/retry/", {}),
        page=lambda case: Ask("post", posts(case, f"{case.thing('post')}/retry/"), {}, goes_to=posts(case)),
    ),
    "microsoft_accounts": reads("/microsoft_accounts/"),
    "microsoft_account": one("microsoft_accounts", "microsoft_account"),
    "group_roles": reads("/group_roles/"),
    "group_role": one("group_roles", "group_role"),
    "see_card": Act(page=lambda case: Ask("get", a_card(case))),
    "use_card": Act(page=used),
    "see_false_card": page("get", "/cards/xyz/"),
}
