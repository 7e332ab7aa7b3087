### Records of phones that the box refused, for biomed.

phone-record-title = Records from phones
phone-record-intro = These phones were out of reach when somebody cleaned, and the box could not record what they sent. Make a late entry of each, or dismiss it.
phone-record-none = No record from a phone waits for anybody.
# $count: how many wait for somebody.
phone-record-link = { $count ->
    [one] 1 record from a phone was refused
   *[other] { $count } records from phones were refused
}
# $phones: how many; $records: how many records they hold together; $time: when the oldest was made, such as “today 07:12”.
phone-record-waiting = { $phones ->
    [one] 1 phone holds records that are not here yet: { $records }, the oldest from { $time }
   *[other] { $phones } phones hold records that are not here yet: { $records }, the oldest from { $time }
}
# $tag: what the phone took for a tag; $when: such as “today 13:02”; $name: who cleaned.
phone-record-line = { $tag }, cleaned { $when } by { $name }
phone-record-nobody = { $tag }, cleaned { $when }
# $when: when somebody reported that something is wrong with the item; $name: who.
phone-record-reported-by = { $tag }, reported { $when } by { $name }
phone-record-reported = { $tag }, reported { $when }
# $what: what is wrong, in a few words; $text: in the words of whoever reported it.
phone-record-problem = Something is wrong with the item: { $what }. { $text }
phone-record-photo = Photo that came with this record

## Phones that hold records which the box does not have yet.

phone-record-held-title = Phones that hold records
phone-record-held-meaning = A phone sends its records by itself when somebody opens it near the box. Of one that is lost, enter its records late from paper.
# $phone: the end of what names it; $time: when the oldest was made; $last: when it was here.
phone-record-held = { $count ->
    [one] Phone { $phone } holds 1 record, from { $time }. It was last here { $last }.
   *[other] Phone { $phone } holds { $count } records, the oldest from { $time }. It was last here { $last }.
}
# $time: since when there is an alarm.
phone-record-held-before = { $count ->
    [one] Phone { $phone } held 1 record and was not here since this box was started. Alarm since { $time }.
   *[other] Phone { $phone } held { $count } records and was not here since this box was started. Alarm since { $time }.
}
# Button.
phone-record-gone = That phone is gone
    .by = { $name } said { $when } that it is gone.

## A copy of what a phone holds.

phone-record-copy = Copy of a phone’s records
    .meaning = A phone that cannot reach the box any more saves its records to a file: Records on this phone, Save a copy. What is here already is not recorded twice.
    .file = File
    .send = Take it in
# What became of a file.
phone-record-copied = From the file: { $records } on the box, { $refused } refused, { $unreadable } lines not readable.
# $count: records; $max: such as 200.
phone-record-over = { $count ->
    [one] 1 record was not looked at: one file holds at most { $max }. It is still in the file. Take it in as a file of its own.
   *[other] { NUMBER($count) } records were not looked at: one file holds at most { $max }. They are still in the file. Take them in as files of their own.
}

## One that was refused.

phone-record-enter = Make a late entry
# $count: two or more, all that one phone or person, or one place in the network, sent.
phone-record-dismiss = Dismiss
    .meaning = It is then in no list and no history, and cannot be brought back.
    .one = Dismiss it
    .sender = Dismiss all { NUMBER($count) } from this sender
    .network = Dismiss all { NUMBER($count) } from this network
# Link to the next page.
phone-record-older = Older records
phone-record-no-tag = What was scanned is not a CleanTrack tag.
phone-record-unknown-tag = No equipment had this tag when the record arrived.
phone-record-retired = The equipment was retired when the record arrived.
phone-record-invalid = Something in it is longer or larger than a record may be.
