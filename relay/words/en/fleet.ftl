### One box’s page, what is done to it there, and the search on the page of all boxes.

## Looking for boxes.

fleet-find = Find boxes
    .state = State
    .any = Any state
    .name = Box or facility
    .name-hint = A part of its name
    .button = Show
    .all = Show all boxes
fleet-none = No box fits
    .hint = No box fits what you chose.
fleet-found = { $count ->
    [one] { $count } box found
   *[other] { $count } boxes found, most urgent first
}

## The page of one box.

fleet-of = Box of { $facility }
fleet-facts = What it is
fleet-facility = Facility
fleet-id = Box id
fleet-model = Machine
fleet-version = Version
# $here, $there: releases such as “2026f”, of the box and of this relay.
fleet-zone-data = Time zone data
    .other = { $here }; this relay has { $there }
fleet-claimed = Claimed
fleet-retired = Retired
fleet-seen = Last heard
fleet-backlog = Not sent yet
fleet-photos = Photos not sent yet
fleet-clock = Clock
fleet-disk = Storage
fleet-temperature = Temperature
fleet-degrees = { NUMBER($celsius) } °C
fleet-printers = Printers
fleet-refused = Refused batches
fleet-alarms = Alarms that nobody at the facility has acknowledged
# Why nothing is taken of it. $reason: in the words of whoever, or whatever, put it there.
fleet-quarantine-why = In quarantine since { $time }: { $reason }. What it records stays on the box; none of it is taken here until it is released.

## Certificates.

fleet-certificates = Certificates
    .hint = With one of these the box proves who it is. It renews it by itself.
    .caption = Certificates of this box
    .none = It has none.
    .serial = Serial number
    .issued = Issued
    .ends = Ends
    .state = State
fleet-certificate-good = Valid
    .ended = Ended
    .revoked = Revoked

## Logs.

fleet-logs = Logs
    .hint = A log is never rolled back: a box that was restored, or whose card forgot, goes on in a new one.
    .caption = Logs of this box
    .none = None has begun.
    .name = Log
    .entries = Entries here
    .cosigned = Cosigned
    .state = State
# $entries: how many, with the word. $time: when.
fleet-cosigned = { $entries }, { $time }
    .never = not yet
fleet-log-own = Counts
    .apart = Kept apart
    .waits = Waits for a decision

## What is done to it.

fleet-name = Name of the box
    .hint = What people here call it. Leave it empty to call it by its facility.
    .button = Save the name
    .bad = Enter at most 120 visible characters, or nothing.
fleet-replace = Replace this box
    .hint = You make a claim file for another machine. Once that one has claimed, it is this box: it fetches the history back and goes on from it, and labels stay as they are. The old machine gets in no more. What it has not sent yet stays on its card: let it send first, if it can.
    .button = Make a claim file
fleet-reason = Why
    .hint = One line, for whoever reads the access log.
    .bad = Say why in one line of at most { NUMBER($max) } characters.
fleet-quarantine = Hold it apart
    .hint = Nothing more is taken of it until somebody releases it. It goes on recording.
    .button = Quarantine this box
fleet-release = Release it
    .hint = The relay believes the box again, and takes what it has recorded since. What is kept as evidence stays.
    .button = Release from quarantine
fleet-retire = Take it out of use
    .hint = Its certificate is revoked and its connection ends at once. Its log stays here to be read. It comes back with a new claim file only.
    .button = Retire this box

## A claim file that replaces a box.

fleet-replacing = Replace a box
    .lead = The claim file is for another machine at { $facility }. Once that one has claimed, it takes the place of the present one ({ $old }), under its name and with its history. The present one gets in no more.
    .wait = The machine is claimed as soon as it reaches this relay, and fetches the history back. Delete your copy of the file.
# The machine that was replaced was switched on again. $time: when it was heard last.
fleet-returned = The machine that this one replaced was heard on { $time }. It gets in no more, and what it has recorded since it was replaced is on its own card only: switch it off, and bring that in at the new box (“cleantrack-appliance log import”).
