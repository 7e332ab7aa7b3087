### An account that is open to whoever runs the platform, for a time.

support-title = Support access
support-lead = Whoever runs this relay sees nothing of what your account recorded. To get help, open it to them for a time: they look, change nothing, and each page that they look at stands in the access log.
# Where nothing is open.
support-none = Your account is not open to anybody of the platform.
support-open = Open now
support-past = Before
support-past-none = It was never open.
support-grant = Open the account
support-reason = What for
    .hint = At least 5 characters, for whoever helps you and for the access log. No names of patients.
support-hours = For how long
support-hours-of = { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
}
# Buttons.
support-grant-button = Open it
support-end-button = End it now
    .of = { $reason }
support-bad-reason = Say in 5 to 300 characters what it is for
support-bad-hours = Choose one of the lengths
# Who opened it: an admin of the account, or somebody of the platform without one.
support-granted = { $who } opened it, until { $until }
support-broken = { $who } of the platform opened it without an admin, until { $until }
support-ended = ended by { $who }
support-used = looked at since { $at }
support-unused = nobody has looked
# The link on the page of people.
support-link = Support access: let the platform look, for a time

## On every page of an account that is open to whoever looks.

support-banner = You see { $account } as support, until { $until }. You change nothing, and each page that you look at stands in its access log.
support-leave = Go back to your own account

## The page of the platform that opens one.

# Link to the page of the platform.
support-account-back = Platform
support-account-title = Open { $account }
support-account-lead = You see its pages and change nothing. Each page that you look at stands in the account’s access log.
support-account-granted = It is open to you until { $until }: { $reason }
support-account-closed = No admin of the account opened it. Ask them first: they do it under People, Support access.
support-glass = Open it without an admin
    .lead = For when nobody of the account can be reached. Its admins get a mail at once, and it stands in their access log for as long as that is kept.
support-glass-button = Break the glass and open it
support-account-button = Open it
support-account-link = Open
    .of = { $account }
support-account-until = open until { $until }
support-own = It is your own account: choose it on the page about you
support-closed = It is not open any more. Ask an admin of the account, or say why you open it without one.
