# Erklärungen und wer sie unterschrieben hat.
statements-title = Erklärungen
statements-lede = Öffentliche Texte, und wer darunter steht. Jede Unterschrift, die hier gegeben wurde, lässt sich prüfen, hier oder ohne Netz.
statements-none = Noch gibt es keine.
statements-listed = { $n ->
    [one] 1 Name aus anderer Quelle
   *[other] { $shown } Namen aus anderer Quelle
}

statement-home = Anfang
statement-pages = Seiten
statement-more = weiter →
statement-first = ← von vorn
statement-languages = Sprache dieser Seite
statement-by = Von „{ $issuer }“, veröffentlicht am { $date }, Fassung { $version }
statement-count = { $n ->
    [one] 1 Unterschrift
   *[other] { $shown } Unterschriften
}
statement-sign = Diese Erklärung unterschreiben
statement-signatures = Unterschriften
statement-none-signed = Hier hat noch niemand unterschrieben.
statement-none-found = Mit diesen Wörtern steht hier niemand.
statement-see-all = { $n ->
    [one] Die Unterschrift ansehen
   *[other] Alle { $shown } Unterschriften ansehen
}
statement-search = Name oder Organisation
statement-search-button = Suchen
statement-proof = Beweis
statement-counts = Wie sie geprüft wurden
statement-history = Unterschriften im Lauf der Zeit
statement-history-help = Vom { $first } bis zum { $last }; auch die, die inzwischen zurückgenommen wurden.
statement-replaced = Von diesem Text gibt es eine neuere Fassung.
statement-newer = Die neuere Fassung lesen
statement-replaces = Diese Fassung ersetzt eine frühere. Unterschriften unter jener gelten nicht für diese.
statement-earlier = Die frühere Fassung lesen
statement-translates = Dies ist eine Übersetzung.
statement-original = Das Original lesen
statement-translations = Andere Sprachen
statement-listed = Namen aus anderer Quelle
statement-listed-not-verified = So, wie die Quelle sie nennt; hier nicht geprüft.
statement-listed-help = Die { $shown } Namen hierunter hat die Quelle unter diesem Text veröffentlicht. Niemand hat hier geprüft, wer sie trägt, und sie zählen nicht als Unterschriften.
statement-listed-all = Alle genannten Namen ansehen
statement-listed-names = Genannte Namen
statement-stated-total = Unterschriften nach Angabe der Quelle
statement-source = Quelle
statement-source-digest = SHA-256 der Quelle
statement-brought-by = Hierher gebracht von
statement-words = Genau diese Wörter
statement-words-help = Eine Unterschrift steht unter genau diesen Wörtern; ihre Prüfsumme benennt sie. Mit einem anderen Buchstaben wäre es eine andere Erklärung.
statement-record = Aufzeichnung
statement-text-digest = SHA-256 des Textes
statement-version = Fassung
statement-language = Sprache
statement-place = Platz im Log
statement-key = Schlüssel, der die Aufzeichnung unterschrieb
statement-under = Erklärung
statement-logged = Aufgenommen
statement-signature-number = Unterschrift { $shown }
statement-verify = Wie man es prüft
statement-verify-help = Die Datei hierunter enthält den Text, die Unterschrift dessen, der ihn veröffentlicht hat, und den Beweis, dass das Log ihn hat. Geprüft wird sie auf dem eigenen Rechner, ohne diese Seite zu fragen:
statement-verify-signature = Die Datei hierunter enthält diese Unterschrift und den Beweis, dass das Log sie hat. Der Browser kann sie prüfen, und Sie selbst ohne Netz.
statement-verify-here = In diesem Browser prüfen
statement-download = Die Datei zum Prüfen ohne Netz
statement-download-proof = Nur der Beweis des Logs
statement-feed = Feed
statement-widget = Kleine Seite für andere Webseiten
statement-badge = Plakette mit der Anzahl
statement-withdraw = Eine Unterschrift zurücknehmen

say-nameless = Eine Person bei { $domain }
say-mail-person = Adresse bei { $domain } bestätigt
say-mail-organisation = Organisation; Adresse bei { $domain } bestätigt
say-domain-key = { $domain } veröffentlicht den Schlüssel
say-key = der Schlüssel war bekannt
say-own-key = mit eigenem Schlüssel unterschrieben; der Name ist eigene Angabe
say-nothing = nichts wurde geprüft
say-count-mail-person = Personen, die von ihrer Adresse geantwortet haben
say-count-mail-organisation = Organisationen, die von einer Adresse geantwortet haben
say-count-domain-key = Eine Domain veröffentlicht den Schlüssel
say-count-key = Der Schlüssel war bekannt
say-count-own-key = Mit eigenem Schlüssel unterschrieben
say-count-nothing = Nichts wurde geprüft
