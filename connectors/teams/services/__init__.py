from connectors.teams.services.acting import use_card
from connectors.teams.services.posting import TASK, deliver_due_posts, forget_old
from connectors.teams.services.queueing import KINDS, queue_posts, retry_post, send_test_card

__all__ = [
    "KINDS",
    "TASK",
    "deliver_due_posts",
    "forget_old",
    "queue_posts",
    "retry_post",
    "send_test_card",
    "use_card",
]
