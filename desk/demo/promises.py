"""What the demo desk's manager proposes about promises, and the policy that one customer has by contract."""

from accounts.models import Company
from desk.demo import clock
from desk.demo.acts import Cast
from sla.alerts.models import AlertRule
from sla.enums import PolicyKind
from sla.models import CompanyPolicy, Proposal, SlaPolicy
from sla.proposals.services import decline_proposal, propose
from sla.services import choose_for_company, save_policy
from tickets.enums import Priority

CUSTOMER = "Bäckerei Kornblume"
CONTRACT = "Rahmenvertrag: Notfälle"
MATRIX_AT, DECLINED_AT, POLICY_AT = "3d 10:00", "2d 09:00", "1d 15:00"
EARLIER = 15


def promise(cast: Cast) -> None:
    """Once a desk."""
    if not CompanyPolicy.objects.exists():
        _name_policy(cast)
    if not Proposal.objects.exists():
        _propose(cast)


def _name_policy(cast: Cast) -> None:
    """It holds for emergencies of one company alone."""
    admin, company = cast.agent("admin"), Company.objects.filter(name=CUSTOMER).first()
    if company is None:
        return
    policy = SlaPolicy(name=CONTRACT, kind=PolicyKind.SLA, priority=Priority.CRITICAL, company=company, order=900)
    policy.first_response_minutes = policy.next_response_minutes = 10
    policy.resolution_minutes = policy.time_to_value_minutes = 45
    save_policy(policy, by=admin, reason="Rahmenvertrag vom Frühjahr")
    choose_for_company(company.pk, by=admin, policy=policy, reason="Rahmenvertrag vom Frühjahr")


def _propose(cast: Cast) -> None:
    manager, admin = cast.agent("max"), cast.agent("admin")
    cell = AlertRule.objects.get(priority=Priority.HIGH, condition="not_updated", level=1)
    with clock.at(clock.moment(MATRIX_AT, now=cast.now)):
        earlier = propose(
            "alert_rule",
            cell.pk,
            {"threshold_minutes": EARLIER},
            by=manager,
            reason="Bei hoher Priorität soll niemand eine Stunde lang nichts hören.",
        )
    with clock.at(clock.moment(DECLINED_AT, now=cast.now)):
        note = "Alle 15 Minuten ist zu oft; bitte mit 30 noch einmal vorschlagen."
        decline_proposal(earlier.pk, by=admin, note=note)
    policy = SlaPolicy.objects.filter(kind=PolicyKind.SLA, priority=Priority.LOW, company=None).earliest(
        "order", "name"
    )
    with clock.at(clock.moment(POLICY_AT, now=cast.now)):
        propose(
            "policy",
            policy.pk,
            {"first_response_minutes": 240, "next_response_minutes": 240},
            by=manager,
            reason="Kunden mit kleinen Anliegen warten oft bis zum nächsten Tag auf eine erste Antwort.",
        )
