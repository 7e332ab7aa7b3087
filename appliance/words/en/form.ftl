### Forms of staff pages: form-(form)-(field) is a label, .hint what stands beside it, .needed and .wrong what is said of a field.

## Every form.

form-again = Nothing was changed. What you entered is kept.
form-back = Cancel
# $field: the label of the field, such as “Serial number”.
form-needed = { $field }: fill it in
# $field: the label of the field; $max: characters.
form-too-long = { $field } is longer than { $max } characters. Shorten it
# $field: the label of the field; $code: the character’s number in Unicode.
form-character = { $field } has a character that cannot be shown (U+{ $code }). Enter it again by hand
form-number = { $field } is a whole number, such as 1
form-range = { $field } is a number from { $min } to { $max }
form-option = { $field } is not on the list. Choose again
# The hidden field that says what the form was made over cannot be read.
form-altered = This form was altered on its way, so the box cannot tell whether somebody else changed the same thing meanwhile. Check every field, then save again
form-yes = Yes
form-no = No
form-empty = (nothing)

## Somebody else changed the same thing meanwhile.

form-changed-title = Somebody changed this meanwhile
# $thing: what both changed, such as “Infusion pump 14”; $who: a person’s name; $time: such as “today 14:04”.
form-changed-by = { $who } changed { $thing } { $time }.
# $via: what it came through.
form-changed-through = { $via ->
    [relay] The relay changed { $thing } { $time }.
    [program] A program changed { $thing } { $time }.
    [command] Somebody changed { $thing } { $time } on the command line.
   *[other] Somebody changed { $thing } { $time }.
}
form-changed-somebody = Somebody changed { $thing }.
form-changed-safe = Nothing of yours was saved, and nothing of it is lost.
form-changed-next = Choose for each field, then save.
form-changed-chosen = Where only one of you changed a field, that value is chosen already: check it.
form-changed-theirs = As it is now
form-changed-yours = In your form
# $field: the label of the field.
form-changed-choose = { $field }: choose one of the two values, or fill in this field
# $changed: a sentence such as “Grace Okafor changed Low-level wipe today 14:04.”
form-changed-look = { $changed } Look at what is there now, and press once more if you still mean it
form-taken-title = This name is taken
# $thing: the name.
form-taken-by = There is already one named { $thing }, and it was not replaced.
form-key-reused = This form was sent once before, with other values, and those were saved. If you mean another one, press the button again.
form-changed-save = Save what is chosen
form-changed-back = Leave it as it is now

## Equipment.

-due = Due
-due-never = No schedule
-due-hours = Every N hours
-due-days = Every N days
-due-weeks = Every N weeks
-due-times = Daily by these times
-due-use = After each use
-due-number = How many (N)
-due-number-hint = For hours, days and weeks
-due-number-wrong = Enter a whole number, such as 1
-due-clock = Times of day
-due-on-monday = Monday
-due-on-tuesday = Tuesday
-due-on-wednesday = Wednesday
-due-on-thursday = Thursday
-due-on-friday = Friday
-due-on-saturday = Saturday
-due-on-sunday = Sunday
-due-on-hint = Only on the ticked days of the week; none ticked: every day
-due-clock-hint = Such as 07:00, 19:00
-due-clock-wrong = Enter times of day, such as 07:00, 19:00
-due-grace = After use: within (hours:minutes)
-due-grace-hint = Such as 4:00; empty: 4 hours
-due-grace-wrong = Enter hours and minutes, such as 4:00

form-equipment-new = Add equipment
# $name: of the item.
form-equipment-change = Change { $name }
form-equipment-save = Save changes
# $tag: a printed tag.
form-equipment-blank = For the label { $tag }, already attached.
# Before the code.
form-equipment-code = This code will open it:
form-equipment-blank-wrong = Check the tag: nine letters and digits, as printed on the label
form-equipment-what = What is it?
form-equipment-name =
    .hint = As people call it: Infusion pump 14
    .needed = Enter a name for the equipment
form-equipment-location =
    .hint = ICU East, bed 14
form-equipment-class = Spaulding class
    .hint = What it touches
