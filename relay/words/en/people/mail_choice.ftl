### Which mails somebody gets, and the page of a mail’s link that stops some.

mail-choice-title = Mails that you get
# $account: its name.
mail-choice-lead = From { $account }. What you must know of your access or your account always comes: a sign-in from a new device, a changed password, an invitation, a payment that failed.
# $topic: of mails.
mail-choice-topic = { $topic ->
    [alerts] Alerts
    [digest] Alerts in one mail
    [weekly] Weekly summary
    [reminders] Reminders
   *[onboarding] First steps
}
mail-choice-what = { $topic ->
    [alerts] What is overdue, a box that is offline, and what else needs somebody now
    [digest] Once a day, what is open
    [weekly] Each Monday: what was cleaned, how much of it on time, and an inspection that comes near
    [reminders] At the start of a shift: what is due until its end
   *[onboarding] In the first week: what is left to set up
}
mail-choice-save = Save
mail-choice-done = Saved. From the next mail on it is so.

## Whoever has the link of a mail. $topic: as mail-choice-topic has it. $account: its name.

mail-stop-title = Stop these mails?
    .lead = “{ $topic }” from { $account } come no more to this address. What you must know of your access still comes.
    .button = Stop them
mail-stop-done = They are stopped
    .what = “{ $topic }” from { $account } come no more. Whatever is on its way already may still arrive.
mail-stop-over = This link stops nothing
    .what = It is not whole, or the mail is older than what this relay remembers. Nothing was changed. Sign in to choose which mails you get.
# Link.
mail-stop-choose = Sign in and choose your mails
