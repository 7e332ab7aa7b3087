### Signing in.

sign-in-title = Sign in
    .heading = Sign in to CleanTrack
sign-in-email = E-mail
sign-in-password = Password
# Button.
sign-in-button = Sign in
sign-in-forgot = Forgot your password?
# $command: what the operator runs.
sign-in-forgot-what = Nobody can read it, and this relay sends no mail. Ask the relay’s operator for a new one: they set it with { $command } and give it to you. You are then signed out everywhere.
sign-in-cleaning = Cleaning something right now?
    .what = You need no account for that. Point your phone’s camera at the label on the item.
sign-in-done-here = You are signed out on this device.
sign-in-done-everywhere = You are signed out on every device.
sign-in-done-ended = You are signed out: you were away for long, or you or an admin ended it. Sign in to go on.

## What was wrong. $time: of a clock, with its zone.

sign-in-wrong = Wrong e-mail or password.
sign-in-ended = Your access has ended: its time is over, or an admin ended it. What you did stays in the access log. Ask an admin of the account if you still need it.
sign-in-wait-device = Too many wrong passwords were entered on this device. Wait until { $time }, then try again. Your other devices do not have to wait.
sign-in-wait-strangers = Too many wrong passwords were entered for this e-mail on devices that never signed in with it. Wait until { $time }, then try again; or sign in now from a browser in which you signed in before: it does not have to wait.
sign-in-wait-network = Too many wrong passwords came from your network. Wait until { $time }, then try again; or sign in now from a browser in which you signed in before: it does not have to wait.

## The second step.

step-title = Second step
step-lead = Your password is right. Now enter the code that your authenticator app shows.
    .passkey = Your password is right. Now use your passkey, or enter one of your recovery codes.
    .both = Your password is right. Now use your passkey, or enter the code that your authenticator app shows.
step-code = Code
    .hint = Lost the phone? Enter one of your recovery codes
step-wrong = That is not a code of yours, or it was used already. Wait for the next one that the app shows.
step-wait = Too many wrong codes were entered. Wait until { $time }, then try again.
step-over = The second step took too long. Sign in again.

## Somebody who is signed in shows that it is them.

confirm-you-title = Confirm that it is you
confirm-you-lead = This changes who may do what. Enter the password of { $email } once more. Nothing was changed yet, and what you filled in is kept.
confirm-you-button = Confirm
confirm-you-wrong = Wrong password.
confirm-you-cancel = Change nothing

## Ways in that go by mail.

sign-in-new = New here? Make an account
sign-in-forgot-mail = Get a link by mail, or set a new password
ways-email = E-mail
ways-name = Your name
ways-organisation = Organization
    .hint = A hospital, a clinic, or a group of them
ways-password = Password
    .hint = 12 characters or more. Several words are easy to remember
ways-new-password = New password
    .hint = 12 characters or more. Several words are easy to remember
ways-present-password = Present password
ways-bad-email = Enter an e-mail address such as name@hospital.example
ways-bad-name = Enter a name of 1 to 120 characters
ways-bad-organisation = Enter the name of the organization, 1 to 120 characters
ways-short = The password is too short: it needs 12 characters or more
ways-guessable = The password is easy to guess. Several words that do not belong together are not
ways-leaked = This password was leaked somewhere, and is one of the first that others try. Choose another one
ways-long = The password is too long: 256 bytes are the most
ways-wait = Too many mails were asked for. Wait until { $time }, then try again.
ways-over-title = This link is over
ways-over = It was used already, its time is over, or another one took its place. Ask for a new one.
ways-sent-title = Look into your mail
ways-sent = We sent a mail to { $email }. The link in it works once. Nothing there after a few minutes? Look into the spam folder, then try again.
ways-no-mail = This relay sends no mail. Ask the relay’s operator: they set a new password with { $command } and give it to you.
ways-back = Back to sign-in

## A link in place of a password, or a new one.

forgot-title = Come in by mail
forgot-lead = Enter the e-mail address with which you sign in. We mail you a link.
# Buttons.
forgot-link = Mail me a link to sign in
forgot-reset = Mail me a link to set a new password
reset-title = Set a new password
reset-lead = Then sign in with it. You are signed out on every device.
reset-button = Set the password
reset-done = Your new password is set. Sign in with it.
link-title = Sign in by link
link-lead = Press the button to sign in on this device.
link-button = Sign in

## A new account.

sign-up-title = Make an account
sign-up-lead = For an organization that cleans equipment and has to prove it. People at the box need no account.
sign-up-button = Make the account
sign-up-have = You have one already? Sign in
confirm-title = Confirm your address
confirm-lead = Choose a password, and your account is there.
confirm-button = Open the account

## An invitation.

join-title = Join { $account }
join-lead = { $by } invites you to the account of { $account }, as { $role }.
join-new = You sign in with { $email }. Choose a password for it.
join-known = You are signed in as { $email }. The account of { $account } is then one more of yours.
join-sign-in = { $email } signs in here already. Sign in first, then open the link again.
join-other = This invitation is to { $email }, and you are signed in as somebody else. Sign out first, then open the link again.
join-button = Join { $account }
# Regions that it was for are deleted.
join-gone-title = This invitation is for nothing any more
join-gone = What it was for in the account of { $account } was deleted since. Ask { $by } for a new one.