form-equipment-class-noncritical = Noncritical: intact skin
form-equipment-class-semicritical = Semicritical: mucous membranes
form-equipment-class-critical = Critical: sterile tissue
form-equipment-how = How is it cleaned?
form-equipment-protocol = Protocol
form-equipment-protocol-none = None: follow the manufacturer’s instructions (IFU)
form-equipment-further = Further protocols
    .hint = Offered beside the first one at each scan
form-equipment-photo = Photo
form-equipment-photo-none = Not requested
form-equipment-photo-optional = Optional
form-equipment-photo-required = Required
form-equipment-photo-one-in = Where photos are optional, ask for one in
    .hint = 2 to 100 cleanings; empty: never
form-equipment-single-use = Used once
    .hint = It takes no protocol
form-equipment-loan-until = Loaner or rental: last day
    .hint = Such as 2026-12-31; empty: it is yours
form-equipment-loan-until-wrong = Last day of a loaner: enter a day that is in the calendar, such as 2026-12-31
form-equipment-loan-owner = Whose loaner it is
form-equipment-own = Own fields
form-equipment-own-category = Own fields of the category
form-equipment-own-needed = Needed
form-equipment-custom = Further own fields
    .hint = One a line: name | value
form-equipment-custom-wrong = Enter one own field a line: name | value
# $line: a line as somebody entered it.
form-equipment-custom-bar = “{ $line }” has no bar. Enter it as name | value
form-equipment-add-next = Save and add next
# The page between two labels of a roll.
form-equipment-claim = Scan the next label
    .label = Label on the next item
    .hint = Scan it, or enter the nine letters and digits printed on it.
    .next = Go on
    .taken = This label is on { $name } already. Scan another one
    .added = { $name } was added. Scan the label that is on the next item.
# Button, where the item has a blank label.
form-equipment-scan-next = Save and scan next
# $name: of the item that was just added.
form-equipment-added = { $name } was added. Enter the next one.
form-equipment-print = Print its label
form-equipment-begin = Begin with a category
form-equipment-due = When is it due?
form-equipment-every = { -due }
form-equipment-every-never = { -due-never }
form-equipment-every-hours = { -due-hours }
form-equipment-every-days = { -due-days }
form-equipment-every-weeks = { -due-weeks }
form-equipment-every-times = { -due-times }
form-equipment-every-use = { -due-use }
form-equipment-number = { -due-number }
    .hint = { -due-number-hint }
    .wrong = { -due-number-wrong }
form-equipment-times = { -due-clock }
    .hint = { -due-clock-hint }
    .wrong = { -due-clock-wrong }
form-equipment-grace = { -due-grace }
    .hint = { -due-grace-hint }
    .wrong = { -due-grace-wrong }
form-equipment-on-monday = { -due-on-monday }
    .hint = { -due-on-hint }
form-equipment-on-tuesday = { -due-on-tuesday }
form-equipment-on-wednesday = { -due-on-wednesday }
form-equipment-on-thursday = { -due-on-thursday }
form-equipment-on-friday = { -due-on-friday }
form-equipment-on-saturday = { -due-on-saturday }
form-equipment-on-sunday = { -due-on-sunday }

## When an item is due by one protocol, or by any.

form-schedule-title = When is it due?
# Of the browser’s window; $name: of the item.
form-schedule-window = When is { $name } due?
form-schedule-save = Save schedule
form-schedule-any = Any complete cleaning counts, by whichever protocol. It applies from now on; past windows do not change.
form-schedule-one = Only a complete cleaning by this protocol counts. It applies from now on; past windows do not change.
form-schedule-on-wrong = Days of the week go with every 1 day, or with times of day. Enter 1, or untick the days
form-schedule-every = { -due }
form-schedule-every-never = { -due-never }
form-schedule-every-hours = { -due-hours }
form-schedule-every-days = { -due-days }
form-schedule-every-weeks = { -due-weeks }
form-schedule-every-times = { -due-times }
form-schedule-every-use = { -due-use }
form-schedule-number = { -due-number }
    .hint = { -due-number-hint }
    .wrong = { -due-number-wrong }
