# Die Mails des Unterschreibens.
mail-sign-subject = Bitte bestätigen: { $title }
mail-sign-asked = Jemand, hoffentlich Sie, möchte bei { $site } diese Erklärung unterschreiben:
mail-statement = { $title } (Fassung { $version })
mail-sign-line = In der öffentlichen Liste stünde die Unterschrift so:
mail-sign-link = Um zu unterschreiben, öffnen Sie diesen Link und drücken dort den Knopf. Er gilt einmal, bis { $expires }:
mail-sign-nameless = Ihr Name wird nicht veröffentlicht. Er wird nach der Unterschrift 30 Tage verschlüsselt aufbewahrt, um Zweifel zu klären, und dann gelöscht.
mail-sign-not-you = Waren Sie das nicht, so tun Sie nichts: Ohne den Link unterschreibt niemand, und Ihre Adresse wird gelöscht, wenn er abläuft. Die Unterschrift kann jederzeit zurückgenommen werden; was veröffentlicht war, können andere kopiert haben.
mail-sign-words = Die Erklärung, in den Worten, die Sie unterschreiben würden:
mail-withdraw-subject = Eine Unterschrift zurücknehmen: { $title }
mail-withdraw-asked = Jemand, hoffentlich Sie, möchte bei { $site } eine Unterschrift dieser Adresse unter folgender Erklärung zurücknehmen:
mail-withdraw-link = Um zu sehen, welche Unterschriften es gibt, und um eine davon zurückzunehmen, öffnen Sie diesen Link. Er gilt einmal, bis { $expires }:
mail-withdraw-not-you = Waren Sie das nicht, so tun Sie nichts.
line-person-at = Eine Person bei { $domain }
line-confirmed = { $line } (Adresse bei { $domain } bestätigt)
line-organisation = { $line } (Organisation; Adresse bei { $domain } bestätigt)
