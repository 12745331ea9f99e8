"""Who asks for help, who gives it, who reads along: permissions.md section 2, the rows on envelopes; object rules 1 to 4.

The ticket is the Service Desk's, help is asked of Network: the outsider is one of that team, in `helped` and `sealed` the
expert. The lead is the Service Desk's, so not that of the team that helps (tests/envelopes has that one).
"""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

READING = """
act                 state  anon agent  owner deputy lead   super  manager auditor admin outsider bare client gone

# Object rule 2: staff with ticket access learn that an envelope exists, with target and status; programs are no staff
read_envelopes      owned  401  ok     ok    ok     ok     ok     ok      ok      404   404      role role   401
read_envelopes      helped 401  ok     ok    ok     ok     ok     ok      ok      404   ok       role role   401
list_envelopes      -      401  ok     ok    ok     ok     ok     ok      ok      ok    ok       role role   401
# "Dashboards": own, the team's, all; each reader finds what is theirs in it
expert_contribution -      401  ok     ok    ok     ok     ok     ok      ok      ok    ok       role role   401

# "Read envelope thread": O, E, target team's lead, supervisor, manager, auditor; object rule 3: the team while it is asked
read_envelope       help_asked  401  404    ok    ok     404    ok     ok      ok      404   ok       404  404    401
read_envelope       helped 401  404    ok    ok     404    ok     ok      ok      404   ok       404  404    401
read_envelope       sealed 401  404    ok    ok     404    ok     ok      ok      404   ok       404  404    401
read_messages       helped 401  404    ok    ok     404    ok     ok      ok      404   ok       404  404    401
read_vendor_mails   vendor 401  404    ok    ok     404    ok     ok      ok      404   ok       404  404    401
read_envelope_tasks helped 401  404    ok    ok     404    ok     ok      ok      404   ok       404  404    401
# Object rule 5: a file inherits the visibility of its entry
read_envelope_files helped 401  404    ok    ok     404    ok     ok      ok      404   ok       404  404    401
download_envelope_file helped 401 404  ok    ok     404    ok     ok      ok      404   ok       404  404    401
download_envelope_file sealed 401 404  ok    ok     404    ok     ok      ok      404   ok       404  404    401

# Object rule 4: an expert reads the whole ticket from being asked on
read                help_asked  401  ok     ok    ok     ok     ok     ok      ok      404   ok       scope ok    401
read                help_asked_by_name 401 ok ok  ok     ok     ok     ok      ok      404   ok       scope ok    401
read_timeline       sealed 401  ok     ok    ok     ok     ok     ok      ok      404   ok       scope ok    401
"""

ASKING = """
act                 state    anon agent   owner   deputy  lead    super   manager auditor admin outsider bare   client gone

# "Open envelope": O, E (active)
open_envelope       owned    401  expert  ok      ok      expert  expert  expert  expert  404   404      expert expert 401
open_envelope       helped   401  expert  ok      ok      expert  expert  expert  expert  404   expert   expert expert 401
open_envelope       new      401  unowned unowned 404     unowned unowned expert  expert  404   404      expert expert 401
open_envelope       resolved 401  expert  state   state   expert  expert  expert  expert  404   404      expert expert 401
open_envelope       closed   401  expert  closed  closed  expert  expert  expert  expert  404   404      expert expert 401
next_level          helped   401  expert  ok      ok      expert  expert  expert  expert  404   ok       404    404    401
next_level          help_asked    401  expert  state   state   expert  expert  expert  expert  404   expert   404    404    401

# "Redirect": O or requester, target lead, supervisor. "Cancel": O or requester, supervisor, manager. "Reopen": O
redirect_envelope   help_asked    401  role    ok      ok      role    ok      role    role    404   role     404    404    401
redirect_envelope   helped   401  role    state   state   role    state   role    role    404   role     404    404    401
cancel_envelope     help_asked    401  role    ok      ok      role    ok      ok      role    404   role     404    404    401
cancel_envelope     helped   401  role    ok      ok      role    ok      ok      role    404   role     404    404    401
cancel_envelope     sealed   401  role    state   state   role    state   state   role    404   role     404    404    401
reopen_envelope     sealed   401  role    ok      ok      role    role    role    role    404   role     404    404    401
reopen_envelope     helped   401  role    state   state   role    role    role    role    404   role     404    404    401
"""

