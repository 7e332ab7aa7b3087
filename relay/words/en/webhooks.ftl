### What is sent to an account’s own receivers.

webhooks-title = Webhooks
webhooks-lead = A webhook is an address of yours to which this relay sends what happens, signed with a secret that only both know. It has ids, tags, names of equipment and times in it; never the names of people or their notes.
webhooks-none = No webhook yet
    .hint = Add one for each program that wants to know at once, instead of asking again and again.
webhooks-caption = { $count ->
    [one] { $count } webhook
   *[other] { $count } webhooks
}
webhooks-address = Address
webhooks-events = What is sent
webhooks-state = State
webhooks-new = Add a webhook
# Button.
webhooks-add = Add webhook

## What can be sent.

webhook-event-cleaning = Cleanings that boxes recorded (cleaning.recorded)
webhook-event-overdue = Items that became overdue (item.overdue)
webhook-event-box = How a box stands, when that changes (box.state)
webhook-event-alert = An alert that opens, is acknowledged, is escalated or is over (alert.changed); Slack gets it as text
webhook-event-report = A report that can be fetched, without what is in it (report.ready)
webhook-event-test = A test (test)

## How a webhook stands.

webhook-on = On
webhook-failing = Failing
webhook-paused = Paused
webhook-off = Off
    .hint = Nothing arrived there for three days, or the receiver answered that it is gone. Nothing is sent until you resume it; what happened since was not kept for it.

## A webhook.

webhook-secret = Copy the secret now
    .hint = It is shown only this once. The receiver checks with it that what arrives is from this relay.
# Names the secret for screen readers.
webhook-secret-text = The secret
webhook-address = Address
webhook-events = What is sent
webhook-of = Of
    .all = every facility
webhook-made = Added
    .by = { $day } by { $name }
webhook-failing-since = Nothing arrives since
webhook-old-until = The secret before signs too until
webhook-deliveries = { $count ->
    [0] Nothing was sent in the last 30 days
    [one] { $count } delivery of the last 30 days
   *[other] The newest { $count } deliveries of the last 30 days
}
webhook-delivery = Delivery
webhook-what = What
webhook-when = When
webhook-delivery-state = State
webhook-test = Send a test
    .hint = Something in which nothing happened, to see whether it arrives.
# Button.
webhook-test-button = Send test
webhook-crowded = Nothing was sent: { $count ->
    [one] one delivery waits
   *[other] { $count } deliveries wait
} for this receiver already. Look at why they do not arrive, and send more once they have.
webhook-pause = Pause
    .hint = Nothing is sent until you resume it. What happens meanwhile is not sent later.
# Button.
webhook-pause-button = Pause
webhook-resume = Resume
    .hint = What happens from now on is sent, and what waited before.
# Button.
webhook-resume-button = Resume
webhook-rotate = Another secret
    .hint = For a day both sign, so that the receiver can be changed in between.
# Button.
webhook-rotate-button = Make another secret
webhook-remove = Remove the webhook
    .hint = Nothing is sent there any more, and what was sent is forgotten here. This can’t be undone.
# Button.
webhook-remove-button = Remove

## What was sent.

delivery-sent = Arrived
delivery-waits = Waiting
delivery-failed = Did not arrive
delivery-id = Id
delivery-made = Made
delivery-tries = Tries
delivery-tried = Last try
delivery-status = The receiver answered
delivery-error = Why it did not arrive
delivery-answer = The beginning of the answer
delivery-again = Send it again
    .hint = It has the same id, by which the receiver knows it again.
# Button.
delivery-again-button = Send again
