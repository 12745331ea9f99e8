"""The new words of a reply: history goes, answers stay, in doubt everything stays."""

import time

import pytest

from connectors.mail.parsing import parse
from tests.connectors.mail.parsing.build import mail, multipart, reply, text_part

ATTRIBUTIONS = [
    "On Tue, Mar 3, 2026 at 9:15 AM Desk <desk@desk.example> wrote:",
    "On Tue, Mar 3, 2026 at 9:15 AM Desk\n<desk@desk.example> wrote:",
    "On 3 Mar 2026, at 09:15, Desk wrote:",
    "Am 03.03.2026 um 09:15 schrieb Desk <desk@desk.example>:",
    "Am Di., 3. März 2026 um 09:15 Uhr schrieb Desk <\ndesk@desk.example>:",
    "Desk <desk@desk.example> schrieb am Di., 3. März 2026, 09:15:",
    "Le mar. 3 mars 2026 à 09:15, Desk <desk@desk.example> a écrit :",
    "Le 3 mars 2026 à 09:15, Desk <desk@desk.example> a\nécrit :",
    "El mar, 3 mar 2026 a las 9:15, Desk (<desk@desk.example>) escribió:",
    "Il giorno mar 3 mar 2026 alle ore 09:15 Desk <desk@desk.example> ha scritto:",
    "Il 03/03/2026 09:15, Desk ha scritto:",
    "Op di 3 mrt 2026 om 09:15 schreef Desk <desk@desk.example>:",
    "W dniu 03.03.2026 o 09:15, Desk pisze:",
    "wt., 3 mar 2026 o 09:15 Desk <desk@desk.example> napisał(a):",
    "Dnia 3 marca 2026 09:15 Desk <desk@desk.example> napisał(a):",
    "Em ter., 3 de mar. de 2026 às 09:15, Desk <desk@desk.example> escreveu:",
    "Den tis 3 mars 2026 kl 09:15 skrev Desk <desk@desk.example>:",
    "Den tir. 3. mar. 2026 kl. 09.15 skrev Desk <desk@desk.example>:",
    "tir. 3. mar. 2026 kl. 09:15 skrev Desk <desk@desk.example>:",
    "ti 3. maalisk. 2026 klo 9.15 Desk (desk@desk.example) kirjoitti:",
    "вт, 3 мар. 2026 г. в 09:15, Desk <desk@desk.example>:",
    "3 марта 2026 г., 09:15, Desk <desk@desk.example> написал:",
    "03.03.2026 09:15, Desk пишет:",
    "út 3. 3. 2026 v 9:15 odesílatel Desk <desk@desk.example> napsal:",
    "Dne 3. 3. 2026 v 9:15 Desk <desk@desk.example> napsal(a):",
    "Desk <desk@desk.example> ezt írta (időpont: 2026. márc. 3., K, 9:15):",
    "Desk <desk@desk.example>, 3 Mar 2026 Sal, 09:15 tarihinde şunu yazdı:",
    "2026年3月3日(火) 9:15 Desk <desk@desk.example>:",
    "Desk <desk@desk.example> 于2026年3月3日周二 09:15写道：",
    "2026년 3월 3일 (화) 오전 9:15, Desk <desk@desk.example>님이 작성:",
    "2026-03-03 9:15 GMT+01:00 Desk <desk@desk.example>:",
    "Στις Τρί 3 Μαρ 2026 στις 9:15 π.μ., ο χρήστης Desk <desk@desk.example> έγραψε:",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_history_under_an_introduction_goes(attribution: str) -> None:
    found = reply(f"It works now.\n\nThanks\n\n{attribution}\n\n> Did you try\n> turning it off?\n")
    assert found.reply_text == "It works now.\n\nThanks"
    assert "turning it off" in found.body_text


@pytest.mark.parametrize("attribution", ATTRIBUTIONS[:5])
def test_history_without_quote_marks_goes_too(attribution: str) -> None:
    assert reply(f"It works now.\n\n{attribution}\n\nDid you try turning it off?\n").reply_text == "It works now."


BLOCKS = [
    "From: Desk <desk@desk.example>\nSent: Tuesday, March 3, 2026 9:15 AM\nTo: Ann\nSubject: Printer",
    "Von: Desk <desk@desk.example>\nGesendet: Dienstag, 3. März 2026 09:15\nAn: Ann\nBetreff: Drucker",
    "De : Desk <desk@desk.example>\nEnvoyé : mardi 3 mars 2026 09:15\nÀ : Ann\nObjet : Imprimante",
    "Van: Desk\nVerzonden: dinsdag 3 maart 2026 09:15\nAan: Ann\nOnderwerp: Printer",
    "Da: Desk\nInviato: martedì 3 marzo 2026 09:15\nA: Ann\nOggetto: Stampante",
    "De: Desk\nEnviado el: martes, 3 de marzo de 2026 9:15\nPara: Ann\nAsunto: Impresora",
    "Od: Desk\nWysłano: wtorek, 3 marca 2026 09:15\nDo: Ann\nTemat: Drukarka",
    "Från: Desk\nSkickat: den 3 mars 2026 09:15\nTill: Ann\nÄmne: Skrivare",
    "От: Desk\nОтправлено: 3 марта 2026 г. 9:15\nКому: Ann\nТема: Принтер",
    "差出人: Desk\n送信日時: 2026年3月3日 9:15\n宛先: Ann\n件名: プリンター",
    "发件人: Desk\n发送时间: 2026年3月3日 9:15\n收件人: Ann\n主题: 打印机",
    "*From:* Desk\n*Sent:* Tuesday, March 3, 2026 9:15 AM\n*To:* Ann\n*Subject:* Printer",
    "________________________________\nFrom: Desk\nDate: 3 March 2026\nTo: Ann\nSubject: Printer",
    "-----Original Message-----\nFrom: Desk\nSubject: Printer",
    "-----Ursprüngliche Nachricht-----\nVon: Desk",
    "-------- Message d'origine --------",
    "-- please answer above this line --",
]  # fmt: skip


@pytest.mark.parametrize("block", BLOCKS)
def test_history_under_a_header_block_goes(block: str) -> None:
    assert reply(f"It works now.\n\n{block}\n\nDid you try turning it off?\n").reply_text == "It works now."


@pytest.mark.parametrize(
    "text",
    [
        "On 3 March 2026 Desk wrote:\n> Does it print?\nYes, it does.\n> Even in colour?\nNo.",
        "On 3 March 2026 Desk wrote:\n> Does it print?\n\nYes, it does.",
        "Hello,\n\n> Does it print?\n\nYes, it does.",
        "Hello,\n\nOn 3 March 2026 Desk wrote:\n> Does it print?\n\nYes, it does.",
        "> Does it print?\nYes, it does.",
    ],
)
def test_answers_between_and_below_quotes_keep_all(text: str) -> None:
    assert reply(text).reply_text == text


@pytest.mark.parametrize(
    "text",
    [
        "On the second floor, the printer is broken. My boss wrote:\nplease hurry.",
        "From: my point of view it is the toner.\nTo: be sure, I changed it.",
        "Steps:\n----------\n1. print\n----------\n2. nothing",
        "I tried it -- twice -- without luck.",
        "On Monday I wrote a letter.\n\nIt did not print.",
        "Am Montag schrieb ich einen Brief, er kam nicht aus dem Drucker.",
        "The log says\n| 12:00 | error |\n| 12:01 | error |\nand then nothing.",
    ],
)
def test_ordinary_text_that_looks_like_a_mark_stays(text: str) -> None:
    assert reply(text).reply_text == text


def test_nothing_is_cut_when_nothing_would_be_left() -> None:
    text = "On 3 March 2026 Desk <desk@desk.example> wrote:\n> Does it print?"
    assert reply(text).reply_text == text


def test_quoted_lines_of_a_first_mail_stay() -> None:
    text = "The screen shows\n> fatal error\n> press any key"
    assert parse(mail(body=text.encode())).reply_text == text
    assert reply(text).reply_text == "The screen shows"


def test_a_forward_is_the_message_itself() -> None:
    block = "---------- Forwarded message ---------\nFrom: Bob <bob@b.example>\nDate: x\nSubject: y"
    text = f"Please look.\n\n{block}\n\nIt burns."
    assert reply(text).reply_text == text


def test_a_wrapped_quote_is_still_a_quote() -> None:
    text = (
        "Fine.\n\nOn 3 March 2026 Desk wrote:\n> This is a rather long line of the mail before, and it was wrapped by\n"
        "the mailer\n> without care."
    )
    assert reply(text).reply_text == "Fine."


@pytest.mark.parametrize(
    "ending",
    ["-- \nAnn Example\nCustomer Ltd", "Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone",
     "Get Outlook for iOS<https://aka.ms/o0ukef>"],
)  # fmt: skip
def test_signatures_are_hidden_and_kept_in_the_body(ending: str) -> None:
    found = reply(f"It works now.\n\n{ending}\n")
    assert found.reply_text == "It works now."
    assert ending.rsplit("\n", maxsplit=1)[-1] in found.body_text


def test_a_signature_alone_stays() -> None:
    assert reply("Sent from my iPhone").reply_text == "Sent from my iPhone"


HTML_REPLIES = [
    '<div>It works now.</div><div class="gmail_quote">On Tue Desk wrote:<blockquote>Did you try?</blockquote></div>',
    "<p>It works now.</p><blockquote type=cite><p>Did you try?</p></blockquote>",
    '<p>It works now.</p><div id="divRplyFwdMsg"><b>From:</b> Desk</div><div>Did you try?</div>',
    '<p>It works now.</p><div id="appendonsend"></div><hr><p>Did you try?</p>',
    '<p>It works now.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt">From: Desk</div><p>Did you try?</p>',
    '<p>It works now.</p><div class="moz-cite-prefix">Am Dienstag</div><blockquote>Did you try?</blockquote>',
    '<p>It works now.</p><div class="yahoo_quoted">Did you try?</div>',
    '<p>It works now.</p><div class="protonmail_quote">Did you try?</div>',
]


@pytest.mark.parametrize("html", HTML_REPLIES)
def test_the_marks_of_html_mailers_are_known(html: str) -> None:
    raw = mail(headers=b"In-Reply-To: <a@b>\r\n", kind=b"text/html; charset=utf-8", body=html.encode())
    found = parse(raw)
    assert found.reply_text == "It works now."
    assert "Did you try?" in found.body_text


def test_html_marks_help_where_the_text_has_none() -> None:
    text = "It works now.\n\nDid you try?"
    html = '<p>It works now.</p><div class="yahoo_quoted">Did you try?</div>'
    parts = (text_part(text), text_part(html, b"text/html"))
    raw = multipart(*parts, kind=b"alternative", headers=b"In-Reply-To: <a@b>\r\n")
    assert parse(raw).reply_text == "It works now."


def test_answers_inside_html_quotes_stay() -> None:
    quote = "<blockquote type=cite>{}</blockquote>"
    html = quote.format("Does it print?") + "<p>Yes.</p>" + quote.format("In colour?") + "<p>No.</p>"
    raw = mail(headers=b"In-Reply-To: <a@b>\r\n", kind=b"text/html", body=html.encode())
    assert [word in parse(raw).reply_text for word in ("Does it print?", "Yes.", "No.")] == [True, True, True]


def test_thousands_of_lines_that_begin_like_an_attribution_are_read_in_seconds() -> None:
    line = "<bob@customer.example>: host mx.customer.example[192.0.2.65] said: 550 5.2.1"
    started = time.process_time()
    found = reply(f"{line}\n" * 3_000)
    assert time.process_time() - started < 4
    assert found.reply_text.count("mx.customer.example") == 3_000