form-schedule-times = { -due-clock }
    .hint = { -due-clock-hint }
    .wrong = { -due-clock-wrong }
form-schedule-grace = { -due-grace }
    .hint = { -due-grace-hint }
    .wrong = { -due-grace-wrong }
form-schedule-on-monday = { -due-on-monday }
    .hint = { -due-on-hint }
form-schedule-on-tuesday = { -due-on-tuesday }
form-schedule-on-wednesday = { -due-on-wednesday }
form-schedule-on-thursday = { -due-on-thursday }
form-schedule-on-friday = { -due-on-friday }
form-schedule-on-saturday = { -due-on-saturday }
form-schedule-on-sunday = { -due-on-sunday }

## A place and a category.

form-place-name = Name
    .hint = Such as ICU East
    .needed = Enter a name for the place
form-place-within = Part of
form-place-within-none = No other place
form-place-order = Its place in rounds
    .hint = A number; empty: at the end
form-place-retired = Not offered any more
form-category-name = Name
    .hint = Such as infusion pump
    .needed = Enter a name for the category
form-category-fields = Own fields
    .hint = One a line: name | text, number, date, choice or yes | options with commas | required
form-category-retired = Not offered any more
form-category-defaults = What a new item begins with
form-category-default-name = Name
form-category-class = Spaulding class
form-category-class-any = Not said
form-category-class-noncritical = Noncritical: intact skin
form-category-class-semicritical = Semicritical: mucous membranes
form-category-class-critical = Critical: sterile tissue
form-category-photo = Photo
form-category-photo-any = Not said
form-category-photo-none = Not requested
form-category-photo-optional = Optional
form-category-photo-required = Required
form-category-protocol = Protocol
form-category-protocol-none = Not said
form-category-further = Further protocols
    .hint = Offered beside the first one at each scan
form-category-due = When is it due?
form-category-every = { -due }
form-category-every-never = { -due-never }
form-category-every-hours = { -due-hours }
form-category-every-days = { -due-days }
form-category-every-weeks = { -due-weeks }
form-category-every-times = { -due-times }
form-category-every-use = { -due-use }
form-category-number = { -due-number }
    .hint = { -due-number-hint }
    .wrong = { -due-number-wrong }
form-category-times = { -due-clock }
    .hint = { -due-clock-hint }
    .wrong = { -due-clock-wrong }
form-category-grace = { -due-grace }
    .hint = { -due-grace-hint }
    .wrong = { -due-grace-wrong }
form-category-on-monday = { -due-on-monday }
    .hint = { -due-on-hint }
form-category-on-tuesday = { -due-on-tuesday }
form-category-on-wednesday = { -due-on-wednesday }
form-category-on-thursday = { -due-on-thursday }
form-category-on-friday = { -due-on-friday }
form-category-on-saturday = { -due-on-saturday }
form-category-on-sunday = { -due-on-sunday }

## A version of a protocol.

form-protocol-what = What is done?
form-protocol-name = Name
    .hint = Such as Low-level wipe
    .needed = Enter a name for the protocol
form-protocol-class = For which class
    .hint = It is offered first for items of that class
form-protocol-class-any = Any class
form-protocol-class-noncritical = Noncritical: intact skin
form-protocol-class-semicritical = Semicritical: mucous membranes
form-protocol-class-critical = Critical: sterile tissue
form-protocol-steps = Steps
    .hint = One a line, in order
    .needed = Enter at least one step
form-protocol-optional-steps = Steps that may be left out
    .hint = Their numbers, such as 3, 5
form-protocol-one-press = All steps by one press
form-protocol-one-press-by-class = As usual: for noncritical use only
form-protocol-one-press-yes = Allowed
form-protocol-one-press-no = Not allowed: each step is ticked
form-protocol-ppe = What to wear
    .hint = Such as gloves, gown
form-protocol-minutes = How long it takes, minutes
form-protocol-agent = With what?
form-protocol-agents = Disinfectants
    .hint = One a line: name | EPA number | dilution
form-protocol-contact-s = Contact time
    .hint = How long the surface stays wet: minutes and seconds, such as 3:00
