### Second factors.

# On the page of one's own.
factor-title = Second step when you sign in
factor-none = Your password alone lets you in. With a passkey, or an authenticator app on your phone, nobody gets in who only knows your password.
factor-no-app = No authenticator app is set up.
factor-app = Authenticator app
factor-since = since { $day }
factor-used = since { $day }, last used { $used }
# Buttons.
factor-add = Set up an authenticator app
    .another = Set up another app
factor-remove = Remove
    .of = { $name }
# $count: recovery codes that were not used.
factor-codes = { $count ->
    [0] No recovery code is left.
    [one] { $count } recovery code is left.
   *[other] { $count } recovery codes are left.
}
factor-codes-renew = Make new recovery codes
factor-done = Done. A mail says so, too.

## Setting an app up.

factor-new-title = Set up an authenticator app
factor-new-lead = From then on you enter your password, and then a code that the app shows.
factor-new-demanded = Your account asks everybody for a second step when they sign in.
factor-scan = Scan this with the app
factor-picture = QR code for the authenticator app
factor-type = Cannot scan it? Enter this key in the app:
factor-name = What you call it
    .hint = Optional, such as “my phone”
factor-code = The code that the app shows now
factor-new-button = Turn it on
# In its place.
factor-new-passkey = Add a passkey instead
factor-wrong = That is not the code of this key. Wait for the next one, and look whether the phone’s clock is right
factor-anew = This form is of an earlier sign-in. Scan the new code, then enter what the app shows
factor-too-many = There are five apps already. Remove one first
factor-back = Back to your page

## Recovery codes.

factor-codes-title = Your recovery codes
factor-codes-lead = Each of them lets you in once, in place of a code of the app: for the day when the phone is lost.
factor-codes-once = They are shown this one time. Print them or write them down, and keep them where you keep keys. Earlier codes are of no use any more.
factor-codes-done = I have kept them

## Of everybody, on the page of people.

factor-demand-title = Second step for everybody
factor-demand-off = Whoever has a passkey or an authenticator app is asked for it. Nobody has to.
factor-demand-on = Everybody needs a passkey or an authenticator app. Whoever has neither sets one up when they sign in next, before anything else is shown.
# Buttons.
factor-demand = Ask everybody for it
factor-leave = Leave it to everybody
