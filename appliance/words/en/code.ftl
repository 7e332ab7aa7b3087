### Tags and codes of an item, for staff. In English only.

codes-title = Tags and codes
# $since: a day and a time.
codes-tag = Label, since { $since }
codes-code = Code, since { $since }
codes-udi = UDI, since { $since }
codes-old = Number in the old app, since { $since }
codes-hint = Each of these opens the item.
# Link; a code that is on the item already.
codes-add = Also opens by: add a code
# Button and, behind it for those who hear it, what it is about.
codes-take-off = Take off
codes-take-off-of = the code { $code }

## Adding a code.

code-add-title = Add a code to an item
code-add-hint = A barcode that is on the item already, such as the hospital’s number or a UDI with its serial number. Scanned or entered, it opens the item from then on.
# Button.
code-add-save = Add the code
code-item-unknown = No item in use has this tag, code, number or name. Scan the label of the item
code-item-several = Several items have this number or name. Scan the label of the item
