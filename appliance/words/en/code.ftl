### Tags and codes of an item, for staff.

codes-title = Tags and codes
# $since: a day and a time.
codes-tag = Label, since { $since }
codes-tag-scanned = Label, since { $since }, last scanned { $scanned }
codes-code = Code, since { $since }
codes-udi = UDI, since { $since }
codes-old = Number in the old app, since { $since }
codes-hint = Each of these opens the item.
# Links.
codes-lost = Label lost: new tag
codes-spare = Spare label
# Button and link, and behind them for those who hear them, what they are about.
codes-print = Print
codes-of-label = the label { $tag }
# Link; a code that is on the item already.
codes-add = Also opens by: add a code
# Button and, behind it for those who hear it, what it is about.
codes-take-off = Take off
# Link at a retired item’s code, which goes on as codes-take-off-of.
codes-move = Move to another item:
codes-take-off-of = the code { $code }

## Another label.

label-add-title = Another label for an item
label-add-hint = A lost label opens nothing any more once its item has a new one; whoever scans it is told so. The item keeps its history.
# Button.
label-add-save = Give it this label
# The hint where it is known which label was lost; $name: of the item; $tag: the label’s.
label-add-lost = { $name }: the label { $tag } opens nothing any more once there is a new one. Whoever scans it is told so. The item keeps its history.
label-add-gone = The label { $tag } was replaced already and opens nothing. Look at the item’s page for its label now
label-add-several = Several labels open this item. Enter the tag of the one that is lost
label-add-other = This label does not open this item
label-add-tag-needed = Scan the blank label that is attached, or enter its tag
label-add-tag-wrong = Check the tag: nine letters and digits, as printed on the label

## Taking a label off.

label-revoke-title = Take the label { $tag } off?
# $name: of its item.
label-revoke-hint = It is on { $name }. Whoever scans it then reads that it was replaced, and gets to the item.
# Button.
label-revoke-save = Take it off

## Two items that are one thing.

# Link.
merge-link = It is the same as another item
# $name: of the item that is retired.
merge-title = { $name } is the same as another item
merge-hint = It is retired, and its labels and codes open the other item from then on. Its records stay with it and can be read. This cannot be taken back.
# Button; the next page shows both items.
merge-save = Compare the two items
# The page with both items; $from: the one that is retired; $into: the one that stays.
merge-check-title = Merge { $from } into { $into }?
# Tags of the two.
merge-goes = Is retired
merge-stays = Stays
merge-fact-schedule = Schedule
merge-fact-reports = Open reports
merge-lost = This does not go over to the item that stays
# $due: a schedule, such as “every 7 days”; $other: that of the item that stays, or “No schedule”.
merge-lost-schedule = Its schedule: { $due }. The item that stays keeps its own: { $other }
# $task: its name.
merge-lost-task = Maintenance: { $task }
merge-lost-reports = { $count ->
    [one] 1 open report, which stays with the retired item
   *[other] { NUMBER($count) } open reports, which stay with the retired item
}
# Button, in red, and a link.
merge-confirm = Merge them
merge-other = Choose another item
# On the page of the item that was retired; $name: of the one that stays.
merge-into = This item was merged into { $name }: its labels and codes open that one.
# On the page of the one that stays, before the links to the others.
merge-from = Merged into this item, with a history of its own:

## Adding a code.

code-add-title = Add a code to an item
code-add-hint = A barcode that is on the item already, such as the hospital’s number or a UDI with its serial number. Scanned or entered, it opens the item from then on.
# Button.
code-add-save = Add the code
code-item-unknown = No item in use has this tag, code, number or name. Scan the label of the item
code-item-several = Several items have this number or name. Scan the label of the item
