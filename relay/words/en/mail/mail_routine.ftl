### Mails that come by the calendar. $account: its name.

mail-welcome = Welcome to CleanTrack
    .what = { $name }, the account of { $account } is open, and you are its owner.
    .plan = Your plan is { $plan }, until { $ends }: { $facilities ->
        [one] one facility
       *[other] { NUMBER($facilities) } facilities
    } and { $people ->
        [one] one person
       *[other] { NUMBER($people) } people
    }. Whatever becomes of a payment, phones go on recording.
    .first = First add a facility, then its box: from then on everything that is cleaned there is shown here.
    .button = Open your account
    .help = Help stands under “Help” at the foot of each page.

## The week. $from and $to: its first and last day. $rate: with its sign.

mail-weekly = The week of { $account }
    .rate = From { $from } to { $to }, { $rate } of what was due in { $account } was cleaned in time: { NUMBER($met) } of { NUMBER($closed) }.
    .no-rate = From { $from } to { $to }, nothing became due in { $account }: there is no rate, which is neither good nor bad.
    .counts = { $cleanings ->
        [one] One cleaning was recorded
       *[other] { NUMBER($cleanings) } cleanings were recorded
    }, of { $items ->
        [one] one item
       *[other] { NUMBER($items) } items
    } in all. Overdue now: { NUMBER($overdue) }.
    .use = On average an item was cleaned { NUMBER($cleaned) } times and used { NUMBER($used) } times a day.
    .time = Half of the cleanings were recorded within { NUMBER($seconds) } seconds, without the contact time.
    .unknown = { $unknown ->
        [one] The box of one facility is silent
       *[other] The boxes of { NUMBER($unknown) } facilities are silent
    }: what happened there since is in none of these numbers.
    .trend = On time, week by week
    .week = Week from
    .column-rate = On time
    .places = By facility, the lowest first
    .place = Facility
    .column-cleanings = Cleanings
    .column-overdue = Overdue now
    .button = Open the overview

## Before an inspection. $facility: its name. $day: of the inspection. $title: by whom or of what.

mail-inspection-30 = { $facility } is inspected in { NUMBER($days) } days
    .what = The inspection is on { $day }. In the last 30 days { $rate } of what was due there was cleaned in time.
    .button = Look at the gaps
mail-inspection-7 = { $facility } is inspected in { NUMBER($days) } days: look at the gaps
    .what = The inspection is on { $day }. In the last 30 days { $rate } of what was due there was cleaned in time.
    .button = Look at the gaps
mail-inspection-1 = { $facility } is inspected { $days ->
        [0] today
       *[other] tomorrow
    }
    .what = On { $day } { $facility } is inspected. In the last 30 days { $rate } of what was due there was cleaned in time.
    .button = Look at the gaps
# In each of these.
mail-inspection = Inspection
    .title = It is announced as: { $title }
    .overdue = { $overdue ->
        [one] One item is
       *[other] { NUMBER($overdue) } items are
    } overdue now. Begin there.
    .no-gaps = Nothing was missed in these days, and nothing is overdue.
    .gaps = Gaps of the last 30 days, the most first
    .item = Item
    .place = Place
    .missed = Missed
    .last = Last missed

## At the beginning of a shift. $ends: when it is over.

mail-reminder = { $count ->
        [one] One item is due this shift
       *[other] { NUMBER($count) } items are due this shift
    }
    .what = At { $facility }, until { $ends }, this is to be cleaned.
    .items = Due, the soonest first
    .item = Item
    .place = Place
    .by = By
    .button = Open the facility

## The first week.

mail-onboarding-1 = Next step: the box of your first facility
    .what = { $account } has no box yet. A box is a small computer in the building: phones record cleanings there, with or without internet.
    .how = Add a facility, download the claim file of its box, and copy that onto the card. Whoever sets the box up needs nothing else.
    .button = Add a box

mail-onboarding-3 = Next step: the first cleaning
    .what = Nothing was recorded in { $account } yet. Print one label, stick it on one machine, and scan it with a phone: that is all there is to it.
    .how = Labels come from the box’s own page, or from the label sheets of the facility’s page.
    .button = Open your facilities

mail-onboarding-7 = Next step: a second person
    .what = You are alone in { $account }. Whoever sees the same numbers can act when you are away, and an account with two admins is never locked.
    .how = An invitation takes an e-mail address and a role.
    .button = Invite somebody

## A report by a schedule. $title: the facility or the account. $from and $to: its first and last day.

mail-report-ready = The report of { $title } is ready
    .what = It is of { $from } to { $to } and has { NUMBER($kilobytes) } KB. It is kept for 90 days.
    .button = Open your reports
    .why = It names people, so it is not attached: whoever signs in opens it.
