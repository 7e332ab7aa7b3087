### Equipment: the list of a facility, and an item’s page.

## How an item stands.

item-state = { $state ->
    [retired] Retired
    [overdue] Overdue
    [due] Due
    [used] Due after use
    [clean] Clean
    [out] Out of service
    [idle] Not due
   *[none] No schedule
}
# $span: for how long it is overdue.
item-late = { $span } overdue

## The list.

items-title = Equipment
    .of = Equipment – { $facility }
items-sheets = Label sheets
items-find = Find by name, place, asset number or tag
# Button.
items-find-button = Find
items-none = { $which ->
    [overdue] No equipment overdue
   *[all] No equipment
}
items-none-found = { $which ->
    [overdue] No overdue equipment matches “{ $query }”
   *[all] No equipment matches “{ $query }”
}
# $items: with its word.
items-caption = { $which ->
    [overdue] { $items } overdue, most urgent first
   *[all] { $items }, most urgent first
}
items-caption-found = { $which ->
    [overdue] { $items } overdue for “{ $query }”
   *[all] { $items } for “{ $query }”
}
items-none-hint = What is added at the box shows up here within seconds.
items-none-found-hint = Try a part of the name, the ward, the asset number, or the tag on the label.
items-item = Item
items-place = Place
items-asset-number = Asset number
items-state = State
items-rate = 30 days
items-last = Last record
items-page = Page { NUMBER($number) } of { NUMBER($pages) }
items-show-all = Show all equipment

## An item’s page.

item-title = { $name } – { $facility }
item-serial = serial { $serial }
item-since = { $service ->
    [retired] Retired since { $time }
   *[out] Out of service since { $time }
}
item-since-why = { $service ->
    [retired] Retired since { $time }: { $reason }
   *[out] Out of service since { $time }: { $reason }
}
item-clean-until = Clean until { $time }.
item-due-by = To be cleaned by { $time }.
item-used-due-by = Used { $since }; to be cleaned by { $time }.
item-overdue-since = Overdue since { $time }.
item-rate = Last 30 days
# $class: one of item-class.
item-rate-no-schedule = No schedule, so there is no rate. { $class }.
item-rate-no-window = No window closed in 30 days. { $class }.
item-rate-met = { NUMBER($met) } of { NUMBER($closed) } windows met. { $class }.
item-class = { $class ->
    [noncritical] Noncritical
    [semicritical] Semicritical
   *[critical] Critical
}

## Its history.

item-reports = Open reports
# $what: what is wrong, in one word; $when: such as “today 13:02”.
item-report = Reported { $when }: { $what }
# The same of what was added to a report that is open.
item-report-added = Added { $when }: { $what }
# $count: what was added before, which is not shown.
item-report-earlier = { $count ->
    [one] One earlier addition is in the history.
   *[other] { NUMBER($count) } earlier additions are in the history.
}
item-history = History
    .hint = { $count ->
    [one] { $count } cleaning in 30 days, newest first
   *[other] { $count } cleanings in 30 days, newest first
}
    .none = Never cleaned since it was added on { $day }.
history-cleaned = Cleaned
# $parts: who cleaned, and the messages below that fit, with semicolons.
history-when = { $time }, { $parts }
history-written = written { $time }
history-adopted = adopted on { $time }
history-voided = Voided.
history-voided-when = Voided { $time }.
    .by = Voided { $time } by { $name }.
    .why = Voided { $time }: { $reason }.
    .by-why = Voided { $time } by { $name }: { $reason }.
history-note = “{ $note }”
history-text-erased = Its text was erased.
history-photo = Photo
    .numbered = Photo { NUMBER($number) }
    .of = of { $item }, entry { $entry }
history-proof = Proof of entry { $entry }

## Why it can be believed.

trust-title = Can this be trusted?
trust-none = Nothing here yet
    .what = This relay has not cosigned this log yet.
trust-verified = Verified
    .what = All that is shown here is in the box’s signed log, unchanged: each entry was checked against the log’s signed root before it was stored.
trust-quarantined = Quarantined
    .what = The box signed two different logs. What is shown here is from the first one, verified up to the size below; what contradicts it is kept on the page Boxes.
trust-checked = Checked
    .when = { $time }, when they came here
trust-size = Log size
trust-root = Root
trust-witness = Cosigned by
    .when = this relay, { $time }
trust-log = Log
trust-download = Download the proof of entry { $entry }
# $command: a program that checks it.
trust-check = Anyone can check it with the public keys and { $command }, without us.

## Facts.

fact-title = Facts
fact-protocol = Protocol
    .version = { $name }, version { NUMBER($version) }
fact-schedule = Schedule
    .by = { $schedule }, by { $protocol }
fact-photo = Photo
    .policy = { $policy ->
    [none] Not requested
    [optional] Optional
   *[required] Required
}
fact-added = Added
fact-field = Field
    .named = { $name }: { $value }
schedule-none = No schedule
