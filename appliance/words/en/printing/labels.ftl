### The label station and the pages around it.

## On several of these pages.

# Heading, title and link.
labels-title = Labels
    .error = Error: Labels
labels-printers = Printers
labels-printer = Printer
    .hint = And what is in it
# The label’s template.
labels-template = Label
labels-copies = Copies
labels-copies-each = Copies of each
labels-no-printer = No printer yet.
    .add = No printer yet. Connect one by USB, or add one by its address.
labels-add-printer = Add a printer
labels-numbers = Asset number where a name cannot be printed
labels-kept = No paper has moved. What you entered is kept.
labels-not-moved = No paper has moved.
labels-tags = Tags
    .hint = One per line
labels-usual-template = Default for this roll
# $fields: names of fields.
labels-template-needs = { $title } (needs: { $fields })
labels-printer-with = { $printer }, { $paper }
labels-copies-range = Enter a number of copies from 1 to { $most }
labels-not-tags = Not a tag of equipment in use: { $tags }
labels-named-more = { $tags } and { $more } more

## The station: finding and selecting.

station-kept = No paper has moved. Your selection is kept.
station-other-list = { $count ->
    [one] { $count } item was selected earlier and not printed.
   *[other] { $count } items were selected earlier and not printed.
}
# Link.
station-go-on = Continue with that list
station-equipment = Equipment
station-items = { $count ->
    [one] { $count } item
   *[other] { $count } items
}
station-items-of = { $all ->
    [one] { NUMBER($shown) } of { $all } item
   *[other] { NUMBER($shown) } of { $all } items
}
station-find = Find
    .hint = A name, place, number or tag
station-find-or-scan = Find or scan
station-show = Show
    .hint = Which items
station-show-never = Never printed
station-show-all = All
station-show-overdue = Overdue
station-show-picked = Selected
station-show-place = Place: { $place }
station-show-category = Category: { $category }
# Buttons.
station-clear = Clear the list
station-add-all = Add all { NUMBER($count) }
station-add-others = Add the other { NUMBER($count) }
station-look-at-picked = Show selected
station-put-back = Restore { $count }
station-paste = Paste or scan a list of tags
station-tags-hint = One per line. A keyboard-wedge scanner can fill it.
station-add-these = Add these
station-missed = Not selected
# Names a list for screen readers.
station-list = Items
station-none-picked = Nothing is selected yet. Find items and tick them, or scan their tags.
station-none-found = No matches. Show all, or try a part of the name, the room or the asset number.
station-skip = Skip to Print
station-page-of = { NUMBER($first) } to { NUMBER($last) } of { NUMBER($all) }
station-previous = Previous
station-next = Next
# Of an item, at the end of its line.
station-never-printed = never printed
station-in-job = in a job
station-printed = printed { $when }

## The station: printing.

station-words = Words for status tags, and names that cannot be printed
station-until = Until
    .hint = For loaners, such as Dec 4 2026
station-reason = Reason
    .hint = For out of service
station-make-sheet = Create a sheet (PDF) instead
# Names a group of fields for screen readers.
station-print = Print
station-picked = { NUMBER($count) } selected
station-print-labels = { $count ->
    [0] Print labels
    [one] Print { $count } label
   *[other] Print { $count } labels
}
station-recent = Recent jobs
station-others = Other labels
station-blank = Blank tags by the roll
    .hint = Attach first, name later
station-csv = From a spreadsheet
    .hint = A CSV file of tags, numbers or names
station-sheet = Sheets for an office printer
    .hint = Avery 5160, 5163, L7160, L7163 as PDF
station-cards = Protocol cards, badges, load stickers
station-templates = Templates and logo
    .hint = What labels look like, and your own
station-only-looking = Printing needs a sign-in as biomed or facility admin.

## What a press did.

