"""Words of many mail programs and servers, made up after each: quotes, bounces, automatic replies, addresses, bytes."""

import pytest

from connectors.mail.parsing import MailKind, ParsedMail, parse, sanitise
from connectors.mail.parsing.charsets import decode
from tests.connectors.mail.parsing.build import mail, multipart, reply, text_part

DESK = "Help Desk <desk@desk.example>"
ATTRIBUTIONS = [
    f"On 11-Apr-2026, at 6:54 PM, {DESK} sent:", "---- Help Desk wrote ----", f"Zitat von {DESK}:",
    f"pon, 4. svi 2026. u 09:15 {DESK} napisao je:", f"Kuupäeval E, 4. mai 2026 kell 09:15 kirjutas {DESK}:",
    f"V V pon., 4. maj 2026 ob 09:15 je oseba {DESK} napisala:",
    f"Wiadomość napisana przez {DESK} w dniu 4 maj 2026, o godz. 09:15:",
    f"في الاثنين، 4 مايو 2026 في 9:15 ص تمت كتابة ما يلي بواسطة {DESK}:",
    f"\u202bבתאריך יום ב׳, 4 במאי 2026 ב-9:15 מאת {DESK}:\u202c",
    f"\ufeffAm 04.05.26, 09:15 schrieb {DESK}:", "Help Desk schrieb am 04.05.2026 um 09:15:",
    '"Help Desk" ---05/04/2026 09:15:20 AM---Is the printer repaired?',
    f"-------- Original message --------From: {DESK} Date: 5/4/26 9:15 AM To: ann@customer.example Subject: Printer",
    f"Sent: Monday, May 04, 2026\nFrom: {DESK}\nTo: ann@customer.example\nSubject: Printer",
]  # fmt: skip
HEADER_BLOCKS = [
    "Šalje|Poslano|Prima|Predmet", "От|Изпратено|До|Относно", "Saatja|Saadetud|Adressaat|Teema",
    "Nuo|Išsiųsta|Kam|Tema",
    "No|Nosūtīts|Kam|Tēma", "De|Enviat el|Per a|Tema", "จาก|ส่งแล้ว|ถึง|เรื่อง", "מאת|נשלח|אל|נושא",
    "De la|Trimis|Către|Subiectul",
    "Dari|Dikirim|Kepada|Subjek", "De|Enviada em|Para|Assunto", "Від кого|Дата|Кому|Тема", "送信元|日付|送信先|件名",
]  # fmt: skip


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_earlier_mail_is_cut_at_the_words_of_the_program(attribution: str) -> None:
    assert reply(f"It works now.\n\n{attribution}\n\n> Is the printer repaired?\n").reply_text == "It works now."


@pytest.mark.parametrize("labels", HEADER_BLOCKS)
def test_earlier_mail_is_cut_at_a_header_block_in_the_language_of_the_program(labels: str) -> None:
    values = (DESK, "4.5.2026 09:15", "Ann <ann@customer.example>", "Printer")
    block = "\n".join(f"{label}: {value}" for label, value in zip(labels.split("|"), values, strict=True))
    assert reply(f"It works now.\n\n{block}\n\nIs the printer repaired?").reply_text == "It works now."


def test_an_attribution_behind_the_words_in_one_line_is_cut_off() -> None:
    found = reply("It works now. On Mon, May 4, 2026 at 9:15 AM, desk@desk.example wrote:\n> Is it repaired?\n")
    assert found.reply_text == "It works now."


@pytest.mark.parametrize(
    "text",
    [
        "Date: 4.5.2026\nSubject: defect\nTo: Hamburg\nThe parcel is lost.", "--- The server wrote ---\nline one",
        "I called Bob <bob@customer.example> on 4.5.2026 at 9:15:\nhe did not know.",
    ],
)  # fmt: skip
def test_words_of_a_first_mail_that_look_alike_stay(text: str) -> None:
    assert parse(mail(body=text.encode())).reply_text == text


