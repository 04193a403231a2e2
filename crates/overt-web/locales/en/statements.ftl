# Statements and their signatories.
statements-title = Statements
statements-lede = Public texts and who stands under them. Every signature given here can be checked, here or offline.
statements-none = There are none yet.
statements-listed = { $n ->
    [one] 1 name listed elsewhere
   *[other] { $shown } names listed elsewhere
}

statement-home = Home
statement-pages = Pages
statement-more = more →
statement-first = ← from the beginning
statement-languages = Language of this page
statement-by = By “{ $issuer }”, published on { $date }, version { $version }
statement-count = { $n ->
    [one] 1 signature
   *[other] { $shown } signatures
}
statement-sign = Sign this statement
statement-signatures = Signatures
statement-none-signed = Nobody has signed here yet.
statement-none-found = There is nobody with these words.
statement-see-all = { $n ->
    [one] See the signature
   *[other] See all { $shown } signatures
}
statement-search = Name or organisation
statement-search-button = Search
statement-proof = proof
statement-counts = How they were checked
statement-history = Signatures over time
statement-history-help = From { $first } to { $last }, those that were withdrawn since among them.
statement-replaced = There is a newer wording of this text.
statement-newer = Read the newer wording
statement-replaces = This wording replaces an earlier one. Signatures under that one do not carry over.
statement-earlier = Read the earlier wording
statement-translates = This is a translation.
statement-original = Read the original
statement-translations = Other languages
statement-listed = Names listed elsewhere
statement-listed-not-verified = As listed by the source, not verified here.
statement-listed-help = The { $shown } names below were published by the source under this text. Nobody has checked here who bears them, and they are not counted as signatures.
statement-listed-all = See all listed names
statement-listed-names = Names listed
statement-stated-total = Signatures that the source states
statement-source = Source
statement-source-digest = SHA-256 of the source
statement-brought-by = Brought here by
statement-words = These exact words
statement-words-help = A signature stands under these exact words, named by their digest. If a letter of them changed, it would be another statement.
statement-record = Record
statement-text-digest = SHA-256 of the text
statement-version = Version
statement-language = Language
statement-place = Place in the log
statement-key = Key that signed the record
statement-under = Statement
statement-logged = Logged
statement-signature-number = Signature { $shown }
statement-verify = How to check it
statement-verify-help = The file below holds the text, its publisher’s signature and the proof that the log has it. It is checked on your own machine, without asking this site:
statement-verify-signature = The file below holds this signature and the proof that the log has it. Your browser can check it, or you can, offline.
statement-verify-here = Check it in this browser
statement-download = The file for checking offline
statement-download-proof = The log’s proof alone
statement-feed = Feed
statement-widget = Small page for other sites
statement-badge = Badge with the count
statement-withdraw = Withdraw a signature

say-nameless = A person at { $domain }
say-mail-person = address at { $domain } confirmed
say-mail-organisation = organisation; address at { $domain } confirmed
say-domain-key = { $domain } publishes the key
say-key = key known before
say-own-key = signed with a key of their own; the name is their own word
say-nothing = nothing was checked
say-count-mail-person = People who answered from their address
say-count-mail-organisation = Organisations that answered from an address
say-count-domain-key = A domain publishes the key
say-count-key = The key was known before
say-count-own-key = Signed with a key of their own
say-count-nothing = Nothing was checked
