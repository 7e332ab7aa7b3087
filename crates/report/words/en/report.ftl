### A report, on paper and as a table.

report-title = Cleaning report
    .inspection = Cleaning report for an inspection
    .inspection-day = Cleaning report for the inspection on { $day }
    # $name: of an item, a person or a protocol.
    .of = Cleaning report: { $name }
report-period = { $from } to { $until }
report-made = Made { $when }
    .by = Made { $when } by { $name }
report-made-uncertain = The box’s clock was not set when this was made.
report-known = What is known of this facility ends at { $when }: its box has not reported since.
report-lacks = A part of the box’s history was missing when this was made: windows may be shown as missed that were met.
report-zone = All times: { $zone }, 24-hour clock
# Below each page.
report-page = Page { NUMBER($page) } of { NUMBER($pages) }

## Figures.

report-summary = Summary
report-what = What
report-figure = Number
report-rate = Compliance
report-rate-value = { NUMBER($rate) }%
report-no-data = No data
report-met = Due windows met
report-met-of = { NUMBER($met) } of { NUMBER($closed) }
report-overdue-now = Items overdue when made
report-missed-windows = Due windows missed
report-cleanings = Cleanings
report-incomplete = Incomplete, so they do not count
report-too-late = Recorded more than 72 hours later, so they do not count
report-voided = Voided; both entries stay
report-unattributed = Without anybody’s name
report-uncertain = With an uncertain time
report-number = { NUMBER($number) }
report-definition = Compliance is the share of due windows that closed in the period with a cleaning that counts: complete, and recorded no later than 72 hours after it was done. Windows in which an item was out of service do not count either way. It is rounded down to a tenth: 100% means that none was missed. Where no window closed there is no rate.
report-definition-person = One person’s cleanings have no compliance rate: due windows belong to items.
report-chosen = This shows the records that were chosen. That none is missing only the facility’s report, or the log itself, can show.

## By weeks.

report-weeks = Compliance by weeks
report-week = Week from

## Gaps.

report-gaps = Gaps
report-gaps-none = Nothing was overdue and no due window was missed.
report-overdue = Overdue when this was made
report-missed = Due windows missed
report-item = Item
report-since = Since
report-why = Why
report-window = Window
report-window-span = { $from } to { $until }
report-window-protocol = For { $protocol }
report-why-none = No cleaning was recorded
# $when: a moment.
report-why-cleaned = Next cleaned { $when }
    .never = Not cleaned since
report-missed-more = { $count ->
    [1] One more missed window is not listed: choose a shorter period.
   *[other] { NUMBER($count) } more missed windows are not listed: choose a shorter period.
}

## Cleanings.

report-records = Cleanings by item
report-records-none = No cleaning was recorded in this period.
report-records-more = Pages show the newest { NUMBER($shown) } of { NUMBER($all) } cleanings, item by item. All are attached: cleanings.csv opens in any spreadsheet, entries.jsonl has the exact entries.
report-when = Cleaned
report-protocol = Protocol
report-who = Who
report-entry = Entry
report-version = { $protocol }, version { NUMBER($version) }
report-no-protocol = No protocol
report-steps = { $count ->
    [1] One step done
   *[other] { NUMBER($count) } steps done
}
report-steps-unstated = Steps not stated
report-recorded = Recorded { $when }
report-late = Too late: does not count
report-missing-parts = Incomplete: { $missing }
report-missing = { $part ->
    [steps-not-stated] steps not stated
    [steps] not all steps
    [contact-time] full contact time not measured
    [photo] no photo
    [who] no proof of who cleaned
    [strip] no good test strip
    [temperature] wrong temperature
    [leak] no good leak test
   *[other] something else
}
report-proof = { $how ->
    [pin] By PIN
    [badge] By badge
    [login] Signed in
    [typed] Name typed, nothing proves it
   *[nobody] Nobody named
}
report-note = Note: { $text }
report-void = Voided { $when }: { $reason }
    .undated = Voided: { $reason }
report-erased = [text erased]
report-unreadable = [text damaged]
report-nobody = Nobody named
report-photo = Photo of the cleaning in entry { $entry }
report-photo-here = Photo kept, not shown here
report-photo-erased = Photo erased
report-photo-gone = Photo not kept here
report-photo-altered = Photo damaged: what is kept is not the picture that the entry names
report-unproven = Not proven by this report: no signed log that is here holds it
report-letters = Letters that these pages cannot print are shown as □: the exact text is in cleanings.csv.
report-check = Spot check: { $result ->
    [good] clean
    [again] clean again
   *[unknown] { $result }
}

## People and protocols.

report-sign-offs = Signed off
report-person = Person
report-signed-since = Since
report-signed-until = Until
report-signed-open = no end
report-signed-over = { $day }, ended
report-protocols = Protocols that were followed
report-reference = Goes by
report-reference-none = Not stated
report-step-count = Steps
report-contact = Contact time
report-contact-none = None
report-seconds = { NUMBER($seconds) } s

## How to check.

report-proof-title = How to check this report
report-proof-log = Log { $name }: signed by the box at { NUMBER($size) } entries.
report-proof-root = Root: { $root }
report-proof-cosigned = { $name } had stored it by { $when } and signed that too.
report-proof-cosigned-none = No relay had stored it when this was made.
report-proof-how = Get the keys of the box and the relay from a source that you trust, then run: cleantrack-verify report FILE --key KEYS. It needs no network. It says who signed, draws these pages again from the attached entries, and names the first character or entry that was changed.
report-proof-limits = What this does not claim: the box measures time, not wetness; a typed name proves nobody; a photo shows what it shows. Names of people, items and protocols are as the facility entered them, and are covered by the signature of the box or relay that made this report. Joined scripts are printed letter by letter.

## Columns of tables, and the yes of a cell.

report-column = { $key ->
    [cleaned_at] Cleaned
    [recorded_at] Recorded
    [time_uncertain] Time uncertain
    [item] Item
    [tag] Tag
    [place] Place
    [protocol] Protocol
    [protocol_version] Version
    [steps] Steps done
    [contact_s] Contact time (s)
    [contact_required_s] Contact time required (s)
    [agent] Disinfectant
    [lot] Lot
    [who] Who
    [proof] How proven
    [counts] Counts
    [missing] Missing
    [remarks] Remarks
    [note] Note
    [voided_at] Voided
    [void_reason] Why voided
    [photos] Photos
    [entry] Entry
   *[hash] Hash of the entry
}
# Of an attached file.
report-file = { $name ->
    [table] All cleanings of this report as a table
    [entries] The exact entries of the log that the rows come from, and the texts beside them
    [proof] Signatures and hashes that prove the entries
   *[report] What the pages show, as it was signed
}
report-yes = yes
report-no = no
report-sheet = Cleanings
