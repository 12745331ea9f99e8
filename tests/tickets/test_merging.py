"""Merging duplicates and parting them again (rulings 12 and 21; acceptance 062; permissions.md section 2)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent, Company, Contact, Team
from core.errors import Invalid, NotFound, StaleVersion
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory
from tickets import guards, services
from tickets.errors import (
    InvalidTransition,
    MergeAcrossCustomers,
    MergeTargetEnded,
    NotOwner,
    OpenTasks,
    UnmergeImpossible,
)
from tickets.models import Placement, Ticket, TimelineEntry
from tickets.selectors import entries_of
from tickets.services.creation import Message
from tickets.wording import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return TeamFactory()


@pytest.fixture
def mara(team: Team) -> Agent:
    return AgentFactory(name="Mara Klein", teams=[team])


@pytest.fixture
def jonas(team: Team) -> Agent:
    return AgentFactory(name="Jonas Kern", teams=[team])


@pytest.fixture
def acme() -> Company:
    return CompanyFactory(name="Acme", domains=["acme.example"])


@pytest.fixture
def dana(acme: Company) -> Contact:
    return ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.example", company=acme)


def a_ticket(team: Team, requester: Contact, words: str, owner: Agent | None = None) -> Ticket:
    return TicketFactory(team=team, requester=requester, owner=owner, message=Message(body_text=words))


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def words(ticket: Ticket) -> list[str]:
    kinds = ["email_inbound", "email_outbound", "note"]
    return list(entries_of(ticket).in_order().filter(kind__in=kinds).values_list("body_text", flat=True))


def lines(ticket: Ticket) -> list[str]:
    return [describe(entry) for entry in entries_of(ticket).in_order() if describe(entry)]


def answered(ticket: Ticket, by: Agent, text: str) -> None:
    message = services.reply_to_customer(ticket.pk, by=by, body_text=text)
    services.release_message(message.pk, now=timezone.now() + timedelta(minutes=1))


def test_062_merged_duplicates_of_two_owners_leave_each_their_own(
    team: Team, mara: Agent, jonas: Agent, dana: Contact
) -> None:
    source, target = a_ticket(team, dana, "It burns.", mara), a_ticket(team, dana, "It smells.", jonas)
    accepted = fresh(source).owner_accepted_at, fresh(target).owner_accepted_at
    services.merge_ticket(source.pk, into=target, by=mara)
    source, target = fresh(source), fresh(target)
    assert (source.owner, target.owner) == (mara, jonas)
    assert (source.owner_accepted_at, target.owner_accepted_at) == accepted
    assert (source.status, source.closure_code, source.merged_into) == ("cancelled", "duplicate", target)
    assert target.status == "in_progress"
    assert [(link.kind, link.to_ticket) for link in source.links_from.all()] == [("duplicate_of", target)]


def test_entries_stand_on_the_other_ticket_and_a_line_on_each_says_so(team: Team, mara: Agent, dana: Contact) -> None:
    source, target = a_ticket(team, dana, "It burns.", mara), a_ticket(team, dana, "It smells.", mara)
    services.add_note(source.pk, by=mara, body_text="Asked the supplier.")
    services.merge_ticket(source.pk, into=target, by=mara)
    assert words(target) == ["It burns.", "It smells.", "Asked the supplier."]
    assert (words(source), entries_of(source).public().count()) == ([], 0)
    assert f"Merged into {target.reference}; 2 entries stand there now" in lines(source)
    assert f"{source.reference} merged into this ticket; 2 entries came along" in lines(target)
    assert set(Placement.objects.values_list("cause", "by")) == {("merge", mara.pk)}
    assert TimelineEntry.objects.get(body_text="It burns.").ticket == source, "the entry itself is as it was"


def test_merge_is_searched_for_where_its_words_stand(team: Team, mara: Agent, dana: Contact) -> None:
    from tests.api.conftest import signed_in

    source, target = a_ticket(team, dana, "The flywheel squeaks.", mara), a_ticket(team, dana, "It smells.", mara)
    services.merge_ticket(source.pk, into=target, by=mara)
    found = signed_in(mara).get("/api/v1/search/?q=flywheel").json()["results"]
    assert [row["reference"] for row in found] == [target.reference]


def test_across_companies_and_between_strangers_without_one_it_is_refused(
    team: Team, mara: Agent, dana: Contact
) -> None:
    target = a_ticket(team, dana, "It smells.", mara)
    others = [ContactFactory(company=CompanyFactory(name="Other")), ContactFactory(), ContactFactory()]
    foreign, first, second = (a_ticket(team, contact, "It burns.", mara) for contact in others)
    for source, into in ((foreign, target), (first, target), (first, second)):
        with pytest.raises(MergeAcrossCustomers) as refused:
            services.merge_ticket(source.pk, into=into, by=mara)
        assert (refused.value.status, refused.value.code) == (409, "invalid_transition")
    assert Placement.objects.count() == 0
    services.merge_ticket(first.pk, into=a_ticket(team, others[1], "Again.", mara), by=mara)


def test_colleague_of_the_merged_ticket_takes_part_and_leaves_with_the_undo(
    team: Team, mara: Agent, dana: Contact, acme: Company
) -> None:
    tom = ContactFactory(first_name="Tom", email="tom@acme.example", company=acme)
    source, target = a_ticket(team, tom, "It burns.", mara), a_ticket(team, dana, "It smells.", mara)
    services.merge_ticket(source.pk, into=target, by=mara)
    assert [row.contact for row in target.participants.all()] == [tom]
    services.unmerge_ticket(source.pk, by=mara)
    assert target.participants.count() == 0


@pytest.mark.parametrize("state", ["waiting_customer", "in_progress", "new"])
def test_undo_gives_back_the_former_status_owner_and_entries(
    team: Team, mara: Agent, dana: Contact, state: str
) -> None:
    owner = None if state == "new" else mara
    source, target = a_ticket(team, dana, "It burns.", owner), a_ticket(team, dana, "It smells.", mara)
    by = mara
    if state == "new":
        team.lead = by = AgentFactory(roles=[Role.TEAM_LEAD])
        team.save()
    if state == "waiting_customer":
        answered(source, mara, "Is it on?")
        services.wait_for_customer(source.pk, by=mara)
    before, said = fresh(source), words(source)
    services.merge_ticket(source.pk, into=target, by=by)
    services.unmerge_ticket(source.pk, by=by)
    after = fresh(source)
    for name in ("status", "owner", "waiting_since", "closure_code", "closed_at", "merged_into", "requester"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.last_customer_message_at == before.last_customer_message_at
    assert (after.status, words(source), words(target)) == (state, said, ["It smells."])
    assert source.links_from.count() == 0
    assert lines(target)[-1] == f"{source.reference} is a ticket of its own again; its entries went back"


def test_link_that_stood_there_before_survives_the_undo(team: Team, mara: Agent, dana: Contact) -> None:
    source, target = a_ticket(team, dana, "It burns.", mara), a_ticket(team, dana, "It smells.", mara)
    services.link_tickets(source.pk, to=target, kind="duplicate_of", by=mara)  # type: ignore[arg-type]
    services.merge_ticket(source.pk, into=target, by=mara)
    services.unmerge_ticket(source.pk, by=mara)
    assert source.links_from.count() == 1


def test_undo_is_too_late_after_seven_days(team: Team, mara: Agent, dana: Contact) -> None:
    source, target = a_ticket(team, dana, "It burns.", mara), a_ticket(team, dana, "It smells.", mara)
    services.merge_ticket(source.pk, into=target, by=mara)
    merged_at = fresh(source).closed_at
    assert merged_at is not None
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda: merged_at + timedelta(days=7, seconds=1))
        with pytest.raises(UnmergeImpossible):
            services.unmerge_ticket(source.pk, by=mara)
        clock.setattr(timezone, "now", lambda: merged_at + timedelta(days=7))
        services.unmerge_ticket(source.pk, by=mara)
    assert fresh(source).status == "in_progress"


@pytest.mark.parametrize("who", ["customer", "owner"])
def test_undo_is_too_late_once_the_conversation_went_on(team: Team, mara: Agent, dana: Contact, who: str) -> None:
    source, target = a_ticket(team, dana, "It burns.", mara), a_ticket(team, dana, "It smells.", mara)
    services.merge_ticket(source.pk, into=target, by=mara)
    services.add_note(target.pk, by=mara, body_text="A note does not count.")
    if who == "customer":
        services.record_customer_message(target.pk, by=dana, message=Message(body_text="Any news?"))
    else:
        answered(target, mara, "We are on our way.")
    with pytest.raises(UnmergeImpossible):
        services.unmerge_ticket(source.pk, by=mara)
    assert fresh(source).status == "cancelled"


def test_ticket_merged_on_is_parted_in_the_order_backwards(team: Team, mara: Agent, dana: Contact) -> None:
    first, second, third = (a_ticket(team, dana, text, mara) for text in ("One.", "Two.", "Three."))
    services.merge_ticket(first.pk, into=second, by=mara)
    services.merge_ticket(second.pk, into=third, by=mara)
    assert words(third) == ["One.", "Two.", "Three."]
    with pytest.raises(UnmergeImpossible):
        services.unmerge_ticket(first.pk, by=mara)
    services.unmerge_ticket(second.pk, by=mara)
    assert (words(second), words(third)) == (["One.", "Two."], ["Three."])


def test_only_open_tickets_are_merged_and_into_open_ones(team: Team, mara: Agent, dana: Contact) -> None:
    target, done = a_ticket(team, dana, "One.", mara), a_ticket(team, dana, "Two.", mara)
    services.resolve_ticket(done.pk, by=mara, code="fixed", note="Done.")
    with pytest.raises(InvalidTransition):
        services.merge_ticket(done.pk, into=target, by=mara)
    with pytest.raises(MergeTargetEnded):
        services.merge_ticket(target.pk, into=done, by=mara)
    with pytest.raises(Invalid):
        services.merge_ticket(target.pk, into=target, by=mara)
    with pytest.raises(InvalidTransition):
        services.unmerge_ticket(target.pk, by=mara)


def test_ownership_beats_rank_and_what_is_out_of_sight_is_missing(
    team: Team, mara: Agent, jonas: Agent, dana: Contact
) -> None:
    source, target = a_ticket(team, dana, "It burns.", mara), a_ticket(team, dana, "It smells.", jonas)
    supervisor = AgentFactory(roles=[Role.SUPERVISOR])
    team.supervisor = supervisor
    team.save()
    for by in (jonas, supervisor):
        with pytest.raises(NotOwner):
            services.merge_ticket(source.pk, into=target, by=by)
    with pytest.raises(NotFound):
        services.merge_ticket(source.pk, into=a_ticket(TeamFactory(), dana, "Elsewhere."), by=mara)
    with pytest.raises(StaleVersion):
        services.merge_ticket(source.pk, into=target, by=mara, version=fresh(source).version + 1)
    assert Placement.objects.count() == 0


def test_what_a_higher_app_objects_to_is_not_merged(
    team: Team, mara: Agent, dana: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = a_ticket(team, dana, "It burns.", mara), a_ticket(team, dana, "It smells.", mara)
    monkeypatch.setattr(guards, "merge_guards", [lambda ticket: OpenTasks(titles="Envelope 1")])
    with pytest.raises(OpenTasks):
        services.merge_ticket(source.pk, into=target, by=mara)
    assert fresh(source).status == "in_progress"


def test_held_reply_is_taken_back_and_a_waiting_target_goes_on(team: Team, mara: Agent, dana: Contact) -> None:
    target = a_ticket(team, dana, "It smells.", mara)
    answered(target, mara, "Is it on?")
    services.wait_for_customer(target.pk, by=mara)
    source = a_ticket(team, dana, "It burns!", mara)
    message = services.reply_to_customer(source.pk, by=mara, body_text="Restart it.")
    services.merge_ticket(source.pk, into=target, by=mara)
    message.refresh_from_db()
    assert (message.status, fresh(target).status) == ("cancelled", "in_progress")
    assert fresh(target).has_unanswered_message is True


@pytest.mark.django_db(transaction=True)
def test_two_who_merge_a_pair_into_each_other_end_only_one_of_them(
    team: Team, mara: Agent, jonas: Agent, dana: Contact
) -> None:
    first, second = a_ticket(team, dana, "One.", mara), a_ticket(team, dana, "Two.", jonas)

    def merge(source: Ticket, target: Ticket, by: Agent) -> Any:
        return services.merge_ticket(source.pk, into=target, by=by)

    results = in_parallel(lambda: merge(first, second, mara), lambda: merge(second, first, jonas))
    assert sorted(type(result).__name__ for result in results) == ["MergeTargetEnded", "Ticket"]
    assert sorted(Ticket.objects.values_list("status", flat=True)) == ["cancelled", "in_progress"]
