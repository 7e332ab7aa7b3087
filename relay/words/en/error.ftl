### What went wrong: what happened, what is safe, what to do next. The `.next` of most is for programs, the `.link` for people.

error-nothing = Nothing was changed.
error-recording = Recording at your facilities goes on; their boxes wait with what they have.
error-my-facilities = Show my facilities
error-try-again = Try again
# $id: under which the log has the cause.
error-request = request { $id }

# Over what stood in a form that was refused.
error-entered = What you entered
    .again = Send it again
    .next = It stays here until you close this page. The link opens another one: enter it there once more.
error-sign-in = Sign in first
    .detail = This page is for people who are signed in.
    .next = Sign in.
    .link = Sign in
error-token = A token is needed
    .detail = The request carried no bearer token, or one that is not valid: mistyped or revoked.
    .next = Send “Authorization: Bearer ct_…” with a token of your account.
error-expired = This token has expired
    .detail = Its time is over, and it is no longer accepted.
    .next = Ask an admin of the account to create a new one on the page Programs.
error-scope = This token may only read
    .detail = What was requested changes something, and the token was created for reading.
    .next = Ask an admin of the account to create a token that may write, on the page Programs.
error-plain = This token is no longer safe
    .detail = It came over plain HTTP, where anybody on the way could read it. It was revoked.
    .safe = Nothing else was changed.
    .next = Ask an admin of the account to create a new token on the page Programs, and send it over HTTPS only.
error-whole-account = This token sees only some facilities
    .detail = A new facility, or another region of one, takes a token that sees all facilities.
    .next = Use another token, or ask an admin of the account.
error-too-many = Too many requests
    .detail = A token has 600 requests a minute, and all tokens of an account together have 3,000.
error-exports = Two files are being downloaded already
    .detail = An account downloads two files of its access log at a time.
error-cursor = This cursor belongs to another list
    .detail = A cursor goes on with the list that it came from: the same account and the same filters.
    .next = Begin without a cursor.
error-key-reused = This idempotency key was used for another request
    .detail = A key stands for one request for 24 hours.
    .next = Use a new key for a new request.
error-key-running = The first request under this key is still running
    .detail = A repeat is answered when the first one is.
error-many-keys = This token has used too many idempotency keys
    .detail = A token has 10,000 keys in 24 hours.
    .next = Wait until the first of them are 24 hours old, or send the request without a key.
error-version = It has changed since
    .detail = The If-Match header names another version than the present one.
    .next = Read it again, and make the change over that.
error-name-taken = A facility already has this name
    .detail = An open facility of the account is called the same.
    .next = Use another name, or the facility that is there.
error-has-box = This facility has a box in service
    .detail = A facility can be closed when no box works in it.
    .next = Retire the box first.
error-name-at-box = The box says what this facility is called
    .detail = Its name and zone are settings of its box, and come from there.
    .next = Change them at the box, on its settings page.
error-full = This account has as many facilities as there may be
    .detail = An account has 5,000 facilities at most.
    .next = Ask the operator of this relay.
error-label-host = This facility has no address for labels
    .detail = Its box has not told under which address its labels open.
    .next = Set the label address on the box’s settings page.
error-foreign = This form has expired
    .detail = It was opened before you signed in, or it came from another site.
    .next = Send the request from this site.
    .link = Open the page again
error-factor = A second step is needed
    .detail = Here a second step is needed when you sign in, and you have set none up.
    .next = Set up an authenticator app, then go on.
    .link = Set up an authenticator app
error-read-only = Your role does not allow this
    .detail = It is for people of this account with another role.
    .next = Ask an admin of the account.
    .link = Show the facilities
error-busy = The relay is busy
    .detail = It has as many requests as it can handle.
error-no-database = The relay can’t look that up now
    .detail = Its database does not answer. The error is in its log.
error-paused = Nothing can be changed now
    .detail = This relay is being worked on: pages show everything, and forms are not taken.
error-draining = This server is about to end
    .detail = Another one answers in its place, or it comes back in a moment.
error-photo = This photo is damaged
    .detail = The file is not the photo that the box sent, so it is not shown. The operator of this relay can bring it back from a backup.
    .safe = The record of the cleaning is unharmed.
    .next = Ask the operator of this relay to bring the photo back from a backup.
error-retry-after = Try again after the time in Retry-After.

## What a request has wrong.

error-unreadable = The request can’t be read
    .detail = What was sent does not have the form that this address takes.
    .next = See /api/openapi.json for the form.
error-not-found = Page not found
    .detail = This address leads to nothing that you can see. It may be mistyped, or what it led to may be gone.
    .next = See /api/openapi.json for what there is.
error-method = Method not allowed here
    .detail = The address exists, and it takes another kind of request.
    .next = Use a method that the Allow header names.
error-parameter = The address is not valid
    .next = Correct the parameter and try again.
error-too-long = Too much was sent at once
    .detail = What was sent is larger than this form needs.
    .next = Send less.
error-broken-off = Not everything arrived
    .detail = The connection was too slow, or it broke off while something was being sent.
    .next = Send it again.
error-failed = The relay could not do that
    .detail = Something went wrong in it. Its log has the reason under the id below.
    .next = Give the relay’s operator this id.

## What a parameter should have been.

parameter-limit = a whole number from 1 to { NUMBER($max) }
parameter-before = a place in the list, as the link “Older” has it
parameter-tag = the nine symbols on a label
parameter-facility = the facility in which the tag is
parameter-texts = 1, or nothing
parameter-box = the id of one of your boxes: there are several
parameter-from = the number of an entry, from 0
parameter-size = a size at which this relay has cosigned, or none for the newest
parameter-provider-act = save, remove, domain-add, domain-prove, domain-remove, enforce or leave
parameter-act = sign-out, disable, enable or hand-over
parameter-account = the id of an account of yours
parameter-language = there is no such language here
parameter-switch = sign-up or read-only
parameter-on-off = on or off
parameter-factor-act = demand or leave
parameter-region-act = save or delete
parameter-webhook-act = test, pause, resume or remove
parameter-box-act = quarantine, release or retire
parameter-alert-act = acknowledge; or snooze, with hours from 1 to 168
parameter-facility-act = close or open
parameter-region = the id of a region of yours, or null for none
parameter-state = open or closed
parameter-name = 1 to 120 visible characters
parameter-zone = the name of a time zone, such as America/Chicago

## The account wants somebody signed in by its provider.

error-provider = Sign in by your organization
error-provider-detail = This account shows itself only to people whom its own sign-in page has signed in.
error-provider-next = On your own page, link that sign-in once; then sign in with it.
error-provider-link = Open your own page