form-protocol-declared = A stated contact time counts
    .hint = Else only what the box measured counts
form-protocol-rules = Rules
form-protocol-photo = Photo
    .hint = The stricter of this and the item’s holds
form-protocol-photo-item = As the item says
form-protocol-photo-none = Not requested
form-protocol-photo-optional = Optional
form-protocol-photo-required = Required
form-protocol-photo-one-in = Where photos are optional, ask for one in
    .hint = 2 to 100 cleanings; empty: never
form-protocol-hang-h = Clean for, hours
    .hint = How long an item counts as clean after it; empty: until it is due
form-protocol-delay-min = Most minutes from use to cleaning
    .hint = Later cleanings are marked as delayed; empty: no limit
form-protocol-source = Where it comes from
form-protocol-ifu = Manufacturer’s instructions (IFU)
    .hint = Title, number or address
form-protocol-ifu-rev = Revision of the IFU
form-protocol-approved = Approved by
form-protocol-effective = In force from
    .hint = A day, such as 2026-11-24
form-protocol-english = In English
form-protocol-en-name = Name in English
    .hint = Only where the text above is in another language
form-protocol-en-steps = Steps in English
    .hint = One a line, as many as above
form-protocol-en-ppe = What to wear, in English
form-protocol-spanish = In Spanish
form-protocol-es-name = Name in Spanish
    .hint = Only where the text above is in another language
form-protocol-es-steps = Steps in Spanish
    .hint = One a line, as many as above
form-protocol-es-ppe = What to wear, in Spanish

## A maintenance task, and what came of one.

form-upkeep-what = What is to be done?
form-upkeep-name = Task
    .hint = Such as electrical safety test
    .needed = Say what is to be done
form-upkeep-protocol = Protocol
form-upkeep-due = When is it due?
form-upkeep-done-result = Result
form-upkeep-done-result-done = Done
form-upkeep-done-result-failed = Not passed
form-upkeep-done-done-by = Who did it
    .needed = Enter the name of who did it
form-upkeep-done-performed-at = When, if not now
    .hint = Day and time, such as 2026-11-24 14:30
form-upkeep-done-readings = Readings
    .hint = One a line, with a whole number: name | 42 | unit
form-upkeep-done-notes = Note
form-upkeep-basis = Intervals of several days, of weeks or of hours go
    .hint = A task of each day, of times of day or after use goes by them
form-upkeep-basis-last = By the last time: an interval after it was done
form-upkeep-basis-calendar = By the calendar: whenever it was done
form-upkeep-from = Counts from this day
    .hint = Such as 2026-11-24: the day on which it was last done, or the first day. Empty: from now
form-upkeep-from-wrong = Counts from: enter a day that is in the calendar, such as 2026-11-24
form-upkeep-every = { -due }
form-upkeep-every-never = { -due-never }
form-upkeep-every-hours = { -due-hours }
form-upkeep-every-days = { -due-days }
form-upkeep-every-weeks = { -due-weeks }
form-upkeep-every-times = { -due-times }
form-upkeep-every-use = { -due-use }
form-upkeep-number = { -due-number }
    .hint = { -due-number-hint }
    .wrong = { -due-number-wrong }
form-upkeep-times = { -due-clock }
    .hint = { -due-clock-hint }
    .wrong = { -due-clock-wrong }
form-upkeep-grace = { -due-grace }
    .hint = { -due-grace-hint }
    .wrong = { -due-grace-wrong }
form-upkeep-on-monday = { -due-on-monday }
    .hint = { -due-on-hint }
form-upkeep-on-tuesday = { -due-on-tuesday }
form-upkeep-on-wednesday = { -due-on-wednesday }
form-upkeep-on-thursday = { -due-on-thursday }
form-upkeep-on-friday = { -due-on-friday }
form-upkeep-on-saturday = { -due-on-saturday }
form-upkeep-on-sunday = { -due-on-sunday }

## Somebody who works here.

form-person-new = Add a person
form-person-add = Add person
form-person-again = Nobody was added. What you entered is kept.
form-person-save = Save changes
form-person-own-role = Only another facility admin can change your role.
form-person-next = Next you can set their PIN. Without one they can record cleanings but not open staff pages.
form-person-name = Name
    .hint = As it is shown with their records
    .needed = Enter the person’s name
