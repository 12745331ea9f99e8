"""The everyday of the last weeks: a question, an answer, done. They give lists, customers and search something to show."""

# ruff: noqa: E501 - a paragraph of a letter is one line, as its writer typed it

from datetime import datetime, timedelta

from desk.demo.people import APPLICATIONS, NETWORK
from desk.demo.people import SERVICE_DESK as SD
from desk.demo.script import Step, Story, accepts, confirms, resolves, story

_ROWS: tuple[tuple[str, str, str, str, str, str, str, str, str], ...] = (
    # key, team, requester, when, subject, text, owner, code, what was done
    ("e01", SD, "kornblume.example/Birgit", "38d 09:10", "Kennwort abgelaufen",
     "Guten Morgen, ich komme nicht mehr in mein Postfach, das Kennwort ist abgelaufen. Birgit Engel",
     "mara", "fixed", "das Kennwort ist zurückgesetzt; das neue haben Sie eben am Telefon bekommen."),
    ("e02", NETWORK, "pixelhaus.example/Noah", "37d 14:30", "Gäste-WLAN für Donnerstag",
     "Hallo, am Donnerstag sind zwölf Gäste im Haus. Können wir ein WLAN nur für sie bekommen? Noah Sommer",
     "nina", "request_fulfilled", "am Donnerstag gibt es von 8 bis 18 Uhr das WLAN „Pixelhaus-Gast“; das Kennwort liegt am Empfang."),
    ("e03", SD, "ashford-legal.example/Gareth", "36d 10:05", "Laptop keyboard: the E key sticks",
     "Hello, the E key on my laptop sticks, which is awkward for a lawyer called Pryce with Ms Bello as a client. Gareth",
     "david", "fixed", "the keyboard has been replaced under warranty."),
    ("e04", APPLICATIONS, "hansen-logistik.example/Meryem", "35d 08:40", "Frachtbrief: Feld „Gefahrgut“ fehlt",
     "Guten Morgen, im neuen Frachtbrief fehlt das Feld „Gefahrgut“. Meryem Aydın",
     "tim", "fixed", "das Feld war in der neuen Vorlage ausgeblendet und ist wieder da."),
    ("e05", SD, "greenfield-foods.example/Tom", "34d 11:15", "Screen flickers when the mixer runs",
     "Hi, my screen flickers each time the big mixer next door starts. Coincidence? Tom",
     "jonas", "workaround", "no coincidence: both hung on the same circuit. Your desk has a filtered socket now."),
    ("e06", SD, "klinikum-auental.example/Sabine", "33d 07:25", "Stationsdrucker zieht zwei Blätter ein",
     "Guten Tag, der Drucker auf Station 4 zieht immer zwei Blätter auf einmal ein. Sabine Lutz",
     "petra", "fixed", "die Einzugsrollen sind getauscht."),
    ("e07", NETWORK, "nordwerft.example/Katrin", "31d 16:20", "VPN auf dem neuen Notebook einrichten",
     "Hallo, auf dem neuen Notebook fehlt das VPN. Katrin Petersen",
     "nina", "request_fulfilled", "das VPN ist eingerichtet und von Ihnen getestet."),
    ("e08", APPLICATIONS, "ashford-legal.example/Eleanor", "30d 09:50", "Time sheet shows last year's rates",
     "Good morning, the time sheet shows last year's hourly rates for me. Eleanor Whitcombe",
     "sofia", "fixed", "your rates have been updated; bookings since the first of the month were recalculated."),
    ("e09", SD, "hansen-logistik.example/Uwe", "29d 12:10", "Handy findet das Firmen-WLAN nicht",
     "Moin, mein neues Diensthandy findet das WLAN nicht. Uwe Hansen",
     "mara", "information", "das Handy muss einmal im Verwaltungsportal angemeldet werden; die Anleitung liegt bei."),
    ("e10", SD, "pixelhaus.example/Frida", "28d 15:45", "Farben auf dem Ausdruck zu dunkel",
     "Hallo, seit dem neuen Papier druckt der A3-Drucker viel zu dunkel. Frida Lang",
     "petra", "fixed", "das Farbprofil für das neue Papier ist eingerichtet und als Standard gesetzt."),
    ("e11", APPLICATIONS, "nordwerft.example/Dr. Ines", "27d 10:30", "Kostenstelle 4410 fehlt in der Auswahl",
     "Guten Tag, die neue Kostenstelle 4410 fehlt in der Auswahl der Reisekosten. Dr. Ines Falk",
     "tim", "fixed", "die Kostenstelle ist freigeschaltet und in der Auswahl sichtbar."),
    ("e12", SD, "greenfield-foods.example/Zoë", "26d 09:05", "Calendar shows meetings one hour late",
     "Hi, since the clocks changed all my meetings are one hour late. Zoë",
     "jonas", "fixed", "your calendar was set to a zone without summer time; it follows London now."),
    ("e13", NETWORK, "klinikum-auental.example/Dr. Tobias", "25d 13:35", "Röntgenbilder laden sehr langsam",
     "Guten Tag, die Röntgenbilder brauchen seit gestern fast eine Minute. Dr. Rehm",
     "nina", "fixed", "der Port Ihres Befundplatzes war auf 100 Mbit/s gefallen; ein neues Kabel hat das behoben."),
    ("e14", SD, "kornblume.example/Jannik", "23d 08:15", "Kassenschublade öffnet nicht",
     "Morgen, die Kassenschublade in der Filiale Markt springt nicht mehr auf. Jannik",
     "mara", "fixed", "das Kabel zum Bondrucker war locker; die Schublade öffnet wieder."),
    ("e15", APPLICATIONS, "pixelhaus.example/Noah", "22d 11:20", "Projektnummern doppelt vergeben",
     "Hallo, zwei Projekte haben heute dieselbe Nummer bekommen. Noah Sommer",
     "tim", "fixed", "das zweite Projekt hat eine eigene Nummer, und der Zähler verträgt jetzt zwei Leute auf einmal."),
    ("e16", SD, "ashford-legal.example/Amara", "21d 14:40", "Cannot join court's video system",
     "Hello, the court's video system says my browser is too old. Amara Bello",
     "priya", "fixed", "the browser has been updated, and the test call with the court worked."),
    ("e17", NETWORK, "hansen-logistik.example/Lars", "20d 09:25", "Kamera am Tor 2 ohne Bild",
     "Guten Morgen, die Kamera an Tor 2 zeigt kein Bild. Lars Köster",
     "oliver", "fixed", "the camera had lost its power over the network cable; the port has been reset."),
    ("e18", SD, "nordwerft.example/Holger", "19d 10:10", "Software für Schweißprotokolle",
     "Moin, wir bräuchten das Programm für Schweißprotokolle auf zwei weiteren Rechnern. Holger Thomsen",
     "jonas", "request_fulfilled", "das Programm ist auf beiden Rechnern installiert."),
    ("e19", SD, "klinikum-auental.example/Sabine", "18d 07:50", "Anmeldung am Schichtrechner dauert lange",
     "Guten Tag, die Anmeldung am Schichtrechner dauert fünf Minuten. Sabine Lutz",
     "petra", "fixed", "das Profil war auf 9 GB gewachsen und ist aufgeräumt; die Anmeldung dauert noch 20 Sekunden."),
    ("e20", APPLICATIONS, "greenfield-foods.example/Tom", "17d 16:05", "Recipe database: print in two columns",
     "Hi, can recipes be printed in two columns again as before? Tom Barrow",
     "sofia", "information", "yes: choose the layout “Kitchen” in the print dialogue; it is remembered."),
    ("e21", SD, "hansen-logistik.example/Meryem", "16d 08:30", "Scanner an Tor 5 liest keine QR-Codes",
     "Guten Morgen, der Handscanner an Tor 5 liest Strichcodes, aber keine QR-Codes. Meryem Aydın",
     "mara", "fixed", "QR-Codes waren nach dem Zurücksetzen abgeschaltet und sind wieder eingeschaltet."),
    ("e22", NETWORK, "kornblume.example/Birgit", "14d 12:45", "Musik in der Filiale stockt",
     "Hallo, die Musik in der Filiale Bahnhof stockt ständig. Ist das Internet zu langsam? Birgit Engel",
     "nina", "not_reproducible", "in drei Tagen Beobachtung war die Leitung stabil und kaum belegt. Bitte melden Sie sich beim nächsten Mal gleich, dann sehen wir es im Moment des Fehlers."),
    ("e23", SD, "pixelhaus.example/Noah", "13d 09:55", "Archivplatte voll",
     "Hallo, die Archivplatte ist voll, wir können keine Projekte mehr ablegen. Noah Sommer",
     "jonas", "fixed", "die Platte ist um 4 TB erweitert."),
    ("e24", APPLICATIONS, "klinikum-auental.example/Dr. Tobias", "12d 11:10", "Arztbriefvorlage mit neuem Logo",
     "Guten Tag, bitte hinterlegen Sie das neue Logo in der Arztbriefvorlage. Dr. Rehm",
     "tim", "request_fulfilled", "die Vorlage trägt das neue Logo, ab dem nächsten Brief."),
    ("e25", SD, "greenfield-foods.example/Zoë", "11d 15:30", "Badge does not open the lab",
     "Hi, my badge opens the front door but not the lab since the move. Zoë",
     "mara", "fixed", "the lab door was missing from your access group; it opens now."),
    ("e26", NETWORK, "ashford-legal.example/Gareth", "2d 10:20", "Printer at reception not found after the move",
     "Hello, after the reception moved, nobody finds the printer there. Gareth Pryce",
     "oliver", "fixed", "the printer got a new address with the move; everyone's connection points to it by name now."),
    ("e27", SD, "hansen-logistik.example/Lars", "1d 08:35", "Zweiter Bildschirm bleibt schwarz",
     "Guten Morgen, der zweite Bildschirm bleibt seit heute schwarz. Lars Köster",
     "mara", "fixed", "das Kabel steckte in der Dockingstation im falschen Anschluss; nun geht er."),
)  # fmt: skip


def _later(when: str, *, minutes: int) -> str:
    days, clock = when.split("d ")
    return f"{days}d {(datetime.strptime(clock, '%H:%M') + timedelta(minutes=minutes)).strftime('%H:%M')}"  # noqa: DTZ007


def _everyday(row: tuple[str, ...], number: int) -> Story:
    key, team, requester, when, subject, text, owner, code, done = row
    steps: list[Step] = [
        accepts(_later(when, minutes=7 + number % 9), owner),
        resolves(_later(when, minutes=30 + number * 13 % 90), owner, done, code=code),
    ]
    if number % 3 == 0:
        steps.append(confirms(_later(when, minutes=130 + number * 7 % 60)))
    return story(key, team, requester, when, subject, text, *steps)


STORIES = tuple(_everyday(row, number) for number, row in enumerate(_ROWS))
