"""What mail programs write where earlier mail begins, in many languages, and how they end their own.

Patterns work on single lines or on a few joined ones of bounded length; none can backtrack far.
"""

import re

# "On 3 April 2012, Bob wrote:" - the first word, a date or an address somewhere, the verb near the end.
INTRODUCTIONS = (
    "on", "am", "le", "el", "il", "op", "em", "den", "dne", "dana", "dňa", "w dniu", "dnia", "in data", "data", "a",
    "på", "pe", "la", "на", "у", "vào", "pada", "tarihinde", "kl", "ve", "il giorno", "em data", "no dia", "el dia",
    "el día", "d.", "ma", "ti", "ke", "to", "pe", "la", "su", "στις", "fra", "af", "från", "van", "da", "de", "od",
    "op ma", "op di", "op wo", "op do", "op vr", "op za", "op zo",
)  # fmt: skip
VERBS = (
    "wrote", "writes", "said", "schrieb", "geschrieben", "hat geschrieben", "a écrit", "a ecrit", "écrit", "escribió",
    "escribio", "ha scritto", "scrive", "scritto", "schreef", "geschreven", "heeft het volgende geschreven", "napisał",
    "napisała", "napisał(a)", "napisał/a", "pisze", "escreveu", "skrev", "skrev følgende", "kirjoitti", "пишет",
    "написал", "написала", "написал(а)", "писал", "писал(а)", "пише", "написав", "написала", "napsal", "napsala",
    "napsal(a)", "napísal", "napísal(a)", "írta", "ezt írta", "a scris", "yazdı", "şunu yazdı", "έγραψε", "је написао",
    "je napisao", "je napisala", "je napisal", "va escriure", "đã viết", "menulis", "a skrifaði", "kirjutas",
    "rakstīja", "rašė", "nadesłał", "写道", "寫道", "написа", "wrote the following",
)  # fmt: skip
_VERB = "|".join(re.escape(verb) for verb in sorted(set(VERBS), key=len, reverse=True))
_INTRO = "|".join(re.escape(word) for word in sorted(set(INTRODUCTIONS), key=len, reverse=True))
_END = r"\s*[-_*]{0,8}\s*[:：.]?\s*[-_*]{0,8}\s*$"
_EMAIL = r"[^\s<>\"',;:()]+@[^\s<>\"',;:()]+"
_WEEKDAY = (r"(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|пн|вт|ср|чт|пт|сб|вс|"
            r"понедельник|вторник|среда|четверг|пятница|суббота|воскресенье)\w*")  # fmt: skip

ATTRIBUTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # On Tue, Apr 3, 2012, Bob <bob@x> wrote:    ---- On Wed ... wrote ----
        rf"^[-_*\s]{{0,12}}(?:{_INTRO})\b.{{4,350}}?(?:{_VERB}){_END}",
        # Am 21.04.2016 17:48 schrieb "Eins Zwei" <a@b>:    Op 12 december 2016 19:05 schreef Naam <a@b>:
        rf"^[-_*\s]{{0,12}}(?:{_INTRO})\b.{{2,120}}?\d.{{0,80}}?\b(?:{_VERB})\b.{{1,200}}[:：]\s*\*?$",
        # Name <a@b> schrieb am Fr., 28. Apr. 2017 um 11:53 Uhr:    Name <a@b> wrote:
        rf"^.{{0,120}}<?{_EMAIL}>?\W{{1,4}}.{{0,60}}?(?:{_VERB})(?:\b.{{0,80}}\d.{{0,40}})?\s*[:：]\s*$",
        # On 11-Apr-2011, at 6:54 PM, Name <a@b> sent:    Name <a@b> tarihinde şunları yazdı:
        rf"^.{{0,120}}<{_EMAIL}>\s+(?:sent|a envoyé|hat gesendet)\s*[:：]\s*$",
        # Quoting Name <a@b>:    Zitat von Name <a@b>: (Horde)
        (
            rf"^(?:quoting|zitat von|citando a?|mensaje citado por|citerar|citat från|"
            rf"cytowanie)\s.{{0,120}}{_EMAIL}>?\s*:$"
        ),
        # "Name" ---04/05/2026 09:15:20 AM---The printer ... (Lotus Notes)
        r"^\"?[^\"<>]{2,60}\"?\s*---\s?\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\s+\d{1,2}:\d\d(?::\d\d)?(?: [ap]m)?\s?---",
        # Name schrieb am 04.05.2026 um 09:15:
        rf"^\S.{{1,80}}\s(?:{_VERB})\s.{{0,20}}\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}.{{0,30}}:$",
        # 20 окт. 2016 г. 19:37 пользователь "Имя" <a@b> написал:    2011/1/1 Bob wrote:
        rf"^(?:{_WEEKDAY}[.,]{{0,2}}\s*)?\d{{1,4}}[-/.\s年].{{4,300}}?(?:{_VERB}){_END}",
        # tir. 3. mar. 2026 kl. 09:15 skrev Navn <a@b>:
        rf"^(?:[^\W\d]{{2,14}}[.,]{{1,2}}\s*)?\d{{1,4}}[-/.\s].{{4,80}}?\b(?:{_VERB})\b.{{1,200}}[:：]\s*$",
        # 2017-11-24 16:32 GMT+01:00 Name <a@b>:    2013/7/20 Name <a@b>    Thu, 26 Jun 2014 14:00 +0400 от Name <a@b>:
        rf"^(?:{_WEEKDAY}[.,]{{1,2}}\s*)?\d{{1,4}}[-/.\s][\w.а-яё]{{1,12}}[-/.\s]\d{{1,4}}\b.{{2,160}}<{_EMAIL}>{_END}",
        r"^\d{4}[-/]\d\d?[-/]\d\d?\s+\d\d?:\d\d(?::\d\d)?\s+(?:GMT|UTC)[+-]\d\d?:?\d\d\s+\S.{0,120}$",
        # 2016年3月3日 17:21 Name <a@b>:    於 2016年3月3日 ... 寫道：    在 2016/3/3 ... 写道：   ...のメール:
        (
            rf"^(?:於|在|于)?\s*(?:{_WEEKDAY}\s*)?\d{{4}}\s*[年/.-]\s*\d{{1,2}}\s*[月/.-]\s*\d{{1,2}}\s*日?.{{2,200}}"
            rf"(?:<{_EMAIL}>\s*[:：]?|(?:写道|寫道|のメール|님이 작성|wrote)\s*[:：]?|[:：])\s*$"
        ),
        r"^\d{4}년 \d{1,2}월 \d{1,2}일.{2,200}(?:작성|썼습니다)\s*[:：]\s*$",
        # "A. Person" <a@b> 03/04/2012 05:49 PM (Lotus Notes)
        rf"^\s*\"?[^\"<>]{{2,60}}\"?\s*<{_EMAIL}>\s+\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}\s+\d{{1,2}}:\d\d.{{0,30}}$",
    )
)
NAMED_RULE = re.compile(rf"^[-_=]{{3,}}\s?\S.{{0,80}}\s(?:{_VERB})\s?[-_=]{{3,}}\s*$", re.IGNORECASE)
"""---- Name wrote ----, without a date."""
# In whatever language: a mailbox, a date with its year and a time in one line that ends in a colon. For replies only.
ANY_ATTRIBUTION = re.compile(
    rf"^(?=.{{0,300}}[<(\[]{_EMAIL})(?=.{{0,300}}(?<!\d)(?:20\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-]\d\d)(?!\d))"
    r"(?=.{0,300}(?<!\d)\d{1,2}[:.]\d\d(?!\d)).{10,350}[:：]$"
)
ANY_START = re.compile(rf"^.{{0,150}}[<(\[]{_EMAIL}")
INVISIBLE_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
HAS_DATE_OR_ADDRESS = re.compile(r"\d|@")
STARTS_ATTRIBUTION = re.compile(
    rf"^[-_*\s]{{0,12}}(?:(?:{_INTRO})\b|\d|於|在|于|{_WEEKDAY}[.,\s]|[^\W\d]{{2,14}}[.,]{{1,2}}\s*\d|"
    rf"\"?[^<>@]{{0,80}}<?{_EMAIL}|"
    rf"\"?[^\"<>]{{2,60}}\"?\s*---\s?\d|\S.{{1,80}}\s(?:{_VERB})\s.{{0,20}}\d|citerar|citando|mensaje)",
    re.IGNORECASE,
)

