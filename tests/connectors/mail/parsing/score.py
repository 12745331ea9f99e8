"""The parser's score over the development mails, by class, as the docs show it.

`python -m tests.connectors.mail.parsing.score` writes it into docs/subsystems/mail.md.
"""

from collections import Counter
from pathlib import Path

from connectors.mail.parsing import parse
from connectors.mail.parsing.output import as_json
from tests.connectors.mail.parsing.corpus import Answer, Case, cases, is_met
from tests.connectors.mail.parsing.test_corpus import NOT_MET

DOCS = Path(__file__).parents[4] / "docs" / "subsystems" / "mail.md"
BEGIN, END = "<!-- score: begin -->", "<!-- score: end -->"


def block(answers: list[tuple[Case, Answer]]) -> str:
    """Table by class, and every deviation with its reason. A mail of several classes counts in each."""
    mails, right, checks, met = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for case, answer in answers:
        found = [is_met(field, wanted, answer) for field, wanted in case.expect.items()]
        for name in (*case.classes, "**all**"):
            mails[name] += 1
            right[name] += all(found)
            checks[name] += len(found)
            met[name] += sum(found)
    lines = ["| Class | Mails | Wholly right | Checks | Met | |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name in sorted(mails, key=lambda one: (one.startswith("*"), -mails[one], one)):
        share = f"{met[name] / checks[name]:.1%}" if checks[name] else "–"
        lines.append(f"| {name} | {mails[name]} | {right[name]} | {checks[name]} | {met[name]} | {share} |")
    lines += ["", "Not met, on purpose:", ""]
    lines += [f"- `{name}`, {field}: {reason}." for (name, field), reason in sorted(NOT_MET.items())]
    return "\n".join([BEGIN, *lines, END])


def with_block(text: str, new: str) -> str:
    before, _begin, rest = text.partition(BEGIN)
    return before + new + rest.partition(END)[2]


def main() -> None:
    answers = [(case, as_json(parse(case.path.read_bytes()))) for case in cases()]
    DOCS.write_text(with_block(DOCS.read_text(encoding="utf-8"), block(answers)), encoding="utf-8")


if __name__ == "__main__":
    main()
