### Who works here and how they sign in, one’s own PIN, and the tokens of programs.

sign-in-title = Sign in
sign-in-who = Who are you?
# A field, on a device that is new here; a list of names follows.
sign-in-letters = The first letters of your name
    .hint = At least 2. This device is new here, so it shows no names by itself.
    .show = Show names
    .none = Nobody who has a PIN has such a name.
    .spent = Too many names were looked for from here. Enter your whole name, or wait a few minutes.
    .short = Enter at least 2 letters.
sign-in-unknown = Nobody can sign in now
    .why = Who works here is in the part of the history that is missing. Do not add people again: they come back with that part.
sign-in-nobody = Nobody has a PIN yet
    .next = The installer makes the first facility admin on the set-up page, or on the box:
    .link = Set this box up
sign-in-back = Cancel
sign-in-not-needed = Recording a cleaning needs no sign-in: scan the label.
sign-in-pin = Enter your PIN
    .kept = You are not signed in.
    .field = PIN
    .hint = 4 to 8 digits. After several wrong attempts you have to wait.
    .forgot = Forgot it? A facility admin sets a new one. Recording a cleaning needs no PIN here.
sign-in-somebody-else = I am someone else
# Button.
sign-in-open = Open
# What the keys of a pad on the screen say to screen readers.
sign-in-digits = Digits
sign-in-delete = Delete the last digit

## Whoever is signed in.

me-signed-in = Signed in as { $role }. You are signed out after 60 minutes without use.
    .shared = Signed in as { $role }. You are signed out after 5 minutes without use.
me-sign-out = Sign out
# The browser of this page; the button marks it.
me-tablet = Do several people use this tablet?
    .shared = This tablet is shared
    .what = A shared tablet remembers no name. A PIN proves one record, a sign-in ends after 5 minutes without use, and a page that nobody touches goes home after 30 seconds. With something entered it asks first, after two minutes.
    .mark = This is a shared tablet
    .end = Only one person uses it now
me-change-pin = Change my PIN
me-today = Back to today

## One’s own PIN.

own-pin-title = Your PIN
own-pin-kept = Your PIN was not changed.
own-pin-wrong = { $count ->
    [one] { $count } wrong PIN was entered for you since { $since }, on devices on which you never signed in. None was correct. If that was not you, set a longer PIN and tell a facility admin.
   *[other] { $count } wrong PINs were entered for you since { $since }, on devices on which you never signed in. None was correct. If that was not you, set a longer PIN and tell a facility admin.
}
own-pin-short = Your PIN is too short for what you may do here: as { $role } you need { NUMBER($digits) } to 8 digits. It still opens the staff pages; set a longer one now.
own-pin-exposed = Your PIN was sent without HTTPS, where others could read it. Your records are safe. Choose another PIN now: the pages open after that.
own-pin-same = This is the PIN that others could read. Choose another one
own-pin-present = Your current PIN
own-pin-new = New PIN
own-pin-digits = { NUMBER($digits) } to 8 digits
own-pin-again = The new PIN again
own-pin-change = Change PIN
own-pin-go-on = Continue without a new PIN
# What is wrong with a new one.
pin-form = A PIN has { NUMBER($digits) } to 8 digits
    .long = The PIN of biomed and of a facility admin has { NUMBER($digits) } to 8 digits
pin-differs = The two PINs differ. Enter the same PIN twice

## The list of staff.

people-title = Staff
people-add = Add a person
people-nobody = Nobody yet
    .next = Add the people who look after equipment. Nobody has to be on this list to record a cleaning.
people-here = { $count ->
    [one] { $count } person works here
   *[other] { $count } people work here
}
people-column-name = Name
people-column-role = Role
people-column-pin = PIN
people-column-sessions = Signed in
people-column-since = Since
people-pin-set = Set
people-pin-none = None
people-sessions = { $count ->
    [0] no
    [one] { $count } device
   *[other] { $count } devices
}
people-admin-adds = A facility admin adds people and sets their PINs.
people-sign-out = Sign everybody out
    .hint = On every device but this one. No record is lost.
