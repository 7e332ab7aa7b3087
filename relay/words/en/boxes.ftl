### Boxes: how they stand, on every page that shows one, and the page of all of them.

boxes-title = Boxes

## How a box stands.

box-state = { $state ->
    [quarantined] Quarantined
    [silent] Offline
    [alarmed] Needs attention
    [waiting] Not connected yet
    [clock] Clock uncertain
    [behind] Catching up
    [good] Good
    [none] No box
   *[revoked] Retired
}
# $span: for how long.
box-silent-for = Offline { $span }
# In tables in which nothing else says it.
box-online = Online
box-none = No box
box-unknown = unknown
# Entries that are kept apart and do not count.
box-held = held
box-held-count = { NUMBER($count) } held
# In the past: of a box that has been offline for some minutes. $what: the clock, the disk.
box-was = was { $what }
box-clock = { $clock ->
    [synced] synced
    [rtc] battery clock
   *[unsure] uncertain
}
# $clock: a state of box-clock.
box-clock-ahead = { $clock }, { $span } ahead
box-clock-behind = { $clock }, { $span } behind
# A badge. $words: what a box says that knows more states than this relay.
box-printer = { $state ->
    [ready] Ready
    [printing] Printing
    [not-asked] Status unknown
    [stopped] Stopped
    [no-answer] No answer
    [fault] Box fault
   *[other] { $words }
}
    .was = { $state ->
    [ready] Was ready
    [printing] Was printing
    [not-asked] Status was unknown
    [stopped] Was stopped
    [no-answer] Did not answer
    [fault] Had a box fault
   *[other] Was { $words }
}
# In a list of facts: the printer’s name, and its state.
box-printer-fact = { $state ->
    [ready] { $name }: ready
    [printing] { $name }: printing
    [not-asked] { $name }: status unknown
    [stopped] { $name }: stopped
    [no-answer] { $name }: no answer
    [fault] { $name }: box fault
   *[other] { $name }: { $words }
}
    .was = { $state ->
    [ready] { $name }: was ready
    [printing] { $name }: was printing
    [not-asked] { $name }: status was unknown
    [stopped] { $name }: was stopped
    [no-answer] { $name }: did not answer
    [fault] { $name }: had a box fault
   *[other] { $name }: was { $words }
}
box-disk = { NUMBER($percent) }%
box-disk-used = { NUMBER($percent) }% used

## Alarms of a box, for somebody who is not there.

# $subject: what it is about, such as the name of a file.
box-alarm-about = { $alarm } ({ $subject })
# A newer box may know alarms that this relay does not.
box-alarm-unknown = The box reports “{ $code }”
box-alarm = { $code ->
    [disk-full] Its storage is or was full: cleanings were refused
    [box-replaced] Another machine has taken its place
    [history-coming] It has taken another machine’s place, and fetches the history from here
    [log-missing] Records cannot be read at the box; what is here stays here
    [log-forgot] Its storage lost records, which come back from here: have the storage card changed
    [relay-other] Its storage lost records, or a copy of its storage card is in use: have the card changed
    [rebuild-short] A rebuild of its database would have lost records and was refused
    [db-damaged] Its database is damaged and is rebuilt at the next start; the log is not affected
    [log-healed] Damaged records were repaired from a second copy: have the storage card changed soon
    [db-salvage] Its database was rebuilt from the log
    [log-epoch] It now records in a new log
    [log-adopted] Displaced records count again
    [log-unvouched] This relay holds a log of this box that the box does not know
    [log-apart] Its storage holds a log that does not belong to the others
    [copy-removed] A damaged copy was removed, because a text in it was to be erased
    [relay-went-back] This relay lost records that it had confirmed; the box sends them again
    [relay-refused] This relay does not accept its records
    [zone-data] Its time zone data and this relay’s make other days of its facility: update the older one
    [photos-refused] This relay does not accept some of its photos
    [photos-damaged] Its stored photos are damaged: have the storage card changed soon
    [backup-old] It has no backup from the last days
    [backup-failed] A backup of it could not be made
    [side-room] A part of the box does not work; recording continues
    [hint-bad] A small file in its storage could not be read; recording continues
   *[clock] It does not know what time it is
}
# Whole sentences: since when, and whether it is over.
box-alarm-since = { $alarm }, since { $time }.
    .over = { $alarm }, since { $time }, over.
    .listed = { $alarm }. Since { $time }.
    .listed-over = { $alarm }. Since { $time }, over.

