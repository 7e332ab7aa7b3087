### Who signs in to the account, a person’s page, and one’s own.

people-title = People
people-lead = They sign in to this account. Recording a cleaning needs no account.
people-caption = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
people-name = Name
people-email = E-mail
people-role = Role
people-state = State
people-last-sign-in = Last sign-in
people-sessions = Signed in now
    .nowhere = nowhere
    .count = { $count ->
    [one] in { $count } browser
   *[other] in { $count } browsers
}
# $command: what the operator runs.
people-add = Times are UTC. The relay’s operator adds people: { $command }.
people-disabled = Disabled
people-may-sign-in = Can sign in

## A person.

person-added = Added
person-acts = Lost a phone, or left?
person-acts-hint = Signing out ends every session at once, and forgets the browsers. The password stays the same.
    .self = Signing out ends every session at once, this one too, and forgets the browsers. The password stays the same.
# Button.
person-sign-out = Sign out everywhere
person-enable-hint = They cannot sign in. What they did stays in the access log.
# Button.
person-enable = Let them sign in again
person-disable-hint = Disabling signs out everywhere, and they cannot sign in until an admin enables them.
# Button.
person-disable = Disable
person-platform = They run the platform: only a platform admin can sign them out or disable them. Ask the relay’s operator.

## What came of a press.

person-done-sign-out = They are signed out everywhere. Their password stays the same.
person-done-disable = They are signed out everywhere, and cannot sign in.
person-done-enable = They can sign in again.
person-is-self = You cannot disable yourself. Ask another admin of the account.
person-is-platform-admin = Nothing was changed: only a platform admin can do this to a platform admin.
person-is-last-admin = This is the last admin who can sign in. Enable another one first.

## One’s own page.

me-account = Account
me-signed-in = Signed in
# Buttons.
me-sign-out = Sign out
me-sign-out-everywhere = Sign out on every device
