### What waits for somebody at the facility: the list on the staff page, and what is done about it.

reminder-title = Alarms
reminder-none = Nothing waits for anybody.
# A link to the page “Box”; $count: alarms of the box.
reminder-of-box = { $count ->
    [one] 1 alarm about the box itself is on the page Box
   *[other] { $count } alarms about the box itself are on the page Box
}
# $count: how many nobody has seen.
reminder-link = { $count ->
    [one] 1 alarm waits for somebody
   *[other] { $count } alarms wait for somebody
}
# $name: an item’s; $count: open reports.
reminder-problem = { $count ->
    [one] { $name }: 1 open report
   *[other] { $name }: { $count } open reports
}
    .next = Look at the item, then close the report.
# $count: items.
reminder-overdue = { $count ->
    [one] 1 item is overdue
   *[other] { $count } items are overdue
}
    .next = Have them cleaned, those first that have been overdue longest.
# $name: an item’s.
reminder-begun = { $name }: cleaning was begun and not recorded
    .next = Ask who cleaned it, and have the cleaning recorded.
# $count: how many records the phone holds.
reminder-phone = { $count ->
    [one] 1 record has waited on a phone for more than a day
   *[other] { $count } records have waited on a phone for more than a day
}
    .next = Have whoever carries it open the page near the box. If the phone is lost, say so.
# $name: a person’s; $protocol: a protocol’s.
reminder-sign-off = { $name }: the sign-off for { $protocol } ends soon
    .next = Watch one cleaning, then sign off again.
# $day: such as “Dec 21, 2026”.
reminder-inspection = The inspection is on { $day }
    .next = Look at the gaps first, and make the report.
# $name: a person’s; $count: wrong PINs within a day.
reminder-pin-tries = { $name }: { NUMBER($count) } wrong PINs or more were entered on devices on which they never signed in
    .next = At most three an hour are checked, and their own devices are not held up. Ask them whether it was them; if not, set them a longer PIN.
# $count: cleanings of the last 20 for which a photo was asked.
reminder-photo = One phone gave no photo { $count } of the last 20 times that it was asked for one
    .next = The records stand, and are incomplete. Ask whoever carries the phone what keeps them from taking photos.
# $name: a program’s; $day: such as “Dec 21, 2026”.
reminder-token = The token of the program “{ $name }” ends on { $day }
    .next = A facility admin creates a new one under Programs.
# $time: such as “today 14:04”.
reminder-since = Since { $time }
reminder-snoozed = Put off until { $time }
reminder-seen = Seen
reminder-acknowledge = I have seen this
reminder-snooze = Remind me in 4 hours
reminder-hours = It can be put off for 1 to 168 hours
reminder-open = Open

## Contact times that were started and never recorded.

begun-title = Begun, not recorded
begun-hint = A contact time was started here, and no cleaning was recorded within 12 hours. Each stays listed for 7 days.
begun-column-item = Item
begun-column-started = Started
begun-column-by = By
begun-column-next = Next
# Nobody typed a name.
begun-nobody = No name
begun-enter = Enter the cleaning
# $count: of cleanings.
begun-link = { $count ->
    [one] 1 cleaning was begun and not recorded
   *[other] { $count } cleanings were begun and not recorded
}
