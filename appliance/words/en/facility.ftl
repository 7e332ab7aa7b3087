### The first page of staff, the page of the box itself, and the access log.

today-title = Today
today-unknown-title = The equipment is not known now
today-unknown = It is in the part of the history that is missing. Do not add it again: items, labels and records come back with that part.
today-empty-title = No equipment yet
today-empty = Add the first item, print its label and stick it on. From then on it shows up here.
today-no-schedule = No item has a schedule, so nothing can be due. Open an item and set one.
today-overdue = Overdue
today-none-late = Nothing is overdue.
# $late: for how long, such as “5 h overdue”.
today-longest = Longest: { $name }, { $late }
today-overdue-caption = { $count ->
    [one] Overdue, longest first: { $count } item
   *[other] Overdue, longest first: { $count } items
}
today-column-late = Overdue
# Links.
today-rest = { $due ->
    [0] All equipment
   *[other] { $due } more due, and all equipment
}
today-reports = Reports and inspection
today-figures = Figures: time to record, use of equipment
today-wall = Open wall display

## Numbers and charts. Windows are due windows: times in which an item had to be cleaned.

today-week = 7 days
today-month = 30 days
tally-none = No data yet
tally-none-today = No data yet: no window has closed since midnight
tally-met = { NUMBER($met) } of { NUMBER($closed) } windows met
tally-met-today = { NUMBER($met) } of { NUMBER($closed) } whose time ended today were cleaned in time
# What a line without numbers shows, for screen readers.
tally-between = Between { NUMBER($low) } and { NUMBER($high) } percent
chart-title = Compliance by day, 30 days
chart-none = No data yet: no due window has closed.
chart-hint = Scale starts at 50%. Under 90% in amber with its number.
# For screen readers.
chart-label = Compliance by day over 30 days, in percent. Lowest { NUMBER($low) }, the newest { NUMBER($last) }.
chart-label-none = Compliance by day: no data yet.

## What was recorded last.

feed-title = Latest cleanings
feed-empty = No cleaning yet. The first scan shows up here automatically.
# $who: who cleaned, and how that is proven.
feed-voided = { $who }. Voided
feed-incomplete = { $who }. Incomplete, does not count

## The box. Buttons lead to pages.

box-title = This box
box-settings = Settings
box-phone-records = Records from phones
box-reminders = Alarms
box-clock = Clock
box-fact-clock = Clock
box-clock-synced = A time server keeps it.
box-clock-anchored = No time server keeps it; it is corrected by what the log says of this start.
box-clock-rtc = The hardware clock keeps it.
box-clock-uncertain = Uncertain: nothing vouches for it.
box-health = Health
box-setup = Set-up
box-bundle = Support bundle
box-programs = Programs
box-access-log = Access log
box-backup = Backup
# An alarm’s dates.
box-alarm-since = Since { $since }. Alarm { $id }.
    .over = Since { $since }, over since { $over }. Alarm { $id }.
    .seen = Since { $since }, acknowledged { $seen } by { $who }. Alarm { $id }.
    .over-seen = Since { $since }, over since { $over }, acknowledged { $seen } by { $who }. Alarm { $id }.
# Whoever acknowledged it, where it was no person.
box-seen-program = the program { $name }
box-seen-command-line = the box’s command line
# Button.
box-alarm-seen = I have seen this
box-hosts = Addresses
    .hint = Labels open the label host. If its address changes, old labels stop working.
box-printers = Printers
box-no-printer = No printer yet. Connect one by USB, or add one by its address.
box-labels = Labels
box-fact-facility = Facility
box-fact-box = Box
box-fact-log = Log
# $epoch names the log.
box-log = { $count ->
    [one] { $epoch }, { NUMBER($count) } entry
   *[other] { $epoch }, { NUMBER($count) } entries
}
box-fact-relay = At the relay
box-relay = { $present ->
    [one] { NUMBER($present) } entry of this log
   *[other] { NUMBER($present) } entries of this log
}
    .held = { $present ->
        [one] { NUMBER($present) } entry of this log, { NUMBER($held) } of { NUMBER($ended) } of earlier ones
       *[other] { NUMBER($present) } entries of this log, { NUMBER($held) } of { NUMBER($ended) } of earlier ones
    }
    .ended = { $present ->
        [one] { NUMBER($present) } entry of this log; earlier ones have { NUMBER($ended) }
       *[other] { NUMBER($present) } entries of this log; earlier ones have { NUMBER($ended) }
    }
