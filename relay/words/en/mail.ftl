### Mails: each tells what happened, what is to be done, and until when.

## Around each mail.

mail-sent-by = CleanTrack sent this because of something that happened at { $host }. Nobody reads replies to this address.
mail-not-you = If this was not you, do nothing: nothing changes.
mail-link-once = The link works once, until { $until }.

## An invitation.

mail-invitation-subject = { $account } invites you to CleanTrack
mail-invitation-what = { $by } invites you to the account of { $account }, as { $role }. There you see whether equipment was cleaned on time.
mail-invitation-button = Accept the invitation

## Somebody made an account.

mail-sign-up-subject = Confirm your e-mail address
mail-sign-up-what = One step is left: confirm this address, choose a password, and your account is there.
mail-sign-up-button = Confirm and open the account

## The same, at an address that is known.

mail-known-subject = You have a CleanTrack account already
mail-known-what = Somebody entered this address to make a new account. There is one with it already: sign in, or set a new password if you forgot yours.
mail-known-button = Sign in

## The other way round: nobody has it.

mail-nobody-subject = No account with this address
mail-nobody-what = Somebody asked to sign in with this address, but nobody here has it. If it was you, you may have signed up with another one, or an admin has to invite you.
mail-nobody-button = Try another address

## A new password.

mail-reset-subject = Set a new password
mail-reset-what = Somebody asked for a new password for this address. Setting it signs you out on every device.
mail-reset-button = Set a new password

## Coming in without a password.

mail-link-subject = Sign in to CleanTrack
mail-link-what = Somebody tried to sign in with this address, and asked for a link in place of the password.
mail-link-button = Sign in

## What concerns a person’s safety.

mail-device-subject = New sign-in to your account
mail-device-what = On { $at } somebody signed in to your account on a device that was not used before.
mail-device-where = Network: { $network }. Browser: { $agent }.
mail-device-not-you = If this was not you, set a new password at once: it ends every session.
mail-device-button = See where you are signed in
mail-factor-subject = Your second step was changed
mail-factor-what = On { $at } a passkey, an authenticator app or the recovery codes with which you sign in were added, removed or made anew.
mail-factor-not-you = If this was not you, set a new password at once, and tell the admin of your account.
mail-factor-button = Look at your page
mail-codes-subject = Somebody enters wrong codes at your second step
mail-codes-what = On { $at } codes of your second step were wrong so often that no more are taken for a time. The last came from { $network }.
mail-codes-why = Whoever gets there has your password, or reads your mail. Without a code they do not come in.
mail-codes-button = Set a new password
mail-codes-hint = If it was you, wait a few minutes, or use a recovery code. You get this mail once a day at most.
mail-forgotten-subject = Your second step was taken away
mail-forgotten-what = On { $at } the operator of this relay took away your authenticator apps, passkeys and recovery codes, and signed you out everywhere. Your password alone lets you in now.
mail-forgotten-hint = If you did not ask for this, set a new password at once, and tell the admin of your account.
mail-colleague-subject = Somebody new signs in to { $account }
mail-colleague-what = { $who } came by your organization’s sign-in for the first time, as { $role }.
mail-colleague-nothing = They see no facility until you choose some on their page.
mail-colleague-groups = What they see follows from their groups, as you have set it at “Sign-in by your organization”.
mail-colleague-button = Look at People
mail-colleague-hint = Whoever should not be there is removed at your organization first: here you disable them on their page.
mail-copied-subject = A passkey of yours was refused
mail-copied-what = On { $at } somebody showed your passkey “{ $name }” and was not let in.
mail-copied-why = Its counter was behind what it had been before. That happens where a security key was copied, or was set back.
mail-copied-do = If nothing of that kind was done by you, remove the passkey and tell the admin of your account.
mail-identity-subject = You can sign in by your organization
mail-identity-what = On { $at } your sign-in at { $host } was linked: whoever is signed in there as you is let in here.
mail-identity-not-you = If this was not you, remove it on your page, set a new password, and tell the admin of your account.
mail-identity-button = Look at your page
mail-password-subject = Your password was changed
mail-password-what = On { $at } your password was changed, and every other session was ended.
mail-password-not-you = If this was not you, set a new password at once, and tell the admin of your account.
mail-password-button = Set a new password

## What an account is to look after.

mail-webhook-subject = A webhook of { $account } is off
mail-webhook-failing = Nothing has arrived at { $host } since { $since }. After three days of that, nothing more is sent there.
mail-webhook-gone = The receiver at { $host } answered that it is gone. Nothing more is sent there.
mail-webhook-what = What waited for it is not sent any more, and what happens until you resume it is not sent later. Everything stays in CleanTrack, where its API lists it.
mail-webhook-button = Look at the webhook
mail-webhook-hint = Its page shows what the receiver answered. Once it works again, resume the webhook there.
