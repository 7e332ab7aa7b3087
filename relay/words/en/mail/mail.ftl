### Mails: each tells what happened, what is to be done, and until when.

mail-sent-by = CleanTrack sent this because of something that happened at { $host }. Nobody reads replies to this address.
mail-not-you = If this was not you, do nothing: nothing changes.
mail-link-once = The link works once, until { $until }.
mail-more = { $count ->
    [one] And one more.
   *[other] And { NUMBER($count) } more.
}
# $amount: as the reader's country writes numbers. $currency: ISO 4217.
# The words of a link.
mail-exit = Stop mails of this kind

mail-invitation = { $account } invites you to CleanTrack
    .what = { $by } invites you to the account of { $account }, as { $role }. There you see whether equipment was cleaned on time.
    .button = Accept the invitation

mail-sign-up = Confirm your e-mail address
    .what = One step is left: confirm this address, choose a password, and your account is there.
    .button = Confirm and open the account

mail-address-known = You have a CleanTrack account already
    .what = Somebody entered this address to make a new account. There is one with it already: sign in, or set a new password if you forgot yours.
    .button = Sign in

mail-nobody-known = No account with this address
    .what = Somebody asked to sign in with this address, but nobody here has it. If it was you, you may have signed up with another one, or an admin has to invite you.
    .button = Try another address

mail-reset = Set a new password
    .what = Somebody asked for a new password for this address. Setting it signs you out on every device.
    .button = Set a new password

mail-sign-in-link = Sign in to CleanTrack
    .what = Somebody tried to sign in with this address, and asked for a link in place of the password.
    .button = Sign in

mail-new-device = New sign-in to your account
    .what = On { $at } somebody signed in to your account on a device that was not used before.
    .where = Network: { $network }. Browser: { $agent }.
    .button = See where you are signed in
    .not-you = If this was not you, set a new password at once: it ends every session.

mail-factor-changed = Your second step was changed
    .what = On { $at } a passkey, an authenticator app or the recovery codes with which you sign in were added, removed or made anew.
    .button = Look at your page
    .not-you = If this was not you, set a new password at once, and tell the admin of your account.

mail-wrong-codes = Somebody enters wrong codes at your second step
    .what = On { $at } codes of your second step were wrong so often that no more are taken for a time. The last came from { $network }.
    .why = Whoever gets there has your password, or reads your mail. Without a code they do not come in.
    .button = Set a new password
    .hint = If it was you, wait a few minutes, or use a recovery code. You get this mail once a day at most.

mail-factors-forgotten = Your second step was taken away
    .what = On { $at } the operator of this relay took away your authenticator apps, passkeys and recovery codes, and signed you out everywhere. Your password alone lets you in now.
    .button = Look at your page
    .hint = If you did not ask for this, set a new password at once, and tell the admin of your account.

mail-new-colleague = Somebody new signs in to { $account }
    .what = { $who } came by your organization’s sign-in for the first time, as { $role }.
    .nothing = They see no facility until you choose some on their page.
    .groups = What they see follows from their groups, as you have set it at “Sign-in by your organization”.
    .button = Look at People
    .hint = Whoever should not be there is removed at your organization first: here you disable them on their page.

mail-passkey-copied = A passkey of yours was refused
    .what = On { $at } somebody showed your passkey “{ $name }” and was not let in.
    .why = Its counter was behind what it had been before. That happens where a security key was copied, or was set back.
    .button = Look at your page
    .do = If nothing of that kind was done by you, remove the passkey and tell the admin of your account.

mail-identity-linked = You can sign in by your organization
    .what = On { $at } your sign-in at { $host } was linked: whoever is signed in there as you is let in here.
    .button = Look at your page
    .not-you = If this was not you, remove it on your page, set a new password, and tell the admin of your account.

mail-password-changed = Your password was changed
    .what = On { $at } your password was changed, and every other session was ended.
    .button = Set a new password
    .not-you = If this was not you, set a new password at once, and tell the admin of your account.

mail-webhook-off = A webhook of { $account } is off
    .failing = Nothing has arrived at { $host } since { $since }. After three days of that, nothing more is sent there.
    .gone = The receiver at { $host } answered that it is gone. Nothing more is sent there.
    .what = What waited for it is not sent any more, and what happens until you resume it is not sent later. Everything stays in CleanTrack, where its API lists it.
    .button = Look at the webhook
    .hint = Its page shows what the receiver answered. Once it works again, resume the webhook there.

mail-support-access = Your CleanTrack account was opened by the platform
    .what = { $by }, who runs the platform, opened your account without one of you, until { $until }. They see its pages and change nothing.
    .why = The reason that they gave: { $reason }
    .button = See it, and end it
    .hint = Each page that they look at stands in the access log of your account. Whoever administers it ends the access at once on the page Support access.

mail-test = This relay can send mail
    .what = Somebody who runs this relay sent this mail on { $at } to see whether mail arrives.
    .button = Open CleanTrack
    .hint = There is nothing to do.
