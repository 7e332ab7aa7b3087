### What an account pays, and what all of them do.

billing-title = Billing
billing-open = Billing
billing-lead = What this account pays for CleanTrack. Whatever is owed, recording goes on: no scan, label or box is stopped by it.
billing-off = Billing is off at this relay: nothing is charged, and nothing is limited.
# On every page. $state: how it stands; $until: a day, of grace alone.
billing-notice = { $state ->
    [past-due] A payment failed and is tried again. Everything works as ever.
    [grace] Nothing is paid for this account any more. Everything works until { $until }; then no facilities, boxes or people can be added.
   *[other] Nothing is paid for this account any more, so no facilities, boxes or people can be added. Recording, reading and exporting go on.
}
billing-present = Your plan
billing-state = { $state ->
    [trial] Trial
    [active] Active
    [past-due] Past due
    [grace] Ended
   *[other] Read only
}
# $at: a day.
billing-state-line = { $state ->
    [trial] Nothing has to be paid until { $at }.
    [active] The subscription is active.
    [past-due] A payment failed and is tried again. Everything works as ever.
    [grace] Nothing is paid any more. Everything works until { $at }.
   *[other] Nothing has been added since { $at }: pay or subscribe, and it can be again at once.
}
billing-plan = Plan
billing-month = A month
billing-renews = Renews
billing-ends = Ends
billing-due = Due
billing-next-try = Next try
billing-fetched = As Stripe had it
billing-manage = Cards, invoices, cancellation
    .hint = On pages of Stripe, which takes the money. We never see a card.
billing-choose = Subscribe to a plan
billing-change = Change the plan
    .button = Change
    .hint = It changes at once. What was paid for the present plan is set off on the next invoice.
billing-currency = Currency
    .hint = It stays what you choose now
billing-subscribe = Subscribe
    .hint = You enter card, address and tax id (VAT, GSTIN) on a page of Stripe. What is left of the trial is kept.
billing-plan-about = { $price } a month: { $facilities }, { $people }
billing-facilities-any = any number of facilities
billing-facilities-most = { $most ->
    [one] { $most } facility
   *[other] { $most } facilities
}
billing-people-any = any number of people
billing-people-most = { $most ->
    [one] { $most } person
   *[other] { $most } people
}
billing-limits = What you use
    .hint = At a limit nothing stops but adding one more. People are members and open invitations.
billing-facilities = Facilities
billing-people = People
billing-used = { $count } of { $limit }
billing-used-unlimited = { $count }, without a limit
billing-near = almost all
billing-reached = all of it
# $today and $peak: items.
billing-items = Items in service: { $today } today, { $peak } on the highest day of the period.
billing-item-price = An item in service costs { $price } a month, reckoned by the highest day of the period.
billing-limit-facilities = { $limit ->
    [one] Your plan has { $limit } facility. Choose a larger plan on the page Billing to add one more
   *[other] Your plan has { $limit } facilities. Choose a larger plan on the page Billing to add one more
}
billing-limit-people = { $limit ->
    [one] Your plan has { $limit } person. Choose a larger plan on the page Billing to invite one more
   *[other] Your plan has { $limit } people, open invitations included. Choose a larger plan on the page Billing to invite one more
}
billing-adds-nothing = Nothing is paid for this account any more, so nothing can be added. Whoever administers it subscribes on the page Billing
billing-invoices = Invoices
    .none = There is no invoice yet.
billing-pdf = PDF
billing-number = Number
billing-made = Date
billing-amount = Amount
billing-status = State
billing-invoice-status = { $status ->
    [draft] being made
    [open] to be paid
    [paid] paid
    [uncollectible] not collected
    [void] void
   *[other] { $status }
}
billing-subscribed = You are subscribed. Thank you.
billing-waits = Stripe has not told us yet how it ended. This takes some seconds; nothing is lost if you leave the page.
billing-look-again = Look again
billing-back = What you changed shows here within a minute.
billing-leave = Go on to Stripe
    .title = Subscribe at Stripe
    .lead = You chose the plan { $plan }. On Stripe’s page you see once more what it costs, and confirm it there.
billing-stay = Back to billing
billing-portal = Your subscription at Stripe
    .lead = There you change card and address, pay what is open, or cancel. The link works once, for some minutes.
billing-no-price = This plan cannot be had in this currency. Choose another one, or ask whoever runs this relay
billing-no-portal = There is nothing at Stripe for this account yet. Subscribe to a plan first
billing-foreign = Stripe knows this account by another customer. Nothing was charged. Ask whoever runs this relay
billing-busy = Stripe did not take it now. Nothing was charged. Try again in a minute
billing-unanswered = Stripe did not answer. What became of it shows here within a minute. Try again then: the same act is never done twice
billing-refused = Stripe refused it. Nothing was charged. Ask whoever runs this relay

revenue-title = Revenue
revenue-link = Revenue
revenue-lead = What accounts pay a month after coupons, each currency by itself. Changes are against the end of last month.
revenue-figures = This month
revenue-figure = Figure
revenue-accounts = Accounts
revenue-amount = Amount
revenue-group = { $group ->
    [paying] Monthly recurring revenue
    [new] New
    [expansion] Expansion
    [contraction] Contraction
    [churned] Churn
    [trial] In trial
    [unconverted] Trial over, not subscribed
    [past-due] Past due, with what is owed
   *[other] Read only
}
revenue-usage = Items in the last period that is over
revenue-churn = Churn, as a share of last month
revenue-converted = Accounts that pay, of all whose trial is over
revenue-none = none
revenue-no-account = There is none.
revenue-account = Account
revenue-state = State
revenue-differences = Differences from Stripe
    .none = The last look found none. It looks every night.
    .lead = Stripe has these otherwise than this relay. Each is fetched at once; what stays belongs to no account here.
revenue-customer = Customer
revenue-ours = Here
revenue-theirs = At Stripe
revenue-since = Since
revenue-nothing = nothing
revenue-lasting = two nights
