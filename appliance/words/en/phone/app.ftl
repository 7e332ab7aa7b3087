### The installed page: what a phone shows and keeps while the box does not answer. In braces stands what the phone puts in.

app-title = CleanTrack on this phone
app-waiting = Records that wait on this phone: { $count }. They are sent by themselves when the box answers.
app-waiting-none = No record waits on this phone.
app-tag = Tag on the label
    .wrong = Enter the nine symbols that stand on the label.
app-open = Open
# Button.
app-scan = Scan a label
    .stop = Close the camera
    .view = What the camera sees
    .failed = The camera cannot be used here now. Enter the tag that stands on the label.
    .kinds = It reads our labels, and the bars of others: Code 128, Code 39, Codabar, Data Matrix and QR. EAN, UPC and ITF are numbers of products, the same on every item of a model.
    .other = Read, and on no item that this phone knows:
    .ask = Ask the box
app-due-title = What needs cleaning
app-due-none = Nothing, as far as this phone knows.
app-back = Back to the start page
app-no-script = This page works with JavaScript only. Without it, use the start page while the box answers.
app-install = On the home screen
    .why = On the home screen this page opens labels in dead spots too, and keeps what you record until the box answers.
    .apple = iPhone and iPad: in Safari, press Share, then Add to Home Screen.
    .android = Android: in Chrome, press the three dots, then Add to Home screen.
# Where the browser takes no worker, since somebody went on over its warning or came over plain HTTP; and the link to what to do.
app-distrust = This browser does not trust the box yet, so nothing can be recorded here in dead spots.
    .how = How to trust this box
app-home = Start page of the box

## Records of this phone.

app-queue-title = Records on this phone
app-queue-meaning = A record stays here until the box has it. Another browser on this phone, and the app on the home screen, have lists of their own.
app-queue-none = There is no record on this phone.
app-send = Send now
# Button.
app-copy = Save a copy
    .title = This phone cannot reach the box any more
    .meaning = Save a copy of these records to a file and give it to biomed. The records stay here too; nothing is recorded twice.
# Badges: where a record is.
app-on-phone = On this phone
app-on-box = On the box
app-at-relay = At the relay
app-refused = Refused
# $time: when it was recorded.
app-by-phone = Recorded { $time }, by this phone’s clock
app-receipt = Receipt

## An item, while the box does not answer.

app-dead-spot = The box does not answer here. Record as usual: this phone keeps the record and sends it later.
app-unknown-tag = This phone does not know this label. You can record; the box looks it up later.
app-replaced = This label was replaced: the item has another one now. Record as usual, and tell biomed that the old label is still attached.
app-steps = Steps
    .optional = (optional)
# Button.
app-all-steps = All { $count } steps as protocol
app-plain-step = Cleaned per manufacturer’s instructions
app-wet = Keep it wet
app-wet-start = Surface is wet: start
app-wet-over = Contact time is over. You can record.
app-lot = Lot of the disinfectant
    .number = Lot number
    .expires = Last day
    .over = This lot is past its last day. Take another; a record with it says so.
app-photo = Photo, optional
    .required = Photo, required
    .left = The photo could not be opened on this phone and is left out.
app-who = Who cleaned
    .proof = For this item the facility asks for more than a typed name. That is not possible here: the record is kept and says so.
app-note = Note, optional
app-record = Record cleaning
# Button below what is wrong with the item: nothing was cleaned.
app-problem-only = Send only the report
# $what: what the record lacks.
app-incomplete = Incomplete: { $what }
# $why: what the box said; $time: when it is sent again.
app-later = The box takes this record later: { $why }. It is sent again by itself after { $time }. Other records do not wait for it.
# $why: what the box said.
app-not-taken = The box did not take this record: { $why }. It stays on this phone. Save a copy and give it to biomed.
app-protocol = Protocol
# $time: when this phone last heard of the items.
app-as-of = As of { $time }
app-out-of-service = This item is out of service. You can record a cleaning; the record says so.
# $what: what is wrong, such as “broken”.
app-reported = Reported of this item: { $what }
# $what: one or more of the parts below.
app-still-open = Still open: { $what }. Press again to record anyway; the record says what it lacks.
    .steps = not ticked: { $steps }
    .wet = the contact time is not over
    .photo = no photo
    .who = no name
    .proof = this item needs more than a typed name, and that is not possible here
# $field: the words of the field, such as “Your name”; $count: characters.
app-too-long = { $field }: longer than { $count } characters. Shorten the text.
app-full = This phone is nearly full. Send these before you take more photos.
app-full-records = This record was not saved: as many records wait on this phone as it can hold. They are safe. Send them where the box answers, then record this one; or write it on paper.
# On the page of a use, where the box does not answer.
app-used = The box does not answer here, and only the box can record that this item was used. Write down when it was used, and record it where the box answers.
app-not-kept = This phone could not keep the record. Write it on paper and tell biomed.
app-reload = This page is older than what is on this phone. Reload this page.
app-no-store = This browser keeps nothing for this page, as in a private window. Open it in an ordinary window.