SEPARATOR = re.compile(
    r"^[\s*>]{0,8}[-_=*]{2,}\s*(?:original(?: message| e-?mail| appointment)|reply message|message (?:d'origine|"
    r"original)|"
    r"(?:ursprüngliche|originale?) ?nachricht|originalnachricht|ursprüngliche mail|ursprünglicher termin|"
    r"mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|originalmeddelande|"
    r"ursprungligt meddelande|(?:den )?oprindelige? (?:meddelelse|besked)|opprinnelig melding|original besked|"
    r"alkuperäinen viesti|(?:oryginalna )?wiadomość(?: oryginalna)?|původní (?:zpráva|e-mail)|pôvodná správa|"
    r"eredeti üzenet|mesaj original|orijinal (?:mesaj|ileti)|исходное сообщение|исходное письмо|"
    r"пересылаемое сообщение|вихідне повідомлення|αρχικό μήνυμα|izvorna poruka|originalna poruka|"
    r"原始邮件|原始郵件|原邮件|元のメッセージ|オリジナルメッセージ|원본 메시지|original-nachricht|thư gốc|"
    r"antwort|reply|en réponse à|quoted text|previous message)[^\n]{0,40}?[-_=*:]{1,}\s*$|"
    r"^-{4,10}\s?[^-\n]{6,40}\s?-{4,10}\s{0,3}(?:from|von|de|da|van|od|från|fra|от)\s?:|"
    r"^\s*\[?original message processed by \S+",
    re.IGNORECASE,
)
FORWARD = re.compile(
    r"^[\s*>]{0,8}(?:[-_=*]{2,}\s*(?:forwarded (?:message|by)|forward message|weitergeleitete (?:nachricht|e-?mail)|"
    r"message (?:transféré|transmis|réexpédié)|přeposlaná zpráva|videresendt (?:meddelelse|melding)|"
    r"edelleenlähetetty viesti|välitetty viesti|továbbított üzenet|przekazana wiadomość|treść przekazanej|"
    r"wiadomość przesłana dalej|mesaj redirecționat|preposlaná správa|proslijeđena poruka|posredovano sporočilo|"
    r"[iİı]let(?:ilmiş mesaj|ilen .{0,2}leti)|перенаправлен|переслан|препратено|προωθημένο|メッセージを転送|"
    r"전달된 메시지|"
    r"转发的邮件|轉寄的郵件|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht|"
    r"mensagem (?:encaminhada|reencaminhada)|vidarebefordrat|videresendt|przekazan|пересылаемое сообщение|"
    r"пересланное|转发邮件|轉寄|転送)|(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|"
    r"début du message (?:réexpédié|transféré)|začátek přeposílané zprávy|start på videresendt besked|"
    r"välitetty viesti alkaa|započni proslijeđenu poruku|továbbított levél kezdete|videresendt melding|"
    r"początek przekazywanej wiadomości|início da mensagem (?:reencaminhada|encaminhada)|începe mesajul redirecționat|"
    r"začiatok preposlanej správy|vidarebefordrat mejl|[iİı]leti başlangıcı|початок листа, що пересилається|"
    r"forwarded message|"
    r"下面是被转发的邮件|転送されたメッセージ|전달된 메시지 시작|inicio del mensaje reenviado|"
    r"inizio messaggio inoltrato|"
    r"begin doorgestuurd bericht|начало переадресованного сообщения|vidarebefordrat brev|videresendt besked)\s*:)",
    re.IGNORECASE,
)
FORWARD_SUBJECT = re.compile(
    r"^\s*(?:\[[^\]]{1,60}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|vb|vs|vl|pd|vidarebefordrat|videresend|videresendt|"
    r"redir\.?|[iİı]lt|doorst|转发|轉寄|転送)\s*[:：]",
    re.IGNORECASE,
)
REPLY_SUBJECT = re.compile(
    r"^\s*(?:\[[^\]]{1,60}\]\s*)*(?:re|aw|antw|antwort|sv|vs|ref|rif|r|odp|vá|回复|回覆|答复|答覆|ynt|bls|απ|"
    r"на|ang)\s*"
    r"(?:\[\d+\]|\(\d+\)|\^\d+)?\s*[:：]",
    re.IGNORECASE,
)

