"""`manage.py add_api_client NAME --scope SCOPE … --team TEAM …`: access for a program; prints its token once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.enums import Scope
from accounts.lookups import team_named
from accounts.models import Team
from accounts.services import create_api_client, issue_token
from core.actors import SystemActor
from core.errors import DomainError

BY = SystemActor("manage.py add_api_client")


class Command(BaseCommand):
    help = "Adds an API client with scopes and teams, and prints its token, which is not shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--scope", action="append", required=True, choices=Scope.values, help="repeatable")
        parser.add_argument("--team", action="append", default=[], help="name of a team it works for; repeatable")
        parser.add_argument("--days", type=int, default=365, help="how long the token lasts (365)")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's signature
        if options["days"] < 1:
            raise CommandError("--days is a whole number above 0.")
        scopes = [Scope(scope) for scope in options["scope"]]
        teams = [self._team(name) for name in options["team"]]
        try:
            with transaction.atomic():
                client = create_api_client(options["name"], by=BY, scopes=scopes, teams=teams)
                token = issue_token(client.pk, by=BY, lasts=timedelta(days=options["days"]))
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(token)

    def _team(self, name: str) -> Team:
        team = team_named(name)
        if team is None:
            raise CommandError(f"There is no team {name!r}.")
        return team
