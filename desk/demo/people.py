"""Who works at the demo desk and who writes to it. The accounts are a promise of interfaces.md section 1."""

from dataclasses import dataclass

from accounts.enums import Role, Tier

PASSWORD = "itilnext-demo"  # noqa: S105  # published on purpose; such accounts refuse to exist in production
DOMAIN = "itilnext.example"
MAILBOX = f"support@{DOMAIN}"


@dataclass(frozen=True)
class Colleague:
    key: str
    name: str
    roles: tuple[Role, ...]
    teams: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("de", "en")
    timezone: str = "Europe/Berlin"
    signature: str = ""
    skills: tuple[tuple[str, int], ...] = ()

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


SERVICE_DESK, NETWORK, APPLICATIONS, LEGAL = "Service Desk", "Network", "Applications", "Legal"

COLLEAGUES = (
    Colleague(
        "mara", "Mara Lindner", (Role.AGENT,), (SERVICE_DESK,), signature="Mara Lindner\nService Desk · 8 bis 18 Uhr",
        skills=(("Windows", 4), ("Printing", 3)),
    ),
    Colleague(
        "jonas", "Jonas Weber", (Role.AGENT,), (SERVICE_DESK,), signature="Jonas Weber\nService Desk",
        skills=(("Windows", 3), ("Telephony", 4)),
    ),
    Colleague("nina", "Nina Roth", (Role.AGENT,), (NETWORK,), skills=(("Firewall", 5), ("VPN", 5), ("Wi-Fi", 4))),
    Colleague("lea", "Lea Brandt", (Role.TEAM_LEAD, Role.AGENT), (SERVICE_DESK,), skills=(("Windows", 5),)),
    Colleague("sam", "Sam Okafor", (Role.SUPERVISOR,), languages=("en", "de")),
    Colleague("max", "Max Hoffmann", (Role.MANAGER,)),
    Colleague("aude", "Aude Lefèvre", (Role.AUDITOR,), languages=("fr", "en")),
    Colleague("admin", "Robin Albers", (Role.ADMIN,)),
    Colleague("petra", "Petra Vogt", (Role.AGENT,), (SERVICE_DESK,), skills=(("Printing", 5),)),
    Colleague("david", "David Osei", (Role.AGENT,), (SERVICE_DESK,), languages=("en", "de")),
    Colleague(
        "oliver", "Oliver Grant", (Role.AGENT,), (NETWORK,), ("en",), "Europe/London",
        skills=(("Wi-Fi", 5), ("VPN", 3)),
    ),
    Colleague("sofia", "Sofia Marín", (Role.TEAM_LEAD, Role.AGENT), (APPLICATIONS,), skills=(("SAP", 5),)),
    Colleague("tim", "Tim Keller", (Role.AGENT,), (APPLICATIONS,), skills=(("SAP", 3), ("Reporting", 4))),
    Colleague("priya", "Priya Nair", (Role.AGENT,), (APPLICATIONS, SERVICE_DESK), languages=("en",)),
    Colleague("hanna", "Hanna Seidel", (Role.TEAM_LEAD, Role.AGENT), (LEGAL,), skills=(("Data protection", 5),)),
)  # fmt: skip


@dataclass(frozen=True)
class DemoTeam:
    name: str
    lead: str
    calendar: str
    allow_foreign_accept: bool = False
    is_legal: bool = False


TEAMS = (
    DemoTeam(SERVICE_DESK, "lea", "Berlin"),
    DemoTeam(NETWORK, "", "Berlin"),
    DemoTeam(APPLICATIONS, "sofia", "London", allow_foreign_accept=True),
    DemoTeam(LEGAL, "hanna", "Berlin", is_legal=True),
)
SUPERVISED = (SERVICE_DESK, NETWORK)
"""Teams of the supervisor sam; the manager max looks after all of them."""


@dataclass(frozen=True)
class DemoCompany:
    name: str
    domain: str
    tier: Tier
    language: str
    people: tuple[tuple[str, str, Tier], ...]
    """First name, last name, tier; the address follows from both and the domain."""


S, P, V = Tier.STANDARD, Tier.PREMIUM, Tier.VIP
COMPANIES = (
    DemoCompany(
        "Nordwerft GmbH", "nordwerft.example", V, "de",
        (("Katrin", "Petersen", S), ("Holger", "Thomsen", S), ("Dr. Ines", "Falk", V)),
    ),
    DemoCompany(
        "Hansen & Söhne Logistik", "hansen-logistik.example", P, "de",
        (("Uwe", "Hansen", P), ("Meryem", "Aydın", S), ("Lars", "Köster", S)),
    ),
    DemoCompany("Bäckerei Kornblume", "kornblume.example", S, "de", (("Birgit", "Engel", S), ("Jannik", "Voß", S))),
    DemoCompany(
        "Klinikum Auental", "klinikum-auental.example", V, "de", (("Dr. Tobias", "Rehm", V), ("Sabine", "Lutz", S)),
    ),
    DemoCompany(
        "Ashford Legal LLP", "ashford-legal.example", P, "en-GB",
        (("Eleanor", "Whitcombe", V), ("Gareth", "Pryce", S), ("Amara", "Bello", S)),
    ),
    DemoCompany(
        "Greenfield Foods Ltd", "greenfield-foods.example", S, "en-GB", (("Tom", "Barrow", S), ("Zoë", "Mitchell", S)),
    ),
    DemoCompany("Studio Pixelhaus", "pixelhaus.example", S, "de", (("Noah", "Sommer", S), ("Frida", "Lang", S))),
)  # fmt: skip

HALF_DAYS = (("Heiligabend", 12, 24), ("Silvester", 12, 31))
"""In Berlin work ends at noon."""
