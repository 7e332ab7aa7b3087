### What surrounds the pages of staff, and what several of them say.

# Names the navigation for screen readers.
staff-navigation = Main
nav-today = Today
nav-equipment = Equipment
nav-labels = Labels
nav-people = Staff
nav-box = Box
staff-alarms-more = { $count ->
    [one] One more alarm stands.
   *[other] { $count } more alarms stand.
}
# Link.
staff-alarm-show = Show and acknowledge

## The calm line under the navigation. $zone: such as America/Chicago; $time: of now, or since when.

status-alone = This box works alone: { NUMBER($count) } entries, { $time } ({ $zone }).
status-no-line-since = No line to the relay since { $time }. Everything is recorded here.
status-no-line = No line to the relay yet. Everything is recorded here.
status-all-there = All { NUMBER($count) } entries are here and at the relay ({ $time }, { $zone }).
status-on-the-way = { $waiting ->
    [one] All { NUMBER($count) } entries are here; { $waiting } is on its way to the relay.
   *[other] All { NUMBER($count) } entries are here; { $waiting } are on their way to the relay.
}

## Heads of tables, buttons and values that several pages have.

column-item = Item
column-place = Place
column-last = Last record
staff-add-equipment = Add equipment
staff-back-to-box = Back to the box
staff-facts = Facts
# In a table, for when it was cleaned last.
staff-never = never
staff-photo = Photo of { $name }
# $rate: with one decimal.
staff-rate = { NUMBER($rate) }%
staff-why = Why?

## Somebody’s PIN is needed once more before what they wanted is done.

confirm-title = Type your PIN to go on
    .hint = It was typed more than 30 minutes ago. What you wanted is kept and is done next.
confirm-kept = Nothing was changed. What you wanted is kept.
confirm-pin = Your PIN
# Labels of PINs that were typed on the page before.
confirm-new-pin = New PIN
confirm-same-again = The same PIN again
confirm-type-anew = Type it anew: no page shows it again
confirm-go = Go on
confirm-stop = Change nothing