box-fact-way = Way to the relay
# $way: one of the next three.
box-fact-not-by = Not by { $way }
box-way-mqtt = MQTT
box-way-https = HTTPS
# $proxy: host and port.
box-way-proxy = HTTPS through the proxy { $proxy }
# Where a way ends and what to do. $subject: a name, an address, an issuer or a number.
box-way-fault = { $fault ->
    [name] The name { $subject } is not found. Ask the network team for a DNS server that knows it, or set a proxy.
    [not-connected] { $subject } takes no connection. Ask the network team to let this box reach it.
    [silent] { $subject } does not answer: something on the way drops what is sent there. Ask the network team to let this box reach it.
    [stalled] { $subject } takes a connection, and records that are sent there do not arrive. Ask the network team what cuts large messages off: a small MTU without ICMP, or a device that looks into the connection.
    [proxy-password] The proxy wants a user name and a password. Set both in the settings or in the claim file.
    [proxy-password-wrong] The proxy does not take the user name and password that are set. Ask the network team for the right ones.
    [proxy-scheme] The proxy signs in only by { $subject }, which this box does not speak. Ask the network team for Basic, or for a rule without a password.
    [proxy-refused] The proxy answered { $subject } and opened no way. Ask the network team to allow CONNECT to the relay.
    [proxy-cut] The proxy ended the connection. Check its address, and ask the network team to allow CONNECT to the relay.
    [inspected] The certificate is signed by “{ $subject }” and is not the relay’s: something reads this connection. Ask the network team to leave the relay out of TLS inspection, or to open MQTT. Until then this box works alone, and nothing is lost.
    [intercepted] “{ $subject }” ends the connection on the way and does not pass on this box’s certificate. Ask the network team to leave the relay out of TLS inspection, or to open MQTT. Until then this box works alone, and nothing is lost.
    [certificate-refused] This box’s certificate was not taken ({ $subject }). Claim the box again with a new claim file.
    [certificate-missing] The relay got no certificate of this box: something on the way took it off. Ask the network team to leave the relay out of TLS inspection, or to open MQTT. Until then this box works alone, and nothing is lost.
    [not-in-service] The relay does not have this box in service. Claim the box again with a new claim file.
    [other-answer] Something else than the relay answered ({ $subject }). A network that wants a sign-in on a web page does that: ask the network team for one without.
   *[broken] The connection breaks ({ $subject }). The box tries again automatically.
}
box-fact-backup = Last backup
box-backup-none = none yet
box-fact-free = Free storage
box-free = { NUMBER($gigabytes) } GB
box-free-unknown = not known
box-fact-panel = Panel
box-fact-own-wifi = Password of the box’s own Wi-Fi
box-fact-up = Uptime
box-fact-zone = Time zone
box-fact-zone-data = Time zone data
    .other = { $here }; the relay has { $relay }
box-fact-version = Version

## What somebody should see to.

note-token-clear = The token of the program “{ $name }” was sent without HTTPS { $when } and was revoked. Give the program the HTTPS address and a new token.
note-disk = The storage was full recently. Free some: records are refused while it is full.
note-zone = No time zone is set, so days are counted in UTC. Set it under Settings.
note-label-host = No label host is chosen, so no label can be printed yet. Set it under Settings.
note-label-elsewhere = Labels carry the address { $address }, which this box does not have now: phones that scan one find nothing unless the network leads that address here. Give the box that address again, or choose another label host under Settings. It has { $own }.
note-new-devices = So many wrong PINs were entered on new devices that nobody can sign in on a new device until { $until }. Devices on which somebody has signed in before are not held up. The access log says where they came from; setting somebody’s PIN under Staff ends the wait.

## The access log.

access-hint = Who signed in, what was refused, and changes to PINs, sessions and tokens. The newest 10,000 lines are kept. It contains no PINs and no tokens.
access-empty = Nothing yet
    .next = The next sign-in is the first line.
