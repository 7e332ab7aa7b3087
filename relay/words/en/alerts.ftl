### Alerts: what somebody at a facility must know, on pages and in mails.

alerts-title = Alerts
alerts-what = What somebody must look at: overdue equipment, boxes that are offline, certificates that end. Each closes by itself once it is over.
alerts-open = Open
alerts-closed = Closed
alerts-none = Nothing is open.
    .hint = Alerts appear here and in the mails of those whom a rule names.
alerts-none-closed = Nothing has been closed yet.
alerts-caption = Open alerts, newest first
alerts-caption-closed = Closed alerts, newest first
alerts-alert = Alert
alerts-facility = Facility
alerts-since = Since
alerts-state = State
alerts-older = Older ones
alerts-rules = Rules and quiet hours
alerts-all = All alerts

## What an alert tells. The names of these messages are put together: alert-kind-(kind).

alert-kind-overdue = Overdue for cleaning
alert-kind-incomplete = Incomplete again and again
alert-kind-competency = Sign-offs of staff end soon
alert-kind-inspection = Gaps before the inspection
alert-kind-box-silent = Box is offline
alert-kind-box-behind = Box does not send what it recorded
alert-kind-box-clock = Clock of the box is wrong or uncertain
alert-kind-box-storage = Storage of the box is nearly full
alert-kind-printer = Printer is not ready
alert-kind-log-fork = The log of the box contradicts itself, or the box was quarantined
alert-kind-box-alarm = The box reports an alarm
alert-kind-certificate = Certificate of the box ends soon
alert-kind-directive = The box has not carried out what it was asked
alert-kind-other = Something of a later version
# What each kind means, on its rule and on its page: alert-means-(kind).
alert-means-overdue = An item was not cleaned in time, as far as its box has reported. While a box is offline, that is told instead.
alert-means-incomplete = Three or more cleanings of one item within 7 days lack a step, the contact time or a photo, the latest among them.
alert-means-competency = Somebody’s sign-off for a protocol ends within 30 days.
alert-means-inspection = An inspection is announced for one of the next 30 days, and windows of the last 30 days were missed.
alert-means-box-silent = The relay has not heard the box. Scanning goes on there; what is recorded comes later. What is overdue meanwhile is not known here.
alert-means-box-behind = The box is online, and entries that it recorded do not arrive.
alert-means-box-clock = The clock is 5 minutes off or more, or nothing vouches for it: cleanings may be put into the wrong window.
alert-means-box-storage = 90 % of the storage is in use. It is over below 85 %.
alert-means-printer = A label printer at the box has no paper, does not answer or has a fault.
alert-means-log-fork = Nothing of the box counts until somebody has looked at it and released it with a reason.
alert-means-box-alarm = What the box reports of itself, until somebody has acknowledged it on the box’s own page.
alert-means-certificate = The certificate ends within 30 days and was not renewed. Boxes that are online renew it by themselves.
alert-means-directive = The box is online, and there is no outcome.
alert-means-other = This relay does not know it.

## How an alert stands.

alert-state = { $state ->
    [open] Open
    [acknowledged] Acknowledged
    [snoozed] Put off
   *[closed] Closed
}
alert-severity = { $severity ->
    [critical] Critical
    [warning] Warning
   *[note] Note
}
alert-severity-name = Severity
alert-box = Box
alert-about = About
alert-place = Place
alert-serial = Serial number
alert-last-cleaned = Last cleaned
alert-never-cleaned = never
alert-count = { $kind ->
    [incomplete] Incomplete cleanings
    [competency] Sign-offs
    [inspection] Missed windows
    [box-behind] Entries behind
    [box-clock] Minutes ahead
    [box-storage] Per cent in use
   *[other] How many
}
alert-until = { $kind ->
    [inspection] Inspection
   *[other] Ends
}
alert-opened = Opened
alert-acknowledged = Acknowledged by
alert-snoozed-until = Put off until
alert-closed-at = Over
alert-history = What became of it
alert-event = { $word ->
    [opened] Opened
    [reopened] Began again
    [raised] Became graver
    [escalated] Escalated: nobody had acknowledged it
    [notified] Mails were sent
    [acknowledged] Acknowledged
    [snoozed] Put off
    [woken] The time for which it was put off is over
   *[closed] Over
}
alert-event-by = { $event }, { $who }
alert-event-entry = { $event }, by entry { $entry }
alert-to-item = The item’s page
alert-to-box = The box’s page
alert-to-facility = The facility’s page
alert-acknowledge = Acknowledge
    .hint = You look after it. Nobody is reminded of it, unless it gets graver.
alert-snooze = Put off
    .hint = Nobody is reminded until then; afterwards it is told again, if it is not over.
    .for = For how long
alert-snooze-hours = { $hours ->
    [1] 1 hour
    [24] 1 day
    [168] 7 days
   *[other] { $hours } hours
}

## Rules.

alert-rules-title = Alert rules
alert-rules-what = Who is told of what, and after how long. Mails are gathered: at most one an hour and facility, overdue items once a shift. What is critical is told at once.
alert-rules-caption = Rules
alert-rules-rule = Rule
alert-rules-told = Is told
alert-rules-state = State
alert-rules-on = On
alert-rules-off = Off
alert-rule-save = Save the rule
alert-rule-always = A log that contradicts itself is always told.
alert-hours-title = Quiet hours and digest
alert-hours-what = In quiet hours of a facility only critical alerts are sent. The digest lists once a day what is open.
alert-hours-save = Save the hours
