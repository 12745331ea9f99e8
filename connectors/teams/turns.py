"""No more than so many cards a second through one workflow, by all workers together (integrations.md section 3)."""

import time
from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import connection

from connectors.base.failures import HeldBack
from connectors.base.sentences import Said

LONGEST_SECONDS = 1.5
"""That a worker waits for its turn; beyond that the card does."""

_TAKE = """
INSERT INTO teams_turn AS kept (account, next_at)
VALUES (%(account)s, clock_timestamp() + make_interval(secs => %(gap)s))
ON CONFLICT (account) DO UPDATE
    SET next_at = greatest(kept.next_at, clock_timestamp()) + make_interval(secs => %(gap)s)
    WHERE kept.next_at <= clock_timestamp() + make_interval(secs => %(longest)s)
RETURNING extract(epoch FROM next_at - clock_timestamp()) - %(gap)s
"""


class Turns:
    """`connectors.base.client.Signer` of a workflow. Its address is all the sign-in there is; what is done before each
    request is to wait for its turn.
    """

    def __init__(self, account: str, *, rest: Callable[[float], None] = time.sleep) -> None:
        self._account, self._rest = account, rest

    def headers(self) -> Mapping[str, str]:
        """Raises HeldBack where the turn is too far off."""
        if (seconds := seconds_to_wait(self._account)) > 0:
            self._rest(seconds)
        return {}

    def drop(self) -> None:
        """There is nothing that another one could take the place of."""


def seconds_to_wait(account: str) -> float:
    """Until our turn, which is taken by this. Raises HeldBack, and takes none, where it is too far off."""
    gap = 1.0 / settings.TEAMS_CARDS_A_SECOND
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"account": account, "gap": gap, "longest": LONGEST_SECONDS})
        row = cursor.fetchone()
    if row is None:
        raise HeldBack(Said("held_full"), pause=LONGEST_SECONDS)
    return max(float(row[0]), 0.0)
