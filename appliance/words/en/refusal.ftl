### Why a record or its undoing is refused: what to do, and in the detail the rule behind it. Without a full stop where a list of problems shows it.

refusal-unknown-tag = No equipment has the tag { $tag }
    .detail = The tag is well formed, but it is on no equipment of this facility, or it was taken off.
refusal-retired = { $name } was retired; no more cleanings can be recorded for it
    .detail = Its history is kept and can be read.
refusal-not-its-protocol = This item is not cleaned by that protocol. Give the item the protocol first, or choose one that it has
    .detail = A cleaning follows one of the protocols that its item has.
refusal-protocol-changed = The protocol has changed since this page was opened. Check the steps again
    .detail = A record names the version that was followed, so it must be the newest one.
refusal-unknown-staff = There is nobody with the id { $staff } here
    .detail = The person was never added, or has left.
refusal-unknown-cleaning = Entry { $seq } of { $log } is not a cleaning
    .detail = No cleaning of this box has that number.
refusal-shared-number = Two records have the number { $seq }, and this one cannot be voided
    .detail = The storage lost this record and gave its number to another one, which would be voided instead. Both count.
refusal-already-voided = This cleaning was already voided
    .detail = A cleaning is voided once; both entries stay.
# $seq: the number of its entry.
refusal-unknown-problem = There is no open report with the number { $seq }
    .detail = It was never made, or somebody has closed it.
refusal-reports-spent = Too many problems were reported from here within an hour. Tell biomed in person
    .detail = A phone can make five reports in an hour, a person who proves who they are thirty, and phones behind one address thirty without proof, five of them about one item.
refusal-problem-kind = Choose what is wrong
refusal-problem-outcome = Choose what came of the report
refusal-undo-over = The time to undo this record is over. Tell biomed, they can void it
    .detail = Only the phone that made a record can undo it, and only for some minutes.
refusal-name-needed = Enter your name
refusal-reason-needed = Say why
refusal-note-needed = Say why
refusal-needed =
    .detail = The field is missing, empty, or has only characters that show nothing.
# $subject: the field, as below; $max: characters.
refusal-too-long = { $field ->
    [notes] The note is longer than { $max } characters. Shorten it
   *[other] { $subject } is longer than { $max } characters. Shorten it
}
    .detail = The box keeps texts as they were entered and never cuts them off.
# $code: the character’s number in Unicode.
refusal-character = { $field ->
    [notes] The note has a character that cannot be shown (U+{ $code }). Enter it again by hand
   *[other] { $subject } has a character that cannot be shown (U+{ $code }). Enter it again by hand
}
    .detail = Control characters, and characters that turn the direction of writing, are not accepted.
refusal-lot-day = Enter the last day of the lot, such as 2027-05-31, or leave it empty
refusal-step-missing = Tick step { $step }, or say in the note why it was not done
# $steps: all but the last, with commas.
refusal-steps-missing = Tick steps { $steps } and { $last }, or say in the note why they were not done
    .detail = A required step that was left out needs a reason.
refusal-all-steps-missing = Tick the steps, or say in the note why they were not done
refusal-unknown-step = The protocol has no step { $step }
    .detail = Steps are counted from 1, in the order of the item’s protocol.
# $left: minutes and seconds, such as 1:52.
refusal-still-wet = Keep the surface wet for { $left } more, then record
    .detail = The protocol has a contact time, which the box measures from the moment at which the surface was wet.
refusal-not-wetted = Wet the surface and press “Surface is wet”, or say in the note why not
refusal-sign-off-note = Only people who are signed off for this protocol clean by it. Say in the note why it was done all the same
refusal-proof-pin = Enter your PIN, or record without proof and say why
refusal-proof-badge = Scan your badge or enter your PIN, or record without proof and say why
refusal-proof-list = Choose your name from the list, or record without proof and say why
refusal-proof-missing =
    .detail = The facility asks for more than a typed name for this class of use.
refusal-photo-missing = Take a photo, or say in the note why there is none
    .detail = This item needs a photo with each cleaning.
refusal-too-many-photos = A cleaning has at most { $max } photos
    .detail = Further photos have no place in the record.
refusal-key-reused = This idempotency key was used for another request. Use a new one
    .detail = A key stands for one request; the record that was made with it stays as it is.
refusal-key-form = An idempotency key has 1 to 200 characters, none of them control characters
    .detail = The key is what makes a repeated request harmless.
