# The mails of signing.
mail-sign-subject = Please confirm: { $title }
mail-sign-asked = Somebody (you, we hope) asked to sign this statement at { $site }:
mail-statement = { $title } (version { $version })
mail-sign-line = The signature would stand in the public list as
mail-sign-link = To sign, open this link and press the button there. It works once, until { $expires }:
mail-sign-nameless = Your name is not published. It is kept, encrypted, for 30 days after the signature to look into doubts, and then deleted.
mail-sign-not-you = If this was not you, do nothing: without the link nobody signs, and your address is deleted when it expires. The signature can be withdrawn at any time; what was published may have been copied by others.
mail-sign-words = The statement, in the words that you would sign:
mail-withdraw-subject = Withdraw a signature: { $title }
mail-withdraw-asked = Somebody (you, we hope) asked to withdraw a signature of this address at { $site }, under:
mail-withdraw-link = To see which signatures there are, and to withdraw, open this link. It works once, until { $expires }:
mail-withdraw-not-you = If this was not you, do nothing.
line-person-at = A person at { $domain }
line-confirmed = { $line } (address at { $domain } confirmed)
line-organisation = { $line } (organisation; address at { $domain } confirmed)
