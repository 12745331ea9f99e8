"""What every connector stands on: connections as rows, one way to send a request, and how messages are handed over.

The rest is imported from its modules (docs/adr/0009-connector-frame.md); what stands here needs no database.
"""

from connectors.base.delivery import (
    DeliveryError,
    PartialDeliveryError,
    PermanentDeliveryError,
    SenderRefusedError,
    TransientDeliveryError,
    Transport,
    UnclearDeliveryError,
    UnfinishedDeliveryError,
)

__all__ = [
    "DeliveryError",
    "PartialDeliveryError",
    "PermanentDeliveryError",
    "SenderRefusedError",
    "TransientDeliveryError",
    "Transport",
    "UnclearDeliveryError",
    "UnfinishedDeliveryError",
]
