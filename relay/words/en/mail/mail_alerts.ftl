### Mails over alerts. The words of kinds are in alerts.ftl.

mail-alerts = { $facility }: { $count ->
    [one] 1 alert
   *[other] { NUMBER($count) } alerts
}
    .button = See the alerts
    .what = What is new at { $facility }:
    .over-only = This is over at { $facility }:
    .opened = New
    .over = Over
    .alert = Alert
    .about = About
    .since = Since
    .hint = You get this because a rule of your account names your role. Once somebody acknowledges an alert, nobody is reminded of it.
mail-overdue = { $facility }: { $count ->
    [one] 1 item is overdue
   *[other] { NUMBER($count) } items are overdue
}
    .button = See what is overdue
    .what = These items at { $facility } were not cleaned in time. Those that have been overdue longest come first.
    .items = Overdue
    .item = Item
    .place = Place
    .last = Last cleaned
    .since = Overdue since
    .hint = Such a mail comes at most once a shift. What has been cleaned since is on the page.
mail-digest = Open alerts at { $count ->
    [one] 1 facility
   *[other] { NUMBER($count) } facilities
}
    .button = See all alerts
    .what = This is open now, the gravest first.
    .open = Open
    .facility = Facility
    .alert = Alert
    .count = How many
