### A facility’s page: what is overdue, where compliance is lowest, what was cleaned last, and how its box stands.

facility-all = All facilities
# Under its name. $items: with its word; $zone: such as Central time.
facility-facts = { $items }, { $zone }
facility-report = Report
facility-equipment = Show all equipment
facility-call = Call { $contact }.
facility-zone-missing = No time zone is set: days are counted in UTC.
    .where = Set it at the box, under Settings.

## What somebody should know of its box first.

facility-silent = No contact with this box since { $time }
    .what = Numbers below are as of { $as-of }. Recording and printing continue at the facility; nothing is lost. Most often it is the network or a power plug: check its power and network.
facility-waiting = Waiting for this box to connect
    .what = It was claimed and has not sent anything yet. This page shows it within seconds of its first connection.
facility-quarantined = This box is quarantined
    .what = It signed two different logs under one key. What it recorded before is safe and verified; what it sends now is held. The page Boxes shows both.
facility-unknown-log = The relay holds a log of this box that may not be its own
    .what = Nothing of that log counts until the relay’s operator has admitted or forgotten it. What the box records in its own log is accepted and counts. The page Boxes names the log.
# $alarms: sentences.
facility-alarmed = This box has an alarm that nobody at the facility has acknowledged
    .what = { $alarms } Recording continues unless the alarm says otherwise; it is acknowledged on the box’s own page, “Box”.

## Four numbers.

facility-month = 30 days
facility-week = 7 days
facility-today = Today
facility-overdue = Overdue
facility-no-data = No data yet
facility-no-data-since = No data since { $time }
facility-none-today = No window closed since midnight
facility-met = { NUMBER($met) } of { NUMBER($closed) } windows met
facility-met-today = { NUMBER($met) } of { NUMBER($closed) } whose time ended today were cleaned in time
# $rate: of the whole account.
facility-met-account = { NUMBER($met) } of { NUMBER($closed) }, account { $rate }
facility-overdue-of = of { $items }
facility-overdue-then = as of { $time }, may be clean by now

## What is overdue.

facility-late-none = Nothing is overdue
facility-late-then = { NUMBER($count) } overdue, as last reported
facility-late-now = Overdue, longest first: { $items }
facility-no-equipment = No equipment yet. It is added at the box.
facility-no-schedule = No item has a schedule, so nothing can be due. Schedules are set at the box.
facility-due = { $count ->
    [0] Nothing else is due now.
    [one] { $count } item is due and still has time.
   *[other] { $count } items are due and still have time.
}
facility-item = Item
facility-place = Place
facility-late = Overdue
facility-late-at = Overdue at { $time }
facility-last = Last record
facility-late-more = { NUMBER($count) } more overdue

## Days and places.

facility-figures = Figures: time to record, use of equipment
facility-days = Compliance by day
    .hint = Scale starts at 50%. Under 90% in amber with its number; – is no data.
facility-places = Lowest compliance, 30 days
facility-rate = Rate
facility-missed = Missed
facility-no-place = No place given

## Its box.

facility-box = Its box
facility-all-boxes = All boxes
facility-box-none = No box here yet
facility-box-fact = { $fact ->
    [state] State
    [heard] Last seen
    [backlog] Backlog
    [entries] Entries here
    [clock] Clock
    [disk] Disk
    [printer] Printer
    [photos] Photos on the way
   *[version] Version
}
