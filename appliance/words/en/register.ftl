### The register beside its items, for staff: protocols, places, categories, maintenance. In English only.

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
protocol-retired-version = Retired; its last version is { $version }. Publishing a new version brings it back.
protocol-optional-wrong = There is no step { $number }. Enter numbers of steps, such as 3, 5
protocol-agents-wrong = Enter one disinfectant a line: name | EPA number | dilution
protocol-contact-wrong = Enter minutes and seconds, such as 3:00
protocol-day-wrong = Enter a day that is in the calendar, such as 2026-11-24
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

## The form of a version.

form-protocol-what = What is done?
form-protocol-name = Name
    .hint = Such as Low-level wipe
    .needed = Enter a name for the protocol
form-protocol-class = For which class
    .hint = It is offered first for items of that class
form-protocol-class-any = Any class
form-protocol-class-noncritical = Noncritical: intact skin
form-protocol-class-semicritical = Semicritical: mucous membranes
form-protocol-class-critical = Critical: sterile tissue
form-protocol-steps = Steps
    .hint = One a line, in order
    .needed = Enter at least one step
form-protocol-optional-steps = Steps that may be left out
    .hint = Their numbers, such as 3, 5
form-protocol-one-press = All steps by one press
form-protocol-one-press-by-class = As usual: for noncritical use only
form-protocol-one-press-yes = Allowed
form-protocol-one-press-no = Not allowed: each step is ticked
form-protocol-ppe = What to wear
    .hint = Such as gloves, gown
form-protocol-minutes = How long it takes, minutes
form-protocol-agent = With what?
form-protocol-agents = Disinfectants
    .hint = One a line: name | EPA number | dilution
form-protocol-contact-s = Contact time
    .hint = How long the surface stays wet: minutes and seconds, such as 3:00
form-protocol-declared = A stated contact time counts
    .hint = Else only what the box measured counts
form-protocol-rules = Rules
form-protocol-photo = Photo
    .hint = The stricter of this and the item’s holds
form-protocol-photo-item = As the item says
form-protocol-photo-none = Not requested
form-protocol-photo-optional = Optional
form-protocol-photo-required = Required
form-protocol-photo-one-in = Where photos are optional, ask for one in
    .hint = 2 to 100 cleanings; empty: never
form-protocol-hang-h = Clean for, hours
    .hint = How long an item counts as clean after it; empty: until it is due
form-protocol-delay-min = Most minutes from use to cleaning
    .hint = Later cleanings are marked as delayed; empty: no limit
form-protocol-source = Where it comes from
form-protocol-ifu = Manufacturer’s instructions (IFU)
    .hint = Title, number or address
form-protocol-ifu-rev = Revision of the IFU
form-protocol-approved = Approved by
form-protocol-effective = In force from
    .hint = A day, such as 2026-11-24
form-protocol-english = In English
form-protocol-en-name = Name in English
    .hint = Only where the text above is in another language
form-protocol-en-steps = Steps in English
    .hint = One a line, as many as above
form-protocol-en-ppe = What to wear, in English
form-protocol-spanish = In Spanish
form-protocol-es-name = Name in Spanish
    .hint = Only where the text above is in another language
form-protocol-es-steps = Steps in Spanish
    .hint = One a line, as many as above
form-protocol-es-ppe = What to wear, in Spanish
