"""Mails of every sort, the same ones each time: new, replies, automatic, broken, and copies of what came before."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.factories.mail import a_mail

SORTS = (("new", 45), ("reply", 30), ("automatic", 10), ("broken", 10), ("copy", 5))


@dataclass(frozen=True)
class Begun:
    """A ticket that was there before: who wrote, by which id, and its reference."""

    sender: str
    message_id: str
    reference: str
    mailbox: str


def first_mail(number: int, mailbox: str) -> tuple[bytes, Begun]:
    begun = Begun(f"first{number}@customer.test", f"first{number}@customer.test", "", mailbox)
    raw = a_mail(sender=begun.sender, to=mailbox, subject=f"Begun {number}", message_id=begun.message_id)
    return raw, begun


def mixed_mails(
    count: int, begun: Sequence[Begun], mailboxes: Sequence[str], *, seed: int
) -> Iterator[tuple[str, bytes]]:
    """`count` mails, each with the mailbox it lies in. What becomes of one does not hang on the order of the others,
    but for copies: of a mail and its copy the first counts.
    """
    dice = random.Random(seed)
    kinds, weights = [kind for kind, _weight in SORTS], [weight for _kind, weight in SORTS]
    made: list[tuple[str, bytes]] = []
    for number in range(count):
        kind = dice.choices(kinds, weights)[0]
        if kind == "copy" and made:
            made.append(made[dice.randrange(len(made))])
        elif kind == "reply":
            made.append(_reply(number, begun[dice.randrange(len(begun))], by_id=dice.random() < 0.5))
        elif kind == "automatic":
            made.append(_automatic(number, begun[dice.randrange(len(begun))], dice.randrange(4)))
        elif kind == "broken":
            mailbox = mailboxes[number % len(mailboxes)]
            made.append((mailbox, _broken(number, mailbox, dice.randrange(6), dice)))
        else:
            mailbox = mailboxes[number % len(mailboxes)]
            sender = f"Person {number} <person{number}@customer.test>"
            raw = a_mail(sender=sender, to=mailbox, subject=f"Mail {number}", body=f"Number {number}", **_id(number))
            made.append((mailbox, raw))
    return iter(made)


def _id(number: int) -> dict[str, str]:
    return {"message_id": f"soak{number}@customer.test"}


def _reply(number: int, to: Begun, *, by_id: bool) -> tuple[str, bytes]:
    subject = f"RE: Begun {number}" if by_id else f"AW: [{to.reference}] Begun"
    headers = {"In_Reply_To": f"<{to.message_id}>"} if by_id else {}
    body = f"Answer {number}"
    return to.mailbox, a_mail(sender=to.sender, to=to.mailbox, subject=subject, body=body, **headers, **_id(number))


def _automatic(number: int, to: Begun, sort: int) -> tuple[str, bytes]:
    subject, headers = f"Out of office {number}", {"Auto_Submitted": "auto-replied"}
    if sort == 0:  # of a ticket
        headers["In_Reply_To"] = f"<{to.message_id}>"
    elif sort == 1:  # of nothing
        subject = f"Abwesenheitsnotiz {number}"
    elif sort == 2:  # a monitor, which makes a ticket
        headers = {"Auto_Submitted": "auto-generated", "Precedence": "bulk"}
    else:
        subject, headers = f"Undelivered Mail Returned to Sender {number}", {"Return_Path": "<>"}
    sender = f"machine{number}@robots.test" if sort else to.sender
    sender = f"MAILER-DAEMON@mx{number}.test" if sort == 3 else sender
    return to.mailbox, a_mail(
        sender=sender, to=to.mailbox, subject=subject, body=f"Number {number}", **headers, **_id(number)
    )


def _broken(number: int, mailbox: str, sort: int, dice: random.Random) -> bytes:
    name, sender = f"{number}".encode(), f"From: broken{number}@customer.test\r\nTo: {mailbox}\r\n".encode()
    return [
        dice.randbytes(2000) + name,
        b"Subject: nobody " + name + b"\r\n\r\nNo sender.",
        sender + b"Subject: =?utf-8?b?w6Q\r\nContent-Type: text/plain; charset=x-nothing\r\n\r\n\xff\xfe\x80 " + name,
        sender + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nNo end ' + name,
        sender + b"no header at all\r\nX: " + b"y" * 100_000 + b"\r\n\r\n" + name,
        b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(100)) + name,
    ][sort]
