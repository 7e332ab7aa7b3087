### What stands on every kind of page: its frame, how items stand, times and people.

page-skip = Skip to the content
# In the band, where the facility has no name yet, or its name is not known now.
page-new-box = New box
page-this-box = This box
# Names a section for screen readers.
page-gap = Missing history
page-gap-title = A part of this box’s history is missing.
page-gap-meaning = Equipment may need cleaning, or be out of service, even if this page does not say so. Recording works as usual.
# Names a section for screen readers.
page-alarm = Alarm
page-alarm-next = Tell { $contact }.
# Names a form for screen readers: one button for each other language.
page-language = Language
# On a shared tablet that nobody touches. A number of seconds follows.
page-leaving = Nobody is using this page. It goes back to the start in seconds:
    .stay = Stay here
page-still = Still there?
    .kept = What you entered is still here, but for a PIN. Nothing is recorded yet.
    .stay = Yes, go on
    .leave = No, empty this page
# Links at the foot of pages that are open to everybody.
page-sign-in = Sign in
page-staff-pages = Staff pages
# Of a page that comes back with a problem; $title is its title else.
page-error-title = Error: { $title }
page-problem = There is a problem
page-nothing-changed = Nothing was changed.
page-show-due = Show what needs cleaning
# Whom to call where the facility names nobody, in the middle of a sentence.
page-biomed = biomed

## How an item stands: short for lists, long for its own pages.

item-retired = Retired
item-unknown = Not known
item-unknown-long = Not known: a part of the history is missing
item-no-schedule = No schedule
item-out-of-service = Out of service
item-not-due = Not due
item-clean = Clean
item-clean-until-used = Clean until used
item-clean-until = Clean until { $time }
item-by = By { $time }
item-due-by = Due by { $time }
item-after-use = After use
item-due-after-use = Due after use
item-just-late = Just overdue
# $span: how long, such as “5 h”.
item-late = { $span } overdue
# Somebody started its contact time and has not recorded the cleaning yet.
item-being-cleaned = Being cleaned

## How long something is or was, exactly.

span-seconds = { NUMBER($seconds) } s
span-minutes = { NUMBER($minutes) } min
# $seconds has two digits.
span-minutes-seconds = { NUMBER($minutes) } min { $seconds } s

## Who cleaned. A name that nobody gave stands alone, or in a sentence.

who-unattributed = Unattributed
who-unattributed-inside = unattributed
# $proof: how it is proven that it was them.
who-cleaned = { $proof ->
    [typed] { $name }, name typed
    [pin] { $name }, PIN
    [badge] { $name }, badge
   *[login] { $name }, login
}
who-unknown = unknown person
# In the place of a text that somebody entered.
text-erased = erased
text-unreadable = unreadable

## What a cleaning lacks: parts of a list with commas.

missing-steps-stated = steps not stated
missing-steps = not all steps
missing-contact-time = full contact time not measured
missing-photo = no photo
missing-who = no proof of who cleaned
missing-strip = no good test strip
missing-temperature = wrong temperature
missing-leak = no good leak test
missing-other = something else

## Roles, in the middle of a sentence.

role-technician = technician
role-biomed = biomed
role-facility-admin = facility admin
role-auditor = auditor
