### Mails over billing.

mail-payment-failed = A payment for { $account } failed
    .what = A payment of { $amount } for { $account } did not go through.
    .next = It is tried again on { $next }.
    .do = Look at the card, or use another one.
    .button = Open billing
    .safe = Recording goes on: no scan, label or box is ever stopped by a payment.

mail-payment-ok = Payment for { $account } received
    .what = { $amount } for invoice { $number } was paid. Thank you.
    .button = See the invoices

mail-invoice-ready = Invoice { $number } for { $account }
    .what = Invoice { $number } for { $amount } is ready.
    .button = See the invoices

mail-refunded = A refund for { $account }
    .what = In all { $amount } of a payment was paid back. Your bank may take some days until you see it.
    .button = See the invoices

mail-plan-changed = { $account } has the plan { $plan } now
    .what = The plan of { $account } was changed to { $plan }.
    .button = Open billing
    .hint = The page shows what it costs. If none of your admins did it, ask whoever runs this relay.

mail-cancelled = The subscription of { $account } ends
    .what = The subscription of { $account } was canceled. What is paid for lasts until { $until }.
    .after = All works for 14 days after that. Then nothing is added any more, until you subscribe again.
    .button = Open billing
    .safe = Recording goes on in any case, and what was recorded stays yours to read and export.

mail-grace-over = { $account } can be read, and nothing is added
    .what = Nothing is paid for { $account } any more, and the 14 days after that are over. No facilities, boxes or people can be added, and programs change nothing.
    .stays = Boxes record and send as ever. Pages, reports and exports work.
    .button = Subscribe
    .hint = Once you subscribe all of it works again at once.

mail-trial-ending = The trial of { $account } ends soon
    .what = Until { $until } CleanTrack costs { $account } nothing.
    .do = To go on after that, subscribe to a plan. You pay from the end of the trial on.
    .button = Choose a plan
    .safe = Recording goes on in any case.

mail-first-payment = The trial of { $account } ends soon
    .what = The trial of { $account } ends on { $until }. The first payment of { $amount } is made then.
    .button = Open billing
    .hint = If you do not want to go on, cancel before that on the page.

mail-trial-ended = The trial of { $account } is over
    .what = The trial of { $account } is over. All works until { $until }; then no facilities, boxes or people can be added.
    .do = Subscribe to a plan to go on.
    .button = Choose a plan
    .safe = Recording goes on in any case, and what was recorded stays yours to read and export.

# $what: facilities or people.
mail-limit-near = { $what ->
    [facilities] { $account } has almost as many facilities as its plan lets it
   *[people] { $account } has almost as many people as its plan lets it
}
    .used = { $what ->
    [facilities] { NUMBER($count) } of { NUMBER($limit) } facilities are in use.
   *[people] { NUMBER($count) } of { NUMBER($limit) } people are there.
}
    .button = See the plans
    .safe = At the limit nothing stops but adding one more.

mail-limit-over = { $what ->
    [facilities] { $account } has as many facilities as its plan lets it
   *[people] { $account } has as many people as its plan lets it
}
    .used = { $what ->
    [facilities] All { NUMBER($limit) } facilities of the plan are in use. All of them work.
   *[people] All { NUMBER($limit) } people of the plan are in use. All of them can work.
}
    .do = To add one more, choose a larger plan.
    .button = See the plans
    .safe = Recording goes on: a plan never stops a scan, a label or a box.
