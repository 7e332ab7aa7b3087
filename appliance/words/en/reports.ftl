### Reports, and the day of an inspection.

reports-title = Reports
reports-what = A report on paper (PDF) has every record and its proof attached: whoever gets it can check it without us. Reports are kept here for 90 days.
reports-make = Make the report
reports-survey = Since the last full survey, { $day }
reports-made = Made here
reports-none = None yet.
reports-column-what = Report
reports-column-asked = Asked for
reports-column-state = State
reports-state = { $state ->
    [waiting] Waits for its turn
    [making] { NUMBER($percent) }% done
    [failed] Could not be made
    [cancelled] Cancelled
   *[ready] Ready, { NUMBER($kilobytes) } KB
}
reports-fetch = Download
reports-cancel = Cancel
reports-remove = Remove
reports-refresh = Refresh
reports-back = Back to today
# $name: of an item or a person; $format: PDF, CSV, XLSX or JSON.
reports-name = { $name }, { $format }
reports-to-inspection = Inspection: gaps first

## The page of an inspection.

inspection-title = Inspection
inspection-day = { $days ->
    [0] The inspection is today: { $title }
    [1] The inspection is tomorrow, { $day }: { $title }
   *[other] The inspection is in { NUMBER($days) } days, on { $day }: { $title }
}
inspection-untitled = nobody has said by whom
inspection-past = The last inspection that was announced was on { $day }.
inspection-no-day = No inspection is announced. Its day is set in the settings of the box.
inspection-settings = Set its day
inspection-period = What follows is of { $from } to { $until }.
inspection-gaps-none = Nothing is overdue and no due window was missed.
inspection-overdue = Overdue now
inspection-missed = Due windows missed
inspection-missed-more = { NUMBER($count) } more are in the report.
inspection-item = Item
inspection-since = Since
inspection-why = Why
inspection-window = Window
inspection-window-span = { $from } to { $until }
inspection-checks = To look at before somebody else does
inspection-check = What
inspection-count = How many
inspection-check-what = { $what ->
    [incomplete] Cleanings that lack something
    [voided] Cleanings that were voided
    [too-late] Cleanings recorded more than 72 hours later
    [unattributed] Cleanings without anybody’s name
    [uncertain] Records with an uncertain time
    [unsigned] Cleanings by people who are not signed off
    [lots] Cleanings with a disinfectant past its day
    [photos] Photos that were required and are missing
    [unscheduled] Items without a schedule
    [unreferenced] Protocols without the manufacturer’s instructions
   *[unapproved] Protocols that nobody is named as having approved
}
inspection-number = { NUMBER($count) }
inspection-report = Make the report for the inspection

## A pass for an auditor.

pass-section = Let an auditor read
pass-section-what = A pass opens these pages and the reports without a PIN, changes nothing, and is over at its minute.
pass-for = For whom
pass-for-how-long = For how long
pass-make = Make a pass
pass-end = End it
pass-name = Auditor: { $name }
pass-name-wrong = Say for whom the pass is.
pass-hours-wrong = Choose for how long.
pass-until = Until { $when }
pass-made-title = The pass
pass-made-what = Write this code down or show it to the auditor: it is not shown again.
pass-made-where = It is typed at { $address } on this box, in any browser on this network.
pass-title = Read as an auditor
pass-what = The code comes from whoever runs this box. It lets you read, and nothing else, until it is over.
pass-code = Code
pass-code-hint = Such as k3m9-x2w7-qd40
pass-wrong = This code is wrong, or its pass is over. Ask whoever gave it to you.
pass-read = Read

## A report that somebody brings is checked.

verify-title = Check a report
verify-what = Choose a report as a PDF. The box looks whether each record in it is in a signed log, and whether its pages say what these records say.
verify-file = Report (PDF)
verify-check = Check it
verify-elsewhere = Without trusting this box: “cleantrack-verify report FILE” does the same on any computer.
verify-no-file = No file was chosen.
verify-holds = This report is as it was made
    .not = This report does not hold
    .open = This report could not be compared as a whole
verify-facility = It is of { $facility }, and was made { $when }.
verify-records = { $rows ->
    [one] 1 cleaning
   *[other] { NUMBER($rows) } cleanings
}, { $entries ->
    [one] 1 signed entry
   *[other] { NUMBER($entries) } signed entries
}.
verify-unproven = { $count ->
    [one] 1 entry is in no signed log, which the report says beside it.
   *[other] { NUMBER($count) } entries are in no signed log, which the report says beside each.
}
verify-witnessed = The relay had stored its log by { $when }.
    .none = No relay has confirmed its log.
verify-fault-damaged = This file is no PDF, or it is cut off or damaged.
verify-fault-bare = It carries no proof: it never was such a report, or its attachments were removed.
verify-fault-version = Its records hold, but another version of the program drew its pages, and this one cannot compare them.
verify-fault-large = It is too large to be checked on this box. “cleantrack-verify report FILE” checks it on any computer.
verify-fault-other-box = It also has records of another box, whose key this one does not have. “cleantrack-verify report FILE” checks it with the keys of both.
verify-fault-signer = Neither this box nor its relay made it.
verify-fault-attached = What is attached to it was changed, or is damaged.
# $seq: the number of an entry.
verify-fault-entry = The attached entry { $seq } was changed.
verify-fault-missing = Entry { $seq } is not attached any more.
verify-fault-row = The report says something else of entry { $seq } than the entry itself.
verify-fault-photo = A photo of entry { $seq } was changed or taken out.
verify-fault-page = Page { $page }, character { $at }: the page says “{ $found }”, and its records give “{ $expected }”.
verify-fault-saved = Its records hold and its words are theirs, but another program saved it again, or something else than words was changed. Ask for the report as it was made.
inspection-period-span = It covers { $from } to { $until }.
