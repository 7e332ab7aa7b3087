### Forms of the dashboard: form-(form)-(field) is a label, .hint what stands beside it, .needed and .wrong what is said of a field.

## Every form.

form-again = Nothing was changed. What you entered is kept.
# $field: the label of the field, such as “Serial number”.
form-needed = { $field } is needed
# $field: the label of the field; $max: characters.
form-too-long = { $field } is longer than { $max } characters. Shorten it
# $field: the label of the field; $code: the character’s number in Unicode.
form-character = { $field } has a character that cannot be shown (U+{ $code }). Enter it again by hand
form-number = { $field } is a whole number, such as 1
form-range = { $field } is a number from { $min } to { $max }
form-option = { $field } is not on the list. Choose again
# The hidden field that says what the form was made over cannot be read.
form-altered = This form was altered on its way. Check every field, then save again
form-yes = Yes
form-no = No
form-empty = (nothing)

## A program’s token.

form-program-name = Program
    .hint = What it is, so that you know later what stops working without it
    .needed = Enter what the program is called, 120 characters at most
form-program-days = Days until it ends
    .hint = 1 to 730, or the word never
    .needed = Enter a number of days from 1 to 730, or the word never
    .wrong = Enter a number of days from 1 to 730, or the word never
form-program-scope = What it may do
form-program-scope-read = Read
form-program-scope-write = Read, add and change facilities
form-program-places = Only these facilities
    .hint = None ticked: it sees every facility, new ones too. A region stands for all of its facilities
form-program-named = Only these facilities and regions
    .hint = One a line, by its name. Empty: it sees every facility, new ones too. “Region North” stands for all facilities of the region North
form-program-origins = Pages that may read with it
    .hint = Leave empty unless a page in a browser uses the token. Origins with blanks between them, such as https://intranet.example
form-program-no-place = Tick facilities of this list, or none
form-program-bad-origins = Enter up to 10 origins that begin with https:// and have nothing behind the host and port
# An earlier press of the button made it.
form-program-repeated = This token was already created, and its text was shown once; revoke it and create another if nobody copied it
form-program-too-many = This account has { NUMBER($max) } tokens; revoke one that is no longer used

## A webhook.

form-webhook-url = Address
    .hint = Where this relay sends to. It begins with https://
    .needed = Enter the address that this relay sends to
form-webhook-events = What is sent
form-webhook-places = Only of these facilities
    .hint = None ticked: of every facility, new ones too
form-webhook-named = Only of these facilities
    .hint = One a line, by its name. Empty: of every facility, new ones too
form-webhook-unknown-place = There is no single facility called { $lines } in your list. Enter one a line, by its name
form-webhook-bad-url = Enter an address that begins with https://, without a user, a password, or a # and what follows it
form-webhook-no-event = Tick what is to be sent
form-webhook-no-place = Tick facilities of this list, or none
# An earlier press of the button added it.
form-webhook-repeated = This webhook was already added, and its secret was shown once; open it to make another secret
form-webhook-too-many = This account has { NUMBER($max) } webhooks; remove one that is no longer used
form-webhook-slack = Slack takes alerts only: tick those alone

## A report, once or again and again.

form-report-facility = Of
form-report-pace = How often
form-report-pace-once = Once, of the days below
form-report-pace-week = Every Monday, of the week before
form-report-pace-month = On the first day of each month, of the month before
form-report-from = First day
    .hint = Such as 2026-11-01; only for a report that is made once
form-report-to = Last day
form-report-format = As
form-report-format-pdf = PDF: on paper, with its proof
form-report-format-csv = CSV: a table
form-report-format-xlsx = XLSX: a spreadsheet
form-report-format-json = JSON: for programs
form-report-wrong = Enter days such as 2026-11-01, the first no later than the last one and today; at most 3,660 days
form-report-too-many = You have { NUMBER($max) } that are made again and again; stop one first

## A rule of alerts, and quiet hours.

form-alert-rule-on = This rule is on
form-alert-rule-minutes = Minutes until it opens
    .hint = How long it must be so before anybody is told
form-alert-rule-roles = Who is told
    .hint = Of those who see the facility
form-alert-rule-no-role = Tick who is told. To tell nobody, switch the rule off
form-alert-rule-escalate = Minutes until account admins are told as well
    .hint = If nobody has acknowledged it by then. 0: never
form-alert-hours-from = Quiet hours begin
    .hint = Such as 22:00, by the clock of each facility. Empty: no quiet hours
form-alert-hours-until = Quiet hours end
    .hint = Such as 06:00
form-alert-hours-digest = Digest
    .hint = When it is sent, such as 07:00, by the clock of the account. Empty: no digest
form-alert-hours-bad-time = Enter a time from 00:00 to 23:59, such as 07:00
form-alert-hours-both = Enter when quiet hours begin and when they end, or neither

## A claim file.

form-claim-facility = Facility
form-claim-wifi = Wi-Fi
form-claim-ssid = Name of the Wi-Fi
    .hint = Empty: the box uses the cable