## The page of all boxes.

boxes-add = Add a box
boxes-first = First page
boxes-next = Next
boxes-caption = { $count ->
    [one] { $count } box
   *[other] { $count } boxes, most urgent first
}
boxes-facility = Facility
boxes-state = State
boxes-last-seen = Last seen
boxes-backlog = Backlog
boxes-clock = Clock
boxes-disk = Disk
boxes-printer = Printer
    .none = none
boxes-version = Version
boxes-empty-title = No box yet
boxes-empty = A box appears here once it is claimed. Create a claim file for its facility.
boxes-alarms = Alarms that nobody at the facility has acknowledged
    .hint = Somebody there acknowledges an alarm on the box’s own page, “Box”.
# A log that may not be the box’s. $entries: how many it has, with the word.
boxes-waiting-log = { $facility }: a log came under this box’s name, { $epoch } with { $entries }, that no key of the box vouches for. Either the box has lost its keys, or somebody has a copy of its certificate. Nothing of it counts until the relay’s operator has admitted or forgotten it: “cleantrack-relay box epoch admit” or “forget”, with --box { $id }.
# A box was restored from a backup of before its claim; or somebody who has a claim file says so. $epoch: the name of its log.
boxes-waiting-claim = { $facility }: a box with a new claim file says that it is this box, restored from a backup of before its claim, and goes on with the log { $epoch }. It has no certificate and can read nothing. If the restored box itself shows that name under “Health”, the relay’s operator admits the log: “cleantrack-relay box epoch admit”, or “forget”, with --box { $id }.
boxes-waiting-more = { NUMBER($count) } more such logs: “cleantrack-relay box epoch list” names all of them.
boxes-refused = { $count ->
    [1] { $facility }: what the box sent was refused once. The relay’s operator has it; none of it was stored as a record.
   *[other] { $facility }: what the box sent was refused { $count } times. The relay’s operator has it; none of it was stored as a record.
}
boxes-loss = { $facility }: this relay once held more of the box’s log than it did later, as after a restored backup. The box sends it again automatically; its signed proof of that is kept.

## A box that signed two logs.

fork-title = { $facility }: two different logs under one key
fork-looked-at = Reviewed
fork-what = The box signed a second, different history of the same log, seen { $time }. Either its storage card was copied or the box was tampered with.
# $safe and $held: each two words in bold, and a sentence.
fork-safe = Safe:
fork-safe-first = the first { $entries } are the same in both, and verified.
fork-safe-common = what both versions have in common is kept, and verified.
fork-held = Held:
fork-held-what = what differs, in both versions.
fork-goes-on = The facility keeps recording.
fork-checkpoint-a = Checkpoint A, signed, held before
fork-checkpoint-b = Checkpoint B, signed, received later
fork-replace = Replace this box
fork-download = Download the evidence
    .hint = The relay never chooses one of them. An auditor is shown both versions.

## Adding a box.

add-box-title = Add a box
    .first = Your first box in five minutes
add-box-lead = A box belongs to one facility. Where one is running already, press “Replace” on its page instead: the new box then continues its history.
    .first = Your facilities, what is overdue and what was cleaned will be here. There is nothing yet, because no box has connected.
add-box-claim = Create claim file
    .hint = A small file that tells the box who it belongs to. It works for one box, for 30 days.
add-box-no-facility = There is no facility in this account yet: a hospital, a clinic or a lab, each with a box of its own. An admin of this account makes it.
add-box-make-facility = Make your first facility
add-box-not-admin = An admin of this account creates it, on this page.
# Button.
add-box-make = Create claim file
add-box-copy = Give it to the box
    .how = Choose it on the box’s set-up page, put it on the card with cleantrack-flash, or copy it to the box and run { $command } there
add-box-wait = Wait for it to connect
    .how = The box is claimed as soon as it reaches this relay. It is then counted on this page, under “Waiting for your box”. Delete your copy of the file.
add-box-scan = Scan your first label
    .how = What the box records shows up here within seconds.
add-box-waiting = Waiting for your box
    .hint = This page shows it within seconds of its first connection. You can close it.
add-box-count = { NUMBER($here) } of { NUMBER($expected) }
add-box-see = See the boxes
add-box-offline = No connection yet?
    .what = A box records without the internet. It is claimed when it connects; nothing recorded before is lost.
