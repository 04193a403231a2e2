# Les courriels de la signature.
mail-sign-subject = Veuillez confirmer : { $title }
mail-sign-asked = Quelqu’un (vous, espérons-nous) a demandé à signer cette déclaration sur { $site } :
mail-statement = { $title } (version { $version })
mail-sign-line = Dans la liste publique, la signature figurerait ainsi :
mail-sign-link = Pour signer, ouvrez ce lien et appuyez sur le bouton. Il ne sert qu’une fois, jusqu’au { $expires } :
mail-sign-nameless = Votre nom n’est pas publié. Il est conservé, chiffré, pendant 30 jours après la signature, pour lever d’éventuels doutes, puis supprimé.
mail-sign-not-you = Si ce n’était pas vous, ne faites rien : sans le lien, personne ne signe, et votre adresse est supprimée lorsqu’il expire. La signature peut être retirée à tout moment ; ce qui a été publié a pu être copié par d’autres.
mail-sign-words = La déclaration, dans les termes que vous signeriez :
mail-withdraw-subject = Retirer une signature : { $title }
mail-withdraw-asked = Quelqu’un (vous, espérons-nous) a demandé à retirer une signature de cette adresse sur { $site }, au bas de :
mail-withdraw-link = Pour voir quelles signatures existent et les retirer, ouvrez ce lien. Il ne sert qu’une fois, jusqu’au { $expires } :
mail-withdraw-not-you = Si ce n’était pas vous, ne faites rien.
line-person-at = Une personne de { $domain }
line-confirmed = { $line } (adresse de { $domain } confirmée)
line-organisation = { $line } (organisation ; adresse de { $domain } confirmée)
