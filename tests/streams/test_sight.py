"""What a stream remembers of the tickets that its page shows."""

import asyncio
from uuid import uuid4

from live.selectors import Credentials
from live.streams import Stream, message


def written(stream: Stream) -> str:
    stream.end()
    text = asyncio.run(stream.written())
    return text.decode() if text else ""


def opened() -> Stream:
    return Stream(agent_id=uuid4(), credentials=Credentials("", "", uuid4()), ticket_id=None, hears_all=True)


def test_what_the_page_shows_already_is_not_taken_for_heard() -> None:
    """A change that the page shows since it was made is told to nobody, though it is found while the stream opens."""
    stream, ticket_id = opened(), uuid4()
    stream.tell("ticket", {"ticket": "INC-2026-000001"}, number=5, ticket_id=ticket_id)
    stream.go_live(until=5)
    stream.tell("ticket", {"ticket": ""}, number=6, ticket_id=ticket_id)
    assert written(stream) == ""


def test_that_a_ticket_heard_of_while_the_stream_opens_has_gone_is_told_once() -> None:
    stream, ticket_id = opened(), uuid4()
    stream.tell("ticket", {"ticket": "INC-2026-000001"}, number=5, ticket_id=ticket_id)
    for number in (6, 7):
        stream.tell("ticket", {"ticket": ""}, number=number, ticket_id=ticket_id)
    stream.go_live(until=4)
    assert written(stream) == "".join(
        message("ticket", {"ticket": "INC-2026-000001"}, number=number) for number in (5, 6)
    )