refusal-field = { $field ->
    [cleaned_by] Your name
    [notes] The note
    [agent] The disinfectant
    [lot] The lot
    [reason] The reason
    [name] The name
    [asset_number] The asset number
    [serial] The serial number
    [maker] The manufacturer
    [model] The model
    [category] The category
    [location] The location
    [custom] A custom field
    [steps] A step
    [agents] A disinfectant
    [ppe] What to wear
    [ifu] The IFU reference
    [ifu_rev] The IFU revision
    [approved] The approver
    [words] A translation
    [readings] A reading
    [done_by] The name of who did it
    [fields] An own field
    [within] The place that it is part of
    [default_name] The name to begin with
    [loan_owner] The owner of the loaner
    [inspection_title] What the inspection is
    [brand_name] The name above pages
    [contact] The contact
    [label_host] The label host
    [number] The payroll number
   *[other] A field
}

refusal-tag-taken = The tag { $tag } is in use already; take another label
    .detail = A tag belongs to one item permanently.
refusal-code-length = A code has 2 to 128 characters
# $code: of the character, in Unicode.
refusal-code-character = This code has a character that cannot be shown (U+{ $code })
refusal-code-every-item = This code is the same on every item of this model. Scan the one with the serial number
refusal-code-without-product = This code has no product number. Scan the one that has product and serial number
refusal-code-separators = The scanner leaves out what separates the parts of this code, so that its serial number cannot be told. Set it to send FNC1 as GS (see Labels and codes in the guide), or enter what is printed below the code
refusal-code-keyboard = The scanner types for another keyboard layout. Set it to the language of this keyboard, then scan again
refusal-code-tag = This is the tag { $tag } of a label
refusal-code =
    .detail = A code is what is on one item alone, such as its serial number as a barcode.
# $name: of the other item.
refusal-code-taken = The code { $code } is on { $name } already. Take it off there first
    .detail = A code opens one item.
refusal-code-trade-item = This may be the number of a product, which every item of its model has. Add it only if it is this item’s own number
# $name: of the retired item.
refusal-code-retired = { $name }, which is retired, has this code. Once it is added here, it opens that item no more; both histories say so
refusal-code-unconfirmed =
    .detail = It is added once it is confirmed.
refusal-unknown-protocol = There is no protocol { $protocol } here
    .detail = A protocol must be published before an item can be cleaned by it.
refusal-unknown-upkeep = This item has no maintenance task { $upkeep }
    .detail = The task was never planned for this item, or it was ended.
# $label: what people call a field of a category.
refusal-own-field = { $rule ->
    [needed] { $label }: fill it in
    [number] { $label }: enter a whole number
    [day] { $label }: enter a day, such as 2026-11-24
    [choice] { $label }: enter one of { $choices }
   *[yes] { $label }: enter yes or no
}
    .detail = The category says what its own fields hold.
refusal-changed = Somebody else changed this meanwhile. Check what is there now, then change it again
    .detail = A change names the version that it was made over, and another one is there.

## What is needed.

refusal-needs-equipment-name = Enter a name for the equipment
refusal-needs-loan-day = Enter the last day of the loan
refusal-needs-person-name = Enter the person’s name
refusal-needs-field-name = Enter a name for the custom field
refusal-needs-step = Say what to do in each step
refusal-needs-agent-name = Enter a name for each disinfectant
refusal-needs-protocol-name = Enter a name for the protocol
refusal-needs-upkeep-name = Say what is to be done
refusal-needs-reading-name = Enter a name for each reading
refusal-needs-location-name = Enter a name for the place
refusal-needs-category-name = Enter a name for the category
refusal-needs-own-field-name = Enter a name of at most 40 characters for each own field
refusal-needs-facility-name = Enter a name for the facility

## What is out of its range.

refusal-range =
    .detail = The value can be read, but it is outside of what the box takes.
