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

## What was wrong. $time is that of a clock in UTC.

sign-in-wrong = Wrong e-mail or password.
sign-in-wait-device = Too many wrong passwords were entered on this device. Wait until { $time } UTC, then try again. Your other devices do not have to wait.
sign-in-wait-strangers = Too many wrong passwords were entered for this e-mail on devices that never signed in with it. Wait until { $time } UTC, then try again; or sign in now from a browser in which you signed in before: it does not have to wait.
sign-in-wait-network = Too many wrong passwords came from your network. Wait until { $time } UTC, then try again; or sign in now from a browser in which you signed in before: it does not have to wait.
