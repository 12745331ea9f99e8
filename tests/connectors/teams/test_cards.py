"""Cards as Teams takes them: valid, small enough whatever there is to say, and without any Markdown from elsewhere."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.teams import cards as module
from connectors.teams.cards import MOST_BYTES, Button, Card, Item, adaptive_card, message_of
from tests.fakes.teams import MOST_BYTES as TEAMS_TAKES
from tests.fakes.teams import _judge, buttons_of, texts_of

URL = "https://desk.example/t/INC-2025-000123/"
words = st.text(max_size=2000)
items = st.builds(
    Item,
    title=words,
    facts=st.lists(st.tuples(words, words), max_size=4),
    buttons=st.lists(st.builds(Button, words, st.just(URL)), max_size=3),
)
cards = st.builds(
    Card, title=words, items=st.lists(items, min_size=1, max_size=60), language=st.just("de"), url=st.just(URL)
)


def shown(message: bytes) -> Any:
    return json.loads(message)["attachments"][0]["content"]


@settings(max_examples=40)
@given(cards)
def test_whatever_is_said_makes_a_valid_card_below_the_limit(card: Card) -> None:
    message = message_of(card)
    assert len(message) <= MOST_BYTES < TEAMS_TAKES
    assert [error.message for error in _judge().iter_errors(shown(message))] == []


@pytest.mark.parametrize("count", [1, 400])
def test_what_does_not_fit_is_counted(count: int) -> None:
    every = [Item(title=f"INC-2025-{n:06}: Overdue", buttons=[Button("Open", URL)]) for n in range(count)]
    card = shown(message_of(Card(title=f"{count} notifications", items=every, language="en", url=URL)))
    told = sum(texts_of(card).count(item.title) for item in every)
    left_out = count - told if count > 1 else 0
    assert (f"{left_out} more are in the app." in texts_of(card)) == (left_out > 0)
    assert (left_out > 0) == (count == 400)
    assert buttons_of(card)["Open"] == URL


def test_a_card_of_a_thousand_news_is_written_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    usual = module._encoded

    def encoded(card: Card, recipient: str) -> bytes:
        written.append(len(card.items))
        return usual(card, recipient)

    monkeypatch.setattr(module, "_encoded", encoded)
    every = [Item(title=f"INC-2025-{n:06}: Overdue", buttons=[Button("Open", URL)] * 2) for n in range(1000)]
    body = message_of(Card(title="1000 notifications", items=every, language="en", url=URL))
    assert (len(body) <= MOST_BYTES, len(written) <= 12) == (True, True)
    more = Card(title="1000 notifications", items=every[: written[-1] + 1], language="en", url=URL)
    assert len(usual(more, "")) > MOST_BYTES - 100, "no more would have fitted"


def test_words_of_others_make_no_link() -> None:
    item = Item(title="[click](https://evil.example)", facts=[("Ticket", "[click](https://evil.example)")])
    card = adaptive_card(Card(title="**Loud**", items=[item], language="en", url=URL))
    body = json.dumps(card["body"])
    assert '"TextBlock"' not in body  # the one element beside facts that would read them as Markdown
    assert r"\[click\]\(https://evil.example\)" in card["body"][1]["items"][0]["facts"][0]["value"]
