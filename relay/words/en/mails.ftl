### What mails look like, and the words that an account puts into them.

mails-title = Mails
# $account: its name.
mails-lead = What CleanTrack sends to the people of { $account }, with made-up facts. Into some you can put words of your own.
mails-platform = Everything that this relay sends, with made-up facts, as an account without a picture and colour has it.
mails-language = Language
mails-forms = What it can say
# $number: of a sample.
mails-form = Sample { NUMBER($number) }
# $width: in pixels. $scheme: light or dark.
mails-frame = { $scheme ->
    [dark] Dark, { NUMBER($width) } pixels wide
   *[light] Light, { NUMBER($width) } pixels wide
}
mails-text = As text
# $names: each in braces.
mails-own = Your own words
    .lead = They stand around what we write, in the language that is shown. What is left empty stays as it is. A name in braces is replaced by what it stands for.
    .names = Here there are: { $names }
# $slot: of a mail.
mails-slot = { $slot ->
    [subject] Subject, in the place of ours
    [intro] Before our text
   *[closing] Behind the button
}
mails-save = Save
mails-try = Show it below
# $chars: the most.
mails-long = Shorten this to { NUMBER($chars) } characters
mails-lines = A subject is one line
# $name: as it was entered.
mails-placeholder = { "{" }{ $name }{ "}" } stands for nothing in this mail: correct the name, or leave the braces out
