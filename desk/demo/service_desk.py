"""Stories of the Service Desk: the long ones, with everything that happens on a ticket."""

# ruff: noqa: E501 - a paragraph of a letter is one line, as its writer typed it

from desk.demo.people import NETWORK
from desk.demo.people import SERVICE_DESK as SD
from desk.demo.script import (
    accepts,
    adds_task,
    approves,
    asks_colleagues,
    asks_on,
    calls_off,
    cancels,
    confirms,
    finishes_task,
    flags,
    grants,
    hands_over,
    joins,
    notes,
    offers,
    prioritises,
    ranks,
    rejects,
    replies,
    resolves,
    seals,
    story,
    tells,
    waives_photo,
    withdraws,
    writes,
)
from tickets.enums import Channel, FlagType, Priority, TicketType

STORIES = (
    story(
        "drucker-versand", SD, "hansen-logistik.example/Meryem", "9d 08:12", "Etikettendrucker im Versand druckt nur noch leer",
        """
        Guten Morgen,

        der Etikettendrucker an Packplatz 3 zieht die Etiketten ein, sie kommen aber weiß wieder heraus. Wir haben eine neue Rolle eingelegt und ihn einmal vom Strom genommen, ohne Erfolg. Bis 11 Uhr müssen die Paletten für Rotterdam raus.

        Viele Grüße
        Meryem Aydın, Versand
        """,
        accepts("9d 08:20", "mara"),
        prioritises("9d 08:21", "mara", to=Priority.HIGH),
        replies(
            "9d 08:24", "mara",
            """
            Guten Morgen Frau Aydın,

            das klingt nach einer verkehrt herum eingelegten Rolle: Die beschichtete Seite muss nach oben zeigen. Bitte kratzen Sie einmal mit dem Fingernagel über ein Etikett. Wo ein grauer Strich erscheint, ist die richtige Seite.

            Damit Ihre Paletten loskommen, habe ich die Aufträge von Packplatz 3 solange auf den Drucker an Packplatz 4 gelegt.
            """,
            wait=True,
        ),
        writes(
            "9d 08:41", "",
            "Sie haben recht, die Rolle war falsch herum! Packplatz 3 druckt wieder. Packplatz 4 druckt aber jetzt alles doppelt.",
        ),
        notes("9d 08:43", "mara", "Umleitung 3 -> 4 war noch aktiv, deshalb doppelt. Weiterleitung am Printserver entfernt."),
        grants("9d 08:45", "mara", "Gutschrift auf die nächste Rechnung.", what="Etiketten doppelt gedruckt, eine Rolle unbrauchbar.", why="Die Umleitung war unser Versehen.", amount="40.00", category="service_failure", reason="goodwill", kind="credit"),
        resolves(
            "9d 08:47", "mara",
            "die Umleitung auf Packplatz 4 ist wieder aufgehoben, damit druckt jeder Platz nur noch seine eigenen Etiketten.",
            code="fixed",
        ),
        confirms("9d 09:02"),
        product="Drucker",
    ),
    story(
        "notebook-reisekosten", SD, "nordwerft.example/Katrin", "8d 10:05", "Notebook fährt nach Update nicht mehr hoch",
        """
        Hallo zusammen,

        seit dem Update gestern Abend bleibt mein Notebook bei „Vorbereitung“ stehen, seit zwei Stunden. Ich sitze morgen im Zug nach Hamburg und brauche die Präsentation für die Reederei.

        Gruß
        Katrin Petersen
        """,
        accepts("8d 10:17", "jonas"),
        replies(
            "8d 10:25", "jonas",
            """
            Hallo Frau Petersen,

            bitte halten Sie den Einschaltknopf zehn Sekunden gedrückt und schalten Sie dann wieder ein. Beim zweiten Versuch sollte die Reparatur starten. Was steht danach auf dem Bildschirm?
            """,
            wait=True,
        ),
        writes("8d 11:02", "", "Jetzt steht dort „Bitlocker-Wiederherstellung“ und er will einen 48-stelligen Schlüssel von mir."),
        asks_colleagues("8d 11:03", "jonas", "Darf ich den Wiederherstellungsschlüssel am Telefon durchgeben?", to="lea", waits=False),
        joins("8d 11:03", "lea"),
        seals("8d 11:04", "lea", "Ja, wenn die Identität über die Zentrale geprüft ist und eine Notiz auf dem Ticket steht.", outcome="solved"),
        notes("8d 11:05", "jonas", "Wiederherstellungsschlüssel aus dem AD gelesen, Identität telefonisch über die Zentrale geprüft."),
        adds_task("8d 11:06", "jonas", "Leihgerät mit Präsentation bereitlegen, falls die Reparatur scheitert"),
        replies(
            "8d 11:12", "jonas",
            """
            Den Schlüssel habe ich Ihnen eben am Telefon durchgegeben. Das Update wird jetzt zurückgenommen, das dauert etwa 20 Minuten. Ein Leihgerät liegt für alle Fälle am Empfang bereit.
            """,
        ),
        finishes_task("8d 13:30", "jonas", title="Leihgerät mit Präsentation bereitlegen, falls die Reparatur scheitert"),
        writes("8d 13:48", "", "Er läuft wieder, alle Dateien sind da. Vielen Dank, das Leihgerät brauche ich nicht."),
        resolves("8d 13:55", "jonas", "das fehlerhafte Update ist zurückgenommen und für Ihr Gerät gesperrt.", code="fixed"),
        writes(
            "5d 09:10", "",
            "Guten Morgen, das Update hat sich heute Nacht doch wieder installiert, und er hängt an derselben Stelle. Bitte noch einmal!",
        ),
        notes("5d 09:20", "jonas", "Sperre galt nur für die Build-Nummer von letzter Woche. Jetzt nach KB-Nummer gesperrt, für die ganze Gruppe."),
        replies(
            "5d 09:31", "jonas",
            """
            Guten Morgen Frau Petersen,

            das tut mir leid, die Sperre war zu eng gefasst. Ich habe sie erweitert und das Update aus der Ferne entfernt; bitte starten Sie einmal neu.
            """,
        ),
        resolves("4d 15:40", "jonas", "das Update ist nun für die ganze Modellreihe gesperrt, bis der Hersteller es berichtigt hat.", code="workaround"),
        priority=Priority.HIGH, product="Notebook",
    ),
    story(
        "starter-greenfield", SD, "greenfield-foods.example/Zoë", "7d 11:30", "New starter on Monday: account and laptop for Callum Reid",
        """
        Hi,

        Callum Reid joins our quality team on Monday. Could you please set up an account, a mailbox and a laptop? He needs access to the shared drive QA and to the recipe database. His line manager is Tom Barrow.

        Thanks,
        Zoë Mitchell
        """,
        accepts("7d 11:44", "mara"),
        adds_task("7d 11:46", "mara", "Create account and mailbox", is_mandatory=True),
        adds_task("7d 11:46", "mara", "Prepare laptop, image QA-3", is_mandatory=True),
        adds_task("7d 11:47", "mara", "Ask Tom Barrow to approve the recipe database", is_mandatory=True),
        replies(
            "7d 11:52", "mara",
            """
            Hello Zoë,

            thank you for letting us know in good time. Account, mailbox and laptop will be ready on Friday. For the recipe database I need a short approval from Tom; I have asked him separately.
            """,
        ),
        finishes_task("6d 09:15", "mara", title="Create account and mailbox"),
        notes("6d 14:20", "mara", "Tom approved read access by phone, write access only after the hygiene training."),
        finishes_task("6d 14:21", "mara", title="Ask Tom Barrow to approve the recipe database"),
        finishes_task("5d 16:05", "mara", title="Prepare laptop, image QA-3"),
        resolves(
            "5d 16:12", "mara",
            "the account is ready and the laptop waits at your reception. Callum gets his first password from you in the sealed letter; he has to change it when he signs in.",
            code="request_fulfilled",
        ),
        confirms("4d 10:02"),
        type=TicketType.SERVICE_REQUEST, product="Notebook",
    ),
    story(
        "diktat-rehm", SD, "klinikum-auental.example/Dr. Tobias", "4d 07:55", "Diktiersoftware erkennt Mikrofon nicht",
        """
        Guten Tag,

        mein Diktiermikrofon wird seit heute früh nicht mehr erkannt. Ich habe ab neun Uhr Sprechstunde und kann ohne Diktat keine Arztbriefe schreiben.

        Dr. Rehm, Innere Medizin
        """,
        accepts("4d 08:03", "petra"),
        prioritises("4d 08:03", "petra", "Betrifft die Versorgung von Patienten.", to=Priority.CRITICAL),
        replies(
            "4d 08:09", "petra",
            """
            Guten Morgen Herr Dr. Rehm,

            bitte stecken Sie das Mikrofon einmal an die Buchse auf der Rückseite der Dockingstation. Die vordere wird seit dem gestrigen Firmware-Update abgeschaltet. Ich tausche Ihnen die Station diese Woche aus.
            """,
        ),
        writes("4d 08:31", "", "An der Rückseite geht es. Den Tausch bitte außerhalb der Sprechzeiten, also nach 16 Uhr."),
        adds_task("4d 08:40", "petra", "Dockingstation in der Inneren tauschen (nach 16 Uhr)", is_mandatory=True),
        replies(
            "2d 09:05", "jonas",
            """
            Guten Tag Herr Dr. Rehm,

            meine Kollegin Frau Vogt ist erkrankt, ich vertrete sie. Die neue Dockingstation ist eingetroffen. Passt es Ihnen am Donnerstag um 16:30 Uhr?
            """,
        ),
        priority=Priority.HIGH,
    ),
    story(
        "toner-kornblume", SD, "kornblume.example/Birgit", "5d 06:48", "Toner für das Büro ist leer",
        """
        Guten Morgen, im Büro leuchtet am Drucker „Toner schwarz ersetzen“. Könnten Sie uns bitte zwei Kartuschen schicken?

        Birgit Engel, Bäckerei Kornblume
        """,
        accepts("5d 08:05", "petra"),
        replies("5d 08:11", "petra", "Guten Morgen Frau Engel,\n\ndie beiden Kartuschen gehen heute mit dem Paketdienst heraus und sind voraussichtlich übermorgen bei Ihnen.", wait=True),
        type=TicketType.SERVICE_REQUEST, product="Drucker",
    ),
    story(
        "mailbox-whitcombe", SD, "ashford-legal.example/Eleanor", "10d 09:20", "Access to the partners' shared mailbox",
        """
        Good morning,

        I have taken over the Mercer file and need access to the shared mailbox partners-mercer, including its archive, please. Gareth Pryce can confirm.

        Kind regards,
        Eleanor Whitcombe
        """,
        accepts("10d 09:41", "david"),
        replies("10d 09:50", "david", "Good morning Ms Whitcombe,\n\nI have asked Mr Pryce for his confirmation and will set up the access as soon as it is here.", wait=True),
        writes("7d 10:15", "", "Gareth tells me he confirmed on Tuesday. Is there anything else you need?"),
        notes("7d 10:40", "david", "Confirmation is in the mailbox of records management. Archive is on the old server, needs a restore of 2 GB."),
        hands_over(
            "55m", "sam", "David has left the company; Mara knows the archive and takes over his open requests.",
            to="mara", code="termination",
        ),
        replies(
            "32m", "mara",
            """
            Good morning Ms Whitcombe,

            the mailbox is connected to your account now; Outlook shows it after a restart. The archive is being copied from the old server and will appear below it by tomorrow morning.
            """,
        ),
        ranks("30m", "mara", "A partner cannot work; the copy of the archive must not wait behind anything else.", score=400, days=2),
        type=TicketType.SERVICE_REQUEST, priority=Priority.HIGH, product="Outlook",
    ),
    story(
        "kasse-kornblume", SD, "kornblume.example/Jannik", "3d 13:25", "Kasse in der Filiale Markt findet den Bondrucker nicht",
        """
        Hallo, die Kasse meldet seit der Mittagspause „Bondrucker nicht bereit“. Kabel stecken alle. Die Kundschaft bekommt gerade handgeschriebene Bons, das geht nicht lange gut :-)

        Jannik Voß
        """,
        accepts("3d 13:31", "mara"),
        replies("3d 13:36", "mara", "Hallo Herr Voß,\n\nbitte halten Sie die Vorschubtaste am Bondrucker beim Einschalten gedrückt, bis ein Streifen mit der Netzwerkadresse herauskommt. Welche Nummer steht dort?", wait=True),
        writes("3d 13:52", "", "169.254.12.7 steht da."),
        notes("3d 13:55", "mara", "Keine Adresse vom DHCP: Switch-Port in der Filiale ist abgeschaltet. Nina schaut nach dem Port, Ticket bleibt bei mir."),
        asks_colleagues("3d 13:58", "mara", "Switch-Port der Kasse in der Filiale Markt scheint abgeschaltet zu sein. Bitte nachsehen, Adresse ist 169.254.12.7.", team=NETWORK),
        joins("3d 14:20", "nina"),
        flags("3d 14:40", "mara", "Jemand hat ein Foto seines handgeschriebenen Bons veröffentlicht, mit vielen Antworten.", to=FlagType.SOCIAL_MEDIA),
        tells("3d 14:41", "nina", "Port 7 ist seit dem Firmware-Update in Quarantäne, weil die Kasse sich nicht ausweist. Das Zertifikat verteilt Oliver, ich frage ihn."),
        asks_on("3d 14:45", "nina", "Kannst du das Gerätezertifikat für die Kasse in der Filiale Markt erneuern?", to="oliver"),
        joins("3d 15:02", "oliver"),
        grants("3d 15:10", "mara", "", what="Die Filiale schrieb einen Nachmittag lang Bons von Hand.", why="Stammkundin, der Ausfall lag bei uns.", amount="250.00", category="service_failure", reason="goodwill", kind="refund_partial"),
        tells("3d 15:20", "oliver", "Zertifikat ist abgelaufen, das neue liegt bereit. Die Kasse muss dafür einmal neu gestartet werden."),
        seals("3d 15:31", "oliver", "Neues Gerätezertifikat liegt bereit; nach einem Neustart der Kasse meldet sie sich von selbst an.", outcome="advice_given"),
        tells("3d 15:40", "nina", "Mara, sobald die Filiale die Kasse neu gestartet hat, ist der Port wieder frei. Kannst du das mit Herrn Voß absprechen?"),
        rejects("3d 16:20", "lea", "Erst wenn feststeht, wer den Port abgeschaltet hat."),
        grants("2d 09:30", "mara", "", what="Ersatz für den Bondrucker bis zum Abend.", why="Leihgerät nach Wartungsvertrag.", amount="120.00", category="service_failure", reason="contractual", kind="replacement"),
        withdraws("2d 10:05", "mara"),
        priority=Priority.HIGH, product="Kasse",
    ),
    story(
        "teams-ton-sommer", SD, "pixelhaus.example/Noah", "2d 14:10", "In Besprechungen hört mich niemand",
        "Hi, seit gestern hört mich in Videokonferenzen keiner mehr. Headset am Handy funktioniert. Was kann ich tun? LG Noah",
        accepts("2d 14:31", "jonas"),
        replies("2d 14:37", "jonas", "Hallo Herr Sommer,\n\nbitte öffnen Sie in den Einstellungen „Datenschutz > Mikrofon“ und erlauben Sie dem Programm den Zugriff. Nach dem letzten Update steht das bei vielen auf Aus.", wait=True),
        priority=Priority.LOW,
    ),
    story(
        "phishing-lutz", SD, "klinikum-auental.example/Sabine", "48m", "Verdächtige Mail „Ihr Postfach läuft ab“",
        """
        Guten Tag,

        mehrere auf unserer Station haben heute eine Mail bekommen, dass ihr Postfach abläuft, mit einem Link zum „Verlängern“. Ich habe nicht geklickt, eine Kollegin aber schon und hat auch ihr Kennwort eingegeben. Was sollen wir tun?

        Sabine Lutz, Station 4
        """,
        prioritises("44m", "lea", "Ein Kennwort ist in fremden Händen.", to=Priority.CRITICAL),
        notes("43m", "lea", "Absender und Link am Mail-Gateway gesperrt. Konto der Kollegin muss sofort gesperrt werden, bitte zuerst annehmen."),
        flags("42m", "lea", "Kennwort einer Klinik in fremden Händen: Der Datenschutz prüft, ob es zu melden ist.", to=FlagType.LEGAL),
        joins("38m", "hanna"),
        tells("36m", "hanna", "Die Meldung an die Aufsicht muss binnen 72 Stunden heraus sein. Bitte schreibt auf, seit wann das Kennwort bekannt ist und auf welche Daten das Konto zugreifen konnte."),
        product="E-Mail",
    ),
    story(
        "monitor-sommer", SD, "pixelhaus.example/Frida", "130m", "Zweiter Monitor für den Schnittplatz",
        "Hallo, für den neuen Schnittplatz brauchen wir einen zweiten 32-Zoll-Monitor, farbkalibriert. Freigabe von Noah liegt vor.\n\nFrida Lang",
        type=TicketType.SERVICE_REQUEST, priority=Priority.LOW, product="Monitor",
    ),
    story(
        "einkauf-voss", SD, "kornblume.example/Jannik", "120m", "Lesezugriff auf den Ordner Einkauf",
        "Hallo, ich vertrete ab nächster Woche Frau Engel im Einkauf und brauche dafür Lesezugriff auf den Ordner. Jannik Voß",
        accepts("112m", "mara"),
        replies("108m", "mara", "Hallo Herr Voß,\n\ndie Freigabe bei Frau Engel ist erbeten. Sobald sie da ist, richte ich den Zugriff ein."),
        type=TicketType.SERVICE_REQUEST, priority=Priority.LOW, product="Dateiablage",
    ),
    story(
        "telefon-thomsen", SD, "nordwerft.example/Holger", "75m", "Durchwahl 214 klingelt nicht",
        "Herr Thomsen ruft an: Seine Durchwahl 214 klingelt nicht, Anrufer hören das Freizeichen, nach fünfmal kommt die Mailbox. Display zeigt kein Symbol für Ruhe. Rückruf bitte unter 0151 / 5550142.",
        offers("6m", "lea", to="jonas"),
        channel=Channel.PHONE, taken_down_by="mara", product="Telefonie",
    ),
    story(
        "outlook-hansen", SD, "hansen-logistik.example/Uwe", "25m", "Outlook fragt ständig nach dem Kennwort",
        "Moin,\n\nOutlook fragt mich alle paar Minuten nach dem Kennwort, obwohl es stimmt. Am Handy kommen die Mails an.\n\nUwe Hansen",
        product="Outlook",
    ),
    story(
        "vpn-bello", SD, "ashford-legal.example/Amara", "95m", "Two-factor app lost with my old phone",
        "Hello, my phone was stolen yesterday and with it the authenticator app. I cannot sign in from home. I can identify myself by video if that helps.\n\nAmara Bello",
        accepts("88m", "mara"),
        asks_colleagues("84m", "mara", "Can you end all VPN sessions of Amara Bello? Her phone was stolen.", team=NETWORK, waits=False),
        calls_off("81m", "mara", "Found the switch in the console myself."),
        notes("80m", "mara", "Identity checked by video with Gareth Pryce in the call. Old factor removed, sessions ended."),
        replies("74m", "mara", "Hello Ms Bello,\n\nthe app on your old phone is locked out and all its sessions have ended. Please open the sign-in page on your new phone and scan the code I am showing you in the call.", wait=True),
        priority=Priority.HIGH,
    ),
    story(
        "spam-angebot", SD, "spam", "2d 03:14", "BEST SEO OFFER page one guaranteed!!!",
        "Dear Sir/Madam, we bring your website to page one of all search engines in 7 days, 100% guaranteed. Reply YES for price list.",
        cancels("2d 08:02", "jonas", code="spam"),
    ),
    story(
        "doppelt-kornblume", SD, "kornblume.example/Birgit", "4d 07:10", "Toner leer (Erinnerung)",
        "Guten Morgen, der Toner ist immer noch leer, ist meine Mail von gestern angekommen? Birgit Engel",
        notes("4d 08:15", "lea", "Liegt schon bei Petra, Kartuschen sind unterwegs. Frau Engel am Telefon Bescheid gegeben."),
        cancels("4d 08:16", "lea", code="duplicate"),
    ),
    story(
        "umzug-hansen", SD, "hansen-logistik.example/Lars", "15d 10:00", "Umzug von vier Arbeitsplätzen in Halle 2",
        """
        Guten Tag,

        am übernächsten Freitag ziehen vier Arbeitsplätze der Disposition aus dem Bürotrakt in Halle 2. Bitte Rechner, Telefone und den Etikettendrucker mitnehmen. Netzwerkdosen sind laut Hausmeister vorhanden (A11 bis A14).

        Mit freundlichen Grüßen
        Lars Köster
        """,
        accepts("15d 10:20", "jonas"),
        replies("15d 10:34", "jonas", "Guten Tag Herr Köster,\n\nder Termin passt. Wir kommen am Freitag ab 13 Uhr zu zweit. Bitte lassen Sie bis dahin prüfen, ob die Dosen A11 bis A14 auch gepatcht sind.", wait=True),
        writes("13d 15:12", "", "Gepatcht sind nur A11 und A12. Der Elektriker kommt am Mittwoch."),
        adds_task("13d 15:20", "jonas", "Dosen A13, A14 nach dem Elektriker messen"),
        finishes_task("11d 16:30", "jonas", title="Dosen A13, A14 nach dem Elektriker messen"),
        notes("10d 17:05", "jonas", "Alle vier Plätze stehen, Druckertest ok. Telefon Platz 3 hat neues Netzteil."),
        grants("10d 17:06", "jonas", "Erstattung der zweiten Anfahrt.", what="Wegen zweier ungepatchter Dosen kamen wir zweimal.", why="Der Termin war von uns bestätigt.", amount="620.00", category="service_failure", reason="contractual", kind="credit"),
        approves("10d 17:08", "max", "Nach Vertrag, Anfahrt nur einmal."),
        resolves("10d 17:10", "jonas", "alle vier Plätze sind in Halle 2 in Betrieb, Durchwahlen unverändert.", code="request_fulfilled"),
        type=TicketType.SERVICE_REQUEST,
    ),
    story(
        "umzug-nachtrag", SD, "hansen-logistik.example/Lars", "1d 16:20", "RE: Umzug von vier Arbeitsplätzen in Halle 2",
        "Guten Tag, das Telefon an Platz 3 in Halle 2 ist seit heute tot, obwohl Sie das Netzteil getauscht hatten. Können Sie noch einmal vorbeikommen?\n\nLars Köster",
        accepts("1d 16:40", "jonas"),
        replies("1d 16:52", "jonas", "Guten Tag Herr Köster,\n\nich habe den Vorgang vom Umzug gelesen. Morgen Vormittag komme ich mit einem Ersatzgerät vorbei, zwischen 9 und 10 Uhr.", wait=True),
        flags("24m", "jonas", "Das Netzteil ist gestern vom Tisch gefallen, das Gehäuse ist gebrochen.", to=FlagType.PHYSICAL_DAMAGE),
        flags("23m", "jonas", "Zum dritten Mal in vier Wochen dasselbe Telefon.", to=FlagType.REPEAT_CONTACT),
        waives_photo("21m", "jonas", "Das zerbrochene Netzteil wurde beim Tausch entsorgt, ich habe es gesehen."),
        notes("20m", "jonas", "Gerät getauscht, altes Netzteil war defekt. Warte auf Rückmeldung der Spätschicht."),
        grants("18m", "jonas", "", what="Das Telefon fiel nach unserem Umzug ein zweites Mal aus.", why="Netzteil war von uns geliefert.", amount="150.00", category="product_defect", reason="goodwill", kind="replacement", is_damage_checked=True),
        follow_up_of="umzug-hansen", product="Telefonie",
    ),
)  # fmt: skip