form-person-role = Role
    .needed = Choose what they may do
    .wrong = Choose what they may do
form-person-role-technician = Technician: records cleanings
form-person-role-biomed = Biomed: also equipment and labels
form-person-role-facility-admin = Facility admin: also staff and settings
form-person-role-auditor = Auditor: reads only
form-person-locale = Language of their pages
form-person-locale-any = As their browser asks
form-person-locale-en = English
form-person-locale-es = Spanish
form-person-number = Payroll number
    .hint = Optional: the number by which other systems know them

## The facility’s settings.

form-settings-title = Settings
form-settings-thing = the settings
form-settings-save = Save settings
form-settings-name = Facility
form-settings-zone = Time zone
    .hint = Such as America/Chicago. Days and due times are counted in it.
form-settings-contact = Whom technicians call
    .hint = Such as biomed, ext. 4417
form-settings-undo-min = Minutes in which a record can be undone
    .wrong = The undo time is 0 to 1,440 minutes
    .needed = The undo time is 0 to 1,440 minutes
form-settings-pin-proof-min = Minutes for which an entered PIN proves records
    .hint = 0 to 60. With 0 it is entered for each record. After that time, the name counts as typed.
    .wrong = An entered PIN proves records for 0 to 60 minutes
    .needed = An entered PIN proves records for 0 to 60 minutes
form-settings-allow-unattributed = Allow cleanings without a name
    .hint = They are shown as unattributed
form-settings-problem = A reported problem takes the item out of service
    .hint = Whoever scans an item can report that something is wrong with it
form-settings-problem-tell = Never: biomed decides
form-settings-problem-proven = If the reporter’s PIN or badge proves who they are
form-settings-problem-anyone = Always
form-settings-competency = A cleaning by somebody who is not signed off
    .hint = It is recorded in any case. Who is signed off for which protocol stands under Staff.
form-settings-competency-off = Counts as any other
form-settings-competency-warn = Counts, and says so where their PIN or badge proves who they are
form-settings-competency-refuse = Does not count; a name without proof is nobody who is signed off
form-settings-queued = Contact time that a phone measured away from the box
    .hint = In a dead spot the app counts it, and the record says so
form-settings-queued-count = Counts
form-settings-queued-incomplete = Does not count: the cleaning is incomplete
form-settings-retain-years = Years for which records are kept
    .hint = 1 to 99. The box deletes nothing by it.
    .wrong = Records are kept for 1 to 99 years
    .needed = Records are kept for 1 to 99 years
form-settings-language = Language
form-settings-locale = Printed things, and pages of readers who ask for no other language
form-settings-locale-default = As the box came: English (United States)
form-settings-locale-en-us = English (United States)
form-settings-locale-en-gb = English (United Kingdom)
form-settings-locale-es-us = Spanish (United States)
form-settings-locale-es-mx = Spanish (Mexico)
form-settings-locale-es-es = Spanish (Spain)
form-settings-languages = Pages are offered in
    .hint = Staff can choose another one for their own pages
form-settings-languages-all = Every language that the box has
form-settings-languages-en = English only
form-settings-languages-es = Spanish only
form-settings-brand = How pages look
form-settings-brand-name = Name above pages
    .hint = Empty: CleanTrack
form-settings-brand-colour = Color of the band above pages
    .hint = Such as #0b5d5e. White must be easy to read on it.
form-settings-dates = Inspections and shifts
form-settings-inspection-day = Next announced inspection
    .hint = Such as 2026-12-01
    .wrong = Enter the day of the inspection, such as 2026-12-01
form-settings-inspection-title = By whom, or of what
form-settings-survey = Last full survey
    .hint = Such as 2026-01-31
    .wrong = Enter the day of the last survey, such as 2026-01-31
form-settings-shifts = When shifts begin
    .hint = At most 6, such as 07:00, 15:00, 23:00
    .wrong = Enter times of day such as 07:00, 15:00, 23:00
