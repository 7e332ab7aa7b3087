### What surrounds the pages of staff, and what several of them say.

# Names the navigation for screen readers.
staff-navigation = Main
nav-today = Today
nav-equipment = Equipment
nav-labels = Labels
nav-people = Staff
nav-box = Box
staff-alarms-more = { $count ->
    [one] One more alarm is active.
   *[other] { $count } more alarms are active.
}
# Link.
staff-alarm-show = Show and acknowledge

## The calm line under the navigation. $zone: such as America/Chicago; $time: of now, or since when.

status-alone = { $count ->
    [one] This box works alone: { NUMBER($count) } entry, { $time } ({ $zone }).
   *[other] This box works alone: { NUMBER($count) } entries, { $time } ({ $zone }).
}
status-no-line-since = No connection to the relay since { $time }. Everything is recorded here.
status-no-line = No connection to the relay yet. Everything is recorded here.
status-all-there = { $count ->
    [one] The one entry is here and at the relay ({ $time }, { $zone }).
   *[other] All { NUMBER($count) } entries are here and at the relay ({ $time }, { $zone }).
}
status-on-the-way = { $count ->
    [one] The one entry is here, and on its way to the relay.
   *[other] { $waiting ->
       [one] All { NUMBER($count) } entries are here; { $waiting } is on its way to the relay.
      *[other] All { NUMBER($count) } entries are here; { $waiting } are on their way to the relay.
    }
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

confirm-title = Enter your PIN to continue
    .hint = You last entered it more than 30 minutes ago. Your change is kept and is made next.
confirm-kept = Nothing was changed. What you entered is kept.
confirm-pin = Your PIN
# Labels of PINs that were entered on the page before.
confirm-new-pin = New PIN
confirm-same-again = The same PIN again
confirm-badge = Scan the badge
confirm-type-anew = Enter it again: no page shows it twice
confirm-go = Continue
confirm-stop = Cancel
