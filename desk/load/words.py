"""What the made-up tickets of a load test say. Slots: `{w}` a word of the vocabulary, `{n}` a number, `{s}` a site.

Words follow Zipf's law, as those of real desks do: a few stand in nearly every ticket, thousands in a handful.
"""

from itertools import accumulate


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TEAMS = (
    ("Workplace", 0.10),
    ("Field Service", 0.15),
    ("Identity and Access", 0.14),
    ("Messaging", 0.12),
    ("Business Applications", 0.11),
    ("Data Centre", 0.10),
    ("Telephony", 0.09),
    ("Printing", 0.08),
    ("Procurement", 0.06),
    ("HR Systems", 0.05),
)
"""Name and share of the tickets; the first is the one that benchmarks look through."""
TINY_TEAM = "Archive"
"""Beside the others: a team with a few hundred tickets, however many there are in all."""

SITES = _lines(
    """
    Berlin
    Hamburg
    München
    Köln
    Leipzig
    Stuttgart
    Wien
    Zürich
    London
    Leeds
    Dublin
    Rotterdam
    Gebäude 2
    Gebäude 7
    Halle 4
    Lager Süd
    Empfang
    3. OG
    Werk Nord
    Homeoffice
    """
)

PRODUCTS = ("Notebook", "Drucker", "VPN", "Outlook", "SAP", "Telefonie", "WLAN", "Fileserver", "Intranet", "")

FIRST_NAMES = _words(
    """
    Anna Ben Clara David Emma Felix Grace Hannah Ivan Julia Karim Lena Marek Nadia Oliver Petra Quentin Rosa Stefan
    Tanja Ulrich Vera William Xenia Yusuf Zoë
    """
)
LAST_NAMES = _words(
    """
    Ahrens Baker Cooper Dietrich Evans Fischer Großmann Hughes Ilić Jansen Köhler Lorenz Müller Novak Özdemir Parker
    Quandt Richter Schäfer Thompson Urban Vogel Weiß Yıldız Ziegler Bergström Carter Dubois Engel Frost
    """
)
COMPANY_NAMES = _words(
    """
    Maschinenbau Logistik Foods Pharma Textil Energie Consulting Verlag Optik Medical Retail Bau Chemie Hotels
    Stadtwerke Engineering
    """
)

_HEADS = _words(
    """
    Drucker Notebook Server Konto Lizenz Netzwerk Kalender Telefon Bestell Rechnungs Lager Urlaubs Zeit Zugangs
    Sicherheits Kunden Artikel Vertrags Personal Reise Archiv Scan Etiketten Produktions Wartungs Projekt
    Lieferanten Kassen Messe Labor Fuhrpark Energie Gebäude Schulungs Konferenz Monitor Tastatur Docking
    Fernzugriffs Datenbank Sicherungs Verteiler Postfach Freigabe Protokoll Formular Schnittstellen Zertifikats
    Update Katalog
    """
)
_TAILS = _words(
    """
    liste dienst ordner maske fehler anzeige prüfung buchung übersicht vorlage anmeldung warteschlange verwaltung
    export import abgleich meldung nummer bericht treiber adapter kabel modul portal client kennwort profil eintrag
    sperre gruppe leitung karte platte speicher konsole umgebung version datei tabelle historie regel kopie ablage
    station schrank plan termin antrag nachweis kennung spiegelung weiche quelle ansicht suche steuerung auswertung
    verbindung zuordnung freischaltung umstellung störung erfassung rückgabe etikett protokollierung sortierung
    abfrage einrichtung abmeldung verlängerung zustellung löschung änderung weiterleitung kopplung messung anbindung
    übertragung bestätigung korrektur vertretung ausgabe annahme quittung inventur reservierung rechte makro skript
    filter layout symbol fenster leiste schaltfläche vorschau signatur abteilung kopf
    """
)

VOCABULARY = tuple(head + tail for tail in _TAILS for head in _HEADS)
"""5,000 compounds, the most frequent first."""
VOCABULARY_WEIGHTS = tuple(accumulate(1.0 / (rank + 2.0) ** 1.1 for rank in range(len(VOCABULARY))))

SUBJECTS = {
    "de": _lines(
        """
        Drucker in {s} druckt nicht mehr
        Kein Zugriff auf {w}
        Anmeldung am Notebook schlägt fehl
        {w} fehlt nach Update
        VPN bricht alle paar Minuten ab
        Bitte neues Benutzerkonto anlegen
        Outlook startet nicht
        Kennwort abgelaufen
        Telefon {n} ohne Freizeichen
        Bestellung: Bildschirm für {s}
        {w} zeigt falsche Werte
        WLAN in {s} sehr langsam
        Fehlermeldung {n} beim Speichern
        Rechte für Laufwerk {w}
        Scanner sendet keine Mails
        {w}: Rückfrage
        Notebook fährt nicht hoch
        Besprechungsraum {s}: kein Bild
        Zertifikat abgelaufen für {w}
        Austritt zum Monatsende
        Eintritt neue Kollegin in {s}
        Lizenz für {w} benötigt
        SAP-Transaktion bricht ab
        Mail kommt beim Kunden nicht an
        """
    ),
    "en": _lines(
        """
        Printer at {s} offline again
        Cannot open {w}
        New starter on Monday, {s}
        Laptop screen stays black
        VPN disconnects during calls
        Password reset for {w}
        Outlook keeps asking for credentials
        Access to {w} please
        Desk phone {n} has no dial tone
        Monitor request for {s}
        {w} report shows old figures
        Wi-Fi very slow at {s}
        Error {n} when saving a document
        Shared mailbox missing
        Scanner does not send mail
        Question about {w}
        Laptop will not start after update
        Meeting room {s}: no picture
        Certificate expired on {w}
        Leaver at month end
        License needed: {w}
        Order stuck in approval
        Cannot print labels in {s}
        Mail to customer bounced
        """
    ),
}

