"""What every connector keeps to: how a message is handed to the outside world (house style, section 8)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, TypeVar

Message_contra = TypeVar("Message_contra", contravariant=True)


class DeliveryError(Exception):
    """The outside did not take a message; the text is for people and names no secret."""


class TransientDeliveryError(DeliveryError):
    """Trying again later can help: not reached, busy, over quota. `pause` are seconds that the other side asks for."""

    def __init__(self, words: str = "", *, pause: float = 0.0) -> None:
        super().__init__(words)
        self.pause = pause


class UnfinishedDeliveryError(TransientDeliveryError):
    """Nothing has failed: a part of the message is over there, and the next attempt goes on from it at once."""


class UnclearDeliveryError(TransientDeliveryError):
    """The other side may have the message: the connection ended between its last byte and their answer.

    `refused` are recipients it had turned down for good before, by address, with its words.
    """

    refused: Mapping[str, str] = MappingProxyType({})


class PermanentDeliveryError(DeliveryError):
    """Trying again cannot help: the other side has refused this very message."""


class SenderRefusedError(PermanentDeliveryError):
    """The other side takes no message from this sender, whomever it is to."""


class PartialDeliveryError(DeliveryError):
    """Some recipients have the message, others were refused; by address, with the other side's words."""

    def __init__(self, *, accepted: list[str], refused: dict[str, str], put_off: dict[str, str]) -> None:
        words = [f"{address}: {answer}" for address, answer in (refused | put_off).items()]
        super().__init__("; ".join(words))
        self.accepted, self.refused, self.put_off = accepted, refused, put_off


class Transport(Protocol[Message_contra]):
    def open(self) -> None:
        """Connect and sign in, where that is needed and has not been done; raises TransientDeliveryError."""

    def deliver(self, message: Message_contra) -> None:
        """Hand over within 10 s, or raise TransientDeliveryError (try later) or PermanentDeliveryError (do not)."""

    def close(self) -> None:
        """Let go of what was opened."""
