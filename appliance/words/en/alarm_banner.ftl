### An alarm on the first page, for whoever comes by: what happened, without a full stop, and what is safe.

alarm-over = This is over.
alarm-over-missing = This is over: all of it is here again.

alarm-log-forgot = The card forgot records: change the card
    .safe = Recording goes on in a new log, and the missing entries come back from the relay by themselves.
alarm-log-missing = Records cannot be read on this box
    .safe = Everything else is kept, recording goes on, and what the relay holds stays there.
alarm-log-healed = The card damaged records that were healed: change the card
    .safe = What was damaged there is whole again.
alarm-log-epoch = A new log was begun
    .safe = What is on this card stays as it is.
alarm-log-adopted = Records that had been displaced count again
    .safe = They keep their times and receipts.
alarm-log-unvouched = The relay holds a log of this box that this card does not know
    .safe = Nothing of it was taken over. Recording goes on, everything recorded here is kept, and nothing is sent until this is settled.
alarm-log-apart = A log lies on the card that does not belong to the others
    .safe = Nothing of it is changed or removed.

alarm-rebuild-short = A rebuild would have lost records and was refused
    .safe = The database that was there stays in use, and nothing was removed.
alarm-database-damaged = The box’s database is damaged
    .safe = The log is the truth and is not touched by this; recording goes on.
alarm-database-salvaged = The box’s database was built anew
    .safe = Everything that the log on this card still holds is in the new one.
alarm-copy-removed = A damaged copy was removed
    .safe = The log is whole.

alarm-relay-other = The card forgot records, or a copy of it is in use
    .safe = Everything that was recorded is kept, here or at the relay, and recording goes on in a new log.
alarm-relay-went-back = The relay lost records
    .safe = Nothing is lost here; this box sends them again by itself.
alarm-relay-refused-adopted = The relay does not take records that this box adopted
    .safe = Everything stays recorded here and is sent again, ever more rarely.
alarm-relay-refused = The relay does not take records
    .safe = Everything stays recorded here and is sent again every ten minutes.
alarm-photos-refused = The relay does not take photos
    .safe = Their records are safe, and the photos stay here on the card and are sent again every hour.

alarm-no-fetch-room = There is no room to take missing records back
    .safe = New records are taken as ever, and the relay keeps the missing ones.
alarm-no-rebuild-room = There is no room to build the database anew
    .safe = New records are taken as ever, and nothing that was recorded is lost.
alarm-disk-full = The box’s disk is full
    .safe = Everything that was recorded is kept.
alarm-photos-damaged = Photos on the card are damaged: change the card
    .safe = Records are not touched by this, nor are the relay’s copies of the photos.
alarm-clock-unsure = The box does not know what time it is
    .safe = Everything is recorded in its order; times are shown as uncertain and corrected once the time is known.
alarm-file-unreadable = A small file of the box could not be read
    .safe = The records are not in it, and phones go on recording.

## A part of the box that is off.

alarm-part-off = A part of the box is off
    .safe = Phones go on recording.
alarm-https = HTTPS does not work as it should
    .safe = Phones go on recording over plain HTTP.
alarm-https-renewed = The box has a new certificate authority
alarm-photos-off = Photos cannot be kept
    .safe = Cleanings are recorded without photos.
alarm-printers-off = Printers cannot be used
    .safe = Cleanings are recorded, and other printers work.
alarm-uplink-off = The box cannot use what the relay gave it
    .safe = Everything is recorded here and waits.
alarm-state-lost = PINs, tokens and printers must be set again
    .safe = All records of cleanings are kept: they are in the log.
alarm-admin-off = The box’s command line does not work
