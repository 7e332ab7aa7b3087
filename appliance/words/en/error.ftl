### What went wrong, on pages that are open to everybody: each says what is safe and what to do next.

error-nothing-recorded = Nothing was recorded.
error-nothing-changed = Nothing was changed.
# Somebody is kept out from now on, and the log could not be written.
error-access-removed = It holds from now on. Only the log does not say so.
error-access-unknown = It is not known whether this took effect. Look at it again before you repeat it.
# A record that waited in a phone.
error-submission-kept = The box keeps what your phone sent. Biomed has it and can record it.
    .refused = The box refused this record before
error-submission-not-kept = The box has no room for what it cannot record. It stays on this phone. Save a copy and give it to biomed.
error-submission-changed = The box has this record already, with other values
    .safe = What the box has stays as it is. If it is wrong, tell biomed.
error-correct = Correct it and send it again.
error-press-again = Wait a few seconds and press again. Nothing is recorded twice.
# $id: eight characters that biomed can find in the box’s log.
error-stays = If this continues, call { $contact }. Request { $id }.

error-pass-tries = Too many codes were tried from here: wait a minute
error-report-long = A report on paper has at most 20,000 cleanings: choose fewer days, or a table.
error-reports = Too many reports are waiting
    .next = Wait until some of them are made, or cancel them on the page of reports.
error-report-cancelled = The report was cancelled
error-report-open = This report is not ready
    .detail = It is still being made, or it was cancelled or could not be made.
    .next = Look at its state: once it is ready it can be fetched.
error-not-found = Page not found
    .detail = The address may be mistyped, or what it named is gone.
    .next = Scan the label on the equipment, or find the item by its name.
error-problem-closed = This report is closed already
    .detail = Somebody has said what came of it: that stands in the history of its item.
    .next = If something is still wrong, report it on the item’s page.
error-receipt =
    .detail = No record has this number and hash. A receipt’s address is exact: one wrong character opens nothing.
    .next = Open the receipt from the phone that recorded it, or find the item and its history.
error-earlier-log = That entry is in an earlier log, which nobody can sign for on this box
    .safe = The record itself is safe.
    .next = Where this box has a relay, the earlier log and its proofs are there.
error-photo-moved =
    .detail = This photo is not on the box, and the relay did not give it now. Old photos move to the relay when their share of the storage is full.
    .safe = The record that names it stays, and so does a photo that reached the relay.
    .next = Try again when the box is connected, or open the record at the relay.
error-language = There is no such language here
    .next = Choose one of those at the foot of the page.

## The box.

error-reading = The box is busy reading
    .detail = Others are reading long parts of its history right now.
    .safe = Everything that was recorded is safe, and recording continues.
    .next = Wait two seconds and try again.
error-missing = A part of this box’s history is missing
    .detail = What you look for may be in it. It comes back automatically if the relay or a copy has it.
    .safe = Nothing was changed, and recording continues.
    .next = Try again in a few minutes. If this continues, tell biomed.
error-tag-missing =
    .detail = The tag { $tag } is well formed, but the missing part of the history may say which equipment it is on. That part comes back automatically if the relay or a copy has it.
    .safe = Nothing was recorded. What was recorded before is safe.
    .next = Clean it as usual, write it on paper, and try again in a few minutes. If this continues, tell biomed.
error-failed = The box could not do that
    .detail = Something went wrong in the box; details are in its technical log.
    .next = Try again in a minute. If this continues, call biomed and give them the number below.
# Instead of “Nothing was recorded.”, where nobody knows.
error-panicked = If you pressed “Record cleaning”, check on the equipment’s page whether it is there, and record it if it is not.

## A record that the box could not take.

error-full = Not recorded: the box’s storage is full
    .detail = What was recorded before is safe, and can be read.
    .next = Write it on paper and call biomed. They enter it later; it is shown as a late entry.
error-removal-full = Not removed: the box’s storage is full
    .detail = It cannot change what it has of PINs and badges now: they would be back after its next start.
    .safe = Nothing was changed, and recorded cleanings are safe.
    .next = Free some storage, restart the box, and remove it then. To keep somebody out until then, say on their page that they have left.
error-crowded = Not recorded: too many at once
error-stopping = Not recorded: the box is shutting down
    .next = Wait a minute and press again. Nothing is recorded twice.
error-unsure = The box could not confirm that this was saved
    .safe = It may or may not have been recorded.
    .next = Wait a minute and press again: if it was recorded, you see that record; nothing is recorded twice.
error-record-too-long = This is more than one record can hold
    .next = Shorten the texts and send it again.
error-database = Not recorded: the box could not read its own records
    .next = Press again in a moment. Nothing is recorded twice.
error-too-many = Too many records at once from here
error-badges-spent = Too many unknown badges were scanned here
error-page-reused =
    .detail = This page was used for another record already, which stays as it is.
    .next = Scan the label again for a new record.
    .link = Open the page again
# Link.
error-back-to-receipt = Back to the receipt

## What a browser sent.

error-address-too-long = The address is too long
    .next = Scan the label again.
error-compressed = The box does not read compressed requests
    .next = Send it uncompressed.
error-host = The request names no host, or more than one
    .next = Send it with one Host header.
error-origin = This form came from another site
    .detail = The box takes forms only from its own pages.
    .next = Scan the label and use the page that opens.
error-method = Method not allowed here
    .detail = The request’s method is not one of those that this address knows.
    .next = Use the buttons of the page, or see /api/openapi.json.
error-form = The form could not be read
    .next = Open the page again and fill in the form by hand.
    .broken-off = It broke off before its end.
    .choice = One of its answers is not on the page’s list.
    .many-fields = It has more than { $max } fields.
    .field-name = The name of a field cannot be read.
    .not-text = The field “{ $field }” is not UTF-8 text.
    .repeated = The field “{ $field }” came more than once.
