### Label sheets for an office printer, and why there is none.

sheets-title = Label sheets
    .of = Label sheets – { $facility }
sheets-equipment = Equipment of { $facility }
sheets-lead = Labels as a PDF for an office printer and sheets of labels. A label printer at the box makes labels that last longer.
sheets-no-host = No label host is chosen yet
    .what = A label carries the address that a phone opens, and it stays on the equipment for years. A facility admin chooses it at the box, once, before the first label.
sheets-sheet = Sheet
# $name: what the box of sheets says, such as Avery 5160.
sheets-choice = { $name }: { $count } labels of { $width } × { $height } mm
sheets-only = Only matching equipment
    .hint = { $count ->
    [one] Name, ward, asset number or tag; empty for all. Now { $count } label.
   *[other] Name, ward, asset number or tag; empty for all. Now { $count } labels.
}
sheets-start = Start at label
    .hint = Counted along the rows; for a sheet that was used before
sheets-right = Move right
    .hint = Millimetres, up to { $max }; minus is left
sheets-down = Move down
    .hint = Minus is up
sheets-numbers = Asset number in place of the name
    .hint = For names with characters that labels cannot show
# Button.
sheets-make = Create label sheet
sheets-actual-size = Print it at “actual size”: “fit to page” moves every label.

## Why there is no sheet, and what to do.

sheet-no-host = No label host is chosen at the facility yet, so a code would open nothing. A facility admin chooses it at the box, once, before the first label.
sheet-nothing-found = No equipment matches this search. Search for something else, or leave it empty for all.
sheet-too-many = { NUMBER($count) } labels are too many for one file. Search for a ward or a name: at most { NUMBER($max) } at a time.
sheet-start-form = Enter the number of the first label that is still on the sheet, such as 1.
sheet-millimetres = Enter millimetres, such as 0.5 or -1.
sheet-no-label = No label of ours fits this sheet.
# $names: those that there are, with commas.
sheet-unknown = There is no sheet “{ $name }”; choose one of { $names }.
sheet-start = A sheet of { $sheet } has labels 1 to { $count }; it cannot start at label { $start }.
sheet-nudge = Moving the print by { $right } mm to the right and { $down } mm down would push labels of { $sheet } off the paper or is more than { $max } mm; choose less.
sheet-label-too-large = The label is larger than those of { $sheet }; choose another sheet.
sheet-too-much = The labels are too large for one PDF; print fewer at a time.
sheet-character = The character “{ $character }” cannot be printed; write it with Latin, Greek or Cyrillic letters.
# Of one item; $why: one of the messages below.
sheet-item = { $item }: { $why }. No label was made.
