### What a label opens that leads to no scan page: mistyped, unknown, out of service.

tag-check = Check the tag
tag-none-typed = No tag was entered.
# $typed: what was entered.
tag-misread = { $typed } is not a tag: one of its nine characters was misread.
tag-wrong-length = { $typed } is not a tag: a tag has nine letters and digits.
tag-wrong-character = { $typed } is not a tag: it has a character that no tag has.
tag-every-item = { $typed } is the same on every item of this model. Scan the one with the serial number.
tag-without-product = { $typed } has a serial number, and not the product that it is of. Scan the code that has both.
tag-separators = { $typed } came without what separates its parts: the scanner leaves that out, so that the serial number cannot be told. Biomed can set the scanner to send FNC1 as GS.
tag-separators-hint = Each has a code that fits. Compare the serial number on the equipment
tag-keyboard = { $typed } was typed by a scanner that is set to another keyboard layout. Biomed can set it to the language of this keyboard.
tag-of-nothing = No equipment has { $typed }, as a tag or as a code.
tag-nothing-recorded = Nothing was recorded.
tag-type = Enter the tag from the label
    .hint = Nine letters and digits. Spaces and small letters are fine, O is read as 0.
# Button.
tag-open-item = Open the item
tag-candidates = Was it one of these?
    .hint = One character away from what you entered
tag-find-by-name = Find the item by name
tag-what-now = What now?
# $time: when it was looked up.
tag-looked-up = Looked up { $time }.

## A code that is no tag.

tag-code-unknown = Unknown
tag-code-unknown-kind = A code that is no label of ours
tag-code-unknown-title = Nobody has said what this is
tag-code-unknown-what = No equipment has this code. Nothing was recorded.
tag-code-unknown-next = Find the item by name, or call { $contact }: they can make this code open it.
# A code that was taken off its item; $name: the item’s.
tag-code-removed = Taken off
tag-code-removed-title = This code was taken off its item
tag-code-removed-what = It was on { $name }. It opens nothing now, and nothing was recorded.
tag-code-removed-next = If { $name } is in front of you, open it here, and tell biomed that the code is still on it. If it is something else, call { $contact }: they can make this code open it.
# Link; $name: of an item whose code has other zeros at its front; $code: that code.
tag-code-zeros = Is it { $name }? Its code is { $code }
# Links for biomed.
tag-code-new = Biomed: say what this is
tag-code-add = Biomed: add it to an item

## A label that has another in its place. Badge, what it is, title, what happened, button, what to do.

tag-replaced = Replaced
tag-replaced-kind = A label that is no longer used
tag-replaced-title = This label was replaced
tag-replaced-what = It was on { $name }, which has another label now. Nothing was recorded.
tag-replaced-open = Open { $name }
tag-replaced-next = Tell biomed that the old label is still attached.

## A blank label that was discarded at the printer.

tag-spoilt = Discarded
tag-spoilt-kind = A label that should not be used
tag-spoilt-title = Do not use this label
tag-spoilt-what = This blank label was discarded during printing, and another one may be in its place. Nothing was recorded.
tag-spoilt-next = Take it off and throw it away. If it is on equipment, clean that as usual and call { $contact }: they attach a new label and enter your cleaning; it is shown as a late entry.

## A label whose item may be in the part of the history that is missing.

tag-missing = Not known now
tag-missing-kind = A tag that may have equipment
tag-missing-title = The box cannot look up this tag now
tag-missing-what = A part of this box’s history is missing, and it may say which equipment this label is on. That part comes back automatically if the relay or a copy has it. Nothing was recorded; what was recorded before is safe.
tag-missing-next = Clean it as usual, and scan the label again in a few minutes. If this continues, call { $contact } with the tag above: they enter your cleaning; it is shown as a late entry.
tag-missing-again = Try again

## A label that is on no equipment.

tag-unused = Not in use
tag-unused-kind = A tag without equipment
tag-unused-title = No equipment has this tag yet
tag-unused-what = The label is valid but not assigned to equipment yet. Nothing was recorded.
tag-unused-next = Clean it as usual and call { $contact } with the tag above. They assign it and enter your cleaning; it is shown as a late entry.
# Links for biomed.
tag-unused-assign = Biomed: assign this label
tag-unused-add = Biomed: it is one more label of an item

## It was used.

used-title = It was used
used-title-of = Was { $name } used?
used-what = If this item is cleaned after each use, a cleaning is due from now on.
# $when: such as “today 21:27”.
used-last = Last use recorded: { $when }
# Buttons.
used-record = Yes, it was used now
used-back = Cancel
# A part that is folded.
used-more = More about this use
used-ended = When did it end?
used-ended-now = Now
used-ended-minutes = { NUMBER($minutes) } minutes ago
used-ended-hours = { $hours ->
    [one] 1 hour ago
   *[other] { $hours } hours ago
}
used-class = Did it touch more than usual?
used-class-hint = Leave it empty if not.
used-class-semicritical = Mucous membranes or broken skin
used-class-critical = Sterile tissue or blood vessels
used-sticker = A sticker went into the chart

## An item that is out of service or retired.

out-retired-title = { $name } was retired
out-retired-what = It is no longer cleaned or recorded. Its history is kept. Nothing was recorded.
out-title = { $name } is out of service
out-what = Do not use it on a patient. No cleaning is due while it is out of service. Nothing was recorded.
out-since = Since
out-why = Why
out-back = Expected back
out-anyway = I cleaned it anyway: record that
out-questions = Questions? Call { $contact }.
