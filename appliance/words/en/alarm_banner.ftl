### An alarm in a few words, as everybody reads it: what happened, without a full stop, and what is safe.

alarm-over = This is over.
alarm-over-missing = This is over: everything is here again.

alarm-log-forgot = Storage lost records: change the storage card
    .safe = Recording continues in a new log, and the missing entries come back from the relay automatically.
alarm-box-replaced = Another box has taken this one’s place: do not record here
    .safe = What was recorded here is kept here. What the relay had before belongs to the new box.
alarm-history-coming = The history of the box before this one is on its way
    .safe = Recording works. Old labels open once their part is here, and everything stays at the relay meanwhile.
alarm-log-missing = Records cannot be read on this box
    .safe = Everything else is safe, recording continues, and the relay keeps what it has.
alarm-log-healed = Storage damaged records, which were repaired: change the storage card
    .safe = What was damaged is complete again.
alarm-log-epoch = A new log was started
    .safe = What is in this box’s storage stays as it is.
alarm-log-adopted = Displaced records count again
    .safe = They keep their times and receipts.
alarm-log-unvouched = The relay has a log of this box that this box does not know
    .safe = Nothing of it was accepted. Recording continues, everything recorded here is safe, and nothing is sent until this is settled.
alarm-log-apart = Storage holds a log that does not belong to the others
    .safe = Nothing of it is changed or removed.

alarm-rebuild-short = A database rebuild was refused: it would have lost records
    .safe = The existing database stays in use, and nothing was removed.
alarm-database-damaged = The box’s database is damaged
    .safe = The log is not affected, and it is what counts; recording continues.
alarm-database-salvaged = The box’s database was rebuilt
    .safe = Everything that the log in this box’s storage still has is in the new one.
alarm-copy-removed = A damaged copy was removed
    .safe = The log is complete.

alarm-relay-other = Storage lost records, or a copy of the storage card is in use
    .safe = Everything that was recorded is safe, here or at the relay, and recording continues in a new log.
alarm-relay-went-back = The relay lost records
    .safe = Nothing is lost here; this box sends them again automatically.
alarm-relay-refused-adopted = The relay does not accept records that this box adopted
    .safe = Everything stays recorded here and is sent again, less and less often.
alarm-relay-refused = The relay does not accept records
    .safe = Everything stays recorded here and is sent again every ten minutes.
alarm-zone-data = This box and the relay disagree on the time zone
    .safe = Every record is kept with its exact time; only when something is due may differ between their pages.
alarm-photos-refused = The relay does not accept photos
    .safe = Their records are safe. The photos stay on this box and are sent again every hour.

alarm-no-fetch-room = No storage left to bring missing records back
    .safe = New records are accepted as usual, and the relay keeps the missing ones.
alarm-no-rebuild-room = No storage left to rebuild the database
    .safe = New records are accepted as usual, and nothing that was recorded is lost.
alarm-disk-full = The box’s storage is full
    .safe = Everything that was recorded is safe.
alarm-photos-damaged = Stored photos are damaged: change the storage card
    .safe = Records are not affected, nor are the relay’s copies of the photos.
alarm-backup-old = There is no backup from the last days
    .safe = Nothing is lost; if the box’s storage fails now, what is nowhere else goes with it.
alarm-backup-never = There is no backup of this box
    .safe = Nothing is lost; if the box’s storage fails now, every record goes with it.
alarm-backup-failed = No backup could be made
    .safe = Nothing is lost, and earlier backups are as they were.
alarm-clock-unsure = The box does not know what time it is
    .safe = Everything is recorded in order; times are shown as uncertain and corrected once the time is known.
alarm-file-unreadable = A small file of the box could not be read
    .safe = It holds no records, and phones can still record.

## A part of the box that is off.

alarm-part-off = A part of the box is off
    .safe = Phones can still record.
alarm-https = HTTPS does not work
    .safe = Phones can still record over plain HTTP.
alarm-https-renewed = The box has a new certificate authority
alarm-photos-off = Photos cannot be saved
    .safe = Cleanings are recorded without photos.
alarm-printers-off = Some or all printers cannot be used
    .safe = Cleanings are recorded.
alarm-uplink-off = The box cannot use what the relay gave it
    .safe = Everything is recorded here and waits.
alarm-panel-off = The panel’s lights and button do not work
    .safe = Cleanings are recorded.
alarm-state-lost = PINs, badges, tokens and printers may have to be set again
    .safe = Recorded cleanings are safe: they are in the log. Records that the box refused and biomed has not entered yet may be lost.
alarm-state-disk = The box could not save sign-ins, PINs, badges or refused records
    .safe = Recorded cleanings are safe: they are in the log. Phones keep what the box did not take.
alarm-state-rows = Some sign-ins, badges, packs or refused records cannot be read
    .safe = Recorded cleanings are safe: they are in the log. Photos that may belong to a refused record stay for 30 days.
alarm-badges-off = Badges prove nothing
    .safe = Cleanings are recorded, and nobody else’s badge counts.
alarm-admin-off = The box’s command line does not work
