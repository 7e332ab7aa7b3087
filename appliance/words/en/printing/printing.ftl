### Printing: how printers and jobs stand, why one waits, and why something is not printed.

## Why a printer is as it is: what happened, and what to do. Office printers print sheets.

printing-not-asked = The printer’s status is not known yet.
printing-ready = The printer is ready.
printing-paper-out = The printer is out of paper. Put in a roll and close the cover: printing resumes automatically.
    .sheets = The printer is out of paper. Put sheets of { $sheet } into its tray: printing resumes automatically.
printing-cover-open = The printer’s cover is open. Close it: printing resumes automatically.
printing-cutter-jam = The printer’s cutter is jammed. Clear it and switch the printer off and on.
    .sheets = The printer’s cutter is jammed. Check its display: printing resumes automatically.
printing-cooling = The printer is too hot or pausing. It resumes automatically.
    .sheets = The printer is too hot or pausing. Check its display: printing resumes automatically.
printing-fault = The printer reports a fault. Switch it off and on; if that does not help, call service.
    .sheets = The printer reports a fault. Check its display: printing resumes automatically.
printing-offline = The printer is offline. Press its feed or pause key.
    .sheets = The printer is offline. Check its display: printing resumes automatically.
printing-ribbon-out = The printer’s ribbon has run out. Put in a new one and close the cover: printing resumes automatically.
    .sheets = The printer’s ribbon has run out. Check its display: printing resumes automatically.
printing-paused = The printer is paused. Press its pause or feed key: printing resumes automatically.
    .sheets = The printer is paused. Check its display: printing resumes automatically.
printing-wrong-media = The printer has another roll than this job needs. Put in the right one, or cancel and choose the one that is in it.
    .sheets = The printer has other paper than this job needs. Check its display: printing resumes automatically.
printing-label-waiting = Take the label that has come out: printing resumes automatically.
# $set: the roll that is set, such as “the roll of 62.0 × 29.0 mm labels”.
printing-wrong-roll = Another roll is in the printer ({ $width } mm wide, { $length } mm long labels) than is set for it ({ $set }). Put in the right one: printing resumes automatically. Or set the printer to what is in it.
    .endless = Another roll is in the printer ({ $width } mm wide, a continuous roll) than is set for it ({ $set }). Put in the right one: printing resumes automatically. Or set the printer to what is in it.
# $has, $needs: sizes as print queues name them.
printing-wrong-paper = Other paper is in the printer ({ $has }) than sheets of { $sheet } are ({ $needs }). Put them into its tray and set the tray to their size: printing resumes automatically.
printing-mute = The printer no longer answers. Check its cable and that it is switched on: printing resumes automatically.
printing-full = The printer accepts no more data. Check its paper, its cover and its pause key: printing resumes automatically.
# $fault: one of those below.
printing-unreachable = The printer { $printer } at { $address } cannot be reached ({ $fault }). Check that it is switched on and on the network. Nothing is lost: printing resumes automatically.
    .queue = The printer { $printer } at { $address } cannot be reached ({ $fault }). Nothing is lost: printing resumes automatically.
printing-unanswering = The printer { $printer } at { $address } stopped answering ({ $fault }). Switch it off and on. Printing resumes automatically; you are asked about labels that may have come out.
printing-queue-closed = The print queue accepts no documents now. Enable it again, at the printer or its server: printing resumes automatically.
printing-sheet-held = The print queue holds the sheet back. Release it at the printer or at its server: printing resumes automatically. Or cancel the job.
printing-sheet-late = The print queue has had the sheet for a long time and has not printed it. Check the printer’s display: printing resumes automatically. Or cancel the job.
printing-sheet-dropped = The print queue dropped a sheet before any of it was printed. Check the printer’s display; the sheet is tried again automatically.
printing-box-stopping = The box is shutting down; printing resumes when it is back.
printing-ledger-failed =
    .label = The box cannot write its print ledger, so it stopped printing rather than print a label twice. Check the health page and restart the box.
    .sheet = The box cannot write its print ledger, so it stopped printing rather than print a sheet twice. Check the health page and restart the box.
