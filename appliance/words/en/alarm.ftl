### Alarms for staff, programs, the command line and the relay: what happened, and what to do. Titles and what is safe are in alarm_banner.ftl.

# Behind what happened.
cause-reason = Reason: “{ $reason }”.
cause-answer = It answered: “{ $answer }”.
cause-again = { $count ->
    [one] It has happened once more since.
   *[other] It has happened { NUMBER($count) } more times since.
}

## What is put into the sentences below. $log: its name, such as 2-00ab0102.

cause-log = log { $log }
cause-any-log = this box’s log
# $entries and $range.
range-one = entry { $from } of { $log }
range-several = entries { $from } to { $last } of { $log }
range-open = entries of { $log } from { $from } on
range-unknown = some entries of { $log }

## The log.

cause-log-forgot = { $confirmed ->
    [one] The relay has confirmed { NUMBER($confirmed) } entry of { $log }. This box’s storage does not have it.
   *[other] The relay has confirmed { NUMBER($confirmed) } entries of { $log }. This box’s storage has only { NUMBER($present) } of them.
}
    .next = Have the storage card changed: it may lose entries again.
cause-box-replaced = The relay’s operator has replaced this box. What is recorded here now reaches nobody.
    .next = Switch this box off and use the new one. If it recorded anything since it was replaced, bring its storage card to the new box: “cleantrack-appliance log import”.
cause-history-coming = This box has taken the place of another one, and fetches from the relay: { $entries }.
    .next = Leave the box connected to the relay, and set the PINs of people anew: PINs never leave a box.
cause-log-missing = This box has no readable copy of { $entries }.
    .pieces = This box has no readable copy of { NUMBER($pieces) } separate parts of { $entries }; what lies between them is here.
    .next = Keep the storage card and every backup of it, have the card changed, and tell the relay’s operator.
cause-log-repaired = Damaged parts of { $log } were repaired from another copy.
    .next = Have the storage card changed soon.
cause-log-epoch = This box now records in { $log }.
    .next = If nobody restored a backup or replaced this box, have the storage card checked.
cause-log-adopted = These count again under their original numbers: { $entries }.
    .next = Nothing needs to be done.
cause-log-unvouched = The relay’s copy continues in { $log }, and no key on this box vouches for that log.
    .next = If an older storage card or a backup was put into this box, have whoever set it up run “cleantrack-appliance log trust” with the log’s name. If not, tell the relay’s operator: somebody may be making up records.
cause-log-apart = Nothing of { $log } is shown; all of it is kept.
    .next = Find out whether the storage card is from another box. If it is this box’s, have whoever set it up run “cleantrack-appliance log trust” with the log’s name.

## The database.

cause-rebuild-short = Rebuilding it would have left out { $entries }.
    .next = Keep the storage card, and tell whoever set this box up before it is rebuilt again.
cause-database-damaged = It returned entries other than those that were written.
    .next = Restart the box: it then rebuilds the database from the log. Have the storage card changed soon.
cause-database-salvaged = The old database was set aside.
    .unread = The old database “{ $file }” was set aside and cannot be read now. It is kept, and the box tries again at each start.
    .next = If this happens again, have the storage card changed.
cause-copy-removed = A copy that had been set aside held a text that was to be erased, so the copy was removed.
    .next = Nothing needs to be done.

## The relay.

cause-relay-other = The relay’s entries of { $log } differ from this box’s before entry { $to }.
    .next = Have the storage card changed. If another box runs on a copy of it, switch that box off.
cause-relay-went-back = { $confirmed ->
    [one] It had confirmed { NUMBER($confirmed) } entry of { $log } and now has { NUMBER($present) }.
   *[other] It had confirmed { NUMBER($confirmed) } entries of { $log } and now has { NUMBER($present) }.
}
    .next = Tell the relay’s operator.
cause-relay-refused = It did not accept { $entries }.
    .adopted = It did not accept { $run }.
    .next = Ask the relay’s operator.
# $here, $relay: releases such as “2026f”; $zone: such as “America/Havana”.
cause-zone-data = The box has the time zone data { $here }, the relay { $relay }, and they make other days of { $zone }.
    .next = Ask the relay’s operator: whichever is older needs an update.
cause-photos-refused = { $count ->
    [one] It did not accept 1 photo.
   *[other] It did not accept { NUMBER($count) } photos.
}
    .next = Ask the relay’s operator.

## Storage, clock and files.

