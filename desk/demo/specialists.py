"""Stories of the teams Network and Applications."""

# ruff: noqa: E501 - a paragraph of a letter is one line, as its writer typed it

from desk.demo.people import APPLICATIONS, NETWORK, SERVICE_DESK
from desk.demo.script import (
    accepts,
    adds_help_task,
    adds_task,
    asks_again,
    asks_colleagues,
    asks_elsewhere,
    asks_vendor,
    cancels,
    confirms,
    finishes_task,
    flags,
    gives_back,
    invites,
    joins,
    mails_vendor,
    moves,
    notes,
    offers_help,
    pauses,
    prioritises,
    replies,
    resolves,
    seals,
    story,
    tells,
    turns_down,
    vendor_answers,
    writes,
)
from tickets.enums import Channel, FlagType, Priority, TicketType

STORIES = (
    story(
        "vpn-pryce", NETWORK, "ashford-legal.example/Gareth", "6d 09:35", "VPN drops every ten minutes on client calls",
        """
        Hello,

        since last week my VPN connection drops about every ten minutes, always during video calls. I work from a serviced office in Leeds two days a week; at home it is fine. I had to leave a hearing preparation twice yesterday.

        Gareth Pryce
        """,
        accepts("6d 09:50", "nina"),
        replies(
            "6d 10:02", "nina",
            """
            Hello Mr Pryce,

            I can see the drops in our log: each time the tunnel is renewed, the new packets do not get through. I suspect the router of the serviced office. Could you tell me its make, or send a photo of the label?
            """,
            wait=True,
        ),
        writes("6d 11:20", "", "It says FritzBox 6660 Cable. The office manager says they updated it last Tuesday."),
        notes("6d 11:31", "nina", "Passt zeitlich. Neue Firmware verwirft fragmentiertes IKE. Umstellung auf TCP/443 als Ausweg testen."),
        asks_colleagues("6d 11:35", "nina", "Hat jemand von euch das VPN schon hinter einer FritzBox 6660 gesehen?", team=SERVICE_DESK, waits=False),
        joins("6d 11:38", "petra"),
        gives_back("6d 11:42", "petra", "Muss zu einem Ausfall ins Klinikum, bitte jemand anders."),
        replies(
            "6d 11:44", "nina",
            """
            That fits: the new firmware drops large packets of the kind our tunnel uses. I have moved your profile to port 443, which is not affected. Please sign out of the VPN once and sign in again, and keep an eye on it today and tomorrow.
            """,
            wait=True,
        ),
        joins("6d 11:50", "jonas"),
        invites("6d 11:52", "jonas", to="lea"),
        tells("6d 12:05", "lea", "Ja, bei zwei Kunden: Die neue Firmware verwirft große Pakete. Über Port 443 lief es danach ohne Abbruch."),
        seals("6d 12:20", "jonas", "Bekannt von zwei Kunden; über Port 443 bleibt die Verbindung stehen.", outcome="advice_given"),
        writes("5d 17:40", "", "Two days of calls without a single drop. Brilliant, thank you."),
        asks_again("4d 08:10", "nina"),
        tells("4d 08:12", "nina", "Gilt das auch für das Ersatzgerät, das er auf Reisen nimmt?"),
        seals("4d 08:50", "jonas", "Ja, dessen Profil steht jetzt ebenfalls auf Port 443.", outcome="solved"),
        resolves("4d 09:05", "nina", "your VPN profile uses port 443 now, which the router of the office leaves alone. If you change offices, nothing needs to be set back.", code="workaround"),
        product="VPN", priority=Priority.HIGH,
    ),
    story(
        "wlan-halle4", NETWORK, "nordwerft.example/Holger", "12d 07:30", "WLAN in Halle 4 bricht mit dem Kran zusammen",
        """
        Moin,

        immer wenn der Portalkran über die Mitte fährt, verlieren die Handscanner im hinteren Teil der Halle 4 die Verbindung. Nach dem Vorbeifahren dauert es eine Minute, bis alles wieder geht. Das kostet uns jede Schicht eine halbe Stunde.

        Holger Thomsen
        """,
        accepts("12d 08:10", "nina"),
        notes("12d 09:00", "nina", "Access-Point AP-H4-03 hängt auf Kranhöhe. Messung vor Ort nötig, am besten in der Spätschicht."),
        adds_task("12d 09:02", "nina", "Ausleuchtung in Halle 4 messen, Kran in drei Stellungen", is_mandatory=True),
        replies("12d 09:10", "nina", "Moin Herr Thomsen,\n\nvermutlich schirmt der Kran den mittleren Access-Point ab. Ich komme morgen zur Spätschicht und messe, während Sie ihn bewegen. Bitte sagen Sie dem Kranführer Bescheid.", wait=True),
        writes("11d 08:00", "", "Ist abgesprochen, ab 15 Uhr steht jemand bereit."),
        finishes_task("11d 16:45", "nina", title="Ausleuchtung in Halle 4 messen, Kran in drei Stellungen"),
        adds_task("11d 17:00", "nina", "Access-Point AP-H4-03 zwei Meter tiefer an die Säule setzen", is_mandatory=True),
        finishes_task("9d 12:15", "nina", title="Access-Point AP-H4-03 zwei Meter tiefer an die Säule setzen"),
        resolves("9d 12:40", "nina", "der mittlere Access-Point hängt jetzt unterhalb der Kranbahn. In der Messung blieben alle Scanner verbunden, auch mit dem Kran genau davor.", code="fixed"),
        confirms("8d 09:30"),
        product="WLAN", priority=Priority.HIGH,
    ),
    story(
        "kasse-leitung", NETWORK, "kornblume.example/Jannik", "1d 10:15", "Filiale Bahnhof seit 10 Uhr ohne Internet",
        "Herr Voß ruft an: In der Filiale Bahnhof geht seit 10 Uhr weder Kartenzahlung noch Telefon. Router blinkt rot. Bargeld geht, aber die Schlange ist lang.",
        prioritises("1d 10:18", "sam", "Die Filiale kann weder kassieren noch telefonieren.", to=Priority.CRITICAL),
        accepts("1d 10:21", "nina"),
        notes("1d 10:29", "nina", "Störung beim Anbieter im ganzen Viertel, Meldung 4471-20. LTE-Ersatz aus der Ferne eingeschaltet."),
        replies("1d 10:33", "nina", "Guten Tag Herr Voß,\n\nder Anbieter hat eine Störung im ganzen Viertel. Ihre Filiale läuft seit eben über Mobilfunk: Kartenzahlung geht, das Telefon erst wieder mit der Leitung. Ich melde mich, sobald der Anbieter fertig ist."),
        writes("1d 10:52", "", "Super, Karten gehen wieder. Danke für die schnelle Hilfe!"),
        notes("40m", "nina", "Anbieter meldet Leitung seit heute früh stabil. Beobachte noch bis Mittag, dann zurückschalten."),
        channel=Channel.PHONE, taken_down_by="nina", product="Internet",
    ),
    story(
        "firewall-barrow", NETWORK, "greenfield-foods.example/Tom", "3d 15:00", "Firewall rule for the new laboratory scales",
        "Hello, the vendor of our new scales needs port 8443 from 192.0.2.40 to the scales in the lab. The installation is planned for next week.\n\nTom Barrow",
        accepts("3d 15:25", "oliver"),
        replies("3d 15:40", "oliver", "Hi Tom,\n\nhappy to. For anything reachable from outside we need the vendor's data sheet and how long the access is needed. Could you send me both?", wait=True),
        type=TicketType.SERVICE_REQUEST, product="Firewall",
    ),
    story(
        "roaming-mitchell", NETWORK, "greenfield-foods.example/Zoë", "2d 11:05", "Wi-Fi asks for a password at the Dublin office",
        "Hi, I am in Dublin until Friday. The company Wi-Fi asks me for a password here, in Leeds it just connects. Zoë",
        accepts("2d 11:30", "oliver"),
        notes("2d 11:44", "oliver", "Certificate profile is missing on devices imaged before March. Pushing it to hers now, then to the rest of the batch (41)."),
        resolves("2d 12:10", "oliver", "your laptop was missing the certificate that our offices use instead of a password. It has it now; please switch Wi-Fi off and on once.", code="fixed"),
        product="WLAN",
    ),
    story(
        "praxisnetz", NETWORK, "klinikum-auental.example/Sabine", "105m", "Patientenmonitore verlieren die Zentrale",
        "Guten Tag, auf Station 4 zeigen drei Monitore „Zentrale nicht erreichbar“. Die Überwachung am Bett läuft weiter, aber wir müssen jetzt ständig selbst nachsehen.\n\nSabine Lutz",
        accepts("101m", "nina"),
        prioritises("100m", "nina", "Überwachung von Patienten ist beeinträchtigt.", to=Priority.CRITICAL),
        replies("96m", "nina", "Guten Tag Frau Lutz,\n\nich sehe einen ausgefallenen Switch auf Ihrer Station. Das Ersatzgerät ist mit dem Techniker unterwegs, er ist in etwa 40 Minuten bei Ihnen. Bitte bleiben Sie bis dahin bei der Kontrolle am Bett."),
        notes("35m", "nina", "Techniker vor Ort, Switch getauscht, zwei von drei Monitoren wieder da. Port 17 noch falsch im VLAN."),
        asks_colleagues("30m", "nina", "Port 17 auf Station 4 gehört ins VLAN der Medizintechnik. Wer kennt die Liste der freigegebenen Geräte?", team=APPLICATIONS),
        offers_help("22m", "oliver"),
    ),
    story(
        "dns-pixelhaus", NETWORK, "pixelhaus.example/Noah", "70m", "Neue Subdomain für die Kundenabnahme",
        "Hallo, wir brauchen abnahme.pixelhaus.example auf 203.0.113.18, gern bis morgen. Danke! Noah",
        type=TicketType.SERVICE_REQUEST, priority=Priority.LOW, product="DNS",
    ),
    story(
        "sap-lieferschein", APPLICATIONS, "hansen-logistik.example/Lars", "7d 08:20", "Lieferschein druckt alten Firmennamen",
        """
        Guten Morgen,

        seit der Umfirmierung steht auf den Lieferscheinen oben richtig „Hansen & Söhne Logistik“, im Fuß aber noch „Spedition Hansen KG“. Zwei Kunden haben schon nachgefragt.

        Lars Köster
        """,
        accepts("7d 08:55", "tim"),
        notes("7d 09:30", "tim", "Fußzeile kommt aus Textbaustein ZFUSS_LS, der ist sprachabhängig. EN ist aktuell, DE nicht."),
        replies("7d 09:41", "tim", "Guten Morgen Herr Köster,\n\ngefunden: Der deutsche Textbaustein der Fußzeile wurde bei der Umstellung vergessen. Soll dort auch die neue Registernummer stehen? Dann bräuchte ich sie von Ihnen.", wait=True),
        writes("7d 13:10", "", "Ja bitte: HRB 20417, Amtsgericht Bremen."),
        resolves("7d 14:02", "tim", "die Fußzeile nennt jetzt den neuen Namen und die Registernummer, auf Lieferscheinen und Rechnungen.", code="fixed"),
        product="SAP",
    ),
    story(
        "bericht-falk", APPLICATIONS, "nordwerft.example/Dr. Ines", "5d 10:40", "Monatsbericht zeigt Stunden doppelt",
        """
        Sehr geehrte Damen und Herren,

        im Monatsbericht für den Vorstand sind die Stunden des Projekts „Fähre 7“ genau doppelt so hoch wie in der Zeiterfassung. Die Sitzung ist am Montag.

        Dr. Ines Falk, Controlling
        """,
        accepts("5d 10:52", "tim"),
        prioritises("5d 10:53", "tim", to=Priority.HIGH),
        replies("5d 11:30", "tim", "Sehr geehrte Frau Dr. Falk,\n\nich kann den Fehler nachstellen: Buchungen mit zwei Kostenstellen werden je Kostenstelle gezählt. Bis zur Korrektur bekommen Sie von mir morgen früh einen von Hand geprüften Bericht."),
        adds_task("5d 11:35", "tim", "Bericht für Montag von Hand prüfen und senden", is_mandatory=True),
        finishes_task("4d 08:15", "tim", title="Bericht für Montag von Hand prüfen und senden"),
        adds_task("4d 08:20", "tim", "Abfrage korrigieren: erst je Buchung summieren, dann verteilen", is_mandatory=True),
        writes("4d 08:50", "", "Vielen Dank, die Zahlen stimmen. Bitte geben Sie mir Bescheid, wenn der Bericht wieder von selbst richtig ist."),
        asks_colleagues("1d 14:20", "tim", "Kannst du die korrigierte Abfrage gegenlesen?", to="priya", waits=False),
        turns_down("1d 14:35", "priya", "Mit der Zeiterfassung kenne ich mich nicht aus, bitte Sofia fragen."),
        asks_elsewhere("1d 14:40", "tim", to="sofia"),
        joins("1d 14:55", "sofia"),
        adds_help_task("1d 14:58", "sofia", "Abfrage mit den Buchungen von „Fähre 7“ nachrechnen", to="tim", is_mandatory=True),
        adds_help_task("1d 14:59", "sofia", "Freigabe im Berichtswesen eintragen", to="sofia", is_mandatory=True),
        finishes_task("1d 15:06", "tim", title="Abfrage mit den Buchungen von „Fähre 7“ nachrechnen"),
        notes("1d 15:10", "tim", "Korrektur liegt im Test. Vergleich über drei Monate ohne Abweichung, Freigabe von Sofia fehlt noch."),
        product="Berichte",
    ),
    story(
        "sap-sperre", APPLICATIONS, "hansen-logistik.example/Uwe", "3d 09:00", "SAP: Material 4711-B ist gesperrt",
        "Moin, beim Wareneingang kommt „Material 4711-B von Benutzer MAYDIN gesperrt“. Meryem hat aber Urlaub. Uwe Hansen",
        accepts("3d 09:12", "sofia"),
        resolves("3d 09:20", "sofia", "die Sperre stammte aus einer abgebrochenen Sitzung. Sie ist entfernt, Sie können den Wareneingang jetzt buchen.", code="fixed"),
        confirms("3d 09:45"),
        product="SAP",
    ),
    story(
        "lizenz-lang", APPLICATIONS, "pixelhaus.example/Frida", "2d 16:30", "Lizenz für das Schnittprogramm läuft Freitag ab",
        "Hallo, das Schnittprogramm zeigt „Lizenz endet in 3 Tagen“. Bitte verlängern, wir haben am Wochenende Abgabe. Frida Lang",
        accepts("2d 16:55", "sofia"),
        replies("1d 09:10", "sofia", "Hallo Frau Lang,\n\ndie Verlängerung ist bestellt, der Hersteller schickt den Schlüssel erfahrungsgemäß innerhalb eines Tages. Ich trage ihn aus der Ferne ein, Sie müssen nichts tun."),
        asks_vendor("1d 09:20", "sofia", "Bitte beim Dienstleister nachfassen, wann der Schlüssel kommt.", to="tim", at="renewals@schnittwerk.example"),
        joins("1d 09:32", "tim"),
        mails_vendor("1d 09:40", "tim", "Guten Tag,\n\nunsere Lizenz 88-2041 läuft am Freitag ab, die Verlängerung ist bestellt. Wann dürfen wir mit dem Schlüssel rechnen?\n\nTim Keller", subject="Lizenz 88-2041: wann kommt der Schlüssel?"),
        vendor_answers("1d 15:05", "", "Guten Tag Herr Keller,\n\nder Schlüssel geht morgen Vormittag an diese Adresse.\n\nSchnittwerk, Verlängerungen"),
        type=TicketType.SERVICE_REQUEST, product="Lizenzen",
    ),
    story(
        "aktenexport", APPLICATIONS, "ashford-legal.example/Amara", "115m", "Export of the Mercer file stops at 80 %",
        "Hello, exporting the Mercer file as one PDF stops at 80 % with “out of memory”. I need it for disclosure by tomorrow noon.\n\nAmara Bello",
        priority=Priority.HIGH, product="Aktensystem",
    ),
    story(
        "zeiterfassung", SERVICE_DESK, "kornblume.example/Birgit", "1d 07:20", "Zeiterfassung: Pausen werden nicht abgezogen",
        "Guten Morgen, seit Montag zieht die Zeiterfassung bei den Verkäuferinnen keine Pause mehr ab. Birgit Engel",
        moves("1d 08:05", "lea", team=APPLICATIONS),
        accepts("1d 09:30", "tim"),
        replies("1d 09:42", "tim", "Guten Morgen Frau Engel,\n\nbetrifft das alle Verkäuferinnen oder nur die mit den neuen Verträgen?", wait=True),
        writes("50m", "", "Nur die drei mit den neuen Verträgen, jetzt wo Sie fragen."),
        flags("45m", "tim", "Die Verkäuferinnen haben sich beim Betriebsrat beschwert.", to=FlagType.COMPLAINT),
        pauses("40m", "max", "Mit Frau Engel vereinbart: Es geht nach dem nächsten Lohnlauf weiter.", reason="customer_agreed_date", days=2),
        product="Zeiterfassung",
    ),
    story(
        "abo-falsch", APPLICATIONS, "nordwerft.example/Katrin", "6d 13:00", "Bitte Zugang zum CAD-Archiv",
        "Hallo, ich brauche bitte lesenden Zugang zum CAD-Archiv. Gruß, Katrin Petersen",
        accepts("6d 13:20", "sofia"),
        writes("6d 14:05", "", "Hat sich erledigt, ich hatte den Zugang schon unter meinem alten Namen. Entschuldigung!"),
        cancels("6d 14:20", "sofia", code="withdrawn"),
        type=TicketType.SERVICE_REQUEST,
    ),
)  # fmt: skip