refusal-range-protocols = An item has at most 20 protocols
refusal-range-custom-fields = An item has at most 30 custom fields
refusal-range-ahead = That time is in the future. Enter the time when it was done
refusal-range-long-ago = That is more than a year ago. Check the date
refusal-range-use-end = It cannot have ended before it began. Check both times
refusal-range-merged-with-itself = This is the same item already
refusal-range-codes = An item has at most 20 codes
refusal-range-hours = A schedule in hours is every 1 to 8,760 hours
refusal-range-days = A schedule in days is every 1 to 366 days
refusal-range-weeks = A schedule in weeks is every 1 to 52 weeks
refusal-range-times = Enter 1 to 48 times of day
refusal-range-order = Enter the times of day in order, each once
refusal-range-use = The time after a use is 1 minute to 7 days
refusal-range-steps = A protocol has 1 to 40 steps
refusal-range-contact-time = The contact time is 1 second to 24 hours
refusal-range-agents = A protocol has at most 10 disinfectants
refusal-range-photo-sampling = One cleaning in 2 to 100 is asked for a photo, and only where photos are optional
refusal-range-hang-time = An item stays clean for 1 to 8,760 hours
refusal-range-start-delay = The time from use to cleaning is 1 to 10,080 minutes
refusal-range-translation-language = A protocol is translated to en or es
refusal-range-page-language = Pages are in en or es
refusal-range-facility-language = A facility’s language is en-US, en-GB, es-US, es-MX or es-ES
refusal-range-setting = Choose one from the list
refusal-range-inspection-day = Enter the day of the inspection, today or later
refusal-range-survey-day = A survey was today or earlier. Check the day
refusal-range-shifts = A day has at most 6 shifts. Enter when each begins, in order
refusal-range-brand-colour = A color is # and six digits from 0 to f, such as #0b5d5e
refusal-range-pale-colour = White is hard to read on this color. Choose a darker one
refusal-range-retain-years = Records are kept for 1 to 99 years
refusal-range-translation-steps = Translate each step, one for one, or none
refusal-range-protocol-items = More than 511 items are due by this protocol. Move some of them to another protocol first
refusal-range-weekdays = Days of the week go with every 1 day, or with times of day
refusal-range-upkeep-count = An item has at most 12 maintenance tasks
refusal-range-upkeep-never = Say how often a new task is due
refusal-range-upkeep-from = A task counts from a day within ten years of today
refusal-range-upkeep-outcome = What came of a task is that it was done or not passed
refusal-range-reading-count = A task has at most 12 readings
refusal-range-location-taken = A place of this name is on the list already, perhaps as retired
refusal-range-location-count = A facility has at most 2,000 places
refusal-range-location-within = A place is within another one of the list that is not within it
refusal-range-category-taken = A category of this name is on the list already, perhaps as retired
refusal-range-category-count = A facility has at most 500 categories
refusal-rename-unknown = Nothing on the list has this name
refusal-rename-item-count = More than 510 items have the present name. Give some of them another one first
refusal-range-own-field-count = A category has at most 20 own fields
refusal-range-own-field-twice = Two own fields have the same name
refusal-range-own-field-type = An own field is text, number, date, choice or yes
refusal-range-own-field-choices = A choice has 1 to 40 options without commas, and no other own field has any
refusal-range-single-use = What is used once takes no protocol. Choose none, or take the tick away
refusal-range-back-day = Enter today or a later day on which it is expected back, such as 2026-11-24
refusal-range-sign-off-day = Enter today or a later day as the last one
refusal-range-sign-off-count = One person is signed off for at most 200 protocols
refusal-range-zone = Enter an IANA time zone such as America/Chicago
refusal-range-undo = The undo time is at most 1,440 minutes
refusal-range-pin-proof = An entered PIN proves records for 0 to 60 minutes
refusal-range-label-host = A label host reads HTTP://HOST or HTTPS://HOST, with letters, digits, dots, hyphens and a port
refusal-range-label-host-local = The label host ends in .local, which many phones do not find; write the address, such as HTTP://10.0.0.5, or a name of the facility’s own DNS, such as HTTP://BOX.INTERNAL
refusal-range-label-host-public = The label host is a public name or address, of which phones warn without HTTPS; write HTTPS:// where the box has a certificate for it, else a private address such as HTTP://10.0.0.5

## What is so already.

refusal-already-so =
    .detail = What was asked for is so already.
refusal-already-out = It is out of service already
refusal-already-in = It is in service already
refusal-already-not-signed-off = They are not signed off for this protocol
refusal-already-own-code = This code opens this item already
refusal-already-no-code = This code opens nothing here
refusal-range-badge = This is a badge of somebody, not the code of an item
refusal-already-only-tag = This is the only label of the item. Give the item another one first
refusal-check-result = Choose what the check found
refusal-check-method = Choose how it was checked from the list
refusal-own-cleaning = You cleaned this yourself; somebody else checks it
refusal-clock-kept = A time server keeps this clock
refusal-clock-right = The box has this time already
refusal-clock-time = Enter a time from 2026 on that exists here
refusal-already-retired-protocol = This protocol was retired already
refusal-no-free-tag = No free tag was found. Try again

## What a role does not include.

refusal-not-allowed =
    .detail = Your role does not include this.
refusal-other-phone = Only the phone that recorded it can add a photo
refusal-not-signed-off-yourself = Somebody else signs people off for this protocol, who is signed off for it themselves
refusal-own-role = You cannot change your own role or mark yourself as left; ask another facility admin
refusal-admin-by-program = Programs neither make anybody a facility admin nor take one away. A facility admin does that under Staff
refusal-needs-sign-in = This needs a sign-in
    .recorder = This needs a sign-in as technician, biomed or facility admin
    .biomed = This needs a sign-in as biomed or facility admin
    .admin = This needs a sign-in as facility admin
    .auditor = This needs a sign-in as facility admin or auditor