cause-no-fetch-room = The relay has records that this box lacks, and the free storage is reserved for new ones.
    .next = Have a larger storage card put in, or free some storage.
cause-no-rebuild-room = Earlier records that came back or were repaired are waiting, and pages do not show them yet.
    .next = Free some storage or have a larger storage card put in, then restart the box.
cause-disk-full = Cleanings were refused, and whoever sent them was told.
    .next = Free some storage or have a larger storage card put in.
cause-photos-damaged = { $count ->
    [one] 1 photo is no longer what was recorded.
   *[other] { NUMBER($count) } photos are no longer what was recorded.
}
    .next = Have the storage card changed soon.
cause-backup-old = For three days nothing was saved anywhere but on this box.
    .next = Plug the stick for backups in, and open Backup under This box.
cause-backup-never = No backup was ever made, and there is no relay that has a copy.
    .next = Have a stick plugged in and a key created: open Backup under This box.
cause-backup-no-key = There is no key to encrypt backups with.
    .next = A facility admin creates the key for backups under This box, Backup, and prints it.
cause-backup-missing = The stick or folder for backups is not there.
    .next = Plug the stick in. The box tries again within an hour.
cause-backup-same-disk = The folder for backups is on the box’s own storage.
    .next = Plug the stick in, or have another folder set.
cause-backup-read-only = The stick for backups cannot be written to.
    .next = Move its switch, or use another stick.
cause-backup-full = The stick for backups is full.
    .next = Use a larger stick, or remove what is not a backup from it.
cause-backup-not-right = What was read back from the stick is not what was written.
    .next = Use another stick from now on.
cause-backup-other = The backup could not be written.
    .next = Try another stick. If that does not help, have the box’s storage checked.
cause-clock-unsure = Nothing has confirmed the time since the box was switched on.
    .next = Connect the box to the internet or to a time server.
cause-file-unreadable = The file “{ $file }” was set aside under another name.
    .next = If this happens again, have the storage card changed.

## A part of the box that is off.

cause-part-off = The part “{ $part }” did not start.
    .next = Restart the box. If the part stays off, have the storage card checked.
cause-https = A certificate or key of this box cannot be used.
    .next = Restore the files https-ca.key, https-ca.pem and https.pem of the folder keys from a backup, or move them elsewhere and restart the box: it then creates new ones, which browsers must be set to trust.
cause-https-renewed = The files of the old one were gone.
    .next = Install the new certificate in the browsers that trusted the old one.
cause-photos-off = The folder for photos cannot be used.
    .next = Have the storage card checked, then restart the box.
cause-printers-off = A printer or the list of label jobs could not be opened.
    .next = Correct the printer in the settings file, or set it up again under Printers.
cause-uplink-off = Its claim, certificate or key cannot be used.
    .next = Create a new claim file at the relay, and claim the box with `cleantrack-appliance claim FILE`.
cause-panel-off = Its lights and button could not be opened, or stopped working.
    .next = Correct the panel’s lines in the settings file as docs/panel.md says, or set its kind to none, and start the box again.
cause-state-lost = The file state.redb was missing, damaged or another box’s. It held PINs, badges, API tokens, refused records, running contact times, packs and trusted keys: what could still be read of these was kept. Gone are sessions, printers and label templates that were set up here, open label jobs, the access log, and which photos had been sent. The old file, if there was one, is in the folder salvage.
    .next = Sign in and look at People, API tokens, refused records and packs. Where something is missing, set PINs with `cleantrack-appliance staff pin`, add badges and create API tokens again, and ask the wards which cleanings were refused. Set up the printers again.
cause-state-disk = The storage did not take or give back the file state.redb.
    .next = If this alarm is still there in some minutes, restart the box. Have the storage card checked, or free some storage. While the storage has no room for this file, no PIN and no badge can be removed. Set PINs and badges again after that restart: what was changed while this alarm was there may be undone by it.
cause-state-rows = Rows of the file state.redb cannot be read; the reason names the tables, and how many rows of each.
    .next = Look whether PINs, badges, API tokens and packs are still there, set again what is missing, and ask the wards which cleanings were refused. Have the storage card checked.
cause-badges-off = The key under which all badges were added is not there any more.
    .next = Put keys/badge.key back from a backup and restart the box. Without a backup, remove all badges and add them anew.
cause-admin-off = Its socket cannot be created.
    .next = Remove what lies at admin.sock in the data folder, then restart the box.
