### The access log: who signed in, what was done, and what was denied.

access-title = Access log
access-lead = Who signed in, what was done to people, programs and boxes, and what was denied. Rows are kept for 400 days; times are UTC.
    .limited = What was done and what was denied in your facilities. Rows are kept for 400 days; times are UTC.
access-none = Nothing yet
    .older = Nothing older
    .hint = Sign-ins, changes and denials are listed here.
    .found = Nothing found
    .found-hint = No row fits what you chose.
    .backwards = “From day” is later than “To day”, so no day is in between. Exchange them.
access-newest-first = The newest first
access-older = Older
# Captions of what was searched for.
access-found-first = What was found, the newest first
access-found-older = What was found, older
# What to look for.
access-find = Find rows
    .who = Who
    .who-hint = A part of an e-mail address or of a program’s name
    .from = From day
    .to = To day
    .button = Show
    .all = Show all rows
# Both outcomes.
access-either = Done and denied
# Files to download.
access-export = Download
    .hint = At most 50,000 rows a file: choose days for more. That you downloaded it is listed here, too.
    .csv = Download as CSV
    .csv-hint = The rows that are shown and those before and after them, for a spreadsheet.
    .lines = Download the chained lines
    .lines-hint = Every row of the days you chose, as it was hashed, for whoever verifies that nothing was changed.
# Link to the first part of the list.
access-newest = The newest
access-when = When
access-who = Who
access-deed = Action
access-about = About
access-outcome = Result
# Titles of columns in a file.
access-number = Number
access-last = Last time
access-count = Times
access-facility = Facility
# What somebody became: the places that they see.
access-grant-sees = sees { $places }
access-grant-all = every facility
access-grant-none = no facility
access-grant-many = { $count } facilities and regions
# Badges.
access-denied = Denied
access-done = Done
access-times = { $count ->
    [one] { $count } time
   *[other] { $count } times
}

# The relay’s operator.
access-operator = operator
access-program = program { $name } ({ $id })