pressed-picked = Selected: { $name }
pressed-already = Already selected: { $name }
pressed-added = { $count ->
    [one] { $count } item added
   *[other] { $count } items added
}
pressed-cleared = { $count ->
    [one] { $count } item taken off the list
   *[other] { $count } items taken off the list
}
pressed-nothing = Select at least one item
pressed-too-many = { $over ->
    [one] One job prints { $most } labels: { $over } more item was not selected. Print these first.
   *[other] One job prints { $most } labels: { $over } more items were not selected. Print these first.
}
pressed-no-item = No equipment in use has the tag { $tag }
pressed-retired = Retired since, and taken off the list: { $tags }
picks-gone = Your earlier selection is no longer kept: the box was restarted, or many other lists were started since. Select again.
    .title = This selection is no longer kept
    .safe = Nothing was printed.

## Scans.

scan-neither = { $scan } is neither a tag nor an asset number
scan-several = { $count } items have the number { $scan }
scan-no-item = { $tag }: no equipment in use has this tag
scan-full = { $name }: one job prints no more labels
scans-too-many = It has more than { $most } scans.

## What the station’s script shows. $n: a number that the script counts; by its plural form where that matters.

script-picked = { $n } selected
script-print =
    .none = Print labels
    .one = Print { $n } label
    .other = Print { $n } labels
script-missed = { $n } not selected: { $last }
script-sending = Sending…
script-already = Already selected: { $name }
script-not-taken = { $scan }: the box did not accept it
script-signed-out =
    .one = Signed out. Sign in again in another tab: { $n } scan kept here
    .other = Signed out. Sign in again in another tab: { $n } scans kept here
script-no-answer =
    .one = No answer from the box: { $n } scan kept here and sent again
    .other = No answer from the box: { $n } scans kept here and sent again
script-gone =
    .one = { $n } item selected before: the box was restarted, or many other lists were started since
    .other = { $n } items selected before: the box was restarted, or many other lists were started since

## The preview.

preview-title = Preview
# $width, $height: millimetres; $opens: the item that the code opens.
preview-caption = { $width } × { $height } mm, { $dpi } dots per inch, exactly as it will print. Read back and checked: opens { $opens }.
# What the picture shows, for screen readers. $label: name, place, number and tag.
preview-picture = Label: { $label }
preview-tag = tag { $tag }
preview-refused = This label cannot be printed as it is.
preview-numbers = Or tick “Asset number where a name cannot be printed”.

## One job.

jobs-summary = { $count ->
    [one] { $count } label on { $printer }. Submitted { $when }.
   *[other] { $count } labels on { $printer }. Submitted { $when }.
}
jobs-summary-again = { $count ->
    [one] { $count } label on { $printer }. Submitted { $when }. Reprint: { $reason }.
   *[other] { $count } labels on { $printer }. Submitted { $when }. Reprint: { $reason }.
}
# Names a part for screen readers.
jobs-state = Status
jobs-labels = Labels
jobs-numbered = { $n }. { $name }
jobs-print-again = Print again
# Follows “Print again” for screen readers.
jobs-label-number = label { $n }
jobs-before = Labels before { NUMBER($n) }
jobs-after = Labels after { NUMBER($n) }
jobs-no-answer = Your answer does not say whether the label came out.

again-title = Reprint
again-question = Reprint label { $n }?
again-what = { $name }, on { $printer }, as it was. The reason is recorded in the log.
again-why = Why?
# Why labels are reprinted. The log keeps it as it is pressed.
again-torn = Torn or smudged
again-lost = Lost
again-wrong = Applied badly or in the wrong place
again-faint = Printed too faintly
again-own-words = Or in your words
# Buttons.
again-print = Reprint
again-cancel = Cancel

## Blank tags.

blank-title = Blank tags
blank-what = A blank tag is not assigned yet. Attach it, scan it, then enter the equipment.
blank-once = A blank tag is never printed twice.
    .lost = If one is lost or damaged, throw it away and use the next one.
blank-count = How many?
    .hint = 1 to 1,000
    .wrong = Enter a number from 1 to 1,000
# Button.
blank-print = Print blank tags

## Cards, badges and load stickers.

cards-title = Cards and badges
    .heading = Cards, badges, load stickers
