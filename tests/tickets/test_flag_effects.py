"""What flags do by themselves, and what they ask for (domain.md section 12, acceptance 113 to 116)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.enums import Role, Tier
from accounts.models import Agent, Contact
from accounts.services import correct_address, edit_company, edit_contact
from core.events import deliver_due
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.enums import Channel, FlagType
from tickets.errors import (
    DocumentationMissing,
    EnforcedTextMissing,
    FlagOfOtherKind,
    NoEnforcedText,
    PhotoMissing,
    SentimentMissing,
)
from tickets.flagging import active_flags, photo_or_waiver
from tickets.models import Attachment, CannedResponse, CaseFlag, Category, Ticket, TicketWatch, TimelineEntry
from tickets.services import (
    add_flag,
    change_requester,
    clear_flag,
    confirm_ticket,
    create_canned_response,
    edit_ticket,
    flag_open_tickets_of_vips,
    flag_repeat_contact,
    log_contact,
    merge_ticket,
    record_automatic_message,
    record_customer_message,
    record_sentiment,
    reply_to_customer,
    resolve_ticket,
    wait_for_customer,
    waive_photo,
)
from tickets.services.creation import Message
from tickets.wording import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> Agent:
    return AgentFactory(name="Mara Klein")


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    team = TeamFactory(supervisor=AgentFactory(roles=[Role.SUPERVISOR]))
    return TicketFactory(owner=mara, team=team)


def flags_of(ticket: Ticket) -> list[str]:
    deliver_due(limit=1000)
    return Ticket.objects.get(pk=ticket.pk).flags


def writes(ticket: Ticket, by: Contact | None = None, **more: Any) -> TimelineEntry:
    return record_customer_message(ticket.pk, by=by or ticket.requester, message=Message(body_text="Again!"), **more)


# VIP


@pytest.mark.parametrize(("person", "company"), [(Tier.VIP, Tier.STANDARD), (Tier.STANDARD, Tier.VIP)])
def test_a_vips_ticket_is_flagged_from_the_beginning(person: Tier, company: Tier) -> None:
    ticket = TicketFactory(requester=ContactFactory(tier=person, company=CompanyFactory(tier=company)))
    flag = CaseFlag.objects.get(ticket=ticket)
    assert (flag.type, flag.added_by, flag.shown_reason) == (
        "vip",
        None,
        "The customer, or their company, is VIP.",
    )
    assert flags_of(ticket) == ["vip"]
    told = describe(ticket.entries.get(kind="flag"))
    assert told == "Flag added: VIP (The customer, or their company, is VIP.)"


def test_premium_is_no_vip() -> None:
    assert flags_of(TicketFactory(requester=ContactFactory(tier=Tier.PREMIUM))) == []


def test_a_ticket_that_becomes_a_vips_is_flagged(ticket: Ticket, mara: Agent) -> None:
    boss = ContactFactory(tier=Tier.VIP, email="boss@werft.test")
    staff = AgentFactory(email=ticket.requester.email)  # who forwarded the mail, and is no customer
    assert staff.email == ticket.requester.email
    change_requester(ticket.pk, by=mara, email=boss.email)
    assert flags_of(ticket) == ["vip"]


@pytest.mark.parametrize("who", ["contact", "company"])
def test_open_tickets_of_who_becomes_a_vip_are_flagged(ticket: Ticket, mara: Agent, who: str) -> None:
    company = CompanyFactory()
    Contact.objects.filter(pk=ticket.requester_id).update(company=company)
    Ticket.objects.filter(pk=ticket.pk).update(company=company)
    requester = Contact.objects.get(pk=ticket.requester_id)
    others = [TicketFactory(requester=requester, owner=mara) for _each in range(2)]
    closed, foreign = TicketFactory(requester=requester, owner=mara), TicketFactory()
    resolve_ticket(others[1].pk, by=mara, code="fixed", note="Done.")
    resolve_ticket(closed.pk, by=mara, code="fixed", note="Done.")
    confirm_ticket(closed.pk, by=mara)
    if who == "contact":
        supervisor = ticket.team.supervisor
        edit_contact(requester.pk, by=supervisor, tier=Tier.PREMIUM)
        assert flags_of(ticket) == []
        edit_contact(requester.pk, by=supervisor, tier=Tier.VIP)
    else:
        edit_company(company.pk, by=AgentFactory(roles=[Role.ADMIN]), tier=Tier.VIP)
    assert [flags_of(each) for each in (ticket, *others, closed, foreign)] == [["vip"], ["vip"], ["vip"], [], []]
    assert CaseFlag.objects.filter(ticket=ticket).get().shown_reason == "The customer, or their company, is VIP."


def test_many_tickets_of_a_new_vip_are_flagged_in_pieces(mara: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.services.flags.AT_ONCE", 2)
    requester = ContactFactory(company=None)
    tickets = [TicketFactory(requester=requester, owner=mara) for _each in range(5)]
    assert flag_open_tickets_of_vips(contact_id=requester.pk) == 2
    assert [flags_of(each) for each in tickets] == [["vip"]] * 5
    assert CaseFlag.objects.count() == 5


def test_who_joins_a_vip_company_by_their_address_is_flagged(mara: Agent) -> None:
    company = CompanyFactory(domains=["werft.test"], tier=Tier.VIP)
    requester = ContactFactory(company=None, email="dana@mail.test")
    ticket = TicketFactory(requester=requester, owner=mara)
    assert flags_of(ticket) == []
    correct_address(requester.pk, by=mara, email="dana@werft.test")
    assert flags_of(ticket) == ["vip"]
    assert Ticket.objects.get(pk=ticket.pk).company == company


# Repeat contact


def test_115_the_third_contact_on_one_issue_within_30_days_flags_the_ticket(ticket: Ticket) -> None:
    writes(ticket)
    assert flags_of(ticket) == []
    writes(ticket)
    assert flags_of(ticket) == ["repeat_contact"]
    flag = CaseFlag.objects.get(ticket=ticket)
    assert flag.shown_reason == "Third contact about the same issue within 30 days."
    writes(ticket)
    assert (flags_of(ticket), CaseFlag.objects.count()) == (["repeat_contact"], 1)


def test_115_a_chain_of_tickets_is_one_issue(mara: Agent) -> None:
    first = TicketFactory(owner=mara)
    second = TicketFactory(team=first.team, requester=first.requester, follow_up_of=first)
    third = TicketFactory(team=first.team, requester=first.requester, follow_up_of=second)
    assert [flags_of(ticket) for ticket in (first, second, third)] == [[], [], ["repeat_contact"]]


def test_115_the_same_category_of_the_same_company_is_one_issue(mara: Agent) -> None:
    vpn, printing = Category.objects.create(name="VPN"), Category.objects.create(name="Printing")
    company = CompanyFactory()

    def opened(category: Category | None, **who: Any) -> Ticket:
        return TicketFactory(requester=ContactFactory(**who), category=category)

    assert flags_of(opened(vpn, company=company)) == []
    assert flags_of(opened(printing, company=company)) == []
    assert flags_of(opened(None, company=company)) == []
    assert flags_of(opened(vpn)) == []  # somebody else's
    assert flags_of(opened(vpn, company=company)) == []
    assert flags_of(opened(vpn, company=company)) == ["repeat_contact"]


def test_115_what_is_older_than_30_days_does_not_count(ticket: Ticket) -> None:
    first = ticket.entries.get(kind="email_inbound")
    writes(ticket)
    writes(ticket)
    later = first.created_at + timedelta(days=30)
    assert flag_repeat_contact(ticket.pk, at=later + timedelta(microseconds=1)) is None
    assert flag_repeat_contact(ticket.pk, at=later) is not None


def test_115_an_answer_to_our_question_and_automatic_mail_are_no_contacts(ticket: Ticket, mara: Agent) -> None:
    for _round in range(3):
        reply_to_customer(ticket.pk, by=mara, body_text="Which printer?", then="")
        Ticket.objects.filter(pk=ticket.pk).update(last_public_reply_at=timezone.now())
        wait_for_customer(ticket.pk, by=mara)
        writes(ticket)
    record_automatic_message(ticket.pk, by=ticket.requester, message=Message(body_text="Away"), reason="auto-replied")
    assert flags_of(ticket) == []
    writes(ticket)
    assert flags_of(ticket) == []
    writes(ticket)
    assert flags_of(ticket) == ["repeat_contact"]


def test_115_calls_that_the_customer_began_count(ticket: Ticket, mara: Agent) -> None:
    def call(direction: str) -> None:
        log_contact(
            ticket.pk, by=mara, kind="phone_note", direction=direction, minutes=3, body_text="About the printer"
        )

    call("inbound")
    call("outbound")
    assert flags_of(ticket) == []
    call("inbound")
    assert flags_of(ticket) == ["repeat_contact"]


def test_a_cleared_repeat_contact_begins_to_count_anew(ticket: Ticket, mara: Agent) -> None:
    writes(ticket)
    writes(ticket)
    deliver_due(limit=1000)
    clear_flag(CaseFlag.objects.get().pk, by=mara, reason="Explained by phone")
    writes(ticket)
    writes(ticket)
    assert flags_of(ticket) == []
    writes(ticket)
    assert flags_of(ticket) == ["repeat_contact"]


def test_monitoring_is_nobodys_contact(mara: Agent) -> None:
    disks = Category.objects.create(name="Disks")
    robot = ContactFactory()
    for _time in range(3):
        last = TicketFactory(requester=robot, category=disks, channel=Channel.MONITORING)
    assert flags_of(last) == []


# Social media


def test_114_the_manager_watches_a_case_of_social_media(mara: Agent) -> None:
    manager = AgentFactory(roles=[Role.MANAGER])
    above = TeamFactory(manager=manager)
    ticket = TicketFactory(owner=mara, team=TeamFactory(parent=above))
    add_flag(ticket.pk, by=mara, type="complaint", reason="They are angry")
    assert not TicketWatch.objects.exists()
    add_flag(ticket.pk, by=mara, type="social_media", reason="A post with 200 answers")
    assert TicketWatch.objects.get().person == manager


def test_a_case_of_social_media_without_manager_is_flagged_all_the_same(ticket: Ticket, mara: Agent) -> None:
    add_flag(ticket.pk, by=mara, type="social_media", reason="A post with 200 answers")
    assert (flags_of(ticket), TicketWatch.objects.count()) == (["social_media"], 0)


def test_sentiment_is_recorded_before_the_ticket_is_resolved(ticket: Ticket, mara: Agent) -> None:
    flag = add_flag(ticket.pk, by=mara, type="social_media", reason="A post with 200 answers")
    with pytest.raises(SentimentMissing):
        resolve_ticket(ticket.pk, by=mara, code="fixed", note="Done.")
    record_sentiment(flag.pk, by=mara, sentiment="neutral")
    assert describe(ticket.entries.filter(kind="flag").latest("seq")) == "Sentiment at the end: Neutral"
    assert resolve_ticket(ticket.pk, by=mara, code="fixed", note="Done.").status == "resolved"


# Physical damage


def photo(ticket: Ticket, **values: Any) -> None:
    wanted = {"content_type": "image/jpeg", "size_bytes": 300_000, "scan_status": "clean", "is_inline": False, **values}
    entry = ticket.entries.get(kind="email_inbound")
    file = Attachment(entry=entry, filename="damage.jpg", sha256="0" * 64, **wanted)
    file.file.save("damage.jpg", ContentFile(b"x"), save=False)
    file.save()


def test_116_physical_damage_needs_a_photo_or_a_waiver_before_compensation(ticket: Ticket, mara: Agent) -> None:
    assert photo_or_waiver(ticket) is None
    flag = add_flag(ticket.pk, by=mara, type="physical_damage", reason="The case is broken")
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert isinstance(photo_or_waiver(ticket), PhotoMissing)
    waive_photo(flag.pk, by=mara, reason="The device was thrown away")
    assert photo_or_waiver(ticket) is None
    told = ticket.entries.filter(kind="flag").latest("seq")
    assert (describe(told), told.body_text) == ("No photo of the damage is needed", "The device was thrown away")


PICTURES = [
    ({}, True),
    ({"scan_status": "infected"}, False),
    ({"content_type": "application/pdf"}, False),
    ({"is_inline": True, "size_bytes": 49_999}, False),
    ({"is_inline": True, "size_bytes": 50_000}, True),
]


@pytest.mark.parametrize(("values", "counts"), PICTURES)
def test_116_a_photo_is_a_clean_picture_that_is_no_logo(
    values: dict[str, Any], counts: bool, ticket: Ticket, mara: Agent
) -> None:
    add_flag(ticket.pk, by=mara, type="physical_damage", reason="The case is broken")
    photo(ticket, **values)
    assert (photo_or_waiver(Ticket.objects.get(pk=ticket.pk)) is None) == counts


def test_a_waiver_ends_with_its_flag(ticket: Ticket, mara: Agent) -> None:
    flag = add_flag(ticket.pk, by=mara, type="physical_damage", reason="The case is broken")
    waive_photo(flag.pk, by=mara, reason="The device was thrown away")
    clear_flag(flag.pk, by=mara, reason="Another device")
    add_flag(ticket.pk, by=mara, type="physical_damage", reason="The screen is broken")
    assert isinstance(photo_or_waiver(Ticket.objects.get(pk=ticket.pk)), PhotoMissing)


def test_waiver_and_sentiment_belong_to_their_flags(ticket: Ticket, mara: Agent) -> None:
    flag = add_flag(ticket.pk, by=mara, type="complaint", reason="They are angry")
    with pytest.raises(FlagOfOtherKind):
        waive_photo(flag.pk, by=mara, reason="No photo")
    with pytest.raises(FlagOfOtherKind):
        record_sentiment(flag.pk, by=mara, sentiment="negative")


@pytest.mark.parametrize("has_flag", [True, False])
def test_merging_takes_waiver_and_sentiment_along(ticket: Ticket, mara: Agent, has_flag: bool) -> None:
    into = TicketFactory(requester=ticket.requester, team=ticket.team, owner=mara)
    damage = add_flag(ticket.pk, by=mara, type="physical_damage", reason="The case is broken")
    social = add_flag(ticket.pk, by=mara, type="social_media", reason="A post")
    waive_photo(damage.pk, by=mara, reason="The device was thrown away")
    record_sentiment(social.pk, by=mara, sentiment="negative")
    if has_flag:
        add_flag(into.pk, by=mara, type="physical_damage", reason="Broken too")
        own = add_flag(into.pk, by=mara, type="social_media", reason="A video")
        record_sentiment(own.pk, by=mara, sentiment="neutral")
    merge_ticket(ticket.pk, into=into, by=mara)
    waiver, sentiment = (CaseFlag.objects.get(ticket=into, type=name) for name in ("physical_damage", "social_media"))
    assert waiver.waiver_reason == "The device was thrown away"
    assert sentiment.sentiment == ("neutral" if has_flag else "negative")
    assert photo_or_waiver(Ticket.objects.get(pk=into.pk)) is None
    assert waiver.history.first().waiver_reason == "The device was thrown away"
    told = [describe(entry) for entry in into.entries.filter(kind="flag").order_by("seq")]
    assert "No photo of the damage is needed" in told


# Legal


def prescribed(ticket: Ticket, body: str, **values: Any) -> CannedResponse:
    admin = AgentFactory(roles=[Role.ADMIN])
    wanted = {"title": "Legal answer", "scope": "team", "team": ticket.team, "is_enforced_for_flag": True, **values}
    return create_canned_response(by=admin, body=body, **wanted)


def test_113_replies_on_a_legal_case_begin_with_a_prescribed_text(ticket: Ticket, mara: Agent) -> None:
    add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    with pytest.raises(NoEnforcedText):
        reply_to_customer(ticket.pk, by=mara, body_text="We look into it.")
    prescribed(ticket, "Dear {{customer.name}},\n\nwe have received your letter about {{company.name}}.")
    prescribed(ticket, "Of another team", team=TeamFactory(), title="Another")
    for other in ("We look into it.", "Of another team", "Hello, Dear me"):
        with pytest.raises(EnforcedTextMissing, match="“Legal answer”"):
            reply_to_customer(ticket.pk, by=mara, body_text=other)
    name = ticket.requester.name
    words = f"> Your terms?\n\nDear {name},\nwe have received your letter about your router.\n\nMore follows."
    assert reply_to_customer(ticket.pk, by=mara, body_text=words).status == "held"
    assert ticket.outbound_messages.count() == 1


def test_113_the_resolution_of_a_legal_case_begins_with_one_too_and_is_documented(ticket: Ticket, mara: Agent) -> None:
    add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    prescribed(ticket, "We have settled the matter.", scope="global", team=None)
    with pytest.raises(DocumentationMissing, match="Category, Product, Region"):
        resolve_ticket(ticket.pk, by=mara, code="fixed", note="We have settled the matter.")
    version = Ticket.objects.get(pk=ticket.pk).version
    vpn = Category.objects.create(name="VPN")
    edit_ticket(ticket.pk, by=mara, version=version, category=vpn, product="Router", region="Hamburg")
    with pytest.raises(EnforcedTextMissing):
        resolve_ticket(ticket.pk, by=mara, code="fixed", note="Done.")
    done = resolve_ticket(ticket.pk, by=mara, code="fixed", note="We have settled the matter. Done.")
    assert done.status == "resolved"


def test_113_a_reply_that_waits_for_a_later_moment_is_kept_back(ticket: Ticket, mara: Agent) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    message = reply_to_customer(ticket.pk, by=mara, body_text="We admit it.", when="at", send_at=tomorrow)
    add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    message.refresh_from_db()
    assert message.status == "cancelled"


def test_calibration_learns_which_flags_are_active(ticket: Ticket, mara: Agent) -> None:
    flag = add_flag(ticket.pk, by=mara, type="complaint", reason="They are angry")
    add_flag(ticket.pk, by=mara, type="physical_damage", reason="The case is broken")
    assert active_flags(Ticket.objects.get(pk=ticket.pk)) == {FlagType.COMPLAINT, FlagType.PHYSICAL_DAMAGE}
    clear_flag(flag.pk, by=mara, reason="Settled")
    assert active_flags(Ticket.objects.get(pk=ticket.pk)) == {"physical_damage"}


def test_a_legal_case_stays_one_where_it_is_merged(ticket: Ticket, mara: Agent) -> None:
    other = TicketFactory(team=ticket.team, requester=ticket.requester, owner=mara)
    add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    add_flag(ticket.pk, by=mara, type="complaint", reason="They are angry")
    add_flag(other.pk, by=mara, type="complaint", reason="They are very angry")
    merge_ticket(ticket.pk, into=other, by=mara)
    assert Ticket.objects.get(pk=other.pk).flags == ["complaint", "legal"]
    kept = other.case_flags.order_by("type").values_list("reason", "added_by_name")
    assert list(kept) == [("They are very angry", "Mara Klein"), ("A lawyer writes", "ITIL-NEXT")]
