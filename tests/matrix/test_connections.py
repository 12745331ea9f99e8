"""Connections to other systems: permissions.md section 2, "Users, roles, integrations", typed by hand."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

CONNECTIONS = """
act              state anon agent owner deputy lead super manager auditor admin outsider bare client gone

# admin Y, auditor reads, nobody else; no scope opens it
see_connections  -     401  role  role  role   role role  role    ok      ok    role     -    -      401
connections      -     401  role  role  role   role role  role    ok      ok    role     role role   401
connection       -     401  role  role  role   role role  role    ok      ok    role     role role   401
test_connection  -     401  role  role  role   role role  role    role    ok    role     role role   401
connection_setup -     401  role  role  role   role role  role    ok      ok    role     -    -      401

# what was posted to a channel: as the connection itself
posts            -     401  role  role  role   role role  role    ok      ok    role     role role   401
post             -     401  role  role  role   role role  role    ok      ok    role     role role   401
send_test_card   -     401  role  role  role   role role  role    role    ok    role     role role   401
retry_post       -     401  role  role  role   role role  role    role    ok    role     role role   401

# who signs in with Microsoft, and with which roles: as people and integrations
microsoft_accounts - 401    role  role  role   role role  role    ok      ok    role     role role   401
microsoft_account  - 401    role  role  role   role role  role    ok      ok    role     role role   401
group_roles        - 401    role  role  role   role role  role    ok      ok    role     role role   401
group_role         - 401    role  role  role   role role  role    ok      ok    role     role role   401
"""

CARDS = """
act              state      anon agent owner deputy lead  super manager auditor admin outsider bare client gone

# a card's button: GET asks those who may see the ticket, POST is the act itself ("accept" in test_ownership.py)
see_card         new        401  ok    ok    404    ok    ok    ok      ok      404   404      -    -      401
use_card         new        401  ok    ok    404    ok    ok    role    role    404   404      -    -      401
use_card         open_new   401  ok    ok    ok     ok    ok    404     role    404   ok       -    -      401
use_card         owned      401  owned owned role   owned owned role    role    404   404      -    -      401
see_false_card   new        401  404   404   404    404   404   404     404     404   404      -    -      401
"""


@pytest.mark.parametrize("row", rows(CONNECTIONS), ids=str)
def test_who_may_see_and_test_connections(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected


@pytest.mark.parametrize("row", rows(CARDS), ids=str)
def test_127_a_card_opens_nothing_that_the_page_does_not(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
