### Programs that read the account with a token, and the page of the API.

programs-title = Programs
# $api: a link to the API’s page.
programs-lead = A program reads this account through the { $api } with a token of its own.
    .api = API
programs-made = Copy the token now
    .hint = It is shown only this once. Whoever has it can do what it may.
# Names the token for screen readers.
programs-made-token = The token
# Link to the page of webhooks.
programs-webhooks = Webhooks: what this relay sends to programs of yours
programs-none = No program yet
    .hint = Create a token for each program that reads this account, so that each can be revoked on its own.
programs-caption = { $count ->
    [one] { $count } program
   *[other] { $count } programs
}
programs-name = Name
programs-id = Id
programs-state = State
programs-made-on = Created
    .by = { $day } by { $name }
programs-last-used = Last used
    .from = { $day } from { $network }
programs-new = Create a token
# Button.
programs-make = Create token

## How a token stands.

token-revoked = Revoked
token-no-end = No end
token-expired = Expired
# $span: such as 2 days.
token-left = { $span } left

## A program.

program-may = May
    .read = read
    .write = read, add and change facilities
program-sees = Sees
    .all = every facility
program-origins = Pages that may read with it
program-ends = Ends
program-revoked = Revoked
    .by = { $time } by { $name }
program-revoke = Revoke the token
    .hint = The program reads nothing more from its next request on. This can’t be undone; create a new token if it was a mistake.
# Button.
program-revoke-button = Revoke

## The API’s page.

api-title = API
# $header: how a program shows its token.
api-lead = With { $header }, over HTTPS. A token reads one account; an admin of the account creates it on the page Programs.
api-whole = Full description, as OpenAPI
api-operations = Operations
api-path = Path
api-method = Method
api-what = What it does