# $why: a refusal of those below.
printing-misconfigured = These printer settings do not work: { $why }. Correct them.
    .fixed = These printer settings do not work: { $why }. Correct them in the box’s settings file and restart the box.
printing-box-fault = Printing stopped because of a fault of the box itself. Restart the box: it will ask about labels that were being printed. Scanning and recording are not affected.
printing-not-set-up = The printer { $printer } is no longer set up. Set it up again under this name, or cancel the job.

## What happened to the connection to a printer, for the brackets of a sentence above. $detail: the system’s own words.

printing-line-broken = the connection to the printer broke: { $detail }
printing-line-closed = the printer closed the connection
printing-line-silent = the printer does not answer; if it never does, set it up as one that cannot answer
printing-line-stalled = the printer accepts no more data
printing-line-unconfirmed = the printer did not say that the label is out
printing-device-no-address = the name has no address
# $which: one of the two below.
printing-usb-away = the USB printer { $which } is not connected: the cable is out or the printer is off
printing-usb-twins = { $count } printers on USB are { $which }; disconnect all but one, or use printers that have serial numbers
printing-usb-serial = with the serial number { $serial }
printing-usb-model = of the model { $model }
printing-usb-denied = the box may not open { $file }: install 60-cleantrack-printers.rules of the box’s package in /etc/udev/rules.d, see that its unit has the group lp, and plug the printer in again
printing-usb-held = another program holds { $file }; stop CUPS and ipp-usb on the box and plug the printer in again
printing-usb-gone = the cable is out or the printer is off
printing-usb-other = { $file } cannot be used: { $detail }
printing-folder-unusable = the folder { $folder } cannot be used: { $detail }
printing-folder-unwritten = the label could not be saved in { $folder }: { $detail }
printing-folder-too-large = no label is that large

## What a print queue did not do.

printing-queue-away = the print queue cannot be reached ({ $detail }); check that the printer is on and on the network
printing-queue-lost = the print queue’s answer did not come ({ $detail }); check the printer before you print again
    .cancelled = the print queue’s answer did not come (somebody cancelled it meanwhile); check the printer before you print again
printing-queue-refused = the print queue refused: { $detail }
    .password = the print queue refused: it asks for a name and a password; allow the box to print without
    .encryption = the print queue refused: it requires an encrypted connection: enter its address with ipps://
printing-queue-unknown = the print queue does not know that document; check the printer before you print again
printing-queue-none = a print server answers there, but it has no queue of this name; check the address and its path, often /ipp/print, or /printers/ and the queue’s name
printing-queue-garbled =
    .endless = what answers there is not a print queue (its answer has no end); check the address and its path, often /ipp/print
    .foreign = what answers there is not a print queue (its answer is not in the language of print queues); check the address and its path, often /ipp/print
printing-queue-no-pdf = the print queue does not accept PDF; print the sheet from a computer that has the printer’s driver
printing-queue-raw = the print queue is a raw one: it passes PDF on as it is, and most printers print that as pages of signs; give it a driver or IPP Everywhere on the computer that it is on, or, for a label printer, enter the printer’s own address such as tcp://host:9100 and its language

## A printer’s trouble in a word or two: alone, and inside a sentence.

trouble-no-answer = No answer
    .inside = no answer
trouble-fault = Fault
    .inside = fault
trouble-paper-out = Paper out
    .inside = paper out
trouble-cover-open = Cover open
    .inside = cover open
trouble-cutter-jam = Cutter jam
    .inside = cutter jam
trouble-cooling = Too hot
    .inside = too hot
trouble-offline = Offline
    .inside = offline
trouble-ribbon-out = Ribbon out
    .inside = ribbon out
trouble-paused = Paused
    .inside = paused
trouble-wrong-roll = Wrong roll
    .inside = wrong roll
trouble-wrong-paper = Wrong paper
    .inside = wrong paper
trouble-label-waiting = Label waits
    .inside = label waits
trouble-sheet-held = Sheet held
    .inside = sheet held
trouble-sheet-late = Not printed yet
    .inside = not printed yet
# The line under the band of every page for staff. $trouble: one of those above.
printing-stopped = Printing stopped at { $at } of { $count }: { $trouble }
printing-look = Check the printer { $printer }: did a label come out?