people-signed-out = { $count ->
    [0] Nobody else was signed in. You are still signed in here.
    [one] Everybody else is signed out, on { $count } device. You are still signed in here.
   *[other] Everybody else is signed out, on { $count } devices. You are still signed in here.
}
people-left = Former staff
    .hint = Their names stay with what they recorded. They cannot sign in.
    .badge = Left
# $since: when they were added.
people-came = { $role }, added { $since }

## Who is signed off for which protocol.

sign-offs-title = Sign-offs
sign-offs-what = Who may clean by which protocol. A cleaning by somebody else is recorded too, and says so.
sign-offs-no-protocol = Publish a protocol first.
sign-offs-caption = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
# Links to further protocols of the table.
sign-offs-before = Earlier protocols
sign-offs-after = Further protocols
sign-offs-back = Back to the sign-offs
# How one stands; $day: its last.
sign-off-none = Not signed off
sign-off-holds = Signed off
sign-off-until = Until { $day }
sign-off-over = Ended { $day }
# $name: a person’s; $protocol: a protocol’s.
sign-off-title = { $name }: { $protocol }
# $who: whoever signed off, or ended that; $time: such as “today 14:04”.
sign-off-since = Since { $time }
    .by = By { $who }, { $time }
# Buttons.
sign-off-confirm = Sign off
sign-off-again = Sign off again
# Link.
sign-off-end = End this sign-off
    .title = { $name } may not clean by { $protocol } any more?
    .what = What they recorded stays as it is. Cleanings from now on say that they are not signed off.
    .why = Why? Optional
    .confirm = Yes, end it
    .cancel = Cancel

## Programs and their tokens.

programs-title = Programs
programs-none = No program yet
    .what = A token lets another system read this box, record cleanings or print, over HTTPS.
    .link = What programs can do
programs-caption = Tokens in force
programs-column-program = Program
programs-column-state = State
programs-column-scope = May
programs-column-made = Created
programs-column-ends = Ends
programs-column-used = Last used
programs-column-revoke = Revoke
programs-made-by = by { $who }
programs-revoke = Revoke
programs-ended = No longer in force
    .hint = They stay here for 400 days.
# Of a token that ended; $scope: what it might do, $ends: when and by whom.
programs-ended-line = { $scope }. Created { $made } by { $who }. Ended { $ends }. Last used: { $used }.
programs-revoked-line = { $scope }. Created { $made } by { $who }. Revoked { $ends }. Last used: { $used }.
program-state-revoked = Revoked
program-state-ended = Ended
program-state-ends-soon = Ends soon
program-state-live = In force
program-scope-read = reads
program-scope-record = reads, and records cleanings
program-scope-write = reads, records, prints and changes everything, also people and settings
program-revoked-by = { $when } by { $who }
program-never-ends = never
program-not-used = not yet
# $network: from where.
program-used = { $day } from { $network }
# Who made or revoked a token, where it was no person.
program-command-line = the box’s command line
program-came-clear = the box: it came without HTTPS

## A new token, and the end of one.

program-new = Create a token
    .kept = No token was created. What you entered is kept.
    .name = Which program is it for?
    .name-hint = Such as CMMS, night export
    .scope = What may it do?
    .scope-wrong = Choose what it may do
    .days = For how many days?
    .days-hint = 1 to 730, or enter the word never
    .confirm = Create token
    .cancel = Cancel
program-choice-read = Read
program-choice-record = Record: also report cleanings
program-choice-write = Write: also equipment, labels and printers
program-name-wrong = Enter in 1 to 60 characters which program it is for
program-days-wrong = A token lasts 1 to 730 days; enter the word never if it is not to end
program-too-many = There are 500 tokens in force. Revoke some that nobody needs
program-repeated = This token was already created; its text was shown then
program-unknown = No token in force has the id or name “{ $which }”
program-ambiguous = Several tokens are called “{ $name }”; say which by its id: { $ids }
program-made = Copy the token now
    .what = { $name } { $scope }. It ends: { $ends }.
    .once = This page shows it once. The box keeps only a fingerprint of it. Send it over HTTPS only: a token that comes without HTTPS is revoked at once.
    .done = I have copied it