form-settings-who = Who cleaned: the least proof for each class of use
form-settings-who-noncritical = Noncritical: intact skin
form-settings-who-noncritical-default = As names are handled above
form-settings-who-noncritical-none = No name
form-settings-who-noncritical-typed = A typed name
form-settings-who-noncritical-list = A name from the list of staff
form-settings-who-noncritical-badge = A staff badge
form-settings-who-noncritical-pin = A PIN
form-settings-who-semicritical = Semicritical: mucous membranes
form-settings-who-semicritical-default = As names are handled above
form-settings-who-semicritical-none = No name
form-settings-who-semicritical-typed = A typed name
form-settings-who-semicritical-list = A name from the list of staff
form-settings-who-semicritical-badge = A staff badge
form-settings-who-semicritical-pin = A PIN
form-settings-who-critical = Critical: sterile tissue
form-settings-who-critical-default = As names are handled above
form-settings-who-critical-none = No name
form-settings-who-critical-typed = A typed name
form-settings-who-critical-list = A name from the list of staff
form-settings-who-critical-badge = A staff badge
form-settings-who-critical-pin = A PIN
form-settings-address = Label host
form-settings-label-host = Scheme and host
# $example: such as HTTP://10.0.0.5
form-settings-host-hint = Such as { $example }. It is on every label for years, so choose an address that stays: a reserved IPv4 address or a name in the facility’s own DNS.
# Beside an address that somebody is asked about before labels carry it. $own: the box's addresses.
form-settings-host-elsewhere = This box does not have the address { $address } now, so phones find nothing by these labels unless the network leads that address here. It has { $own }.
form-settings-host-printed = Labels that this box printed with { $host }: { $labels }. They go on working only while that address leads to this box.
form-settings-host-again = Nothing is saved yet: press the button once more if you want { $host } all the same.

## A spot check.

# $name: the item’s.
form-check-title = Spot check of { $name }
form-check-save = Record the check
form-check-result = What you found
form-check-result-good = It is clean
form-check-result-again = It is to be cleaned again
form-check-method = How you checked
form-check-method-look = By looking
form-check-method-atp = By measuring ATP
form-check-method-marker = By a fluorescent marker
form-check-method-culture = By a culture
form-check-photo-hint = Of what the check found; optional
form-check-value = Measured value
    .hint = A whole number, optional
    .wrong = The measured value is a whole number, such as 42
form-check-unit = Unit
    .hint = Such as RLU
form-check-notes = Remarks
    .hint = Optional

## A sign-off.

form-sign-off-until = Last day
    .hint = Such as 2027-11-24; empty: until somebody ends it
    .wrong = Last day: enter a day that is in the calendar, such as 2027-11-24
form-sign-off-notes = Remarks
    .hint = Optional; such as what was watched

## The box’s clock.

form-clock-title = What time is it?
form-clock-now = The box takes it to be { $now }, { $zone }.
form-clock-what = Records keep the time that the box believed; it is corrected by what you say here, also in those of this start that are there already.
form-clock-day = Day
    .hint = Such as 2026-11-20
form-clock-time = Time
    .hint = Such as 14:04, in 24 hours
    .wrong = Enter a day such as 2026-11-20 and a time such as 14:04 that exists here
form-clock-save = That is the time

## Out of service.

form-suspension-title = Take { $name } out of service?
    .what = No cleaning is due meanwhile, and a scan warns not to use it on a patient.
    .confirm = Take out of service
form-suspension-present = { $name } is out of service
    .what = Everybody who scans it sees why, and when it is expected back.
    .save = Save
form-suspension-reason = Why
    .hint = For example: flow sensor fails its self-test. Everybody who scans it sees this.
    .needed = Say why
form-suspension-in-service = It was changed meanwhile and is in service. The button below takes it out of service.
form-suspension-back = Expected back
    .hint = A day such as 2026-12-01, if you know it. Everybody who scans it sees this too.

## What came of a report.

# $name: the item’s.
form-outcome-title = Close the report about { $name }
form-outcome-close = Close the report
form-outcome-resume-title = { $name }: back in service
form-outcome-resume = Back in service
form-outcome-outcome = What came of it
    .hint = Needed where a report is open