## Jobs.

job-waiting = Waiting
job-printing = Printing
job-asking = Check the printer
job-done = Done
job-cancelled = Cancelled
job-test-label = Test label
job-labels = { $count ->
    [one] { $count } label
   *[other] { $count } labels
}
job-labels-on = { $count ->
    [one] { $count } label on { $printer }
   *[other] { $count } labels on { $printer }
}
job-blank-tags = { $count ->
    [one] { $count } blank tag
   *[other] { $count } blank tags
}
# Of a job of one label, which is called by what is on it.
job-one-label = { $name }
# $more: how many labels beside that of the first.
job-first-and-more = { $name } and { $more } more
# Follows the number of a label.
job-of = of { $count }
job-of-printing = of { $count } printing
job-goes-on = { $cause } It resumes at { $n }.
job-goes-on-half = { $cause } It resumes at { $n }; if half of { $n } is out already, throw that half away.
job-sheet-cancelled = Cancelled: the box is asking the print queue what happened to its last sheet.
job-before-it = { $count ->
    [one] { $count } job is before it.
   *[other] { $count } jobs are before it.
}
# Names the bar of a job for screen readers, and says the same.
job-progress = Labels that are out
job-progress-of = { $settled } of { $count }
job-cancel = Cancel this job
job-cancel-others = Cancel the other { $left }

## What became of a job’s labels. $which: one of the first three.

out-label = Label { $n }
out-labels-to = Labels { $first } to { $last }
out-labels = { $count ->
    [one] { $count } label
   *[other] { $count } labels
}
out-confirmed = { $which } confirmed by the printer
out-sent = { $which } sent, not confirmed yet
out-sent-only = { $which } sent, this printer can’t confirm
out-seen = { $which } seen by a person
out-not-printed = { $which } not printed

## A label of a job.

label-waiting = Waiting
label-printing = Printing
label-sent = Sent
label-printed = Printed
label-unknown = Did it come out?
label-not-printed = Not printed
label-cancelled = Cancelled
label-blank-tag = Blank tag
label-nameless = Label

## Labels of which nobody knows whether they are out. $what: what they are for.

doubt-label = Check the printer: did label { $n } come out?
doubt-sheet = Check the printer: is the sheet with labels { $labels } there?
doubt-from-to = { $first } to { $last }
doubt-what = { $count ->
    [one] { $count } label: { $what }
   *[other] { $count } labels: { $what }
}
doubt-yes = Yes, it did
doubt-yes-sheet = Yes, it is
doubt-yes-next = Yes, continue with { $next }
doubt-no = No, print { $n } again
doubt-no-sheet = No, print them again
doubt-no-blank = No, discard this tag
doubt-no-blanks = No, discard these tags

## Why a label was not printed.

failure-blank-not-found = not found in the tray; a blank tag is never printed twice, so use a new one
failure-blank-interrupted = the printer stopped in the middle of it; a blank tag is never printed twice, so throw away what came out of it and use a new one
failure-taken-out = somebody took the sheet out of the print queue before it was printed; print these labels again if they are needed
failure-text-missing = what it says is missing from the print ledger
failure-sheet-not-made = its sheet could not be made; the box’s log says why

## What a person should know of a job’s labels. $paper: what is in the printer; $warning: one of those below.

note-other-template = The default template does not fit on { $paper }, so { $template } is used.
note-label = Label { $n }: { $warning }
note-labels = { $count ->
    [one] { $count } label: { $warning }
   *[other] { $count } labels: { $warning }
}
note-small-modules = the code’s squares are { $module } mm; phones read { $good } mm and more well, so this label has to be scanned from close up
note-cut = “{ $text }” is too long for this label: its middle is left out
note-left-out = “{ $text }” is left out, because this label has no room for it

## What is in a printer: inside a sentence, and alone.

paper-roll = the roll of { $width } × { $height } mm labels
    .alone = roll of { $width } × { $height } mm labels
paper-endless = the continuous roll of { $width } mm
    .alone = continuous roll of { $width } mm
paper-sheet = labels of { $name }
    .alone = { $name }, { $labels } labels of { $width } × { $height } mm a sheet
