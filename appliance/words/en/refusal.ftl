### Why a record or its undoing is refused: what to do, and in the detail the rule behind it. Without a full stop where a list of problems shows it.

refusal-unknown-tag = No equipment has the tag { $tag }
    .detail = The tag is well formed, but it is on no equipment of this facility, or it was taken off.
refusal-retired = { $name } was retired; no more cleanings can be recorded for it
    .detail = Its history is kept and can be read.
refusal-not-its-protocol = This item is not cleaned by that protocol. Give the item the protocol first, or choose one that it has
    .detail = A cleaning follows one of the protocols that its item has.
refusal-protocol-changed = The protocol has changed since this page was opened. Check the steps again
    .detail = A record names the version that was followed, so it must be the newest one.
refusal-unknown-staff = There is nobody with the id { $staff } here
    .detail = The person was never added, or has left.
refusal-unknown-cleaning = Entry { $seq } of { $log } is not a cleaning
    .detail = No cleaning of this box has that number.
refusal-shared-number = Two records have the number { $seq }, and this one cannot be voided
    .detail = The storage lost this record and gave its number to another one, which would be voided instead. Both count.
refusal-already-voided = This cleaning was already voided
    .detail = A cleaning is voided once; both entries stay.
# $seq: the number of its entry.
refusal-unknown-problem = There is no open report with the number { $seq }
    .detail = It was never made, or somebody has closed it.
refusal-reports-spent = Too many problems were reported from here within an hour. Tell biomed in person
    .detail = A phone can make five reports in an hour, a person who proves who they are thirty, and phones behind one address thirty without proof, five of them about one item.
refusal-problem-kind = Choose what is wrong
refusal-problem-outcome = Choose what came of the report
refusal-undo-over = The time to undo this record is over. Tell biomed, they can void it
    .detail = Only the phone that made a record can undo it, and only for some minutes.
refusal-name-needed = Enter your name
refusal-reason-needed = Say why
refusal-needed =
    .detail = The field is missing, empty, or has only characters that show nothing.
# $field: which; $max: characters.
refusal-too-long = { $field ->
    [cleaned_by] Your name is longer than { $max } characters. Shorten it
    [notes] The note is longer than { $max } characters. Shorten it
    [agent] The disinfectant is longer than { $max } characters. Shorten it
    [lot] The lot is longer than { $max } characters. Shorten it
   *[reason] The reason is longer than { $max } characters. Shorten it
}
    .detail = The box keeps texts as they were entered and never cuts them off.
# $code: the character’s number in Unicode.
refusal-character = { $field ->
    [cleaned_by] Your name has a character that cannot be shown (U+{ $code }). Enter it again by hand
    [notes] The note has a character that cannot be shown (U+{ $code }). Enter it again by hand
    [agent] The disinfectant has a character that cannot be shown (U+{ $code }). Enter it again by hand
    [lot] The lot has a character that cannot be shown (U+{ $code }). Enter it again by hand
   *[reason] The reason has a character that cannot be shown (U+{ $code }). Enter it again by hand
}
    .detail = Control characters, and characters that turn the direction of writing, are not accepted.
refusal-lot-day = Enter the last day of the lot, such as 2027-05-31, or leave it empty
refusal-step-missing = Tick step { $step }, or say in the note why it was not done
    .detail = A required step that was left out needs a reason.
# $steps: all but the last, with commas.
refusal-steps-missing = Tick steps { $steps } and { $last }, or say in the note why they were not done
refusal-all-steps-missing = Tick the steps, or say in the note why they were not done
refusal-unknown-step = The protocol has no step { $step }
    .detail = Steps are counted from 1, in the order of the item’s protocol.
# $left: minutes and seconds, such as 1:52.
refusal-still-wet = Keep the surface wet for { $left } more, then record
    .detail = The protocol has a contact time, which the box measures from the moment at which the surface was wet.
refusal-not-wetted = Wet the surface and press “Surface is wet”, or say in the note why not
refusal-sign-off-note = Only people who are signed off for this protocol clean by it. Say in the note why it was done all the same
refusal-proof-pin = Enter your PIN, or record without proof and say why
refusal-proof-badge = Scan your badge or enter your PIN, or record without proof and say why
refusal-proof-list = Choose your name from the list, or record without proof and say why
refusal-proof-detail = The facility asks for more than a typed name for this class of use.
refusal-note-needed = Say why
refusal-photo-missing = Take a photo, or say in the note why there is none
    .detail = This item needs a photo with each cleaning.
refusal-too-many-photos = A cleaning has at most { $max } photos
    .detail = Further photos have no place in the record.
refusal-key-reused = This idempotency key was used for another request. Use a new one
    .detail = A key stands for one request; the record that was made with it stays as it is.
refusal-key-form = An idempotency key has 1 to 200 characters, none of them control characters
    .detail = The key is what makes a repeated request harmless.