access-caption = Newest first
access-column-when = When
access-column-who = Who
access-column-deed = Action
access-column-about = About
access-column-result = Result
access-times = { NUMBER($count) } times
# Link.
access-older = Older
access-nobody = Unknown
access-others = Many others
access-command-line = The box’s command line

## What somebody did.

deed-signed-in = Signed in
deed-signed-out = Signed out
deed-signed-somebody-out = Signed somebody out everywhere
deed-signed-everybody-out = Signed everybody out
deed-pin-changed = Changed a PIN
deed-badge-changed = Added or removed a badge
deed-badge-clear = Scanned a badge on a page without HTTPS
deed-token-made = Created a token
deed-token-revoked = Revoked a token
deed-token-clear = Sent a token without HTTPS
deed-pin-clear = Entered a PIN on a page without HTTPS
deed-settings-changed = Changed settings
deed-alarm-seen = Acknowledged an alarm
deed-log-trusted = Accepted a log from the relay as this box’s own
deed-backup-key = Created a key for backups
deed-backup = Began a backup or a restore test
deed-archive = Took an archive of everything along
deed-pack-key-trusted = Trusted the key of a pack’s maker
deed-pack-key-removed = Removed the key of a pack’s maker
deed-old-page = Tried to record from an old page, or one of another item

## What somebody tried.

tried-sign-in = Tried to sign in
tried-sign-out = Tried to sign out
tried-prove = Tried to prove a cleaning by PIN
    .badge = Tried to prove a cleaning by a badge
tried-confirm = Tried to confirm a change by PIN
tried-open-staff-page = Tried to open a staff page
tried-open-page = Tried to open a page
tried-print-labels = Tried to print labels
tried-change-printer = Tried to change a printer
tried-record = Tried to record a cleaning
tried-undo = Tried to undo a cleaning
tried-change-something = Tried to change something
tried-read-api = Tried to read through the API
tried-record-api = Tried to record a cleaning through the API
tried-print-api = Tried to print labels through the API
tried-printer-api = Tried to change a printer through the API
tried-equipment-api = Tried to change equipment through the API
tried-change-api = Tried to change something through the API
tried-admin = Tried to do what only an admin may do
tried-open-people = Tried to open Staff
tried-add-person = Tried to add a person
tried-sign-everybody-out = Tried to sign everybody out
tried-change-person = Tried to change a person
tried-set-pin = Tried to set a person’s PIN
tried-clear-pin = Tried to remove a person’s PIN
tried-add-badge = Tried to add a badge
tried-print-badge = Tried to print a badge
tried-remove-badge = Tried to remove a badge
tried-sign-person-out = Tried to sign a person out
tried-person-left = Tried to note that a person has left
tried-open-programs = Tried to open Programs
tried-make-token = Tried to create a token
tried-revoke-token = Tried to revoke a token
tried-change-settings = Tried to change settings
tried-open-backup = Tried to open Backup
tried-backup = Tried to begin a backup
tried-backup-test = Tried to test a restore
tried-backup-key = Tried to create a key for backups
tried-open-access-log = Tried to open the access log
tried-acknowledge = Tried to acknowledge an alarm
tried-add-equipment = Tried to add equipment
tried-change-item = Tried to change an item
tried-change-schedule = Tried to change a schedule
tried-print-label = Tried to print a label
tried-suspend = Tried to take an item out of service
tried-resume = Tried to put an item back into service
tried-retire = Tried to retire an item
tried-void = Tried to void a cleaning

## What came of it.

result-denied = Denied
result-wrong-pin = Wrong PIN
result-locked = Locked for a while
result-pin-unused = PIN not used
result-unknown-badge = Nobody’s badge
result-badge-unused = Badge not used, and revoked if it was somebody’s
result-token-revoked = Token revoked
result-page-again = Page shown again
result-done = Done

## The panel of lights on the box's case.

panel-none = none
panel-green = green
panel-green-blinking = green, blinking
panel-amber = amber
panel-amber-blinking = amber, blinking
panel-red = red
panel-red-blinking = red, blinking
panel-simulated = simulated: { $light }
# Why a label was printed again, in the log.
panel-reason = The button on the box
