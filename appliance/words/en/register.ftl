### The register beside its items, for staff: protocols, places, categories, maintenance.

## The list of protocols.

protocols-title = Protocols
protocols-none = No protocols yet
protocols-none-next = Publish the first one. Until then items are cleaned by the manufacturer’s instructions.
protocols-used = { $count ->
    [one] In use: { $count } protocol
   *[other] In use: { $count } protocols
}
protocols-column-name = Protocol
protocols-column-class = Class
protocols-column-contact = Contact time
protocols-column-version = Version
protocols-column-items = Items
protocols-any-class = Any
protocols-noncritical = Noncritical
protocols-semicritical = Semicritical
protocols-critical = Critical
protocols-retired = Retired
protocols-retired-hint = They are not offered any more. Records by them stay as they are. A new version brings one back.
# Link.
protocols-back = Back to the protocols

## A protocol.

protocol-new = Add a protocol
# $name: of the protocol.
protocol-change = Change { $name }
# Buttons.
protocol-publish = Publish protocol
protocol-publish-version = Publish new version
# Links.
protocol-instructions = Read the instructions
protocol-retire = Retire this protocol
protocol-present-version = Version { $version } is in use. What you change becomes the next version; records keep the version that was followed.
# $day: such as Dec 3, 2026; $used: the version that is used until then.
protocol-coming-version = From { $day }: version { $version }. Until then version { $used } is in use. What you change becomes the next version; records keep the version that was followed.
protocols-next = From { $day }: version { $version }
protocol-retired-version = Retired; its last version is { $version }. Publishing a new version brings it back.
protocol-optional-wrong = There is no step { $number }. Enter numbers of steps, such as 3, 5
protocol-agents-wrong = Enter one disinfectant a line: name | EPA number | dilution
protocol-contact-wrong = Contact time: enter minutes and seconds, such as 3:00
protocol-day-wrong = In force from: enter a day that is in the calendar, such as 2026-11-24
# $expected, $found: how many steps.
protocol-translation-wrong = The protocol has { NUMBER($expected) } steps and the translation has { NUMBER($found) }. Translate each step in its own line

## Taking one out of use.

protocol-retire-title = Retire { $name }?
protocol-retire-what = It is not offered any more, and nothing is due by it any more. Records by it stay as they are.
protocol-retire-hint = Such as: replaced by the wipe with alcohol
protocol-retire-confirm = Yes, retire it
protocol-retire-no-item = No item is cleaned by it.
protocol-retire-items = Items that have it
protocol-retire-due = Due by this protocol; it will not be any more
protocol-retire-more = { NUMBER($count) } more.

## Maintenance, apart from cleaning.

upkeep-title = Maintenance
upkeep-what = What is due beside cleaning. It has no part in any rate.
upkeep-none = No maintenance is planned
upkeep-none-next = Plan a task on the page of an item.
upkeep-tasks = { $count ->
    [one] { $count } task, the most urgent first
   *[other] { $count } tasks, the most urgent first
}
upkeep-column-task = Task
upkeep-column-item = Item
upkeep-column-place = Place
upkeep-column-state = State
upkeep-column-last = Last
# $schedule: such as “Every 90 days”.
upkeep-by-last = { $schedule }, from the last time it was done
upkeep-by-calendar = { $schedule }, by the calendar
# Badges; $time: such as “19:00” or “Nov 3, 19:00”.
upkeep-overdue = Overdue since { $time }
upkeep-due = Due by { $time }
upkeep-done-until = Done until { $time }
upkeep-is-done = Done
upkeep-not-due = Not due
# $time: such as “today 14:04”.
upkeep-last-failed = Not passed { $time }
upkeep-last-done = Done { $time }
upkeep-never = Never
upkeep-photo-hint = Such as the certificate or the sticker; optional
# Links and buttons.
upkeep-new = Plan maintenance
upkeep-to-all = All maintenance
upkeep-record = Record
upkeep-edit = Change
# Spoken behind the two, which else say the same for each task.
upkeep-of = { $task }
# $name: of the task.
upkeep-change = Change { $name }
upkeep-plan = Plan it
upkeep-save = Save changes
upkeep-new-hint = It applies from now on.
upkeep-end-hint = What you change applies from now on. “No schedule” ends the task; its records stay.
upkeep-done-title = { $name }: what came of it?
upkeep-done-again = Nothing was recorded. What you entered is kept.
upkeep-done-save = Record it
upkeep-readings-wrong = Enter one reading a line, with a whole number: name | 42 | unit
upkeep-time-wrong = When: enter a day and a time that are in the calendar, such as 2026-11-24 14:30
upkeep-time-skipped = The clocks skip that time on that day. Enter the time that they showed

## Places and categories.

register-retired = retired
places-title = Places
places-none = No places yet
places-none-next = Add the first one: the form of equipment then offers it.
places-count = { $count ->
    [one] { $count } place, in the order of rounds
   *[other] { $count } places, in the order of rounds
}
places-column-name = Place
places-column-within = Part of
places-column-order = In rounds
places-unlisted = On no list
places-unlisted-hint = Equipment stands at these places too. Add those that are to be offered.
places-new = Add a place
places-add = Add place
places-save = Save changes
# $name: of the place or the category.
places-change = Change { $name }
places-name-goes = Equipment that stands here gets a new name with the place.
places-back = Back to the places
categories-title = Categories
categories-none = No categories yet
categories-none-next = Add the first one, with the fields that its items have beyond those of all equipment.
categories-count = { $count ->
    [one] { $count } category
   *[other] { $count } categories
}
categories-column-name = Category
categories-column-fields = Own fields
categories-new = Add a category
categories-add = Add category
categories-name-goes = Equipment of this category gets a new name with it. Defaults fill the form of a new item and change none that is there.
# Words that people enter in that list, in lower case: what a field holds, and that it must be filled in.
categories-type-text = text
categories-type-number = number
categories-type-date = date
categories-type-choice = choice
categories-type-yes = yes
categories-required = required
categories-fields-wrong = Enter one own field a line: name | text, number, date, choice or yes | options with commas | required
categories-back = Back to the categories

## Starter packs.

packs-title = Starter packs
packs-what = Drafts of protocols to begin with. Nothing of them counts before somebody has completed one, approved it and published it here.
packs-to = Starter packs
packs-name = { $name ->
    [hospital] Hospital
    [laboratory] Laboratory
    [dental] Dental practice
   *[other] Long-term care
}
packs-steps = { $count ->
    [one] { $count } step
   *[other] { $count } steps
}
packs-adopted = Published
# $name: of the draft.
packs-adopt = Adopt { $name }
packs-draft-hint = This is a draft. Check every step against the manufacturer’s instructions, then fill in their reference, the disinfectant, the contact time and who approved it.
packs-back = Back to the starter packs