# Labels of the header block that Outlook and others put above the earlier mail; the role of each.
_LABELS = {
    "from": "from|von|de|van|da|od|från|fra|lähettäjä|от|від|отправитель|差出人|发件人|寄件者|寄件人|보낸 사람|"
            "보낸사람|"
            "kimden|gönderen|feladó|šalje|expeditorul|від кого|от кого|saatja|送信元|remetente|afsender|"
            "avsändare|nadawca|küldő|"
            "frá|nuo|no|dari|จาก|من|מאת|pošiljatelj|expéditeur|remitente|mittente|afzender|odesílatel|"
            "od koho|de la|από|từ|送信者|发自",
    "sent": "sent|date|gesendet|datum|envoyé|envoye|date d'envoi|enviado|enviada|enviado el|fecha|verzonden|"
            "inviato|data|"
            "wysłano|skickat|sendt|lähetetty|päivämäärä|дата|отправлено|надіслано|送信日時|日付|日期|"
            "发送时间|發送時間|"
            "发送日期|寄件日期|時間|时间|보낸 날짜|날짜|tarih|gönderildi|gönderme tarihi|elküldve|dátum|küldve|"
            "odesláno|"
            "trimis|poslano|poslané|saadetud|enviada em|enviado a|datums|išsiųsta|nosūtīts|התאריך|נשלח|"
            "วันที่|التاريخ|датум|"
            "изпратено|enviat el|dikirim|data di invio|ημερομηνία|ngày|sent at|gesendet am|verstuurd|dato|"
            "posláno|enviado em|risposta",
    "to": "to|an|à|a|para|aan|do|till|til|vastaanottaja|кому|宛先|收件人|收件者|받는 사람|받는사람|kime|címzett|"
          "pro|komu|"
          "до|kam|per a|kepada|adressaat|prima|pre|za|за|pour|adresat|destinatarul|送信先|saaja|אל|ถึง|إلى|"
          "către|προς|đến|alıcı|destinataire|destinatario|發送至|发送至",
    "subject": "subject|betreff|objet|oggetto|asunto|assunto|onderwerp|temat|ämne|emne|aihe|тема|件名|主题|主旨|主題|"
               "sujet|subiectul|naslov|주제|teema|נושא|เรื่อง|الموضوع|относно|subjek|zadeva|tēma|tema|efni|"
               "제목|konu|tárgy|předmět|predmet|subiect|θέμα|chủ đề",
    "cc": "cc|ccn|dw|kópia|копія|kopio|ks|cópia|kopie (cc)|copie à|másolatot kap|kopie|copie|kopia|kopi|"
          "copia|копия|抄送|副本|참조|bcc|bilgi|másolat|kopiją",
    "other": "reply-to|answer to|antwort an|antworten an|répondre à|responder a|importance|wichtigkeit|priority|"
             "priorität|svar til|antwoord aan|odpověď na|odgovori na|vastaus|válaszcím|rispondi a|"
             "odpowiedź-do|răspuns către|"
             "svara till|ответ-кому|кому відповісти|vigtighed|viktighet|prioritet|bilagor|bijlagen|allegati|"
             "вложения|załączniki|přílohy|priorité|importancia|prioridad|"
             "attachments|anlagen|pièces jointes|importância|anhänge|organization",
}  # fmt: skip
ROLE_OF = {label: role for role, labels in _LABELS.items() for label in labels.split("|")}
LABEL_LINE = re.compile(
    r"^[\s>|]{0,12}[*_]{0,2}\s{0,3}([^\W\d_][^:：*<>]{0,24}?)\s{0,3}[*_]{0,2}\s?[:：]\s?[*_]{0,2}(?:\s|$|\S)"
)
RULE = re.compile(r"^\s*[>\s]*(?:[_]{5,}|[-]{5,}|[—–]{3,}|[=]{5,}|[*]{5,})\s*$")

# Lines like ours in outgoing mail, and those of other desks.
ANSWER_ABOVE = re.compile(
    r"(?:please )?(?:answer|reply|respond|write|type)[^\n]{0,30} above this line|"
    r"(?:bitte )?(?:oberhalb|über) dieser (?:zeile|linie)[^\n]{0,20}(?:antworten|schreiben)|"
    r"antworten sie (?:bitte )?(?:oberhalb|über) dieser (?:zeile|linie)|répondez au-dessus de cette ligne|"
    r"responda por encima de esta línea|rispondi sopra questa riga",
    re.IGNORECASE,
)

SIGNATURE_MARK = re.compile(r"^(?:-- |--|—|__)$")
SENT_FROM = re.compile(
    r"^\W{0,4}(?:(?:sent|get|sendt|skickat|verzonden|verstuurd|wysłan[eo]?|enviado|enviada|inviato|envoyé|"
    r"gesendet|lähetetty|"
    r"отправлено|надіслано|odesláno|odoslané|trimis|gönderildi|küldve)\b[^\n.!?]{0,20}\s(?:from|via|with|"
    r"using|by|fra|från|"
    r"vanaf|van|met|z|ze|desde|do|da|dal|depuis|de|à partir|von|mit|aus|laitteesta|с|з|из|со|din)\b[^\n]{0,20}?"
    r"(?:iphone|ipad|ipod|blackberry|android|samsung|galaxy|huawei|xiaomi|nokia|htc|sony|pixel|outlook|mail|"
    r"gmail|typeapp|"
    r"windows|yahoo|mobil|handy|phone|smartphone|tablet|device|sparrow|mailbird|k-9|nine|spark|bluemail|"
    r"aqua)[^\n]{0,60}"
    r"|von meinem (?:iphone|ipad|handy|android|samsung|smartphone)[^\n]{0,40}(?:gesendet|geschickt)?"
    r"|diese nachricht wurde von meinem[^\n]{0,80}|(?:iphone|ipad)から送信|我的(?:iphone|ipad)|发自我的[^\n]{0,30}"
    r"|나의 iphone에서 보냄|get outlook for[^\n]{0,60}|"
    r"sent from mail for windows[^\n]{0,20})\W{0,3}(?:<[^>\n]{0,200}>)?\s*$",
    re.IGNORECASE,
)
LIST_FOOTER = re.compile(
    r"mailing list|unsubscribe|listinfo|to post to this group|you received this (?:message|email) because|"
    r"https?://\S*/(?:listinfo|mailman)|abbestellen|se désabonner|view it on git|reply to this email directly",
    re.IGNORECASE,
)
