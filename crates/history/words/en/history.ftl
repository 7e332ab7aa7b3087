### Lines of an item's history: a title, and facts below it.

## What changed of an item.

line-changed = Changed
# $field: one of line-field.
line-field-set = { $field }: { $value }
line-field-cleared = { $field }: removed
line-field = { $field ->
    [name] Name
    [asset_number] Asset number
    [serial] Serial number
    [maker] Manufacturer
    [model] Model
    [category] Category
    [location] Place
    [class] Spaulding class
    [photo] Photo
    [protocols] Protocols
    [loan] Loaner
    [single_use] Single use
   *[photo_one_in] Photos by draw
}
line-class = { $class ->
    [noncritical] noncritical
    [semicritical] semicritical
   *[critical] critical
}
line-photo = { $policy ->
    [none] not requested
    [optional] optional
   *[required] required
}
line-loan = until { $day }
    .of = until { $day }, of { $owner }
line-single-use = { $answer ->
    [yes] yes
   *[no] no
}
line-one-in = one in { NUMBER($count) } cleanings
line-retired = Retired
line-suspended = Taken out of service
    .again = Still out of service
line-back = Expected back { $day }
    .unknown = Nobody has said when it is expected back
line-resumed = Back in service
# $name: the other item's.
line-merged-into = Merged into { $name }
line-merged-from = { $name } was merged into this item
# $schedule: such as “every 2 days”.
line-schedule = Schedule: { $schedule }
    .of = Schedule for { $protocol }: { $schedule }
    .none = Schedule ended
    .none-of = Schedule for { $protocol } ended
line-from = From { $when }
line-by-protocol = By { $protocol }

## Its tags and codes.

line-tag-assigned = New tag { $tag }
line-tag-reason = { $word ->
    [lost] The label was lost
    [spare] A spare label
    [blank] From a roll of blank labels
   *[unknown] { $shown }
}
line-tag-revoked = Tag { $tag } revoked
line-tag-end = { $word ->
    [lost] The label was lost
    [worn] The label was worn
    [mistake] It was attached by mistake
   *[unknown] { $shown }
}
line-tag-instead = Replaced by tag { $tag }
line-code-added = Code { $code } opens this item
line-code-removed = Code { $code } removed

## Reports, spot checks, maintenance.

# $what: one of line-problem-word.
line-problem = Problem reported: { $what }
line-problem-word = { $word ->
    [broken] broken
    [part-missing] a part is missing
    [can-not-be-cleaned] cannot be cleaned
    [soiled] dirty
    [wrong-label] wrong label
    [other] something else
   *[unknown] { $shown }
}
line-problem-closed = Report closed: { $outcome }
line-problem-outcome = { $word ->
    [fixed] fixed
    [no-fault] no fault found
    [retired] item retired
    [duplicate] reported before
   *[unknown] { $shown }
}
line-check = Spot check: { $result }
line-check-result = { $word ->
    [good] clean
    [again] clean again
   *[unknown] { $shown }
}
line-check-method = { $word ->
    [look] By looking
    [atp] By ATP
    [marker] By fluorescent marker
    [culture] By culture
   *[unknown] { $shown }
}
line-measured = Measured { NUMBER($value) } { $unit }
line-added-to-report = Added to the report in entry { NUMBER($seq) }
line-about-report = About the report in entry { NUMBER($seq) }
line-about-cleaning = About the cleaning in entry { NUMBER($seq) }
line-after-check = After the spot check in entry { NUMBER($seq) }
line-upkeep-planned = Maintenance planned: { $task }, { $schedule }
line-upkeep-by-last = From the last time it was done
line-upkeep-by-calendar = By the calendar
line-upkeep-ended = Maintenance ended: { $task }
line-upkeep-done = { $word ->
    [done] Maintenance done
    [failed] Maintenance not passed
   *[unknown] Maintenance: { $shown }
}
# $result: one of line-upkeep-done.
line-upkeep-task = { $result }: { $task }
line-reading = { $name }: { NUMBER($value) } { $unit }