program-revoke = Revoke the token of { $name }?
    .what = The token { $id } is refused from the next request on, permanently. What the program recorded stays. To let it in again, create a new token.
    .confirm = Revoke token
    .cancel = Cancel

## One person, for a facility admin.

# $since: when they were added.
person-since = Here since { $since }
    .themselves = Here since { $since }. This is you.
person-signed-out = { $devices ->
    [0] { $name } was not signed in anywhere.
    [one] { $name } is signed out on { $devices } device.
   *[other] { $name } is signed out on { $devices } devices.
}
    .themselves = { $devices ->
    [0] You were signed in on no other device. You are still signed in here.
    [one] You are signed out on { $devices } other device. You are still signed in here.
   *[other] You are signed out on { $devices } other devices. You are still signed in here.
}
person-unchanged = Nothing was changed.
person-pin = PIN
    .set = Set
    .none = None
    .what = It opens the staff pages. Give it to them in person.
    .again = It opens the staff pages. A new PIN unlocks them and signs them out everywhere.
    .new = New PIN
    .same = The same PIN again
    .confirm = Set PIN
    .take = Remove PIN
    .take-what = They cannot sign in until somebody sets a new one. Cleanings that it proved stay proven.
    .take-confirm = Remove the PIN of { $name }
person-badges = Badges
    .none = None
    .what = A badge proves who cleaned. It can be copied, so it opens nothing. At most 3 a person.
# $when, $day: such as “today 14:04”, “Nov 3, 2026”.
person-badge-added = Added { $when }
person-badge-used = Last used { $day }
person-badge-unused = Not used yet
person-badge-revoked = Sent without HTTPS { $when }: it proves nothing any more
person-badge-scan = Scan a badge
    .hint = With a hand scanner or a card reader that types, twice
person-badge-again = Scan the same badge again
    .hint = It was read once. Nothing is stored yet.
# Buttons.
person-badge-add = Add badge
    .go-on = Continue
person-badge-print = Print a badge
    .what = Without a badge of your own to scan: the box makes one up and gives you a PDF, once. Its number is stored nowhere else. Print it, then delete the file.
person-badge-remove = Remove
# What is wrong with one.
person-badge-form = A badge has 4 to 128 characters. Scan it again
person-badge-label = This is the label of an item, not a badge
person-badge-taken = This badge is in use. Take another one
person-badge-present = They have this badge already
person-badge-too-many = A person has at most 3 badges. Remove one first
person-badge-unsafe = This badge was sent without HTTPS and is not safe any more. Take another one
person-badge-key-lost = The key of all badges is lost. Put keys/badge.key back from a backup, or remove all badges first
person-badge-differs = The two scans differ. Scan the badge twice, from the beginning
person-own-pin-away = You cannot remove your own PIN; ask another facility admin
person-sessions = Signed in
    .count = { $devices ->
    [0] On no device.
    [one] On { $devices } device.
   *[other] On { $devices } devices.
}
    .this = On 1 device, which is this one.
    .end = Sign out everywhere
    .end-others = Sign out everywhere else
# $what: such as “PIN set”; $when: “today 14:04”; $who: a name, or where it came from.
person-access = Changes of access
    .line = { $what }: { $when }, by { $who }
    .token = { $what }: { $name }, { $when }, by { $who }
# What changed of who may sign in, and how.
access-change = { $what ->
    [pin-set] PIN set
    [pin-removed] PIN removed
    [badge-added] Badge added
    [badge-removed] Badge removed
    [signed-out-everywhere] Signed out everywhere
    [token-made] Token created
    [token-revoked] Token revoked
    [auditor-pass] Auditor pass created
    [auditor-pass-ended] Auditor pass ended
   *[other] Other change
}
    .box = the box
person-back = Back to staff
person-has-left = They have left
person-leave = Has { $name } left?
    .what = They can no longer sign in. This is permanent. Their name stays with what they recorded. If they come back, add them again.
    .confirm = Yes, they have left
    .cancel = Cancel
person-left-recorded = It is recorded that they have left.
