### Passkeys.

# On the page of one's own.
passkey-title = Passkeys
passkey-what = A passkey signs you in by itself, with the fingerprint, face or PIN of your phone or computer, or with a security key. There is nothing to remember, and nothing that others could guess or lure out of you.
# Button.
passkey-add = Add a passkey

## Adding one.

passkey-new-title = Add a passkey
passkey-new-lead = Your browser asks where to keep it: on this device, on a phone, or on a security key.
passkey-new-name = What you call it
    .hint = Optional, such as “work phone”
passkey-rename = Rename
    .of = { $name }
    .save = Save the name
# Button.
passkey-new-button = Make the passkey
# What one is called that got no name.
passkey-unnamed = Passkey
passkey-too-many = There are ten passkeys already. Remove one first
passkey-known = This passkey is in use already. Choose another device or security key
passkey-not-made = That did not become a passkey. Try again, or choose another device or security key

## Using one.

# Buttons.
passkey-sign-in = Sign in with a passkey
passkey-confirm = Use a passkey
passkey-use = Use your passkey
passkey-use-title = Sign in with a passkey
passkey-use-lead = Your browser asks for your fingerprint, your face, a PIN or a security key.
passkey-refused = This passkey does not let you in. Was it removed, or is it for another account? Try another one, or sign in with your password.
passkey-not-yours = That passkey is none of yours. Try another one, or enter your password.
passkey-over = That took too long. Try again.
passkey-wait = Too many passkeys were refused. Wait until { $time }, then try again.

## What the page says when the browser's dialogue ends without one.

passkey-failed = No passkey was used. Try again, or go back and choose another way.
passkey-there = There is a passkey for you on that device already.
passkey-missing = This browser has no passkeys. Use another one, or go back and choose another way.
passkey-no-script = Passkeys need JavaScript, which is turned off in this browser. Turn it on, or go back and choose another way.
