"""Help that was not asked for: offered, taken back, taken up; and the board on which it is found."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, AgentSkill, Skill
from accounts.selectors import reach_of
from core.errors import Invalid
from core.events import deliver_all
from envelopes import services
from envelopes.enums import EnvelopeStatus
from envelopes.errors import EnvelopeActForbidden, OfferGone, OfferNotForYou
from envelopes.help_board import Wanted, help_page, offers_on
from envelopes.models import Envelope, HelpOffer
from envelopes.selectors import envelopes_on, readable_envelope
from notifications.models import Notification
from notifications.wording import describe
from tests.concurrency import in_parallel
from tests.envelopes.conftest import Scene, fresh, now_of
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory

pytestmark = pytest.mark.django_db
ELSEWHERE = Wanted(is_elsewhere=True)


@pytest.fixture
def envelope(scene: Scene) -> Envelope:
    """Asked of Network, accepted by nobody."""
    found: Envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, reason="Packets drop.")
    return found


def said_to() -> dict[str, list[str]]:
    """Name -> what each person was told, since the last call."""
    deliver_all()
    rows = Notification.objects.select_related("recipient", "ticket").order_by("created_at", "id")
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.recipient.name, []).append(describe(row))
    rows.delete()
    return found


def test_who_asks_and_who_was_asked_are_told_of_an_offer_and_it_gives_no_sight(
    scene: Scene, envelope: Envelope
) -> None:
    said_to()
    services.offer_help(envelope.pk, by=scene.mate)
    words = f"Mate can help: envelope 1 of {scene.ticket.reference}"
    assert said_to() == {"Mara Weiss": [words], "Lea": [words]}
    assert readable_envelope(fresh(scene.mate), pk=envelope.pk) is None
    assert [offer.agent for offer in offers_on(envelope, besides=())] == [scene.mate]


def test_offering_twice_is_offering_once_and_what_is_taken_back_is_gone(scene: Scene, envelope: Envelope) -> None:
    first = services.offer_help(envelope.pk, by=scene.mate)
    assert services.offer_help(envelope.pk, by=scene.mate) == first
    services.withdraw_help_offer(envelope.pk, by=scene.mate)
    assert offers_on(envelope, besides=()) == []
    for act in (
        lambda: services.withdraw_help_offer(envelope.pk, by=scene.mate),
        lambda: services.take_help_offer(envelope.pk, by=scene.owner, agent=scene.mate),
    ):
        with pytest.raises(OfferGone):
            act()
    assert services.offer_help(envelope.pk, by=scene.mate) != first


def test_an_offer_taken_while_nobody_has_it_addresses_the_envelope_to_them(scene: Scene, envelope: Envelope) -> None:
    """Their acceptance is a step of their own, with the limits of that moment."""
    services.offer_help(envelope.pk, by=scene.mate)
    due = now_of(envelope).response_due_at
    said_to()
    services.take_help_offer(envelope.pk, by=scene.owner, agent=scene.mate)
    now = now_of(envelope)
    assert (now.status, now.assigned_to, now.team, now.response_due_at) == ("pending", scene.mate, scene.network, due)
    assert list(said_to()) == ["Mate"]
    assert readable_envelope(fresh(scene.mate), pk=envelope.pk) is not None
    services.accept_envelope(envelope.pk, by=fresh(scene.mate))
    assert now_of(envelope).status == EnvelopeStatus.ACTIVE
    assert HelpOffer.objects.get().taken_by == scene.owner


def test_an_offer_taken_while_somebody_helps_brings_them_in_at_once(scene: Scene, envelope: Envelope) -> None:
    services.accept_envelope(envelope.pk, by=scene.nina)
    services.offer_help(envelope.pk, by=scene.mate)
    services.take_help_offer(envelope.pk, by=scene.nina, agent=scene.mate)
    assert envelope.participants.filter(agent=scene.mate, invited_by=scene.nina).exists()
    services.post_in_envelope(envelope.pk, by=fresh(scene.mate), body_text="Port 7.")


def test_nobody_offers_who_is_asked_owns_it_or_works_no_tickets(scene: Scene, envelope: Envelope) -> None:
    for agent in (scene.nina, scene.owner, scene.manager, scene.auditor, scene.admin):
        with pytest.raises(OfferNotForYou):
            services.offer_help(envelope.pk, by=agent)
    services.accept_envelope(envelope.pk, by=scene.nina)
    with pytest.raises(OfferNotForYou):
        services.offer_help(envelope.pk, by=scene.nina)
    services.offer_help(envelope.pk, by=scene.noah)
    with pytest.raises(EnvelopeActForbidden):
        services.take_help_offer(envelope.pk, by=scene.mate, agent=scene.noah)
    assert HelpOffer.objects.count() == 1


def test_a_declined_envelope_finds_new_help_by_an_offer(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.nina)
    services.decline_envelope(envelope.pk, by=scene.nina, reason="Not mine")
    services.offer_help(envelope.pk, by=scene.mate)
    services.take_help_offer(envelope.pk, by=scene.owner, agent=scene.mate)
    assert (now_of(envelope).status, now_of(envelope).assigned_to) == ("pending", scene.mate)


def test_whoever_helps_meanwhile_stands_among_the_offers_no_more(scene: Scene, envelope: Envelope) -> None:
    services.accept_envelope(envelope.pk, by=scene.nina)
    services.offer_help(envelope.pk, by=scene.mate)
    services.invite_expert(envelope.pk, by=scene.nina, agent=scene.mate)
    assert offers_on(envelope, besides=[]) == []
    assert counted(scene, envelope) == 0
    with pytest.raises(OfferGone):
        services.take_help_offer(envelope.pk, by=scene.owner, agent=scene.mate)


def counted(scene: Scene, envelope: Envelope) -> int:
    rows = {row.id: row.offer_count for row in envelopes_on(scene.ticket, fresh(scene.owner))}
    return rows[envelope.pk]


def test_whoever_accepts_it_offers_no_more(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.nina)
    services.offer_help(envelope.pk, by=scene.mate)
    assert counted(scene, envelope) == 1
    services.redirect_envelope(envelope.pk, by=scene.owner, assigned_to=scene.mate)
    assert counted(scene, envelope) == 0, "asked by name"
    services.accept_envelope(envelope.pk, by=scene.mate)
    assert not HelpOffer.objects.standing().exists()


def test_an_offer_left_from_before_is_not_counted_of_those_who_help(scene: Scene, envelope: Envelope) -> None:
    services.accept_envelope(envelope.pk, by=scene.nina)
    services.invite_expert(envelope.pk, by=scene.nina, agent=scene.mate)
    HelpOffer.objects.create(envelope=envelope, agent=scene.mate)
    assert counted(scene, envelope) == 0


@pytest.mark.django_db(transaction=True)
def test_an_offer_that_is_taken_and_taken_back_at_once_ends_one_way(scene: Scene, envelope: Envelope) -> None:
    services.offer_help(envelope.pk, by=scene.mate)
    outcomes = in_parallel(
        lambda: services.take_help_offer(envelope.pk, by=scene.owner, agent=scene.mate),
        lambda: services.withdraw_help_offer(envelope.pk, by=scene.mate),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Envelope", "OfferGone"]
    offer = HelpOffer.objects.get()
    assert (offer.taken_at is None) != (offer.withdrawn_at is None)


# ---- the board ----


def shown(agent: Agent, wanted: Wanted = ELSEWHERE, cursor: str = "") -> list[Any]:
    return [row.envelope.id for row in help_page(fresh(agent), wanted, cursor).rows]


def test_elsewhere_stands_what_one_knows_of_without_a_word_of_it(scene: Scene, envelope: Envelope) -> None:
    foreign = EnvelopeFactory(team=scene.network)
    [row] = help_page(scene.mate, ELSEWHERE).rows
    assert (row.envelope.id, row.envelope.is_readable, row.envelope.reason) == (envelope.pk, False, "")
    assert (row.may_offer, row.has_offered, row.acts) == (True, False, ())
    assert shown(scene.nina) == [], "they are asked"
    assert shown(scene.owner) == [], "their own"
    assert shown(scene.stranger) == [], "the ticket is out of their sight"
    assert set(shown(scene.auditor)) == {envelope.pk, foreign.pk}
    assert not any(row.may_offer for row in help_page(scene.auditor, ELSEWHERE).rows)
    services.offer_help(envelope.pk, by=scene.mate)
    assert help_page(fresh(scene.mate), ELSEWHERE).rows[0].has_offered
    services.accept_envelope(envelope.pk, by=scene.nina)
    assert shown(scene.mate) == []


def test_what_nobody_accepted_in_time_stands_at_the_next_level(scene: Scene, envelope: Envelope) -> None:
    assert shown(scene.network_supervisor, Wanted()) == []
    Envelope.objects.filter(pk=envelope.pk).update(timeout_notified_at=timezone.now())
    [row] = help_page(fresh(scene.network_supervisor), Wanted()).rows
    assert (row.is_late, "redirect" in row.acts, "accept" in row.acts) == (True, True, False)


def test_the_most_urgent_stands_first_and_pages_follow_each_other(scene: Scene) -> None:
    now = timezone.now()
    found = [EnvelopeFactory(team=scene.network) for _number in range(5)]
    for place, each in enumerate(found):
        Envelope.objects.filter(pk=each.pk).update(response_due_at=now + timedelta(hours=5 - place))
    first = help_page(scene.nina, Wanted(), size=2)
    second = help_page(scene.nina, Wanted(), first.next_cursor or "", size=2)
    back = help_page(scene.nina, Wanted(), second.previous_cursor or "", size=2)
    assert [row.envelope.id for row in (*first.rows, *second.rows)] == [each.pk for each in found[:0:-1]]
    assert [row.envelope.id for row in back.rows] == [row.envelope.id for row in first.rows]
    with pytest.raises(Invalid):
        help_page(scene.nina, Wanted(), "nonsense")


def test_it_is_narrowed_to_the_skill_that_the_request_or_else_the_team_names(scene: Scene) -> None:
    vpn, linux = Skill.objects.create(name="VPN"), Skill.objects.create(name="Linux")
    for agent, skill in ((scene.nina, vpn), (scene.noah, vpn), (scene.noah, linux)):
        AgentSkill.objects.create(agent=agent, skill=skill, level=3)
    named = EnvelopeFactory(team=scene.network, skill=linux)
    unnamed = EnvelopeFactory(team=scene.network)
    other = EnvelopeFactory(ticket=TicketFactory(team=TeamFactory(), owner=AgentFactory()), assigned_to=scene.nina)
    rows = {row.envelope.id: row.skills for row in help_page(scene.nina, Wanted()).rows}
    assert rows == {named.pk: ("Linux",), unnamed.pk: ("VPN", "Linux"), other.pk: ()}
    assert shown(scene.nina, Wanted(skill_id=vpn.pk)) == [unnamed.pk]
    assert shown(scene.nina, Wanted(skill_id=linux.pk)) == [named.pk, unnamed.pk]
    assert shown(scene.nina, Wanted(team_id=scene.network.pk)) == [named.pk, unnamed.pk]


def test_another_target_keeps_the_skill_that_was_named(scene: Scene) -> None:
    vpn = Skill.objects.create(name="VPN")
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, skill=vpn)
    services.redirect_envelope(envelope.pk, by=scene.owner, assigned_to=scene.stranger)
    assert now_of(envelope).skill == vpn


@pytest.mark.parametrize("wanted", [Wanted(), ELSEWHERE])
def test_five_hundred_envelopes_cost_what_one_costs(
    scene: Scene, wanted: Wanted, django_assert_num_queries: Any
) -> None:
    reader = scene.mate if wanted.is_elsewhere else scene.nina
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    AgentSkill.objects.create(agent=scene.nina, skill=Skill.objects.create(name="VPN"), level=3)
    names = [field.attname for field in Envelope._meta.concrete_fields if field.attname not in ("id", "path")]
    values = {name: getattr(envelope, name) for name in names}
    Envelope.objects.bulk_create(_copies(values, 499))
    reader = fresh(reader)
    reach_of(reader)
    with django_assert_num_queries(4):
        page = help_page(reader, wanted)
    assert (len(page.rows), page.next_cursor is None) == (50, False)


def _copies(values: dict[str, Any], count: int) -> list[Envelope]:
    found = [Envelope(**values | {"number": number}) for number in range(2, count + 2)]
    for each in found:
        each.path = [each.pk]
    return found


def test_elsewhere_names_no_skill_and_no_delay_of_what_one_may_not_read(scene: Scene) -> None:
    linux, vpn = Skill.objects.create(name="Linux"), Skill.objects.create(name="VPN")
    AgentSkill.objects.create(agent=scene.nina, skill=vpn, level=3)
    AgentSkill.objects.create(agent=scene.mate, skill=linux, level=3)
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, skill=linux)
    Envelope.objects.filter(pk=envelope.pk).update(timeout_notified_at=timezone.now())
    [row] = help_page(fresh(scene.mate), ELSEWHERE).rows
    assert (row.envelope.is_readable, row.skills, row.is_late) == (False, ("VPN",), False)
    [row] = help_page(fresh(scene.auditor), ELSEWHERE).rows
    assert (row.envelope.is_readable, row.skills, row.is_late) == (True, ("Linux",), True)

    def found(agent: Agent, skill: Skill) -> int:
        return len(help_page(fresh(agent), Wanted(is_elsewhere=True, skill_id=skill.pk)).rows)

    assert (found(scene.mate, linux), found(scene.mate, vpn)) == (0, 1)
    assert (found(scene.auditor, linux), found(scene.auditor, vpn)) == (1, 0)
