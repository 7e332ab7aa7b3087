### Announcements, and what is switched while the relay runs.

# Names the list for screen readers.
notices-label = Announcements
# Button beside an announcement.
notices-hide = Hide
    .of = { $text }
notices-read-only = Nothing can be changed now: this relay is being worked on. Boxes record and send as ever.

## The page of the platform.

notices-title = Switches and announcements
notices-link = Switches and announcements
notices-done = It is done. Other processes of this relay follow within 5 seconds.
notices-switches = Switches
notices-switch = { $switch ->
    [sign-up] Anybody may make an account
   *[read-only] People only look
}
    .hint = { $switch ->
        [sign-up] Only where open_sign_up is set in the settings.
       *[read-only] Forms are refused, for all accounts or for one. Boxes send and are stored as ever.
    }
notices-for-all = For all accounts
notices-for = For { $account }
notices-state = { $state ->
    [on] on
   *[off] off
}
notices-moved = { $who }, { $at }
notices-turn = { $to ->
    [on] Turn on
   *[off] Turn off
}
    .of = { $switch }, { $account }
notices-one = For one account
    .id = Account
    .id-hint = Its id, as the list of accounts has it.
notices-new = New announcement
notices-text = Text
    .hint = Up to 500 characters. It stands on every page; everybody hides it for themselves.
notices-from = From
    .hint = UTC. Empty: from now on.
notices-until = Until
    .hint = UTC
notices-announce = Announce it
notices-announced = Announced
notices-announced-none = Nothing is announced.
notices-times = { $from } to { $until }
notices-end = Take it off
    .of = { $text }
notices-bad-text = Enter a text of 1 to 500 characters
notices-bad-from = Enter a time as 2026-11-20T14:00, or nothing
notices-bad-until = Enter a time as 2026-11-20T14:00 that lies ahead, and behind the beginning
notices-bad-account = There is no account with this id
notices-bad-switch = This switch is one for all accounts
