### A facility's page: what is overdue, where it slips, what was cleaned last, and how its box stands.

facility-all = All facilities
# Under its name. $items: with its word; $zone: such as Central time.
facility-facts = { $items }, { $zone }
facility-equipment = Show all equipment
facility-call = Call { $contact }.
facility-zone-missing = No time zone is set: days are cut in UTC.
    .where = It is set at the box, under Settings.

## What somebody should know of its box first.

facility-silent = No word from this box since { $time }
    .what = Numbers below are as of { $as-of }. Recording, printing and the log go on at the facility; nothing is lost. Most often it is the line or a power plug: ask if the box’s light is green.
facility-waiting = Waiting for the first word of this box
    .what = It was claimed and has not sent anything yet. This page shows it within seconds of its first word.
facility-quarantined = This box is quarantined
    .what = It signed two different logs under one key. What it recorded before is safe and proven; what it sends now is held. The page of boxes shows both.
facility-unknown-log = The relay holds a log of this box that nothing says is its own
    .what = Nothing of that log counts until whoever runs the relay has admitted or forgotten it. What the box records in its own log is taken and counts. The page of boxes names the log.
# $alarms: sentences.
facility-alarmed = This box has an alarm that nobody at the facility has acknowledged
    .what = { $alarms } Recording goes on unless it says otherwise; it is acknowledged on the box’s own page, “Box”.

## Four numbers.

facility-month = 30 days
facility-week = 7 days
facility-today = Today
facility-overdue = Overdue
facility-no-data = No data yet
facility-no-data-since = No data since { $time }
facility-none-today = No window closed since midnight
facility-met = { NUMBER($met) } of { NUMBER($closed) } windows met
facility-met-today = { NUMBER($met) } of { NUMBER($closed) } windows met that closed since midnight
# $rate: of the whole account.
facility-met-account = { NUMBER($met) } of { NUMBER($closed) }, account { $rate }
facility-overdue-of = of { $items }
facility-overdue-then = as of { $time }, may be clean by now

## What is overdue.

facility-late-none = Nothing is overdue
facility-late-then = { NUMBER($count) } overdue, as the box last told
facility-late-now = Overdue, longest first: { $items }
facility-no-equipment = No equipment yet. It is added at the box.
facility-no-schedule = No item has a schedule, so nothing can be due. Schedules are set at the box.
facility-due = { $count ->
    [0] Nothing waits for a cleaning now.
    [one] { $count } item is due and still has time.
   *[other] { $count } items are due and still have time.
}
facility-item = Item
facility-place = Place
facility-late = Late
facility-late-at = Late at { $time }
facility-last = Last record
facility-late-more = { NUMBER($count) } more overdue

## Days and places.

facility-days = Compliance by day
    .hint = Scale starts at 50%. Under 90% in amber with its number; – is no data.
facility-places = Where it slips, 30 days
facility-rate = Rate
facility-missed = Missed
facility-no-place = No place given

## Its box.

facility-box = Its box
facility-all-boxes = All boxes
facility-box-none = No box stands here yet
facility-box-fact = { $fact ->
    [state] State
    [heard] Last heard
    [backlog] Backlog
    [entries] Entries here
    [clock] Clock
    [disk] Disk
    [printer] Printer
    [photos] Photos on the way
   *[version] Version
}
