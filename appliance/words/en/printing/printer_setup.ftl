### A printer’s own page and the page that adds one.

## Adding one.

printer-new-title = Add a printer
printer-new-name = Name
    .hint = What people call it, such as Zebra at the bench
printer-new-address = Address
    .hint = Such as tcp://10.0.0.9:9100, usb: with its serial number, or ipp://10.0.0.9/ipp/print for an office printer
printer-new-make = Printer type
    .hint = Which language it uses
# Buttons.
printer-new-next = Next
printer-new-back = Cancel
printer-new-add = Add this printer
printer-new-other = Choose another type
# $language: such as zpl; $printers: whose printers speak it.
printer-new-speaks = Speaks { $language } ({ $printers }).
# $why: a sentence.
printer-new-guessed = Guessed:
    .why = { $why } Correct what is wrong; the test label shows the settings.

# Of a list: whose printers speak a language, and its name.
printer-make = { $printers } ({ $language })

## What there is to choose from.

printer-dpi = { $dpi } dots per inch
printer-dpi-wrong = Choose the dots per inch
# $name: of the roll in settings; $roll: what it is.
printer-roll-named = { $name }: { $roll }
printer-roll-own = Custom size (below)
printer-sheet-named = { $name }: { $count } labels of { $width } × { $height } mm
printer-measures-wrong = Enter the label size in millimetres, such as 60
printer-darkness-wrong = Darkness is a number from 0 to 100, or empty
printer-speed-wrong = Speed is a number of millimetres a second, or empty

## The test label.

printer-test = Test label
    .what = It shows the printer’s settings. Check it with a ruler:
    .print = Print a test label
printer-slips = Slips
    .what = A receipt printer shows its columns and letters. The set-up slip has the box’s address and, until it is used, the set-up code, which is a secret.
    .self-test = Print a self-test
    .setup = Print the set-up slip
printer-test-place = Place
    .what = It takes a whole sheet and prints the first label of it. If it is beside that label, or 50 mm measure 48, set the printer to print at actual size, without fitting to the page.
printer-test-rulers = Rulers
    .what = A millimetre on the label is a millimetre. If 50 mm measure 34 or 75, the resolution is wrong.
printer-test-line = Line with two arrow heads
    .what = Both heads are complete. If one is cut off, the roll is narrower than set, or off to one side.
printer-test-bars = Bars
    .what = The finest can be told apart. Bars run together: lower darkness or speed. Grey or broken: more darkness.
printer-test-codes = Codes
    .what = Scan from the largest down. The smallest that reads shows how fine this printer prints; labels need the 0.5 mm one.

## Its settings.

printer-remove = Remove this printer
    .kept = Its jobs wait until a printer of this name is set up again, or are cancelled.
    .confirm = Remove { $name }
printer-in-file = This printer is defined in the box’s settings file. Change it there.
    .admin = This printer is defined in the box’s settings file. A facility admin can change it there.
# Links.
printer-to-printers = Printers
printer-to-labels = Labels