@pytest.mark.parametrize(
    "mark",
    [
        "Začátek přeposílané zprávy:", "Początek przekazywanej wiadomości:",
        "----- Przekazana wiadomość -----",
        "-------- Videresendt meddelelse --------", "Välitetty viesti alkaa:", "-------- İletilen İleti --------",
        "---------- メッセージを転送 ----------", "Forwarded message:",
    ],
)  # fmt: skip
def test_what_is_forwarded_in_whatever_language_stays(mark: str) -> None:
    text = f"Please help.\n\n{mark}\n\nFrom: Bob <bob@x.example>\nDate: 4 May\nTo: ann\nSubject: Printer\n\nIt burns."
    assert "It burns." in reply(text).reply_text


def bounce(text: str, *, sender: str = "MAILER-DAEMON@mx.example", subject: str = "Undelivered mail") -> ParsedMail:
    head = f"From: {sender}\r\nTo: desk@desk.example\r\nSubject: {subject}\r\n\r\n"
    return parse((head + text.replace("\n", "\r\n")).encode())


@pytest.mark.parametrize(
    "text",
    [
        "Unknown user: kim@x.example", "Invalid final delivery userid: kim@x.example", "undeliverable to kim@x.example",
        "User mailbox exceeds allowed size: kim@x.example", "Delivery failed 20 attempts: kim@x.example",
        "Error-for:  kim@x.example\nError-Code: 0", "an undisclosed address\n  (generated from kim@x.example)",
        "c=US;a= ;p=X;dda:SMTP=kim@x.example; on Fri, 4 Oct",
        "could not deliver\n\nSubject: Printer\nTo: kim@x.example",
        "Die Adresse kim@x.example gibt es hier nicht, schrieb der Server.",
    ],
)  # fmt: skip
def test_who_did_not_get_it_is_found_in_the_words_of_many_servers(text: str) -> None:
    found = bounce(text)
    assert (found.kind, found.delivery.recipients) == (MailKind.BOUNCE, ("kim@x.example",))


def test_our_own_address_in_a_bounce_is_not_the_one_that_failed() -> None:
    assert bounce("Your mail from desk@desk.example could not be delivered.").delivery.recipients == ()


@pytest.mark.parametrize(
    "subject",
    [
        "Niedostarczalne: x", "Kan inte levereras: x", "Kan ikke leveres: x", "Ei voi toimittaa: x", "Nedoručitelné: x",
        "Kézbesíthetetlen: x", "Teslim Edilemedi: x", "配信不能: x", "배달되지 않음: x", "Impossibile recapitare: x",
        "Não foi possível entregar: x",
    ],
)  # fmt: skip
def test_failed_deliveries_are_known_in_more_languages(subject: str) -> None:
    found = bounce("kim@x.example\n550 5.1.1", subject=subject)
    assert (found.is_bounce, found.delivery.recipients) == (True, ("kim@x.example",))


def test_a_postmaster_without_an_empty_return_path_is_believed_if_only_a_server_speaks_so() -> None:
    words = "Unknown user: kim@x.example\n\nRCPT TO generated following response:\n553 5.3.0 no such user"
    assert bounce(words, sender="Postmaster <postmaster@x.example>", subject="Undeliverable Mail").is_bounce
    assert not bounce(words, sender="Postmaster <postmaster@x.example>", subject="Re: Undeliverable Mail").is_bounce
    assert not bounce("Hello, is this mail undeliverable?", sender="postmaster@x.example").is_bounce


def report(block: str) -> ParsedMail:
    status = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n" + block.encode()
    return parse(multipart(text_part("Sorry"), status, kind=b"report", headers=b"Return-Path: <>\r\n"))


def test_actions_of_a_servers_own_count_by_their_status() -> None:
    assert report("Final-Recipient: rfc822; kim@x.example\r\nAction: error\r\nStatus: 5.0.0\r\n").is_bounce
    assert not report("Final-Recipient: rfc822; kim@x.example\r\nAction: done\r\nStatus: 2.0.0\r\n").is_bounce


def test_addresses_of_reports_are_read_as_rfc_6533_writes_them_and_as_we_sent_them() -> None:
    unitext = report("Final-Recipient: utf-8; m\\x{FC}ller@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n")
    assert unitext.delivery.recipients == ("müller@x.example",)
    inside = "Original-Recipient: rfc822;kim@x.example\r\nFinal-Recipient: rfc822;kim@store-7\r\nAction: failed\r\n"
    assert report(inside).delivery.recipients == ("kim@x.example",)


