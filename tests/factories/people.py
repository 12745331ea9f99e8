from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.enums import AbsenceKind, Role
from accounts.models import Absence, Agent, ApiClient, BusinessCalendar, CalendarWindow, Company, Contact, Team, User

PASSWORD = "correct-horse-battery"


def default_calendar() -> BusinessCalendar:
    """Monday to Friday, 08:00 to 18:00 in Berlin: what the migration leaves, also after tables were emptied."""
    calendar, is_new = BusinessCalendar.objects.get_or_create(is_default=True, defaults={"name": "Standard"})
    if is_new:
        for weekday in range(5):
            CalendarWindow.objects.create(calendar=calendar, weekday=weekday, start_minute=480, end_minute=1080)
    return calendar


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@desk.test")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")

    @classmethod
    def _create(cls, model_class: type[Team], *args: Any, **kwargs: Any) -> Team:
        default_calendar()
        return super()._create(model_class, *args, **kwargs)


class AgentFactory(DjangoModelFactory[Agent]):
    """An active agent with the plain role; `teams=[…]` makes them a member."""

    class Meta:
        model = Agent
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Agent {n}")
    email = factory.SelfAttribute("user.email")
    roles = factory.LazyFunction(lambda: [Role.AGENT])

    @factory.post_generation
    def teams(self: Agent, create: bool, extracted: list[Team] | None, **_kwargs: Any) -> None:
        if extracted:
            self.teams.set(extracted)


class ApiClientFactory(DjangoModelFactory[ApiClient]):
    class Meta:
        model = ApiClient
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Program {n}")
    scopes = factory.LazyFunction(list)

    @factory.post_generation
    def teams(self: ApiClient, create: bool, extracted: list[Team] | None, **_kwargs: Any) -> None:
        if extracted:
            self.teams.set(extracted)


class CompanyFactory(DjangoModelFactory[Company]):
    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Company {n}")


class ContactFactory(DjangoModelFactory[Contact]):
    class Meta:
        model = Contact

    first_name = "Dana"
    last_name = factory.Sequence(lambda n: f"Roth {n}")
    email = factory.Sequence(lambda n: f"dana{n}@customer.test")


class AbsenceFactory(DjangoModelFactory[Absence]):
    """Absent today and for the nine days after; `days=` sets the length."""

    class Meta:
        model = Absence

    class Params:
        days = 10

    agent = factory.SubFactory(AgentFactory)
    kind = AbsenceKind.VACATION
    starts_on = factory.LazyAttribute(lambda row: row.agent.today(timezone.now()))
    ends_on = factory.LazyAttribute(lambda row: row.starts_on + timedelta(days=row.days - 1))