# What the printer says itself.
paper-loaded = { $width } × { $height } mm, as the printer reports
paper-loaded-endless = { $width } mm continuous, as the printer reports
paper-darkens = Alcohol and most disinfectants darken direct thermal paper until the code cannot be read. On equipment that is wiped, use top-coated direct thermal labels, or thermal transfer with a resin ribbon.

## A printer’s card.

printer-named = Printer { $name }
printer-printing = Printing
printer-not-asked = Status unknown
printer-ready = Ready
printer-low = Roll almost empty
# How the box reaches it.
printer-by = By
printer-by-usb = USB
printer-by-folder = the folder { $folder }
printer-by-network = { $address }
printer-answers-since = { $by }, answers since { $since }
printer-so-since = { $by }, so since { $since }
printer-speaks = Speaks
printer-speaks-pdf = PDF, a sheet at a time
printer-speaks-dots = { $language }, { $dpi } dots per inch
printer-roll = Roll
printer-sheets = Sheets
printer-confirms = Confirms
printer-confirms-label = each label
printer-confirms-sheet = each sheet
printer-confirms-nothing = no confirmation: labels count as sent
printer-today = Today
printer-today-confirmed = { $out } confirmed, { $unknown } unknown
printer-today-sent = { $out } sent, { $unknown } unknown

## The list of printers, and the search for more.

printers-title = Printers
printers-unchanged = Nothing was changed.
printers-add = Add a printer
printers-none = No printer yet. Connect one by USB, or add one by its address.
printers-found = Found
printers-found-none = No other printer answered. Is yours switched on, and on the same network?
printers-seen-usb = USB
printers-seen-network = announces itself
printers-seen-asked = answered
printers-nameless = a printer without a name
printers-add-this = Add
printers-unusable = Cannot be used
printers-look = Search for printers
printers-look-why = USB printers appear automatically. The network is searched only on request.
printers-look-network = Search the network
printers-host = Search at an address
    .hint = A name or number such as 10.0.0.9, or 10.0.0.0/24 for a whole network
printers-ask = Search this address
printers-not-listened = The network could not be listened to: { $detail }.
printers-no-host = The host cannot be found: { $detail }.
printers-not-a-host = “{ $text }” is not a host; enter a name or number such as 10.0.0.9, or 10.0.0.0/24 for a network of at most 254 hosts.
printers-nobody-asked = No search was started
    .next = Correct the host and send it again.
# Link.
printers-labels = Labels

## Why a printer that was found is thought to be what it is.

guess-claims = it reports that it accepts { $command }
guess-named = its name is { $name }, and printers named { $word } speak { $language }
guess-tape = { $name } is a Brother printer for tape (PT), which the box does not support; it supports QL printers
guess-pages = it is a printer for pages: print label sheets (PDF) on it, by its address that begins with ipp://
guess-page-queue = it is a printer for pages: it gets label sheets (PDF) through its print queue; choose the sheets that are in its tray
guess-unknown = it reports { $commands } as its language, and its name { $name } does not tell which that is: choose the language yourself
guess-silent = it does not report its language, and its name { $name } does not tell it: choose the language yourself
guess-serial = { $guess }; its serial number is { $serial }

## Why something is not printed or set up. Without a full stop where a sentence goes round it.

refused-title = Nothing was printed
    .safe = No paper has moved.
    .next = Correct it and print again.
    .next-numbers = Correct it and print again, or print the asset number in its place (names: asset-number).
refused-ledger = Nothing was printed.
refused-no-printer = no printer is set up; add one in the box’s settings
refused-no-slip-printer = no printer here prints slips; add a receipt printer that speaks escpos and has an endless roll
refused-unknown-printer = no printer is named “{ $wanted }”; known: { $known }
refused-unknown-template = no template is named “{ $wanted }”; known: { $known }
refused-no-labels = select at least one item to print
refused-too-many = { $labels } labels are more than one job takes; print at most { $most } at a time
refused-full = { $most } print jobs are not finished yet; wait for some, or cancel those that are not needed
refused-label = label { $n }: { $why }
refused-label-tag = label { $n } ({ $tag }): { $why }
refused-blank-again = the blank tag { $tag } was given to a printer before; a blank tag is never printed twice, so use a new one
refused-key-reused = this idempotency key was used for a job of other labels; use a new key
refused-no-job = there is no print job { $job }, or it was finished and deleted; print its items again
refused-no-label = print job { $job } has no label { $n }; check its list
refused-reason = enter in 1 to { $most } characters why these labels are printed again
refused-key = the idempotency key is longer than { $most } characters