form-outcome-outcome-fixed = It was fixed
form-outcome-outcome-no-fault = No fault was found
form-outcome-outcome-retired = The item is no longer used
form-outcome-outcome-duplicate = It was reported before
form-outcome-notes = What was done
    .hint = Optional

## A code on an item.

form-code-code = Code
    .hint = Scan it, or enter what is printed below the bars
form-code-item = Item
    .hint = Scan its label, or enter its tag, number or name
form-code-confirmed = Add it all the same

## Another label of an item, and one that is taken off.

form-label-item = Item
    .hint = Scan its label, or enter its tag, number or name
form-label-why = Why
form-label-why-lost = Its label was lost
form-label-why-spare = As a spare, on another side
form-label-why-blank = A blank label is attached already
form-label-old = Label that was lost
    .hint = Its tag; needed only where the item has several
form-label-tag = New label
    .hint = Scan a blank one or enter its tag. Empty: a new tag is made and printed
form-label-end-why = Why
form-label-end-why-lost = It was lost
form-label-end-why-worn = It was worn, and another one is there
form-label-end-why-mistake = It was put on by mistake

## An item that is the same as another one.

form-merge-item = The item that stays
    .hint = Scan its label, or enter its tag, number or name
form-merge-reason = Why
    .hint = Optional, such as: entered twice

## A cleaning from paper.

form-late-performed-at = When it was done
    .hint = Day and time, such as 2026-11-24 14:30
form-late-cleaned-by = Who cleaned
    .hint = From the list, or as on the paper
form-late-protocol = Protocol
form-late-all-steps = All steps were done
form-late-steps = Else: steps that were done
# $steps: with their numbers.
form-late-steps-list = Their numbers, such as 1, 3. { $steps }
form-late-contact = How long it was wet
    .hint = Minutes and seconds, such as 3:00; empty: not on the paper
form-late-notes = Why it comes late
    .hint = And what was different, if anything
    .needed = Say why it comes late
form-late-uncounted = It was done more than 72 hours ago: enter it though it does not count
# A part that is folded.
form-late-about = What else the paper says
form-late-agent = Disinfectant
    .hint = Empty: the one of the protocol
form-late-lot = Lot of the disinfectant
form-late-lot-expires = Last day of the lot
    .hint = Such as 2027-05-31
form-late-trigger = Why it was cleaned
form-late-class = Higher class this time
    .hint = Empty: as usual
form-late-class-semicritical = Semicritical: mucous membranes
form-late-class-critical = Critical: sterile tissue

## A late entry of what a phone had.

form-refused-title = Late entry
form-refused-tag = The item
    .hint = Its tag, a code, its number or its name
form-refused-cleaned-by = Who it was
form-refused-notes = Notes
    .hint = Optional
form-refused-save = Record it

## A printer.

form-printer-title = Settings
form-printer-save = Save
form-printer-name = Name
    .hint = What people call it, such as Zebra at the bench
form-printer-language = Language
form-printer-address = Address
    .hint = Such as tcp://10.0.0.9:9100, or usb: with its serial number
form-printer-dpi = Resolution
    .hint = On its type plate; the test label shows whether it is right
form-printer-media = What is in it
    .hint = Alcohol and most disinfectants darken direct thermal paper until the code cannot be read. On equipment that is wiped, use top-coated labels or a ribbon.
form-printer-measures = Custom label size
form-printer-width = Width, mm
    .hint = Across
form-printer-height = Height, mm
    .hint = Empty: continuous
form-printer-gap = Gap, mm
    .hint = Between two labels; empty: 3
form-printer-transfer = It prints with a ribbon
    .hint = Thermal transfer; lasts on equipment that is wiped
form-printer-darkness = Darkness
    .hint = 0 to 100; empty: as the printer is set
    .wrong = Darkness is a number from 0 to 100, or empty
form-printer-speed = Speed, mm a second
    .hint = 10 to 400; empty: as the printer is set
    .wrong = Speed is a number of millimetres a second from 10 to 400, or empty
form-printer-model = Model
    .hint = Where you know it
