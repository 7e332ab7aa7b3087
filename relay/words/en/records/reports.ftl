### Reports of a facility.

reports-title = Report of { $facility }
reports-what = A report on paper (PDF) has every record and its proof attached: whoever gets it can check it without us. Tables have the same records.
reports-from = First day
reports-to = Last day
reports-format = As
reports-pdf = PDF: on paper, with its proof
reports-csv = CSV: a table
reports-xlsx = XLSX: a spreadsheet
reports-json = JSON: for programs
reports-make = Make the report
reports-wait = It is made while you wait: thousands of cleanings take some seconds.
reports-to-mine = Long reports, all facilities, every week or month
reports-back = The facility’s page

## What a member has made.

reports-mine = Reports
    .what = Here a report is made while you do something else, of one facility or of all: several are one ZIP file. Only you see yours. Each is kept for 90 days.
reports-all = All facilities
# A facility that whoever reads does not see any more.
reports-gone = A facility that you do not see
# $name: of a facility, or “All facilities”; $format: PDF, CSV, XLSX or JSON.
reports-name = { $name }, { $format }
reports-days = { $from } to { $to }
reports-made = Your reports
reports-none = None yet.
reports-column-what = Report
reports-column-days = Days
reports-column-state = State
reports-state = { $state ->
    [waiting] Waits for its turn
    [making] { NUMBER($percent) }% done
    [failed] Could not be made
    [cancelled] Cancelled
   *[ready] Ready, { NUMBER($kilobytes) } KB
}
reports-fault = { $fault ->
    [long] Could not be made: too many cleanings. Choose fewer days.
    [unseen] Could not be made: there is nothing of it that you see.
   *[other] Could not be made. Ask for it again.
}
reports-fetch = Download
reports-cancel = Cancel
reports-remove = Remove
reports-refresh = Refresh
reports-schedules = Made again and again
    .what = You get a mail when one is ready, without the report: it names people.
reports-pace = { $pace ->
    [week] Every Monday, of the week before
   *[month] On the first day of each month, of the month before
}
reports-stop = Stop
