### The account’s page: its facilities, most overdue first.

account-title = Facilities – { $account }
# After the time of the page. $count: boxes whose numbers are older than the page.
account-live-behind = { $count ->
    [one] Live, as of { $time } { $zone }. One box is behind: see its row.
   *[other] Live, as of { $time } { $zone }. { $count } boxes are behind: their rows say since when.
}

# Of somebody whom nobody has given a facility yet.
account-nothing = You see no facility yet
    .lead = You are of { $account }, and nobody has chosen which of its facilities you see. Ask one of its admins: they do it at People, on the page of { $email }. Then open this page again.

## Four numbers.

account-month = 30 days
account-overdue = Overdue
account-silent = Offline boxes
account-backlog = Catching up
account-no-data = No data yet
account-windows-met = { NUMBER($met) } of { NUMBER($closed) } windows met
# $items: with its word, such as 12 items.
account-overdue-of = { $facilities ->
    [0] of { $items }
    [one] of { $items }, in { $facilities } facility
   *[other] of { $items }, in { $facilities } facilities
}
account-all-online = All online
account-silent-one = { $name }, since { $time }
account-silent-more = { $name } and { NUMBER($more) } more
account-all-sent = All online boxes are up to date

## The table.

# $sort: by what it is sorted.
account-caption = { $count ->
    [one] { $count } facility, { $sort }. Trend lines run from 80% to 100%; today counts windows closed since midnight.
   *[other] { $count } facilities, { $sort }. Trend lines run from 80% to 100%; today counts windows closed since midnight.
}
account-sort = { $sort ->
    [name] by name
    [month] lowest 30 days first
    [week] lowest 7 days first
    [today] lowest today first
    [box] most urgent box first
   *[overdue] most overdue first
}
account-column = { $column ->
    [name] Facility
    [month] 30 days
    [trend] Trend
    [week] 7 days
    [today] Today
    [overdue] Overdue
    [box] Box
    [heard] Last seen
   *[backlog] Backlog
}
# Above the table, which of them it shows.
account-filter = { $filter ->
    [overdue] With overdue items
    [offline] With an offline box
   *[all] All facilities
}
account-region = Only facilities of the region { $region }. The numbers above are of all that you see.
account-everywhere = Of all regions
account-brand = Name and color of the account
account-map = See the facilities on a map
account-compare = Compare regions
account-first = First page
account-next = Next
account-zone-missing = No time zone is set: days are counted in UTC
# $facilities: their names, with commas.
account-zone-where = { $facilities }. Set it at each box, under Settings.
account-silent-hint = An offline box keeps recording; its entries arrive when it reconnects. “No data” is not 0%.
