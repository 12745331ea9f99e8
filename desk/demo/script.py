"""How the demo desk's tickets are told: a story is one ticket, its steps are what people did and when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any

from tickets.enums import Channel, Priority, TicketType


@dataclass(frozen=True)
class Step:
    """One act: `name` is a function of `desk.demo.acts`, `when` is read by `desk.demo.clock.moment`."""

    when: str
    name: str
    who: str = ""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Story:
    """A ticket from its first message on. `key` never changes: a second run knows the ticket by it."""

    key: str
    team: str
    requester: str
    when: str
    subject: str
    text: str
    steps: tuple[Step, ...] = ()
    channel: Channel = Channel.EMAIL
    type: TicketType = TicketType.INCIDENT
    priority: Priority = Priority.MEDIUM
    product: str = ""
    taken_down_by: str = ""
    """Who wrote a call down."""
    follow_up_of: str = ""
    """Key of the story that this one follows."""


def _step(name: str) -> Callable[..., Step]:
    def make(when: str, who: str = "", text: str = "", **values: Any) -> Step:
        if text:
            values["text"] = cleandoc(text)
        return Step(when, name, who, values)

    return make


accepts = _step("accepts")
offers = _step("offers")
moves = _step("moves")
notes = _step("notes")
replies = _step("replies")
waits = _step("waits")
resumes = _step("resumes")
asks_colleagues = _step("asks_colleagues")
asks_on = _step("asks_on")
joins = _step("joins")
turns_down = _step("turns_down")
tells = _step("tells")
seals = _step("seals")
calls_off = _step("calls_off")
asks_elsewhere = _step("asks_elsewhere")
offers_help = _step("offers_help")
gives_back = _step("gives_back")
invites = _step("invites")
asks_again = _step("asks_again")
adds_help_task = _step("adds_help_task")
waives_photo = _step("waives_photo")
asks_vendor = _step("asks_vendor")
mails_vendor = _step("mails_vendor")
vendor_answers = _step("vendor_answers")
writes = _step("writes")
adds_task = _step("adds_task")
finishes_task = _step("finishes_task")
resolves = _step("resolves")
confirms = _step("confirms")
cancels = _step("cancels")
hands_over = _step("hands_over")
prioritises = _step("prioritises")
grants = _step("grants")
approves = _step("approves")
rejects = _step("rejects")
withdraws = _step("withdraws")
flags = _step("flags")
pauses = _step("pauses")
ranks = _step("ranks")


def story(key: str, team: str, requester: str, when: str, subject: str, text: str, *steps: Step, **more: Any) -> Story:
    return Story(
        key=key, team=team, requester=requester, when=when, subject=subject, text=cleandoc(text), steps=steps, **more
    )
