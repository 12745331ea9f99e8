from envelopes.models.envelope import FIRST_LEVEL, LAST_LEVEL, Envelope
from envelopes.models.parts import (
    EnvelopeBookmark,
    EnvelopeParticipant,
    EnvelopePost,
    EnvelopeTask,
    HelpOffer,
    VendorMessage,
)
from envelopes.models.words import EnvelopeWords

__all__ = [
    "FIRST_LEVEL",
    "LAST_LEVEL",
    "Envelope",
    "EnvelopeBookmark",
    "EnvelopeParticipant",
    "EnvelopePost",
    "EnvelopeTask",
    "EnvelopeWords",
    "HelpOffer",
    "VendorMessage",
]
