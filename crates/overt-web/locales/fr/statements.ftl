# Les déclarations et leurs signataires.
statements-title = Déclarations
statements-lede = Des textes publics, et qui les a signés. Chaque signature donnée ici peut être vérifiée, ici ou hors ligne.
statements-none = Il n’y en a pas encore.
statements-listed = { $n ->
    [one] { $shown } nom d’une autre source
   *[other] { $shown } noms d’une autre source
}

statement-home = Accueil
statement-pages = Pages
statement-more = suite →
statement-first = ← depuis le début
statement-languages = Langue de cette page
statement-by = Par « { $issuer } », publiée le { $date }, version { $version }
statement-count = { $n ->
    [one] { $shown } signature
   *[other] { $shown } signatures
}
statement-sign = Signer cette déclaration
statement-signatures = Signatures
statement-none-signed = Personne n’a encore signé ici.
statement-none-found = Personne ne correspond à ces mots.
statement-see-all = { $n ->
    [one] Voir la signature
   *[other] Voir les { $shown } signatures
}
statement-search = Nom ou organisation
statement-search-button = Chercher
statement-proof = preuve
statement-counts = Comment elles ont été vérifiées
statement-history = Les signatures au fil du temps
statement-history-help = Du { $first } au { $last }, y compris celles qui ont été retirées depuis.
statement-replaced = Il existe une rédaction plus récente de ce texte.
statement-newer = Lire la rédaction plus récente
statement-replaces = Cette rédaction en remplace une autre, dont les signatures ne sont pas reprises.
statement-earlier = Lire la rédaction antérieure
statement-translates = Ceci est une traduction.
statement-original = Lire l’original
statement-translations = Autres langues
statement-listed = Noms d’une autre source
statement-listed-not-verified = Tels que la source les cite, non vérifiés ici.
statement-listed-help = La source a publié sous ce texte les { $shown } noms ci-dessous. Personne n’a vérifié ici qui les porte, et ils ne comptent pas comme signatures.
statement-listed-all = Voir tous les noms cités
statement-listed-names = Noms cités
statement-stated-total = Signatures annoncées par la source
statement-source = Source
statement-source-digest = SHA-256 de la source
statement-brought-by = Apportés ici par
statement-words = Ces mots exacts
statement-words-help = Une signature porte sur ces mots exacts, désignés par leur empreinte. Une lettre de plus, et ce serait une autre déclaration.
statement-record = Enregistrement
statement-text-digest = SHA-256 du texte
statement-version = Version
statement-language = Langue
statement-place = Place dans le journal
statement-key = Clé qui a signé l’enregistrement
statement-under = Déclaration
statement-logged = Enregistrée
statement-signature-number = Signature { $shown }
statement-verify = Comment la vérifier
statement-verify-help = Le fichier ci-dessous contient le texte, la signature de qui l’a publié et la preuve que le journal le contient. Il se vérifie sur votre machine, sans rien demander à ce site :
statement-verify-signature = Le fichier ci-dessous contient cette signature et la preuve que le journal la contient. Votre navigateur peut la vérifier, et vous aussi, hors ligne.
statement-verify-here = La vérifier dans ce navigateur
statement-download = Le fichier pour la vérification hors ligne
statement-download-proof = La preuve du journal seule
statement-feed = Flux
statement-widget = Petite page pour d’autres sites
statement-badge = Badge avec le nombre
statement-withdraw = Retirer une signature

say-nameless = Une personne de { $domain }
say-mail-person = adresse chez { $domain } confirmée
say-mail-organisation = organisation ; adresse chez { $domain } confirmée
say-domain-key = { $domain } publie la clé
say-key = clé déjà connue
say-own-key = signé avec sa propre clé ; le nom n’engage que sa parole
say-nothing = rien n’a été vérifié
say-count-mail-person = Personnes qui ont répondu de leur adresse
say-count-mail-organisation = Organisations qui ont répondu d’une adresse
say-count-domain-key = Un domaine publie la clé
say-count-key = La clé était déjà connue
say-count-own-key = Signé avec sa propre clé
say-count-nothing = Rien n’a été vérifié