HELPING = """
act                 state    anon agent     owner     deputy    lead      super     manager   auditor   admin outsider bare client gone

# "Accept": team member or addressee
accept_envelope     help_asked    401  addressed addressed addressed addressed addressed addressed addressed 404   ok       404  404    401
accept_envelope     help_asked_by_name 401 addressed addressed addressed addressed addressed addressed addressed 404 ok     404  404    401
accept_envelope     helped   401  addressed addressed addressed addressed addressed addressed addressed 404   state    404  404    401
# section 5, `decline`: the addressed agent
decline_envelope    help_asked_by_name 401 role  role      role      role      role      role      role      404   ok       404  404    401
decline_envelope    help_asked    401  role      role      role      role      role      role      role      404   role     404  404    401
decline_envelope    helped   401  role      role      role      role      role      role      role      404   state    404  404    401

# "Post": O, E, supervisor; whoever may not read the thread finds none to write in
post_message        helped   401  404       ok        ok        404       ok        role      role      404   ok       404  404    401
post_message        help_asked    401  404       state     state     404       state     role      role      404   role     404  404    401
post_message        sealed   401  404       state     state     404       state     role      role      404   state    404  404    401
post_files          helped   401  404       ok        ok        404       ok        role      role      404   ok       404  404    401
post_files          sealed   401  404       state     state     404       state     role      role      404   state    404  404    401
# a vendor gets what whoever posts writes for them, and their own mail is taken back by its author alone
write_to_vendor     vendor   401  404       ok        ok        404       ok        role      role      404   ok       404  404    401
write_to_vendor     help_asked    401  404       state     state     404       state     role      role      404   role     404  404    401
undo_vendor_mail    vendor   401  404       ok        role      404       role      role      role      404   role     404  404    401
# Of those who were not asked whoever works tickets and knows of it offers help, or takes that back
offer_help          help_asked  401  ok        role      role      ok        ok        role      role      404   role     404  404    401
offer_help          helped   401  ok        role      role      ok        ok        role      role      404   role     404  404    401
offer_help          sealed   401  state     role      role      state     state     role      role      404   role     404  404    401
withdraw_help_offer help_offered 401 ok     no_offer  no_offer  no_offer  no_offer  no_offer  no_offer  404   no_offer 404  404    401
# as "Redirect" while nobody has it, as "Invite" while somebody does
take_help_offer     help_offered 401 role   ok        ok        role      ok        role      role      404   role     404  404    401
take_help_offer     help_offered_too 401 role ok      ok        role      ok        role      role      404   ok       404  404    401
take_help_offer     help_asked  401  role      no_offer  no_offer  role      no_offer  role      role      404   role     404  404    401
# as "Invite"
name_vendor         vendor   401  role      ok        ok        role      ok        role      role      404   ok       404  404    401
name_vendor         sealed   401  role      state     state     role      state     role      role      404   state    404  404    401
# "Invite": O, E (assigned), supervisor. "Release": E (assigned), target lead, supervisor. "Complete": O, E (assigned)
invite              helped   401  role      ok        ok        role      ok        role      role      404   ok       404  404    401
invite              help_asked    401  role      state     state     role      state     role      role      404   role     404  404    401
release_envelope    helped   401  role      role      role      role      ok        role      role      404   ok       404  404    401
release_envelope    help_asked    401  role      role      role      role      state     role      role      404   role     404  404    401
complete_envelope   helped   401  role      ok        ok        role      role      role      role      404   ok       404  404    401
complete_envelope   sealed   401  role      state     state     role      role      role      role      404   state    404  404    401
# "Create / work task": O, E
add_envelope_task   helped   401  404       ok        ok        404       role      role      role      404   ok       404  404    401
start_envelope_task helped_task 401 404     ok        ok        404       ok        role      role      404   ok       404  404    401
edit_envelope_task  helped_task 401 404     ok        ok        404       ok        role      role      404   ok       404  404    401
assign_envelope_task helped_task 401 404    ok        ok        404       ok        role      role      404   ok       404  404    401
"""

