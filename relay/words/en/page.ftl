### What stands on every kind of page: its frame, times, numbers, people.

page-title = { $title } – CleanTrack
# Of a page that comes back with a problem; $title is its title else.
page-error-title = Error: { $title }
page-problem = There is a problem
page-skip = Skip to the content
# Names the navigation for screen readers.
page-main = Main
# In the band, of pages that are open to everybody.
page-for-admins = For regional admins
# Whoever is signed in.
page-person = { $name }, { $role }
page-facilities = Facilities
page-gaps = Gaps
page-alerts = Alerts
page-boxes = Boxes
page-people = People
page-programs = Programs
page-access-log = Access log
# Names the buttons by which another language is chosen.
page-language = Language
# $time: when the page was made.
page-live = Live, as of { $time } { $zone }.
# $time: of when the numbers are, where the box is behind.
page-behind = Numbers as of { $time } { $zone }. New ones appear automatically.

role-name = { $role ->
    [super_admin] platform admin
    [account_admin] admin
    [facility_admin] facility admin
    [biomed] biomed
    [technician] technician
    [auditor] auditor
    [support] support
   *[unknown] unknown
}

## Times, in the zone that the page names.

# $place: the last part of a zone’s name, such as Berlin.
zone-name = { $zone ->
    [utc] UTC
    [eastern] Eastern time
    [central] Central time
    [mountain] Mountain time
    [arizona] Arizona time
    [pacific] Pacific time
    [alaska] Alaska time
    [hawaii] Hawaii time
   *[place] { $place } time
}
time-zoned = { $time } { $zone }
time-never = never

## Numbers.

# A number that stands alone.
page-number = { NUMBER($number) }
page-before = Page before
page-after = Next page

count-items = { $count ->
    [one] { $count } item
   *[other] { $count } items
}
count-entries = { $count ->
    [one] { $count } entry
   *[other] { $count } entries
}
# Windows.
met-of = { NUMBER($met) } of { NUMBER($closed) }
# $rate: with one decimal.
rate-percent = { NUMBER($rate) }%
# Where no window closed.
rate-none = –
rate-no-data = no data
# A trend line, for those who do not see it.
trend-line = Thirty days, from { NUMBER($first) } to { NUMBER($last) } percent
chart-today = Today
# A chart of bars, for those who do not see it. $silent: days without data.
chart-days = { $silent ->
    [0] Compliance by day from { $first } to { $last }, between { $low } and { $high } percent, the last { $now }
    [one] Compliance by day from { $first } to { $last }, between { $low } and { $high } percent, the last { $now }. No data for { $silent } day
   *[other] Compliance by day from { $first } to { $last }, between { $low } and { $high } percent, the last { $now }. No data for { $silent } days
}
chart-no-data = No data for these days

## Cleanings.

# Who cleaned, and how that was proven.
cleaned-by = { $proof ->
    [typed] { $name }, name typed
    [pin] { $name }, PIN
    [badge] { $name }, badge
    [login] { $name }, login
   *[nobody] Unattributed
}
# In place of a name.
cleaned-by-erased = name erased
cleaned-by-hidden = name not shown to you
cleaning-voided = Voided
cleaning-both-stay = Both entries stay.
# $parts: what it lacks, with commas.
cleaning-incomplete = Incomplete: { $parts }
cleaning-part = { $part ->
    [steps-not-stated] steps not stated
    [steps] steps
    [contact-time] contact time
    [photo] photo
    [who] proof of who cleaned
    [strip] test strip
    [temperature] temperature
    [leak] leak test
   *[other] other
}
cleaning-too-late = Too late to count
cleaning-late = Late entry
cleaning-photo-coming = Photo on its way
cleaning-time-unsure = Time uncertain
# Link; what is behind it is for screen readers.
cleaning-photo = Photo
    .of = of { $item }
# In a list of cleanings: where, and who.
cleaning-place = { $place } · { $who }
# $who, and where: a cleaning that was voided.
cleaning-who-voided = { $who }. { $voided }
cleanings-latest = Latest cleanings
cleanings-none = Each cleaning shows up here within seconds of its record at the facility. There is none yet.
# Link to the part of a list after this one.
list-older = Older
page-facilities-manage = Make and close facilities
# Link at the end of every page.
page-help = Help