def test_read_receipts_with_addresses_beyond_ascii_are_reports() -> None:
    receipt = (
        "Content-Type: message/global-disposition-notification\r\n\r\nFinal-Recipient: utf-8;kim@x.example\r\n"
        "Original-Message-ID: <ours@desk.example>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
    )
    found = parse(multipart(text_part("read"), receipt.encode()))
    assert (found.kind, found.delivery.disposition) == (MailKind.REPORT, "displayed")


@pytest.mark.parametrize("subject", ["AUTO: Ann Example is out of the office (returning 05/05/2026)",
                                     "AUTO: Ann ist außer Haus (Rückkehr am 05.05.2026)"])  # fmt: skip
def test_absence_notes_of_lotus_notes_are_automatic_replies(subject: str) -> None:
    found = parse(f"From: ann@a.example\r\nSubject: {subject}\r\n\r\nI am out of the office.".encode())
    assert found.kind == MailKind.AUTO_REPLY


@pytest.mark.parametrize("subject", ["Αυτόματη απάντηση: x", "رد تلقائي: x",
                                     "תשובה אוטומטית: x", "自动答复: x", "Samodejni odgovor: x"])  # fmt: skip
def test_subjects_of_automatic_replies_in_more_languages(subject: str) -> None:
    head = f"From: ann@a.example\r\nSubject: {subject}\r\nX-Auto-Response-Suppress: All\r\n\r\n"
    assert parse(head.encode()).is_auto_reply


@pytest.mark.parametrize(
    ("field", "name", "address"),
    [
        ('"first last"@x.example', "", '"first last"@x.example'),
        ("Kim [mailto:kim@x.example]", "Kim", "kim@x.example"),
        ('"Kim Doe <kim@x.example>', "Kim Doe", "kim@x.example"),
    ],
)  # fmt: skip
def test_odd_mailboxes_keep_name_and_address(field: str, name: str, address: str) -> None:
    sender = parse(f"From: {field}\r\n\r\nx".encode()).from_
    assert sender is not None
    assert (sender.name, sender.address) == (name, address)


@pytest.mark.parametrize("codec", ["koi8-r", "cp1251"])
@pytest.mark.parametrize("text", ["тест тест", "Заявка на ремонт", "Привет"])
def test_short_lines_of_russian_without_a_label_are_read(text: str, codec: str) -> None:
    assert decode(text.encode(codec)) == text


@pytest.mark.parametrize(("text", "codec"), [("ÄÖÜ", "cp1252"), ("Größe für Öl", "cp1252"), ("Καλημέρα", "cp1253")])
def test_short_lines_of_other_scripts_are_not_taken_for_russian(text: str, codec: str) -> None:
    assert decode(text.encode(codec)) == text


def test_text_cut_within_a_character_stays_what_its_label_says() -> None:
    assert decode("Prüfung grö".encode() + b"\xc3", "utf-8") == "Prüfung grö\ufffd"
    assert decode("Hallo".encode("utf-16") + b"\n", "utf-16") == "Hallo"


def part_of(content: str) -> bytes:
    part = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return parse(multipart(part + content.encode())).attachments[0].content


def test_the_checksum_of_pgp_armour_is_no_content() -> None:
    assert part_of("SGVsbG8=\r\n=zH6Q\r\n") == b"Hello"


def test_rubbish_behind_the_closing_delimiter_ends_the_part_all_the_same() -> None:
    part = b"--frontier\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nHello\r\n--frontier-->\r\nmalicious"
    found = parse(mail(body=part, kind=b"multipart/mixed; boundary=frontier"))
    assert [file.content for file in found.attachments] == [b"Hello"]


@pytest.mark.parametrize("html", ["<p style='background-color:src(//evil.example)'>x</p>",
                                  "<p style='font-size:1e9px'>x</p>",
                                  "<p style='width:calc(99% * 99)'>x</p>"])  # fmt: skip
def test_css_functions_but_colours_and_huge_numbers_go(html: str) -> None:
    assert sanitise(html).html == "<p>x</p>"


def test_colours_stay_and_hold_nothing_else() -> None:
    assert "rgba(1,2,3,0.5)" in sanitise("<p style='color:rgba(1,2,3,0.5)'>x</p>").html.replace(" ", "")
    assert sanitise("<font color='red'>x</font>").html == '<font color="red">x</font>'
    assert sanitise("<font color='url(//evil.example)'>x</font>").html == "<font>x</font>"
