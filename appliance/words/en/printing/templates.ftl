### Label templates and the logo: their pages, the names of those that are built in, and why one is not taken.

## The list.

templates-title = Label templates
templates-new = New template
templates-unchanged = Nothing was changed.
templates-own = Your own
    .none = None yet. Start with a built-in one: “Copy and edit” under its picture.
templates-built-in = Built in
# What the picture shows, for screen readers. $name: of the template.
templates-picture = A label of the template { $name }
templates-refused = With typical texts, this label cannot be printed.
templates-change = Change
templates-remove = Remove this template
    .kept = Queued jobs still use it.
    .confirm = Remove { $name }
templates-make-own = Copy and edit
# Follows a link for screen readers.
templates-of = : { $title }
templates-size = { $width } × { $height } mm
templates-size-endless = { $width } mm wide
# Links.
templates-labels = Labels

## The logo.

logo-title = Logo
logo-picture = Your logo
logo-pixels = { NUMBER($width) } × { NUMBER($height) } pixels
logo-none = No logo yet.
# $titles: of the templates that show it.
logo-what = It is printed in black and white where a template has room for it: { $titles }.
logo-file = Picture
    .hint = PNG or JPEG, up to 1 MB and 4 million pixels
logo-replace = Replace the logo
logo-upload = Upload the logo
logo-remove = Remove the logo
logo-too-large = The logo’s file has more than 1 MB ({ $most } bytes). Save it smaller
logo-missing = Choose a PNG or JPEG file

## A template as text.

template-change = Change { $name }
template-what = A template is a text file: label size in millimetres, then its elements. Elements that overlap or reach past the edge are refused, with the line number.
template-save = Save template
template-parts = Label elements
template-part-code = A QR code in x, y, width, height; kind = "datamatrix" for hand scanners, module, align, close_up, optional
template-part-text = A text in its own place: text, size and size_min in points, lines, bold, align, caps, cut, required, inverse
template-part-column = Texts one below the other, each a [[column.text]], which share the space; beside_code = true starts right of the code
template-part-line = Lines and frames: length, thickness, dashed
template-part-logo = Space for your logo: x, y, width, height, align
# $example: such as {name}; $fields: all of them.
template-fields = Fields are in braces, such as { $example }. Known fields: { $fields }.

## Those that are built in. Their measures are those of the rolls that are sold for them.

template-title-badge = Badge, 86 × 54 mm
template-title-blank-tag-47x22 = Blank tag, 47 × 22 mm
template-title-blank-tag-62x29 = Blank tag, 62 × 29 mm
template-title-blank-tag = Blank tag, 2.4 × 1.2 in
template-title-cable-flag = Flag for cables, 83 × 25 mm
template-title-clean-until = Cleaned … until …, 2.4 × 1.2 in
template-title-equipment-47x22 = Equipment, 47 × 22 mm
template-title-equipment-62x29 = Equipment, 62 × 29 mm
template-title-equipment-66x25 = Equipment, 2.625 × 1 in
template-title-equipment = Equipment, 2.4 × 1.2 in
template-title-load-sticker = Load, 2.4 × 1.2 in
template-title-loaner-until = Loaner until, 2.4 × 1.2 in
template-title-micro-scanner = Micro with Data Matrix for hand scanners, 1 × 0.5 in
template-title-micro = Micro, 1 × 0.5 in
template-title-out-of-service = Out of service, 4 × 2 in
template-title-protocol-card = Protocol card, 4 × 6 in
template-title-receipt = Receipt, 72 mm strip

## Why one is not taken. Without a full stop where a sentence goes round it.

template-refused = This is not a valid label template
    .logo = This file cannot be used as a logo
    .safe = Nothing was changed.
    .next = Correct it and send it again.
# $said, $wanted: names.
template-other-name = the file has the name “{ $said }” and was sent as “{ $wanted }”; give both the same name
template-is-built-in = “{ $name }” is built in and stays as it is; give your own template another name, such as { $name }-own
template-too-many = a facility has at most { $most } templates of its own; remove one that nobody needs
template-changed = somebody else changed the template “{ $name }” meanwhile; check it, then change it again
template-unknown = there is no template “{ $name }” of your own; check the list
template-no-logo = there is no logo
# $detail: the system’s own words.
template-ledger = that could not be saved, so nothing was changed; try again: { $detail }
logo-fault-file = the logo’s file has { $bytes } bytes; at most 1 MB ({ $most }) is allowed: save it smaller
logo-fault-format = the logo is neither a PNG nor a JPEG picture; save it as one of them
logo-fault-large = the logo has { $width } × { $height } pixels; at most 4 million and { $side } a side are allowed: save it smaller
logo-fault-damaged = the logo’s picture cannot be read: { $detail }; save it again

# $why: one of those below.
template-line = line { $line } of the template: { $why }
template-fault-long = a template has at most { $most } bytes; this one has { $bytes }
template-fault-not-text = a template is text in UTF-8; save it as UTF-8
# In the words of the reader of such files.
template-fault-toml = { $detail }
template-fault-title = the title has a character that cannot be seen; enter it again, on one line
template-fault-elements = a template has at most { $most } elements; this one has { $count }
template-fault-name = “{ $name }” cannot be a template’s name: use 1 to 40 small letters, digits and hyphens
# $key: as it stands in the template.
template-fault-measure = { $key } is { $value }, and must be from { $least } to { $most }
template-fault-height = height_mm is a number of millimetres, or “continuous” for a strip that grows; not “{ $text }”
# $what: one of the elements below; $size: of the label.
template-fault-right-edge = the { $what } reaches { $over } mm over the right edge of the label ({ $size }); move it or make it smaller
template-fault-lower-edge = the { $what } reaches { $over } mm over the lower edge of the label ({ $size }); move it or make it smaller
template-fault-overlap = the { $what } overlaps the { $other } of line { $line }; move one of them, or put both into one column
template-fault-field = “{ $field }” is not a field of a label; known: { $known }
template-fault-brace = “{ $text }” has a brace without its partner; fields are written { $example }
template-fault-words = an element’s own words have at most { $most } characters; these have { $chars }
# $steps: the field in its braces.
template-fault-cut-steps = a text with { $steps } may not be cut, because no step may be left out: remove `cut = true`
template-fault-growing = a continuous label needs exactly one column without height, and everything else above or beside it; this one has { $count }
template-fault-beside = a column with beside_code needs a code that begins further left
template-fault-column = a column needs at least one [[column.text]]
template-element = { $kind ->
    [code] code
    [text] text
    [column] column
    [line] line
    [box] box
   *[logo] logo
}
