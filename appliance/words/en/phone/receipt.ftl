### The receipt of a record, and the way to undo it.

# Heading, and title of the page.
receipt-recorded = Recorded
receipt-undone = Undone
receipt-voided = Voided
receipt-recorded-title = Recorded: { $name }
receipt-undone-title = Undone: { $name }
# Badges.
receipt-incomplete = Incomplete: { $missing }
receipt-late = Late entry

## What the record means for its item.

receipt-not-clean = { $name } is recorded, but does not count as clean yet.
receipt-clean-until = { $name } is clean until { $time }.
receipt-clean-until-used = { $name } is clean until it is used.
receipt-no-schedule = { $name } was cleaned. It has no schedule.
receipt-due-by = { $name } was cleaned. It is due again by { $time }.
receipt-due-again = { $name } was cleaned. It is due again.
receipt-out-of-service = { $name } was cleaned. It is out of service.
receipt-cleaned = { $name } was cleaned.
receipt-uncounted = { $name } was cleaned. This record is complete and safe, but the part of this box’s history that says what this tag is on is missing. The record counts for its item as soon as that part is back.

## A record that was taken back.

receipt-was-voided = It was voided.
# $why: what whoever took it back entered.
receipt-voided-by = Voided { $when } by { $who }: { $why }.
receipt-undone-here = Undone { $when } on this phone: { $why }.
receipt-undone-there = Undone { $when } on the phone that recorded it: { $why }.
receipt-both-stay = Both entries stay.

## Facts.

receipt-entry = Entry
receipt-hash = Hash
receipt-by = By
# When it was done, of a late entry.
receipt-done = Done
receipt-done-written = { $done }, written { $written }
receipt-when = When
receipt-wet = Contact time
# For how long an item counts as clean after its cleaning, by the protocol.
receipt-clean = Clean until
receipt-photo = Photo
receipt-photo-at-relay = at the relay
receipt-photo-kept = saved
receipt-photos-some-at-relay = some on the box, some at the relay
receipt-photos-kept = several saved

## Notes.

receipt-no-room = Your photo was not saved: photo storage is full. The record itself is safe. Tell { $contact }.
receipt-adopted = This record had lost its place in the box’s log. It has counted again since { $time }, with its original number, hash and time.

## Where the record is.

# On paper; $moment: day and time in full.
receipt-printed = Printed { $moment }
receipt-where = Where your record is
receipt-on-phone = On the phone
receipt-sent = sent to the box
receipt-on-box = On the box
receipt-on-disk = on disk { $time }. It is safe now.
receipt-at-relay = At the relay
receipt-relay-has = stored and signed by the relay.
receipt-relay-since = stored and signed by the relay since { $time }.
receipt-relay-since-or-earlier = stored and signed by the relay since { $time } or earlier.
receipt-relay-other-log = this record is in an earlier log of this box.
receipt-relay-none = this box has no relay.
receipt-relay-replaced = another machine has taken this box’s place, and it stays here alone. Tell biomed.
receipt-relay-sending = being sent. Nothing else to do.
receipt-relay-no-line-since = waiting: no connection since { $time }. It is sent automatically; nothing else to do.
receipt-relay-no-line = waiting: no connection yet. It is sent automatically; nothing else to do.

## What is next.

receipt-next = Next: { $name }
receipt-show-list = Show the whole list
receipt-same-again = Same again
# Button, where the press starts the contact time; $countdown such as 3:00.
receipt-same-again-wet = Same again: surface is wet, start { $countdown }
# Below the button.
receipt-same-again-by = Records the same steps again, by { $name }.
receipt-undo = Undo this record (until { $time })
receipt-wrong = Wrong? Tell { $contact }: they can void it.
receipt-print = Print this receipt
# Link, seen once on each phone: to the page that says how.
receipt-app = Works in dead spots too: put it on the home screen
receipt-keep-address = Keep this page’s address if you want proof later: anyone can check entry { NUMBER($seq) } with it.
receipt-proof = Download the proof

## The question whether to undo it.

undo-title = Undo this record?
undo-what = Entry { NUMBER($seq) }, { $name }, by { $who }. It will no longer count. Both stay visible.
undo-why = Why, if you want to say it
    .hint = For example: wrong item, not finished
# The reason of whoever gives none; follows “Undone today 14:05 on this phone:”.
undo-unsaid = taken back soon after recording
# Buttons.
undo-confirm = Undo the record
undo-cancel = Cancel
