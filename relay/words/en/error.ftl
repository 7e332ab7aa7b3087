### What went wrong: what happened, what is safe, what to do next. The `.next` of most is for programs, the `.link` for people.

error-nothing = Nothing was changed.
error-recording = Recording at your facilities goes on; their boxes wait with what they have.
error-my-facilities = Show my facilities
error-try-again = Try again
# $id: under which the log has the cause.
error-request = request { $id }

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
error-foreign = This form has expired
    .detail = It was opened before you signed in, or it came from another site.
    .next = Send the request from this site.
    .link = Open the page again
error-factor = A second step is needed
    .detail = Here a second step is needed when you sign in, and you have set none up.
    .next = Set up an authenticator app, then go on.
    .link = Set up an authenticator app
error-read-only = Auditors can only read
    .detail = Your role lets you see everything of this account and change nothing.
    .next = Ask an admin of the account.
    .link = Show the facilities
error-busy = The relay is busy
    .detail = It has as many requests as it can handle.
error-no-database = The relay can’t look that up now
    .detail = Its database does not answer. The error is in its log.
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
parameter-cursor = the `next` of a list
parameter-before = a place in the list, as the link “Older” has it
parameter-tag = the nine symbols on a label
parameter-facility = the facility in which the tag is
parameter-texts = 1, or nothing
parameter-box = the id of one of your boxes: there are several
parameter-from = the number of an entry, from 0
parameter-size = a size at which this relay has cosigned, or none for the newest
parameter-act = sign-out, disable, enable or hand-over
parameter-account = the id of an account of yours
parameter-region-act = save or delete
parameter-facility-act = close or open