MAIN_THREAD = """
act             state  anon agent     owner     deputy    lead      super     manager   auditor admin outsider  bare  client    gone

# Object rules 1 and 4: an expert changes and writes nothing on the ticket itself (034)
note            helped 401  ok        ok        ok        ok        ok        ok        role    404   role      scope ok        401
reply           helped 401  not_owner ok        ok        not_owner not_owner not_owner role    404   not_owner role  role      401
edit_subject    helped 401  not_owner ok        ok        ok        ok        not_owner role    404   not_owner scope ok        401
resolve         helped 401  not_owner envelopes envelopes not_owner not_owner not_owner role    404   not_owner role  role      401
"""

PAGES = """
act                 state  anon agent owner deputy lead super     manager   auditor   admin outsider  bare client gone

# The form of an act shows to those who may act, of those who read what it is about
see_envelope_form   owned  401  ok    ok    ok     ok   ok        ok        ok        404   404       -    -      401
see_decline_form    help_asked  401  404   role  role   404  role      role      role      404   role      -    -      401
see_decline_form    help_asked_by_name 401 404 role role 404 role role role    404   ok        -    -      401
see_redirect_form   help_asked  401  404   ok    ok     404  ok        role      role      404   role      -    -      401
see_withdraw_form   help_asked  401  404   ok    ok     404  ok        ok        role      404   role      -    -      401
see_vendor_form     vendor 401  404   ok    ok     404  ok        role      role      404   ok        -    -      401
see_invite_form     helped 401  404   ok    ok     404  ok        role      role      404   ok        -    -      401
see_release_form    helped 401  404   role  role   404  ok        role      role      404   ok        -    -      401
see_seal_form       helped 401  404   ok    ok     404  role      role      role      404   ok        -    -      401
see_next_level_form helped 401  404   ok    ok     404  expert    expert    expert    404   ok        -    -      401
see_envelope_task_form helped 401 404 ok    ok     404  role      role      role      404   ok        -    -      401

# "Public reply to customer": O alone takes words over into it
see_use_in_reply    helped 401  404   ok    ok     404  not_owner not_owner not_owner 404   not_owner -    -      401
use_in_reply        helped 401  404   ok    ok     404  not_owner not_owner not_owner 404   not_owner -    -      401

# "Own drafts"; an auditor has none. What has been read is remembered for each reader
keep_envelope_draft helped 401  404   ok    ok     404  ok        ok        role      404   ok        -    -      401
keep_envelope_draft_file helped 401 404 ok  ok     404  ok        ok        role      404   ok        -    -      401
keep_vendor_draft   vendor 401  404   ok    ok     404  ok        ok        role      404   ok        -    -      401
mark_envelope_read  helped 401  404   ok    ok     404  ok        ok        ok        404   ok        -    -      401
# Only one's own file is taken out; for all other readers there is nothing to take out, and the tab comes back
remove_envelope_draft_file helped 401 404 ok ok    404  ok        ok        ok        404   ok        -    -      401

# A mail in the thread, as it came: as the thread
read_envelope_mail_html helped 401 404 ok   ok     404  ok        ok        ok        404   ok        -    -      401
read_envelope_mail_text helped 401 404 ok   ok     404  ok        ok        ok        404   ok        -    -      401

# One's own
my_envelopes        -      401  ok    ok    ok     ok   ok        ok        ok        ok    ok        -    -      401
help_board          -      401  ok    ok    ok     ok   ok        ok        ok        ok    ok        -    -      401
"""


@pytest.mark.parametrize("row", rows(READING) + rows(ASKING) + rows(HELPING) + rows(MAIN_THREAD) + rows(PAGES), ids=str)
def test_181_who_asks_for_help_and_who_gives_it(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
