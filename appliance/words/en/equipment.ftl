### Equipment for staff: the list, an item with its history, and what takes an item or a record out of use.

equipment-title = Equipment
equipment-find = Find by name, place, number or tag
# Button.
equipment-find-button = Find
equipment-in-use = { $count ->
    [one] In use, overdue first: { $count } item
   *[other] In use, overdue first: { $count } items
}
equipment-retired = { $count ->
    [one] Retired: { $count } item
   *[other] Retired: { $count } items
}
equipment-found = { $count ->
    [one] With “{ $query }”: { $count } item
   *[other] With “{ $query }”: { $count } items
}
equipment-retired-found = { $count ->
    [one] Retired, with “{ $query }”: { $count } item
   *[other] Retired, with “{ $query }”: { $count } items
}
equipment-empty = Add the first item: its name is enough. Then print its label.
equipment-none-retired = No equipment was retired.
equipment-none-fits = No matches. Try a part of the name, the room, or the asset number.
equipment-column-number = Number
equipment-column-state = State
equipment-column-rate = 30 days
equipment-page-of = { NUMBER($first) } to { NUMBER($last) } of { NUMBER($all) }
equipment-previous = Previous
equipment-next = Next
# Links to the other lists.
equipment-to-protocols = Protocols
equipment-to-places = Places
equipment-to-categories = Categories
equipment-to-maintenance = Maintenance
equipment-show-used = Equipment in use
equipment-show-retired = Retired equipment

## An item. Buttons and links.

item-log-broken = The log failed verification
item-why-out = Out of service: { $why }
item-expected-back = Expected back { $day }
item-print-label = Print label
item-change = Change
item-resume = Put back into service
item-suspend = Take out of service
    .change = Change reason or day
item-retire = Retire
item-scan-page = Open its scan page
# On paper only; $moment: when it was printed, $root: of the log.
item-paper = { $facility }. Log of { $size }, root { $root }. Verified by this box, { $moment }.
    .broken = { $facility }. Log of { $size }, root { $root }. Not verified by this box, { $moment }.
# Of its tag, in a line of facts.
item-serial = serial { $serial }

## Its rate.

item-rate-title = Last 30 days
item-rate-no-schedule = No schedule, so there is no rate.
item-rate-none = No data yet: no due window has closed.
# $due: its schedules, such as “daily by 07:00”.
item-rate = { NUMBER($met) } of { NUMBER($closed) } windows met. Due { $due }.

## A cleaning from paper.

# Link.
late-link = Enter a cleaning from paper
late-title = { $name }: a cleaning from paper
late-hint = It is shown as a late entry, with the time at which it was entered. It counts if it was done within the last 72 hours.
# Button.
late-save = Enter the cleaning
late-time-wrong = Enter day and time as on the paper, such as 2026-11-24 14:30
late-time-skipped = The clocks were set forward then: this time did not exist. Check it
late-uncounted = This was done more than 72 hours ago, so it is recorded and does not count. Tick here to enter it all the same
late-steps-wrong = Enter numbers of steps from 1 to { $count }, such as 1, 3
late-contact-wrong = How long it was wet: enter minutes and seconds, such as 3:00

## Its history.

history-title = History
history-count = { $count ->
    [one] { $count } cleaning in all, newest first
   *[other] { $count } cleanings in all, newest first
}
# On paper, of one page of a longer history; $from, $to: days, such as “Nov 3, 2026”.
history-part = { $shown } of { $count } cleanings, from { $from } to { $to }. The rest is on further pages.
history-empty = Never cleaned since it was added.
history-cleaned = Cleaned
history-incomplete = Incomplete: { $missing }
history-late = Late entry
history-late-written = Written { $when }, { $span } after it was done
history-photos-absent = { $count ->
    [one] { $count } photo is not on this box
   *[other] { $count } photos are not on this box
}
# Badge.
history-voided = Voided
# $who: who cleaned.
history-was-voided = { $who }. Voided
history-voided-by = { $who }. Voided { $when } by { $by }: { $why }. Both entries stay
# Whoever voided it, where nobody had signed in.
history-same-phone = the phone that recorded it
# Links.
history-entry = Entry { $seq }
history-check = Spot check
history-checked-good = Spot check: clean
history-checked-again = Spot check: clean again
# $result: a word that this version does not know.
history-checked = Spot check: { $result }
# $name: the item’s; $who: who cleaned.
check-what = { $name }, cleaned { $when } by { $who }.
history-void = Void
history-older = Older records
# $name: what an item was called that was merged into this one.
history-former = As { $name }, before it was merged into this item
history-newest = Newest records

## Why its records can be believed.

trust-title = Can this be trusted?
trust-verified = Verified
trust-not-verified = Not verified
trust-entry-absent = Entry { NUMBER($seq) } is not there. Keep this box running and call us.
trust-entry-wrong = Entry { NUMBER($seq) } does not match its hash. Keep this box running and call us.
trust-nothing = There is nothing to check yet.
trust-read-again = { $count ->
    [one] Its newest record was read again just now: it is in the signed log, unchanged.
   *[other] Its newest { $count } records were read again just now: they are in the signed log, unchanged.
}
trust-checked = Checked
trust-checked-when = { $when }, by this box
trust-size = Log size
trust-entries = { $count ->
    [one] { NUMBER($count) } entry
   *[other] { NUMBER($count) } entries
}
trust-root = Root
trust-witness = Cosigned by
trust-relay = { $count ->
    [one] relay, { NUMBER($count) } entry, same root
   *[other] relay, { NUMBER($count) } entries, same root
}
trust-no-relay = not yet cosigned by a relay
trust-proof = Download the proof of entry { $seq }
trust-proof-hint = Anyone can check it with the public key, without us.

## Its schedules.

schedules-title = Schedules
schedules-any = By any protocol
schedules-none = No schedule
schedules-change = Change
# Spoken behind “Change”, which else says the same for each of them.
schedules-change-of = the schedule for { $protocol }
schedules-change-any = the schedule for any protocol
schedule-by-protocol = { $every } by { $protocol }

## Facts of an item.

fact-noncritical = Noncritical
fact-semicritical = Semicritical
fact-critical = Critical
fact-photo-none = Not requested
fact-photo-optional = Optional
fact-photo-required = Required
# A loaner or rental.
fact-loan = Here until
fact-loan-owner = Owner
fact-added = Added
fact-protocol = Protocol
fact-protocol-none = None
fact-protocol-version = { $name }, version { $version }
# $next: the version from that day on.
fact-protocol-next = { $name }, version { $version }; from { $day }: version { $next }
fact-protocol-retired = { $name }, version { $version }, retired
fact-photo-one-in = Photo asked for
# $count: cleanings.
fact-photo-one-in-value = { $count ->
    [one] At each cleaning
   *[other] At one in { $count } cleanings
}
fact-single-use = Used once
fact-yes = Yes
fact-no = No

## Questions for a reason: title, what it means, an example of a reason, and the two buttons.

retire-title = Retire { $name }?
    .what = It is no longer cleaned or recorded. Its history is kept. This cannot be undone.
    .hint = For example: sold, scrapped, sent back to the manufacturer
    .confirm = Retire permanently
    .cancel = Cancel
void-title = Void entry { NUMBER($seq) }?
    .what = { $name }, cleaned { $when } by { $who }. It will no longer count. Both entries stay visible.
    .hint = For example: wrong item scanned
    .confirm = Void the record
    .cancel = Cancel
