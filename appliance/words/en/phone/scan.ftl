### The page that a label opens, and how its protocol is to be followed.

# Button.
scan-record = Record cleaning
# The same button while its form is on its way.
scan-recording = Recording…
# The phone is out of reach of the box at the press.
scan-silent = The box does not answer: this press recorded nothing. All that you entered is still here. Press again when the phone is back on the Wi-Fi; nothing is recorded twice.
# When it was cleaned last, and by whom.
scan-last = Last: { $when }, { $who }
scan-kept = Nothing is recorded yet. Your ticks are kept.
scan-kept-photo = Nothing is recorded yet. Your ticks and your photo are kept.
scan-usable-until = This page can be used until { $time }. After that, check your ticks and record again; they are kept.

## What stands above a page that comes back.

scan-too-old = This page has expired. Check your ticks and record again.
scan-signed-out = Nobody is signed in here any more. Enter the name of the person who cleaned.
scan-protocol-changed = The protocol has changed since this page was opened. Check the steps and record again.
scan-not-signed-off = You are not signed off for this protocol. You can still record.
    .incomplete = Only people who are signed off for this protocol clean by it. If you are, prove it with your PIN. Else say in the note why you cleaned; the record does not count.

## Steps.

scan-steps = Steps
scan-instructions = Instructions
scan-protocol = { $name }, version { $version }
# $ppe: what to wear, such as gloves.
scan-protocol-ppe = { $name }, version { $version }, { $ppe }
scan-other-protocol = Clean by “{ $name }” instead
# One row that ticks all required steps.
scan-all-steps = All { NUMBER($count) } steps as protocol
# Opens the steps one by one.
scan-show-steps = Show steps
# Button beside what is wrong.
scan-tick-all = Tick all { NUMBER($count) }
scan-optional-step = if needed
# The one step of an item without a protocol.
scan-plain-step = Cleaned per manufacturer’s instructions
scan-no-protocol = No protocol is set: follow the manufacturer’s instructions.

## Contact time.

# Names a section for screen readers.
scan-contact-time = Contact time
    .passed = Contact time passed
scan-keep-wet = Keep it wet
scan-wet-seconds = { NUMBER($passed) } of { NUMBER($required) } seconds
scan-wet-until = Until { $time }, by the box’s clock.
scan-needs = Needs { $span }.
# $agents: what to wipe with.
scan-agents-need = { $agents }, needs { $span }.
scan-agent-epa = { $name }, EPA { $epa }
scan-agent-or = { $first } or { $second }
# Button; $countdown such as 3:00.
scan-wet-start = Surface is wet: start { $countdown }
# Button.
scan-wet-again = It dried: start again
# On the button while the time runs; $countdown such as 2:12.
scan-wet-left = { $countdown } left, keep it wet
# Button: it was wet long enough.
scan-wet-finish = It may dry now
# $time: when somebody else started it.
scan-wet-elsewhere = Wet since { $time }, started on another phone.
scan-wet-rebooted = The box was started anew at { $time }, so nobody measured how long it was wet. Start the contact time again, or say in the note how long it was wet.
# $protocol: the name of another protocol of the item, by which somebody started a contact time.
scan-wet-other = A contact time of { $protocol } was started on this item. It does not count here; starting one here replaces it.
# While a contact time runs that was begun by an older version of the protocol.
scan-wet-older = The protocol has changed since. This contact time still counts as it was started.
# Button, where the contact time was not measured; it needs a note.
scan-record-unmeasured = Record without contact time
scan-wet-enough = Wet long enough
# Badge.
scan-wet-done = Done
scan-wet-for = Wet for { $span }: long enough. You can record now.
# Spoken while the time runs.
scan-wet-minute = One minute left
scan-wet-ten-seconds = Ten seconds left
scan-wet-over = Contact time is over. You can record.
# A problem: it was sent before the time was over.
scan-wet-still = Keep the surface wet until { $time }, then record

## Photo.

scan-photo = Photo
    .alt = Your photo of { $name }
    .required = Required. No people, no patient names.
    .optional = Optional. No people, no patient names.
    .sample = This time required: picked at random. No people, no patient names.
scan-photo-kept = Photo saved
scan-photo-another = Take another photo
    .hint = It replaces the one above

## Who cleaned, and a note.

scan-name = Your name
    .optional = Leave empty to record without a name
# Whoever is signed in.
scan-name-signed-in = { $name } (signed in { $since })
# $ago: such as “3 min”.
scan-by = By { $name }, PIN entered { $ago } ago
# Button.
scan-someone-else = I am someone else
scan-pin = Enter my PIN
scan-pin-of = PIN of { $name }
scan-pin-hint = It proves who recorded this. Without it, the name counts as typed.
scan-pin-sign-in = Sign in first, or record with your name alone
scan-pin-or-none = Or leave it empty: your name is then recorded as typed.
scan-badge = Scan my badge
    .field = Badge
    .hint = Scan it here with a hand scanner or a card reader.
    .unknown = Nobody here has this badge. Scan it again, or record without it
    .too-many = Too many unknown badges were scanned here. Wait a few minutes, or record without a badge
# A part that is folded.
scan-about = About this cleaning
    .unsaid = As usual
# Which of several; a choice.
scan-agent = Disinfectant
scan-lot = Lot of the disinfectant
    .hint = As printed on the bottle, if you have it
scan-lot-expires = Last day of the lot
    .hint = Such as 2027-05-31
# A choice: on schedule, after a use, and so on.
scan-trigger = Why it was cleaned
# A choice of the Spaulding classes above the usual one.
scan-class = Higher class this time
    .semicritical = Semicritical: touched mucous membranes or broken skin
    .critical = Critical: entered sterile tissue or blood vessels
scan-note = Note
    .hint = Only if something was different

## How a protocol is to be followed.

protocol-version = Version { $version }
protocol-keep-wet = Keep it wet
# $span: the contact time.
protocol-declared = { $span }, as stated by the person who cleans
protocol-agent = Disinfectant
# $agent: its name, and its EPA number where it has one.
protocol-agent-diluted = { $agent }, { $dilution }
protocol-ppe = PPE
protocol-minutes = Takes about
protocol-ifu = Manufacturer’s instructions (IFU)
protocol-ifu-rev = Revision of the IFU
protocol-hang = Clean for
protocol-clean-for = { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
}
protocol-effective = In force from
# $day: such as Dec 3, 2026.
protocol-next = From { $day }: version { $version }.
protocol-number = Version
scan-proof-typed = This item needs your name.
scan-proof-pin = This item needs your PIN.
scan-proof-badge = This item needs your badge or your PIN.
scan-proof-plain = This item needs your PIN. Your phone is on the simple page.
    .badge = This item needs your badge or your PIN. Your phone is on the simple page.
scan-proof-list = This item needs your name from the list. Enter the first letters of your name above, then find it.
scan-proof-list-too = Is your name in the list of staff? Enter its first letters above, then find it.
scan-proof-open = Open the secure page
scan-proof-trust = How to trust this box
scan-proof-sign-in = Sign in with your PIN
scan-proof-names = Who are you?
    .spent = Too many names were looked for from here. Enter your whole name, or wait a few minutes.
scan-proof-find = Find my name
scan-proof-decline = Record without proof
    .hint = Say in the note why. Such a record is incomplete.