OPENINGS = {
    "de": _lines(
        """
        Guten Tag,
        Hallo zusammen,
        Moin,
        Sehr geehrte Damen und Herren,
        """
    ),
    "en": _lines(
        """
        Hello,
        Hi team,
        Good morning,
        Dear all,
        """
    ),
}

CLOSINGS = {
    "de": _lines(
        """
        Viele Grüße
        Mit freundlichen Grüßen
        Danke und Gruß
        Besten Dank im Voraus
        """
    ),
    "en": _lines(
        """
        Kind regards
        Best regards
        Many thanks
        Thanks a lot
        """
    ),
}

CUSTOMER = {
    "de": _lines(
        """
        seit heute Morgen geht die {w} bei uns nicht mehr.
        Wir haben das Gerät schon zweimal aus- und eingeschaltet.
        Betroffen sind die Kolleginnen in {s}.
        Die Meldung lautet: Fehler {n}, {w} nicht gefunden.
        Gestern Abend hat es noch funktioniert.
        Könnten Sie bitte nachsehen, woran das liegt?
        Es eilt etwas, weil der Monatsabschluss ansteht.
        Ich bin bis 16 Uhr unter der Durchwahl {n} zu erreichen.
        Ein Bildschirmfoto habe ich leider nicht.
        Mit der {w} klappt es dagegen ohne Probleme.
        Das Gerät hat die Inventarnummer NB{n}.
        Nach dem Neustart kommt wieder dieselbe {w}.
        Bitte geben Sie kurz Bescheid, wenn Sie mehr wissen.
        Die Freigabe durch die Abteilungsleitung liegt vor.
        Wer ist bei Ihnen für die {w} zuständig?
        In {s} tritt das auch auf.
        """
    ),
    "en": _lines(
        """
        since this morning the {w} does not work for us any more.
        We have already switched it off and on twice.
        The people at {s} are affected.
        The message says: error {n}, {w} not found.
        It still worked yesterday evening.
        Could you please have a look at it?
        It is a little urgent because of the month-end closing.
        You can reach me on extension {n} until four.
        I am afraid I have no screenshot.
        The {w} works without problems.
        The asset tag is NB{n}.
        After a restart the same {w} appears again.
        Please let me know when you know more.
        My manager has approved the request.
        Who looks after the {w} on your side?
        It also happens at {s}.
        """
    ),
}

AGENT = {
    "de": _lines(
        """
        vielen Dank für Ihre Nachricht.
        Wir haben die {w} neu gestartet; bitte versuchen Sie es noch einmal.
        Können Sie uns bitte die genaue Uhrzeit des Fehlers nennen?
        Ein Techniker kommt morgen Vormittag nach {s}.
        Ihr Konto ist wieder freigeschaltet, das neue Kennwort erhalten Sie telefonisch.
        Das Ersatzgerät NB{n} ist unterwegs.
        Der Fehler {n} ist bekannt; der Hersteller liefert am Donnerstag eine Korrektur.
        Die Berechtigung für die {w} ist gesetzt.
        Bitte melden Sie sich einmal ab und wieder an.
        Wir melden uns, sobald die {w} geprüft ist.
        Falls es noch einmal auftritt, antworten Sie einfach auf diese Mail.
        Die Leitung nach {s} ist wieder stabil.
        """
    ),
    "en": _lines(
        """
        thank you for your message.
        We have restarted the {w}; please try once more.
        Could you please tell us the exact time of the error?
        A technician will come to {s} tomorrow morning.
        Your account is unlocked; you will get the new password by phone.
        The replacement device NB{n} is on its way.
        Error {n} is known; the vendor delivers a fix on Thursday.
        The permission for the {w} has been set.
        Please sign out once and sign in again.
        We will be in touch as soon as the {w} has been checked.
        If it happens again, simply answer this mail.
        The line to {s} is stable again.
        """
    ),
}

NOTES = _lines(
    """
    Ereignisprotokoll geprüft: {w} meldet Fehler {n}.
    Rückruf vereinbart für 14 Uhr.
    Hersteller-Ticket {n} eröffnet.
    Checked the log of the {w}, nothing unusual.
    Known issue, see entry {n} of the handbook.
    Switch in {s} neu gestartet.
    Customer not reachable, left a message.
    Profil gelöscht und neu angelegt, {w} läuft.
    Waiting for parts from {s}.
    Zweiter Fall mit {w} heute.
    """
)

RESOLUTIONS = {
    "de": _lines(
        """
        Die {w} läuft wieder.
        Gerät getauscht, Funktion mit dem Anwender geprüft.
        Berechtigung eingerichtet.
        """
    ),
    "en": _lines(
        """
        The {w} works again.
        Device replaced and tested with the user.
        Access has been set up.
        """
    ),
}
