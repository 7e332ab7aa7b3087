### The platform, for whoever runs it.

platform-title = Platform
platform-lead = All accounts of this relay, and its own work. What customers recorded is not shown here.
platform-accounts = { $count ->
    [one] { $count } account, the newest first
   *[other] { $count } accounts, the newest first
}
platform-name = Account
platform-people = People
platform-facilities = Facilities
platform-boxes = Boxes
platform-made = Made
platform-seen = Last sign-in
platform-work = Work
platform-work-none = Nothing waits and nothing is being done.
# What kind of work, and how it stands.
platform-kind = Kind
platform-state = State
platform-count = Jobs
platform-job-state = { $state ->
    [dead] given up
    [running] being done
   *[other] waiting
}
platform-processes = Processes of this relay
platform-host = Host and process
platform-roles = Roles
platform-version = Version
platform-started = Started
platform-reported = Last heard
platform-dead = Given up
platform-dead-none = No work was given up.
platform-dead-lead = Each of these failed until its tries were used up. Look at the reason, mend it, then try it again; what is still needed is tried again by itself an hour after it was given up.
# $count: tries.
platform-tries = { $count ->
    [one] { $count } try
   *[other] { $count } tries
}
platform-died = given up { $at }, { $tries }
# Button.
platform-retry = Try again
    .of = { $kind } { $key }
platform-retried = It waits to be tried again.
platform-gone = It is not among those that were given up any more. Nothing was changed.