cards-protocol-card = Protocol card
    .what = 4 × 6 in, to hang beside the equipment. It has every step, or it is not printed.
    .print = Print the card
cards-protocol = Protocol
    .wrong = Choose a protocol
cards-version = { $protocol }, version { $version }
cards-badge = Badge
    .what = 86 × 54 mm: name, role, facility. It cannot be used to sign in.
    .print = Print the badge
cards-person = Person
    .wrong = Choose a person
cards-sticker = Load sticker
    .what = 2.4 × 1.2 in
    .print = Print the sticker
cards-load = Load
    .hint = Its number
    .wrong = Enter the load’s number
cards-machine = Machine
cards-agent = Disinfectant
cards-lot = Lot of the disinfectant
cards-expires = Expires
    .hint = Such as Dec 4 2026
cards-no-kind = Choose the kind of label.

## Labels from a spreadsheet.

csv-title = From a spreadsheet
    .heading = Labels from a spreadsheet
csv-read = { $rows ->
    [one] { $rows } row read
   *[other] { $rows } rows read
}
csv-prints = { $labels ->
    [one] { $labels } label to print, { $bad } not
   *[other] { $labels } labels to print, { $bad } not
}
# $read, $prints: the two above.
csv-looked = { $read }: { $prints }
# Button.
csv-print = { $count ->
    [one] Print { $count } label
   *[other] Print { $count } labels
}
csv-bad = Not printed: { $count }
csv-good = To print: { $count }
csv-line = Line
csv-says = It says
csv-why = Why not
csv-item = Item
csv-tag = Tag
csv-choose = Choose a file
csv-another = Another file
csv-what = A line names the columns: tag, asset number or name; what stands above it is passed over. Up to 5,000 rows and 1 MB. You check every row before anything is printed.
csv-file = CSV file
csv-paste = Or paste the rows
csv-look = Check the rows
csv-file-fault =
    .too-large = The file has more than 1 MB. Split it and print one part at a time
    .not-text = The file is not UTF-8 text. Save it in the spreadsheet as “CSV UTF-8”
    .unreadable = The file cannot be read: { $detail }
    .no-columns = One of the first lines must name its columns: tag, asset number or name
    .too-many-rows = The file has more than 5,000 rows. Split it and print one part at a time
    .no-rows = The file has no rows
# Why a row is not printed.
csv-row-no-tag = { $text } is not a tag.
    .shortened = { $text } is what a spreadsheet such as Excel made of a long number; its digits are lost. Format the column as text, enter the number again and save the file.
    .unknown = No equipment in use has the tag { $tag }.
    .several-numbers = { $count } items have the asset number { $text }; enter the tag.
    .no-number = No equipment in use has the asset number { $text }.
    .several-names = { $count } items have the name { $text }; enter the tag.
    .no-name = No equipment in use has the name { $text }.
    .empty = It has neither tag nor asset number nor name.
    .other-number = { $name } has another asset number: { $number }.
    .same = The same item as line { $line }; its label is printed once.

## Sheets for an office printer.

sheets-title = Sheets
    .heading = Sheets for an office printer
sheets-kept = Nothing was created. What you entered is kept.
sheets-what = A PDF at true size. Print it at 100 %, never “fit to page”. The box cannot see whether a sheet was printed, so it does not count as printed.
sheets-labels = What
sheets-blank = Or blank tags
    .hint = How many, up to 1,000
    .wrong = Enter a number up to 1,000
    .either = Either tags or blank tags, not both on one sheet
sheets-no-tags = Enter at least one tag, or a number of blank tags
sheets-paper = Paper
sheets-sheet = Sheet
    .hint = As its box says
sheets-choice = { $name }: { $count } labels of { $width } × { $height } mm
sheets-start = First label that is still there
    .hint = Counted along the rows, from 1
sheets-right = Move right, mm
    .hint = When the print sits off the labels; less than 0 moves left
sheets-down = Move down, mm
    .hint = Less than 0 moves up
sheets-not-millimetres = Enter millimetres, such as 0.5
# Button.
sheets-download = Download the PDF
