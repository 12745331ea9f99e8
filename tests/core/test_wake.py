"""Words on the queue: said by whoever commits, passed on by a thread that alone waits for the broker."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis

from core import wake
from tests.live import live_environment

TASK = "tests.nobody_listens"


@pytest.fixture
def queue() -> Iterator[Redis]:
    """The broker, whose queue nobody reads during this test; empty before and after."""
    broker = Redis.from_url(settings.REDIS_URL)
    broker.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
    yield broker
    broker.delete(settings.CELERY_TASK_DEFAULT_QUEUE)


def words_on(queue: Redis) -> int:
    return sum(TASK.encode() in message for message in queue.lrange(settings.CELERY_TASK_DEFAULT_QUEUE, 0, -1))


def test_a_word_reaches_the_queue(queue: Redis) -> None:
    wake.now(TASK)
    assert wake.wait_until_sent(10)
    assert words_on(queue) == 1


def test_words_of_many_transactions_are_gathered_into_one(queue: Redis) -> None:
    with wake.gathered():
        for _each in range(5):
            wake.now(TASK)
    assert wake.wait_until_sent(10)
    assert words_on(queue) == 1


def test_a_process_that_ends_passes_its_last_word_on(queue: Redis) -> None:
    program = f"import django; django.setup(); from core import wake; wake.now({TASK!r})"
    subprocess.run([sys.executable, "-c", program], cwd=settings.BASE_DIR, env=live_environment(), check=True)
    assert words_on(queue) == 1


def test_a_forked_process_says_its_own_words(queue: Redis) -> None:
    program = f"""
import django; django.setup()
import os, warnings
from core import wake
wake.now({TASK!r})
assert wake.wait_until_sent(10)
warnings.simplefilter("ignore")  # Python 3.12 warns of any fork beside a thread
if child := os.fork():
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
wake.now({TASK!r})
os._exit(0 if wake.wait_until_sent(10) else 1)
"""
    subprocess.run([sys.executable, "-c", program], cwd=settings.BASE_DIR, env=live_environment(), check=True)
    assert words_on(queue) == 2


def test_after_a_failure_words_are_kept_back_for_a_while(queue: Redis) -> None:
    messenger = wake._Messenger()
    messenger._silent_until = time.monotonic() + 3600
    messenger.send(TASK)
    assert messenger.wait_until_sent(10)
    assert words_on(queue) == 0
    messenger._silent_until = 0.0
    messenger.send(TASK)
    assert messenger.wait_until_sent(10)
    assert words_on(queue) == 1


def test_a_broker_that_does_not_answer_holds_nobody_up(tmp_path: Path) -> None:
    """Whoever says a word has gone on while the broker has not even taken the call."""
    program = f"""
import django; django.setup()
from core import wake
wake.now({TASK!r})
print("gone on", flush=True)
print(wake.wait_until_sent(60), flush=True)
"""
    with socket.socket(socket.AF_UNIX) as broker:
        broker.bind(str(tmp_path / "broker.sock"))
        broker.listen()
        environment = live_environment() | {"REDIS_URL": f"unix://{tmp_path}/broker.sock"}
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "gone on\n"
        broker.accept()[0].close()
    answer, _errors = process.communicate(timeout=60)
    assert (answer, process.returncode) == ("True\n", 0)