# What a browser puts between the parts of a form with a photo.
error-parts =
    .boundary = the form’s boundary is missing or too long.
    .unfinished = the form broke off before its end.
    .head = a part of the form has no readable head.
    .many = the form has more than { $max } parts.
error-too-long = This is too long
    .detail = The field “{ $field }” is longer than the box takes.
    .next = Shorten it and send it again.
    .photo = A photo may have up to 30 MB.
# A document of a program. $reason: why, in technical English.
error-json = The JSON document is not valid
    .detail = { $reason }
    .next = Compare it with /api/openapi.json.
error-too-slow = The request took too long
    .detail = The rest of it did not come in time.
    .next = Move to where the Wi-Fi is better and send it again.
error-media = Unsupported content type
    .next = Send it again in that form.
    .json = It takes JSON ({ $media }) here.
    .form = It takes a form ({ $media }) here.

## A PIN beside a record.

pin-wrong = { $left ->
    [0] Wrong PIN. That was the last attempt for now.
    [one] Wrong PIN. { $left } attempt left.
   *[other] Wrong PIN. { $left } attempts left.
}
pin-locked = Too many attempts. Wait until { $time }, use a device on which you have signed in before, or ask a facility admin.
pin-none = There is no PIN for this person. A facility admin sets one.
pin-not-looked-at = The PIN was not checked. Enter it again.
error-pin-in-the-clear = This page is not secure
    .detail = This page is not secure. Your PIN was not used; change it.
    .next = Record with your name alone, or open the page over HTTPS. A facility admin sets a new PIN.
error-pin-exposed = Your PIN was sent without HTTPS. Choose another one
error-badge-in-the-clear = This page is not secure
    .detail = This page is not secure. Your badge was not used. Others could read it, so it may prove nothing any more.
    .next = Record with your name alone, or open the page over HTTPS and use another badge. A facility admin adds one for you.
error-too-many-pins = Too many sign-in attempts from here
    .detail = PINs are entered faster at this address than anybody can type. Devices on which you have signed in before are not held up.
    .safe = This PIN was not checked, and no attempt was counted.
    .next = Wait a few seconds and enter it again.

## A photo that cannot be used.

photo-empty = This photo is empty. Take another one
photo-too-many-bytes = This photo is larger than 30 MB. Take another one
photo-too-many-pixels = This photo has too many pixels. Take another one, with fewer megapixels
photo-unreadable = This photo can’t be opened. Take another one
photo-cut-off = This photo is cut off: its end is missing. Take another one
photo-heic = This photo is in Apple’s HEIC format. Choose “Most Compatible” under Settings, Camera, Formats, and take another one
photo-busy = Too many photos are coming in at once. Wait a moment, take yours again and record again
photo-slow = Your photo came too slowly while others waited. Move to where the Wi-Fi is better, take it again and record again
photo-no-room = Photo storage is full. Record without one and tell biomed
photo-not-kept = The box could not save this photo. Record without one and tell biomed
photo-not-ready = Your photo was not ready in time. Take it again
# Of a program, which has no page to come back to.
photo-of-program =
    .later = The attached photo cannot be processed now.
    .later-next = Send the same request again in half a minute.
    .useless = The attached photo cannot be used.
    .useless-next = Send it again without the photo, or with another one.

## Staff pages.

error-form-token = This page is from another session
    .detail = You have signed in again since it was opened.
    .next = Open the page again and repeat your change.
error-sign-in = This needs a sign-in
    .detail = Nobody is signed in here, or the session has ended.
    .next = Sign in on the staff pages.
    .as-recorder = This needs a sign-in as technician, biomed or facility admin
    .as-biomed = This needs a sign-in as biomed or facility admin
    .as-admin = This needs a sign-in as facility admin
    .as-auditor = This needs a sign-in as facility admin or auditor
    .busy = Too many people are signing in right now
    .busy-safe = Your PIN was not checked, and no attempt was counted.
# $role: such as biomed.
error-role =
    .detail = Your role does not include this.
    .of = You are signed in as { $name }, { $role }: that role does not include it.
    .nothing-printed = Nothing was printed.
# Links.
error-links =
    .sign-in = Sign in as somebody else
    .due = Back to what needs cleaning
    .pin = Enter the PIN again
    .own-pin = Back to your PIN
    .item = Back to the item
    .back = Back
    .newest = Show the newest records
    .alarms = Show the alarms
error-alarm = There is no such alarm
    .detail = There is no alarm { $id }; it may have been acknowledged and deleted since.
    .next = Check the list of alarms again.
    .safe = The alarm stays as it was.
error-foreign-host = Unknown host name
    .detail = Staff pages and the API answer only under the box’s own names and addresses.
    .next = Open the box by its address or by the name on its labels. Other names go into `hosts` of its settings.
error-https = Staff pages need HTTPS
    .detail = A PIN must not cross the Wi-Fi in the clear, so these pages open only over HTTPS.
    .safe = Nothing was sent.
    .next = The browser may warn once, until the facility’s certificate is installed.
    .link = Open the staff pages over HTTPS
    .trust = How to trust this box
    .none = This box has no HTTPS listener; see `https` in its settings.

## Parameters of an address.

error-parameter = Invalid parameter
    .next = See /api/openapi.json.
error-tag =
    .length = A tag has nine letters and digits.
    .symbol = A tag does not have this character: { $character }
    .check = One of the nine characters of this tag was misread.
error-parameter-cursor = Use `next` of the previous page, with the same query.
    .next = Start the list again without `cursor`.
