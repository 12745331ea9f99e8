"""How connections to other systems are asked for. Nothing here says what is allowed."""

from tests.matrix.cases import Act, Ask, page, reads

CONNECTION_ACTS: dict[str, Act] = {
    "see_connections": page("get", "/connections/"),
    "connections": reads("/connections/"),
    "connection": Act(api=lambda case: Ask("get", f"/api/v1/connections/{case.thing('connection')}/")),
    "test_connection": Act(
        api=lambda case: Ask("post", f"/api/v1/connections/{case.thing('connection')}/test/", {}),
        page=lambda case: Ask("post", f"/connections/{case.thing('connection')}/test/", {}, goes_to="/connections/"),
    ),
}