# What somebody did.
access-did = { $act ->
    [sign-in] Signed in
    [sign-out] Signed out
    [account-create] Created the account
    [factor-rename] Gave a passkey another name
    [account-logo] Changed the account’s logo
    [account-slug] Changed the account’s short name
    [account-locale] Changed the account’s language or time zone
    [account-brand] Changed the account’s name or color
    [billing-checkout] Went to Stripe to subscribe to a plan
    [billing-plan] Changed the plan
    [billing-portal] Went to the subscription at Stripe
    [stripe-event] Sent an event of Stripe’s other mode
    [admin-create] Added a person
    [admin-import] Imported a person
    [admin-set-password] Set a person’s password
    [admin-forget-factors] Took a person’s second factors away
    [admin-sign-out] Signed a person out everywhere
    [admin-disable] Disabled a person
    [admin-enable] Let a person sign in again
    [admin-mail-again] Let mail be sent to a person’s address again
    [invite] Invited somebody
    [invitation-revoke] Took an invitation back
    [join] Joined by an invitation
    [member-change] Changed what a person is and sees
    [hand-over] Handed the account over
    [region-create] Made a region
    [region-change] Gave a region another name
    [region-join] Put a facility into a region
    [region-leave] Took a facility out of a region
    [region-delete] Deleted a region
    [password-reset] Set a new password by mail
    [password-change] Changed their password
    [passkey-sign-in] Signed in with a passkey
    [passkey-add] Added a passkey
    [passkey-remove] Removed a passkey
    [factor-add] Set up an authenticator app
    [factor-remove] Removed an authenticator app
    [codes-renew] Made new recovery codes
    [factor-demand] Asked everybody for a second step
    [factor-leave] Left the second step to everybody
    [oidc-join] Joined by their organization’s sign-in
    [oidc-link] Linked their organization’s sign-in
    [oidc-unlink] Removed their organization’s sign-in
    [oidc-provider-add] Added a sign-in provider
    [oidc-provider-change] Changed a sign-in provider
    [oidc-provider-remove] Removed a sign-in provider
    [oidc-domain-add] Added a domain to be proven
    [oidc-domain-prove] Proved a domain
    [oidc-domain-remove] Removed a domain
    [oidc-group-add] Let a group of a sign-in provider make a role
    [oidc-group-remove] Took a group of a sign-in provider away
    [oidc-enforce] Let nobody in with a password alone
    [oidc-leave] Let passwords in again
    [facility-create] Added a facility
    [facility-change] Changed a facility
    [facility-close] Closed a facility
    [facility-open] Opened a facility again
    [facility-place] Said where a facility is
    [token-create] Created a token
    [token-revoke] Revoked a token
    [alert-acknowledge] Acknowledged an alert
    [alert-snooze] Put an alert off
    [alert-change] Changed an alert
    [alert-rule] Changed a rule of alerts
    [alert-hours] Changed quiet hours or the digest
    [webhook-add] Added a webhook
    [webhook-rotate] Gave a webhook another secret
    [webhook-pause] Paused a webhook
    [webhook-resume] Resumed a webhook
    [webhook-remove] Removed a webhook
    [webhook-send] Had something sent to a webhook
    [claim-file-create] Created a claim file
    [claim-file-replace] Created a claim file that replaces a box
    [box-rename] Named a box
    [box-quarantine] Put a box into quarantine
    [box-replace] Took the place of a box
    [box-return] Came back after it was replaced
    [box-release] Released a box from quarantine
    [box-revoke] Retired a box
    [box-claim-again] Was claimed again, with a log that waits
    [epoch-admit] Admitted a log of a box
    [epoch-forget] Forgot a log of a box
    [jobs-retry] Had a job tried again
    [access-export] Downloaded the access log
    [support-grant] Opened the account to the platform
    [support-end] Ended the platform’s access
    [support-open] Came in from the platform
    [support-glass] Opened the account from the platform, without an admin
    [support-look] Looked at a page, from the platform
    [support-leave] Left, back to the platform
    [switch] Moved a switch
    [records-look] Looked at rows, from the platform
    [mail-words] Changed the account’s own words in mails
    [announce] Announced something
    [announce-end] Took an announcement off
   *[other] Did something else
}
# What somebody did not succeed in.
access-tried = { $act ->
    [sign-in] Tried to sign in
    [second-step] Password right, wrong code
    [confirm-password] Tried to confirm a change
    [sign-out] Tried to sign out
    [account-create] Tried to create an account
    [account-locale] Tried to change the account’s language or time zone
    [account-brand] Tried to change the account’s name or color
    [billing-checkout] Tried to subscribe to a plan
    [billing-portal] Tried to open the subscription
    [stripe-event] Sent an event of Stripe’s other mode
    [admin-create] Tried to add a person
    [admin-import] Tried to import a person
    [admin-set-password] Tried to set a person’s password
    [admin-sign-out] Tried to sign a person out
    [admin-disable] Tried to disable a person
    [admin-enable] Tried to let a person sign in again
    [admin-mail-again] Tried to let mail be sent to a person’s address again
    [invite] Tried to invite somebody
    [invitation-revoke] Tried to take an invitation back
    [member-change] Tried to change what a person is and sees
    [region-create] Tried to make a region
    [region-change] Tried to change a region
    [password-change] Tried to change their password
    [passkey] Passkey refused
    [passkey-copy] Passkey refused: its counter went back
    [passkey-add] Tried to add a passkey
    [factor-add] Tried to set up an authenticator app
    [factor-remove] Tried to remove an authenticator app or a passkey
    [codes-renew] Tried to make new recovery codes
    [factor-demand] Tried to change whether everybody needs a second step
    [account-logo] Tried to change the account’s logo
    [oidc-sign-in] Sign-in by the organization refused
    [oidc-link] Tried to link an organization’s sign-in
    [oidc-unlink] Tried to remove an organization’s sign-in
    [oidc-provider-add] Tried to add a sign-in provider
    [oidc-provider-change] Tried to change a sign-in provider
    [facility-create] Tried to add a facility
    [facility-change] Tried to change a facility
    [facility-place] Tried to say where a facility is
    [facility-close] Tried to close a facility, or to open one again
    [token-create] Tried to create a token
    [jobs-retry] Tried to have a job tried again
    [token-revoke] Tried to revoke a token
    [alert-acknowledge] Tried to acknowledge an alert
    [alert-snooze] Tried to put an alert off
    [alert-change] Tried to change an alert
    [alert-rule] Tried to change a rule of alerts
    [alert-hours] Tried to change quiet hours or the digest
    [webhook-add] Tried to add a webhook
    [webhook-rotate] Tried to give a webhook another secret
    [webhook-change] Tried to change a webhook
    [webhook-send] Tried to have something sent to a webhook
    [claim-file-create] Tried to create a claim file
    [claim-file-replace] Tried to create a claim file that replaces a box
    [box-rename] Tried to name a box
    [box-change] Tried to change how a box stands
    [box-release] Tried to release a box from quarantine
    [box-revoke] Tried to revoke a box
    [people] Tried to open People
    [person] Tried to view a person
    [person-change] Tried to change a person
    [programs] Tried to open Programs
    [program] Tried to view a program
    [box-add] Tried to open “Add a box”
    [boxes] Tried to open Boxes
    [access-log] Tried to open the access log
    [access-export] Tried to download the access log
    [facility] Tried to view a facility
    [support-grant] Tried to open the account to the platform
    [support-end] Tried to end the platform’s access
    [support-open] Tried to come in from the platform
    [support-leave] Tried to leave to the platform
    [switch] Tried to move a switch
    [mail-words] Tried to change the account’s own words in mails
    [announce] Tried to announce something
    [announce-end] Tried to take an announcement off
    [proof] Tried to download a proof
    [evidence] Tried to download evidence
    [photo] Tried to view a photo
    [page] Tried to open a page
    [api-read] Tried to read through the API
    [api-record] Tried to record a cleaning through the API
    [api-equipment] Tried to change equipment through the API
   *[other] Tried to do something on a page
}
# Why it was denied.
access-reason = { $reason ->
    [needs-admin] Needs an admin
    [foreign-form] Needs a form of this session
    [token-revoked] The token was revoked
    [token-scope] The token may not do this
    [not-found] They see nothing of this name
   *[token-expired] The token has expired
}
# From where somebody signed in, or how many devices they signed out.
access-known-device = A device of theirs
    .wrong = Wrong password, a device of theirs
    .code = Wrong code, a device of theirs
access-new-device = A new device in { $network }
    .wrong = Wrong password, a new device in { $network }
    .code = Wrong code, a new device in { $network }
access-this-device = On this device
access-every-device = On every device
access-other-device = On another device
# The last line of a file that has as many rows as there may be.
access-left-out = Only the newest { NUMBER($count) } rows are in this file: choose fewer days for the others.
