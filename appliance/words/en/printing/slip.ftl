### Slips of text on receipt printers: the set-up slip, the strip of a cleaning's receipt, a printer's self-test.

## Titles: on the paper, and in the list of print jobs.

slip-setup-title = Set-up slip
slip-receipt-title = Receipt: { $name }
slip-self-test-title = Printer self-test

## The set-up slip.

slip-box = CleanTrack box
slip-open = Scan this code with a phone on the same network, or enter the address:
slip-also = Also: { $address }
slip-no-address = The box has no network address yet. Connect it to the network and print this slip again.
slip-code = Set-up code
slip-code-used = There is no set-up code to show: it was used, or none was set.
slip-own-wifi = Password of the box’s own Wi-Fi
slip-state = State
slip-state-open = not set up yet
slip-state-mistakes =
    { $count ->
        [one] { $count } mistake in the claim file
       *[other] { $count } mistakes in the claim file
    }
slip-state-mistakes-where = The mistakes are listed on the set-up page and in a file on the memory card.
slip-state-claimed = claimed to the relay
slip-state-alone = works alone
# Where only the one or the other stands on the slip, and nothing where neither does.
slip-secret = Code and password are secrets. Destroy this slip when the box is set up, or keep it where no stranger reads it.
    .code = The code is a secret. Destroy this slip when the box is set up, or keep it where no stranger reads it.
    .passphrase = The password is a secret. Destroy this slip, or keep it where no stranger reads it.
slip-box-id = Box
slip-version = Version
slip-printed = Printed

## The strip of a cleaning's receipt.

slip-cleaning = Cleaning record
slip-equipment = Equipment
slip-tag = Tag
slip-done = Cleaned
slip-by = By
slip-entry = Entry
slip-hash = Hash
slip-receipt = Receipt
slip-check = This record can be checked at { $address }
slip-incomplete = Incomplete: { $missing }
slip-late = Late entry
slip-voided = Voided: this record does not count.

## A printer's self-test.

slip-printer = Printer
slip-language = Language
slip-resolution = Dots per inch
slip-head = Dots across
slip-roll = Roll
slip-columns-hint = The digits fill one line from edge to edge. If they wrap, set fewer dots across.
slip-letters-hint = Letters that come out wrong are missing in this printer; slips then show similar ones.