form-printer-mute = Do not query status
    .hint = For printers that report no status, or a wrong one; labels count as sent

## An office printer, which prints sheets of labels.

form-office-name = Name
    .hint = What people call it, such as Laser printer in the office
form-office-language = Language
form-office-address = Address
    .hint = Such as ipp://10.0.0.9/ipp/print, or ipps:// where the connection is encrypted
form-office-media = Sheets in its tray
    .hint = Each job starts a new sheet
form-office-mute = Printer reports sheets as done too early
    .hint = For queues that lose track of a sheet once they have sent it; labels count as sent

## Setting a box up.

form-setup-people = First facility admin
form-setup-admin = Name
    .hint = Whoever adds equipment and staff from now on
    .needed = Enter the name of the first facility admin
form-setup-place = Facility
form-setup-facility = Facility’s name
form-setup-time-zone = Time zone
    .hint = Such as America/Chicago
form-setup-host-name = Host name
    .hint = The box’s name in the building’s network: letters, digits and hyphens
form-setup-label-host = Label host
    .hint = Such as HTTP://10.0.0.5. It is on every label for years: a reserved IPv4 address or a name in the facility’s own DNS
form-setup-wifi = Wi-Fi
form-setup-ssid = Name of the Wi-Fi
    .hint = Empty: the box uses the cable
form-setup-passphrase = Password of the Wi-Fi
    .hint = Empty: an open Wi-Fi. WPA2-Enterprise and 802.1X are not supported
form-setup-country = Country
    .hint = Two letters, such as US: whose radio rules hold
form-setup-hidden = The Wi-Fi is hidden
form-setup-address-section = Fixed address
form-setup-address = Address with its prefix
    .hint = Such as 10.1.2.3/24. Empty: the network assigns one
form-setup-gateway = Gateway
form-setup-dns = Name servers
    .hint = Addresses, divided by commas
form-setup-way = Way out
form-setup-proxy = Proxy
    .hint = http://host:port or http://user:password@host:port
form-setup-ca = Certificate authority of a proxy that looks into TLS
    .hint = PEM text. The box’s connections then go through that proxy’s eyes
form-setup-ntp = Time servers
    .hint = Names or addresses, divided by commas
form-setup-relay = Relay
form-setup-claim = Claim file
    .hint = Its text, from the relay’s page “Add a box”

## A label template.

form-template-text = Template
    .hint = If you have a template of the same name, you are asked before it is replaced
    .needed = Enter a template, or upload a file
form-template-file = Upload a file instead
form-template-file-toml = TOML file
    .hint = Up to 64 KB; the text above is then not used

## Ways back, questions and notes of forms.

form-equipment-to-list = Back to the list
form-equipment-to-item = Back to the item
# Which schedule the form is of.
form-schedule-by = { $name }, { $protocol }
form-schedule-by-any = { $name }, by any protocol
form-person-namesake = There is already a { $name }
    .question = { $name } works here as { $role }. Add a second one? Nobody was added yet. A surname, a middle name or a ward keeps the two apart on every list.
    .add = Add a second { $name }

## Whose printers speak a language.

form-printer-language-zpl = Zebra, and others in their ZPL mode
form-printer-language-brother-ql = Brother QL
form-printer-language-dymo = DYMO LabelWriter 400, 450 and 4XL
form-printer-language-escpos = Epson TM and most receipt printers
form-printer-language-tspl = TSC, Xprinter, Munbyn, Rollo, HPRT and most unnamed 4 × 6 in printers
form-printer-language-pdf = office printers, label sheets
    .alone = Office printers, label sheets

## A report.

form-report-about = Of what
form-report-about-all = The whole facility
form-report-about-inspection = The whole facility, for an inspection
form-report-from = First day
    .hint = Such as 2026-11-01
form-report-to = Last day
    .hint = Such as 2026-11-30; today at the latest counts
form-report-wrong = Enter days that are in the calendar, the first one before the last one and not after today
form-report-format = As
form-report-format-pdf = PDF: on paper, with its proof
form-report-format-csv = CSV: a table
form-report-format-xlsx = XLSX: a spreadsheet
form-report-format-json = JSON: for programs
