### Forms of the dashboard: form-(form)-(field) is a label, .hint what stands beside it, .needed and .wrong what is said of a field.

## Every form.

form-again = Nothing was changed. What you entered is kept.
# $field: the label of the field, such as “Serial number”.
form-needed = { $field } is needed
# $field: the label of the field; $max: characters.
form-too-long = { $field } is longer than { $max } characters. Shorten it
# $field: the label of the field; $code: the character’s number in Unicode.
form-character = { $field } has a character that cannot be shown (U+{ $code }). Enter it again by hand
form-number = { $field } is a whole number, such as 1
form-range = { $field } is a number from { $min } to { $max }
form-option = { $field } is not on the list. Choose again
# The hidden field that says what the form was made over cannot be read.
form-altered = This form was altered on its way. Check every field, then save again
form-yes = Yes
form-no = No
form-empty = (nothing)

## A program’s token.

form-program-name = Program
    .hint = What it is, so that you know later what stops working without it
    .needed = Enter what the program is called, 120 characters at most
form-program-days = Days until it ends
    .hint = 1 to 730, or the word never
    .needed = Enter a number of days from 1 to 730, or the word never
    .wrong = Enter a number of days from 1 to 730, or the word never
# An earlier press of the button made it.
form-program-repeated = This token was already created, and its text was shown once; revoke it and create another if nobody copied it
form-program-too-many = This account has { NUMBER($max) } tokens; revoke one that is no longer used

## A claim file.

form-claim-facility = Facility
