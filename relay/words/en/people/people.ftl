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
people-times = Times are { $zone }.
people-regions = Regions: groups of facilities
people-invite = Invite somebody
people-invite-button = Send the invitation
people-invited = { $email } was invited.
    .link = This relay sends no mail. Give them this link; it works once, for 7 days:
    .link-name = Link of the invitation
people-open = Invitations that are open
# What the invitation is to, and when it ends; also in person-changed.
people-open-sees = sees { $places }
people-open-gone = sees nothing any more: what it was for was deleted
people-open-ends = access ends { $day }
people-open-until = link works until { $day }
people-open-over = link is over since { $day }
people-open-by = invited by { $by }
people-open-revoke = Take back
    .of = the invitation of { $email }
people-sees = Sees
people-sees-all = every facility
people-sees-none = no facility yet
people-sees-others = what you do not see yourself
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
# Shown where mail came back from somebody’s address. $since: a day.
person-mail = Mail to them
    .bounce = Since { $since } nothing is sent to their address: mail came back from there, but for one link a day that they ask for. If the address is wrong, invite them at the right one.
    .complaint = Since { $since } only links that they ask for are sent to their address: somebody there called our mail unwanted. Whoever runs this relay can change that, once the person has asked for it.
    .provider = Since { $since } nothing is sent to their address: the mail service refuses it.
# Button.
person-mail-again = Send mail there again
person-done-mail-again = Mail is sent there again. If it comes back once more, it stops again: then whoever runs this relay has to ask the mail service why.
person-owner = owner of the account
person-until = Access ends
person-terms = Role and facilities
person-terms-save = Save
person-terms-owner = The account is theirs: they stay its admin until they hand it over.
person-hand-over = Hand the account over
    .hint = They become its owner. You stay an admin, and cannot take it back.
person-done-terms = Saved. It holds from their next page on.
person-done-owner = The account is theirs now.
person-platform = Only somebody with more rights than yours can change anything here.

## What came of a press.

person-done-sign-out = They are signed out everywhere. Their password stays the same.
person-done-disable = They are signed out everywhere, and cannot sign in.
person-done-enable = They can sign in again.
person-is-self = You cannot disable yourself, or change what you are. Ask another admin of the account.
person-is-not-yours = Nothing was changed: you cannot do this about them.
person-is-owner = Nothing was changed: the account is theirs. Hand it over first.
person-has-no-place = Nothing was changed: choose at least one facility or region.
person-is-last-admin = This is the last admin who can sign in. Enable another one first.
# $now: such as “auditor; sees every facility; access ends 3 May”.
person-over-limit = Nothing was changed: nobody more can be added by the plan of the account. The page Billing says why.
person-changed = Somebody else changed their role, facilities or end of access meanwhile. Nothing was saved. What holds now: { $now }. What you entered stands below: save again to have that instead.

## One’s own page.

me-account = Account
me-signed-in = Signed in
me-sessions = Where you are signed in
    .this = this browser
    .since = since { $day }, last used { $used }
    .end = Sign out
    .end-of = { $agent } in { $network }
    .unknown = unknown browser
    .agent = { $browser } on { $system }
me-platform = All accounts and the relay’s own work
me-password = Change your password
    .button = Change it
    .wrong = The present password is another one.
    .done = Your password is changed. Every other session was ended.
me-accounts = Your other accounts
    .open = Open { $account }
# Buttons.
me-sign-out = Sign out
me-sign-out-everywhere = Sign out on every device