## Loads and reports.

line-load-started = In load { $number }
line-load-finished = { $word ->
    [pass] Load finished: passed
    [fail] Load finished: not passed
   *[unknown] Load finished: { $shown }
}
line-load-failed = Load does not count: { $why }
line-load-failure = { $word ->
    [strip] test strip
    [temperature] temperature
    [indicator] indicator
    [agent] disinfectant
    [machine] machine
    [recall] recalled by the manufacturer
    [other] something else
   *[unknown] { $shown }
}
line-leak-test = { $word ->
    [pass] Leak test passed
    [fail] Leak test not passed
   *[unknown] Leak test: { $shown }
}
line-soaked = Soaked { NUMBER($measured) } s of { NUMBER($required) } s
line-because-load = Because of a load that does not count
line-report = Report made
line-period = From { $from } to { $until }

## Remarks on a cleaning: badges.

line-flag = { $word ->
    [late] Late entry
    [delayed] Cleaned late after its use
    [not-signed-off] Not signed off for this protocol
    [lot-expired] Disinfectant past its day
    [out-of-service] While out of service
    [retired] While retired
    [photo-sample] Photo by draw
    [wet-long] Recorded long after the contact time
    [old-protocol] Older version of the protocol
    [phone-clock] Time by a phone’s clock
   *[unknown] { $shown }
}

## Cleanings and uses.

line-used = Used
line-use-began = Began { $when }
line-use-ended = Ended { $when }
line-use-semicritical = Semicritical use: mucous membranes or broken skin
line-use-critical = Critical use: sterile tissue or blood vessels
line-use-sticker = A sticker went into the chart
# $wet: one of the messages line-wet.
line-contact = Contact time: { $wet }
line-agent = Disinfectant: { $agent }
line-lot = Lot { $lot }
    .until = Lot { $lot }, last day { $day }
# Also the choices on the scan page.
line-trigger = { $word ->
    [schedule] On schedule
    [after-use] After use
    [soiled] Because it was dirty
    [incident] After an incident
    [returned] After it came back
    [load] In a load
   *[unknown] { $shown }
}
line-clean-until = Clean until { $time }
# How long it was wet, for itself and of how long it should be.
line-wet = { $by ->
    [box] { $wet }, measured by the box
    [phone] { $wet }, measured by a phone
   *[stated] { $wet }, as stated
}
    .of = { $by ->
    [box] { $wet } of { $required }, measured by the box
    [phone] { $wet } of { $required }, measured by a phone
   *[stated] { $wet } of { $required }, as stated
}
    .at-least = at least { $required }; recorded { $later } later
    .unknown = not measured, { $required } needed
line-seconds = { NUMBER($seconds) } s
# $seconds: two digits.
line-minutes = { NUMBER($minutes) } min
    .seconds = { NUMBER($minutes) } min { $seconds } s

## Why an item is due though a cleaning was recorded: in lists, below what is due.

# $missing: what it lacks, with commas.
line-due-incomplete = Cleaned { $when }, incomplete: { $missing }
line-due-voided = Cleaned { $when }, record voided
line-due-too-late = Cleaned { $when }, recorded more than 72 hours later: does not count
line-due-before = Late entry: cleaned { $when }, before it was due again

## The time of an entry.

# Behind a time or a line of a list.
line-time-mark = time uncertain
line-time-uncertain = The box’s clock was not set: the time is an estimate until the box knows the true time
line-time-corrected = { $source ->
    [ntp] The box’s clock was not set: the time was corrected later, by network time
    [relay] The box’s clock was not set: the time was corrected later, by the relay
    [hand] The box’s clock was not set: the time was corrected later, by hand, to within 60 s
    [order] The box’s clock was ahead: the time is an estimate, and was no later
   *[unknown] The box’s clock was not set: the time was corrected later
}
