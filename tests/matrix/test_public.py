"""What needs no sign-in: the ways in, the customer's signed links, the probes. Typed by hand.

Customers (section 3, rule 7) come by signed links alone; whoever holds a link is the customer, so all columns are alike.
An answer that comes too late is a 409 in plain words; a link that is not ours reads as missing.
"""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

PUBLIC = """
act                      state    anon agent owner deputy lead super manager auditor admin outsider bare client gone

health                   -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
readiness                -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
metrics                  -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok  # from here
manifest                 -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
service_worker           -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
offline                  -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
report_csp               -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
description              -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       ok   ok     ok
api_docs                 -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
get_token                -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       ok   ok     ok
see_sign_in              -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
sign_in                  -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
go_to_microsoft          -        404  404   404   404    404  404   404     404     404   404      -    -      404  # not set up
come_from_microsoft      -        bad  bad   bad   bad    bad  bad   bad     bad     bad   bad      -    -      bad  # not begun
sign_out                 -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
see_forgotten_password   -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
ask_for_password         -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
password_mail_sent       -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
open_password_link       -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
open_false_password_link -        bad  bad   bad   bad    bad  bad   bad     bad     bad   bad      -    -      bad
set_with_false_link      -        bad  bad   bad   bad    bad  bad   bad     bad     bad   bad      -    -      bad

# "confirm: Y (signed link)", "reopen: Y (reply, signed link)": GET shows, POST acts
see_solved               resolved ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
say_solved               resolved ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
see_not_solved           resolved ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
say_not_solved           resolved ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
see_solved               closed   ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
say_solved               closed   closed closed closed closed closed closed closed closed closed closed -    -      closed
say_not_solved           closed   closed closed closed closed closed closed closed closed closed closed -    -      closed
see_false_answer         resolved 404  404   404   404    404  404   404     404     404   404      -    -      404
say_false_answer         resolved 404  404   404   404    404  404   404     404     404   404      -    -      404

# Images of mails from elsewhere: the frame sends no cookie, its signed address speaks (tests/connectors/mail/test_remote_images.py)
see_false_image          -        404  404   404   404    404  404   404     404     404   404      -    -      404

# A calendar program has the secret address of one's own reminders and nothing else (tests/desk/test_calendar_feed.py)
read_calendar            -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok
read_false_calendar      -        404  404   404   404    404  404   404     404     404   404      -    -      404

# Microsoft Graph shows by its client state that it is Graph (tests/connectors/mail/test_graph_notifications.py)
tell_as_microsoft        -        ok   ok    ok    ok     ok   ok    ok      ok      ok    ok       -    -      ok

# Only where mail stays on the machine (a demo desk on Maildirs): tests/connectors/mail/test_demo_mailbox.py
see_demo_mailbox         -        404  404   404   404    404  404   404     404     404   404      -    -      404
write_as_customer        -        404  404   404   404    404  404   404     404     404   404      -    -      404
"""


@pytest.mark.parametrize("row", rows(PUBLIC), ids=str)
def test_what_is_open_to_everybody(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