form-claim-passphrase = Password of the Wi-Fi
    .hint = Empty: an open Wi-Fi. WPA2-Enterprise and 802.1X are not supported
form-claim-country = Country
    .hint = Two letters: whose radio rules hold. Empty: US
form-claim-hidden = The Wi-Fi is hidden
form-claim-names = Time zone and names
form-claim-time-zone = Time zone
    .hint = Such as America/Chicago. Empty: the facility’s
form-claim-host-name = Host name
    .hint = The box’s name in the building’s network: letters, digits and hyphens
form-claim-label-host = Label host
    .hint = Such as HTTP://10.0.0.5. It is on every label for years: a reserved IPv4 address or a name in the facility’s own DNS
form-claim-address-section = Fixed address
form-claim-address = Address with its prefix
    .hint = Such as 10.1.2.3/24. Empty: the network assigns one
form-claim-gateway = Gateway
form-claim-dns = Name servers
    .hint = Addresses, separated by commas
form-claim-way = Proxy and time servers
form-claim-proxy = Proxy
    .hint = http://host:port or http://user:password@host:port
form-claim-ca = Certificates of a proxy that inspects TLS
    .hint = PEM text. The proxy can then read what the box sends
form-claim-ntp = Time servers
    .hint = Names or addresses, separated by commas

# What a box would not take, beside its field. $field: the label of the field, such as “Gateway”; $max: how many values, or bytes, at most.
form-claim-mistake-too-long = { $field } are too long: a claim file has at most { $max } bytes in all. Shorten them
form-claim-mistake-missing-key = { $field } is missing
form-claim-mistake-list-length = { $field } must hold 1 to { $max } values
form-claim-mistake-label-host = { $field } must be a scheme and a host, such as HTTP://10.0.0.5
form-claim-mistake-label-host-local = { $field } ends in .local, which many phones do not find; write the address, such as HTTP://10.0.0.5, or a name of the facility’s own DNS, such as HTTP://BOX.INTERNAL
form-claim-mistake-label-host-public = { $field } is a public name or address, of which phones warn without HTTPS; write HTTPS:// where the box has a certificate for it, else a private address such as HTTP://10.0.0.5
form-claim-mistake-host = { $field } must name a host, with no path, user or space
form-claim-mistake-brackets = { $field } must have an IPv6 address between its brackets
form-claim-mistake-port = { $field } has a port that is not a number from 1 to 65535
form-claim-mistake-certificates = { $field } must be PEM text, each certificate from BEGIN to END
form-claim-mistake-time-zone = { $field } must be an IANA time zone such as Europe/Berlin
form-claim-mistake-hostname = { $field } must be 1 to 63 letters, digits and inner hyphens
form-claim-mistake-ssid = { $field } must be 1 to 32 bytes
form-claim-mistake-passphrase = { $field } must have 8 to 63 characters without accents
form-claim-mistake-country = { $field } must be two upper-case letters, such as US
form-claim-mistake-address = { $field } is an address with the length of its prefix, such as 10.1.2.3/24
form-claim-mistake-address-unusable = { $field } is no address that one machine can have in that network
form-claim-mistake-ip = { $field } must hold IP addresses such as 10.1.2.1
form-claim-mistake-gateway-alone = { $field } needs a fixed address beside it; without both the network assigns them
form-claim-mistake-gateway-outside = { $field } is not another machine of the box’s own network
form-claim-mistake-dns-missing = { $field } are missing beside the fixed address: without them the box finds no relay
form-claim-mistake-proxy = { $field } must be http://host:port or http://user:password@host:port
form-claim-mistake-proxy-scheme = { $field } must begin with http://, also for a proxy that lets https through
form-claim-mistake-ntp = { $field } must hold host names or IP addresses

## A member of the account.

form-member-email = E-mail
    .hint = They get a link by mail, and choose a password of their own
    .needed = Enter the e-mail address of whoever is invited
form-member-role = Role
    .needed = Choose a role
form-member-all = Sees every facility, new ones too
form-member-places = Or only these
    .hint = Tick what they see. A region stands for all of its facilities
form-member-named = Or only these facilities and regions
    .hint = One a line, by its name. “Region North” stands for all facilities of the region North
form-member-unknown-place = There is no single facility or region called { $lines } in your list. Enter one a line, by its name
form-member-many = { NUMBER($count) } facilities or regions
form-member-days = Days until it ends
    .hint = Empty: an auditor’s access ends in 14 days, anybody else’s has no end
# $name: of the region.
form-member-region = Region { $name }
form-member-no-place = Tick every facility, or at least one of the list
form-member-all-or-some = Choose either every facility, or some of them
form-member-admin-sees-all = An admin of the account sees every facility: tick it, or choose facility admin
form-member-bad-email = Enter an e-mail address such as name@hospital.example
form-member-known = They are of this account already
form-member-too-many = This account has { NUMBER($max) } open invitations. Take some back first
form-member-wait = Too many invitations were sent. Wait until { $time }, then send this one
form-member-not-yours = You cannot give this: it is more than your own role, or facilities that you do not see
