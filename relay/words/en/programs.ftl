### Programs that read the account with a token, and the page of the API.

programs-title = Programs
# $api: a link to the API's page.
programs-lead = A program reads this account through the { $api } with a token of its own.
    .api = API
programs-made = Copy the token now
    .hint = It is shown this once and kept nowhere. Whoever has it reads everything of this account.
# Names the token for screen readers.
programs-made-token = The token
programs-none = No program yet
    .hint = Make a token for each program that reads this account, so that each can be ended by itself.
programs-caption = { $count ->
    [one] { $count } program
   *[other] { $count } programs
}
programs-name = Name
programs-id = Id
programs-state = State
programs-made-on = Made
    .by = { $day } by { $name }
programs-last-used = Last used
    .from = { $day } from { $network }
programs-new = Make a token
programs-new-name = Program
    .hint = What it is, so that you know later what ends with it
programs-new-days = Days until it ends
    .hint = 1 to 730, or the word never
# Button.
programs-make = Make the token

## How a token stands.

token-revoked = Revoked
token-no-end = No end
token-expired = Expired
# $span: such as 2 days.
token-left = { $span } left

## A program.

program-may = May
    .read = read everything of this account
program-ends = Ends
program-revoked = Revoked
    .by = { $time } by { $name }
program-revoke = Revoke the token
    .hint = The program reads nothing more from its next request on. This can’t be undone; make a new token if it was a mistake.
# Button.
program-revoke-button = Revoke

## What was wrong with a new one.

program-wrong-days = Type a number of days from 1 to 730, or the word never
program-wrong-name = Type what the program is called, 120 characters at most
program-repeated = This token was made already, and its text was shown once; revoke it and make another where nobody copied it
program-too-many = This account has { NUMBER($max) } tokens; revoke one that nothing uses any more

## The API's page.

api-title = API
# $header: how a program shows its token.
api-lead = With { $header }, over HTTPS. A token reads one account; an admin of the account makes it on the page Programs.
api-whole = The whole description, as OpenAPI
api-operations = Operations
api-path = Path
api-method = Method
api-what = What it does