answer-title = This label is not waiting for an answer
    .safe = Nothing was changed.
    .next = Check the job again.
answer-no-job = There is no print job { $job }.
answer-no-label = Print job { $job } has no label { $n }.
answer-none-in-doubt = No label of print job { $job } is waiting for an answer; nothing was changed.
# $state: the name that programs know the state by.
answer-not-in-doubt = Label { $n } is not waiting for an answer: it is { $state }; nothing was changed.
job-forgotten = There is no print job with this number, or it was finished and deleted.
    .unknown = There is no print job with this number.
    .label = Labels are counted from 1.

## Why a label cannot be made.

made-template-gone = the template “{ $template }” is missing or cannot be read; print these labels again with another one

# $label: its width and height; $media: the roll; $area: what the roll prints.
media-does-not-fit = this label is { $label } and { $media } prints { $area }, which is { $over } mm too little, even without its white margins; choose a template that fits on it, or put in a roll that is large enough
media-wider-than-head = this label is { $label } and the printer’s head reaches { $reach } mm ({ $dots } dots), which is { $over } mm too little; choose a narrower template or a wider printer
media-empty = the label has no dots
media-size = { $width } × { $height } mm
media-across = { $width } mm across

# $label, $cell: widths and heights; $instead: sheets that have room.
sheet-too-large = the label is { $label }, larger than the { $cell } of { $sheet }; print it on { $instead }, or choose a smaller label
    .for-all = the label is { $label }, larger than the { $cell } of { $sheet }; no sheet has room for it: choose a smaller label or print one label a page
sheet-unknown = there is no sheet “{ $name }”; choose one of { $known }
sheet-start = a sheet of { $sheet } has labels 1 to { $count }; it cannot start at label { $start }
sheet-nudge = moving the print by { $right } mm to the right and { $down } mm down would push labels of { $sheet } off the paper or is more than { $most } mm; choose less

encode-too-wide = the label is { $width } dots wide and this printer prints { $head }; choose a narrower label or another printer
encode-too-long = the label is { $height } dots long and this printer’s labels have { $room }; choose a shorter label or another roll
encode-roll = this kind of printer does not accept the roll { $name }; choose one from its list
model-chipped-rolls = the DYMO LabelWriter 550 series and 5XL cannot be used: they accept only DYMO’s own chipped rolls and use their own language; use a LabelWriter 450, or another label printer
model-only-180 = Epson TM-T88 printers print 180 dots per inch and this one is set up with another resolution; set it up with 180
model-black-only = this Brother QL prints black only; put in a black-on-white roll and choose it

readback-unreadable = this label would not scan: its code could not be read back; nothing was printed
readback-other = this label would open “{ $found }” instead of “{ $wanted }”; nothing was printed
test-label-text = the printer’s name or its roll’s name cannot be printed: { $why }
slip-needs-roll = this slip needs a receipt printer with an endless roll; choose one that speaks escpos
slip-too-small = the set-up slip does not fit: this roll has room for { $width } × { $height } mm, and it needs at least 40 × 20 mm, more with a long address or Wi-Fi password; choose a larger roll or a receipt printer
slip-too-long = the slip is longer than a slip may be; shorten the facility’s or the item’s name
slip-unwritable = the slip cannot be written in the printer’s language: { $why }
test-label-too-small = the test label needs 20 × 10 mm, and this roll has room for { $width } × { $height } mm; choose a larger roll

pdf-nothing = there is no label to print; choose some
pdf-too-many = more than { $most } labels do not go into one PDF; print them in several
pdf-too-much = the labels and their logos are too large for one PDF; print fewer at a time or choose a simpler logo
pdf-size = a label of { $width } × { $height } dots cannot be printed; 1 to { $most } dots each way can
pdf-missing-glyph = the character “{ $character }” cannot be printed; write it with Latin, Greek or Cyrillic letters
pdf-failed = the PDF could not be made: { $detail }

## Why a printer is not set up so.

setup-title = The printer was not set up
    .safe = Nothing was changed, and no label was printed.
    .next = Correct it and send it again.
    .unchanged = Nothing was changed.
setup-name = a printer’s name has 1 to { $most } characters and no slash; choose another name
setup-same-name = another printer is already named “{ $name }”; choose another name, or remove that one first
setup-same-address = the printer “{ $other }” already has the address { $address }; change or remove that one first
setup-changed = somebody else changed “{ $name }” meanwhile; check it again
setup-unknown = no printer is named “{ $name }”; check the list of printers
setup-fixed = the printer “{ $name }” is defined in the box’s settings file; change or remove it there and restart the box
setup-language = “{ $name }” is not a printer language that the box knows; known: { $known }, and pdf for label sheets on an office printer
setup-dpi = printers of this language have { $known } dots per inch, not { $dpi }; check the type plate
# One more of a list.
setup-or = { $first } or { $last }
setup-media = “{ $media }” is not a roll for this language; choose one of { $known }, or give width_mm and height_mm
setup-sheet = “{ $media }” is not a sheet of labels that the box knows; choose one of { $known }
setup-roll-for-sheets = a custom roll is not a sheet of labels; choose one of { $known }
setup-length = a custom roll has either height_mm or continuous = true; give one of them
# $field: its name in the API.
setup-millimetres = { $field } is { $value }, and must be from { $least } to { $most } mm; measure the roll
setup-range = { $field } is { $value }, and must be from { $least } to { $most }
setup-head-reach = the roll is { $roll } mm wide and this printer’s head reaches { $head } mm; choose a narrower roll, or give head_dots when the printer is a wide one
setup-too-many = a box drives at most { $most } printers; remove one first
setup-ledger = the printer could not be saved, so nothing was changed; try again: { $detail }
setup-worker = the printer’s worker could not be started; restart the box: { $detail }
setup-fonts = the box’s own fonts cannot be opened; install the program again: { $detail }
address-unknown = the printer address “{ $address }” is not valid; enter tcp://host:9100 for a label printer on the network, usb:SERIAL for one on USB, ipp://host/ipp/print for an office printer, or dir:/folder for files
address-host = in the printer address “{ $address }” the host or the port is wrong; enter it as { $example }
address-usb = the printer address “{ $address }” names no USB device; enter usb: and the serial number that the box shows when the printer is connected, or usb:0922:0020 (manufacturer and model) for a printer without one
address-folder = the printer address “{ $address }” names no folder; enter dir: and the whole path, such as dir:/var/lib/cleantrack/labels
address-queue = “{ $address }” is a print queue, which takes label sheets in PDF; choose the language pdf, or enter tcp://host:9100 or usb:SERIAL for a label printer
address-no-queue = “{ $address }” is not a print queue, and label sheets (PDF) go to print queues only; enter ipp://host/ipp/print, or choose another language

## What one job takes.

order-range = Not a valid print job
    .safe = Nothing was printed.
order-copies = A job prints 1 to 50 copies of each label.
order-blank = Up to 1,000 blank tags go in one job, each once, and without tags of items.
order-labels = A job prints up to 5,000 labels, copies included. Print it in parts.
order-field-long = { $field } has more than { $most } characters
order-field-unknown = “{ $field }” is not a field of a label; known: { $known }
order-fields-long = Together, the fields may have up to 6,000 characters.
order-too-many-tags = Too many labels for one job
    .detail = A job prints up to 1,000 tags and 1 to 50 copies of each.
order-names = Use as-they-are or asset-number.
order-no-host = No label host is chosen yet
    .detail = A label carries the address that a phone opens, and it stays on the equipment for years.
    .next = A facility admin sets the label host once, before the first label.
    .link = Open the settings
order-sheet = The sheet could not be made
search-busy = The box is already searching for printers
    .detail = Somebody else started the search a moment ago.
    .next = Try again in ten seconds.
