### Setting a box up: the set-up page, and the report that first boot leaves on the card.

setup-page-title = Set up this box
setup-intro = Ten minutes from here to the first scan. What is left empty stays as it is.
    .later = What is left empty stays as it is.
setup-again = Nothing was changed. What you entered is kept, except codes, PINs and files: enter those again.
setup-save = Set up
setup-secure = Passwords and PINs are entered on the box’s HTTPS page only. The browser warns there, because the box made its certificate itself: go on.
    .link = Continue on the HTTPS page
    .none = HTTPS is off on this box, so it can only be set up with a claim file on its card.
setup-code = Set-up code
    .hint = It is on the set-up slip and in cleantrack-provisioned.txt on the card, or whoever wrote the claim file has it.
    .wrong = This is not the set-up code. Small letters, blanks and hyphens do not matter
    .used = This set-up code was used before and opens nothing any more. A claim file with another one, or the box’s command line, makes a new one
    .wait = { $seconds ->
        [one] Too many wrong codes. Wait { NUMBER($seconds) } second, then try again
       *[other] Too many wrong codes. Wait { NUMBER($seconds) } seconds, then try again
    }
setup-pin = PIN of the first facility admin
    .hint = 6 to 8 digits
    .wrong = A PIN of a facility admin has 6 to 8 digits
    .again = The PIN again
    .differs = The two PINs differ. Enter the same PIN twice
setup-file = Or choose the claim file
setup-alone = Without a claim file the box works alone. It can be claimed at any later time; nothing is lost until then.
setup-not-image = This box runs on a system of your own: Wi-Fi, addresses, time servers and the host name are set there.
setup-blocked = The box could not write this down: { $why }. Nothing was changed

## How far it is.

setup-state = State
setup-state-none = There was no claim file yet.
setup-state-done = The newest claim file was applied.
setup-state-mistakes = { $count ->
    [one] The claim file has a mistake. Nothing of it was applied; correct it on the card and start the box again, or use this page.
   *[other] The claim file has { NUMBER($count) } mistakes. Nothing of it was applied; correct them on the card and start the box again, or use this page.
}
setup-state-claim = A claim file waits for the relay. The box works alone until there is a connection, and tries by itself.
setup-state-not-wiped = The claim file still lies on the card with its secrets: the card does not take changes. Delete it on a laptop.
setup-state-settings-made = The box’s settings were damaged and were made again from what was set up before, as far as that is known. Check that its network, name and proxy are right.
setup-state-access-point = The box is a Wi-Fi of its own, open until it is set up.
    .closed = The box is a Wi-Fi of its own, with a password. Name your Wi-Fi here and the box joins that instead.
setup-state-settled = It has: { $parts }.

setup-part-relay = relay
setup-part-host-name = host name
setup-part-time-zone = time zone
setup-part-wifi = Wi-Fi
setup-part-access-point = Wi-Fi of its own
setup-part-address = fixed address
setup-part-name-servers = name servers
setup-part-proxy = proxy
setup-part-proxy-authority = the proxy’s certificate authority
setup-part-time-servers = time servers
setup-part-label-host = label host
setup-part-setup-code = set-up code

## After it was sent.

setup-done = The box is being set up
setup-done-network = The box now changes its network, which takes a minute. If you are connected to the box’s own Wi-Fi, connect to the building’s Wi-Fi again.
setup-done-open = Then open { $address } and sign in with the PIN.
setup-done-own = The box goes on without a network of yours: its own Wi-Fi stays. In a minute it wants this password, so write it down now; the set-up slip and the page “This box” have it too.
setup-done-own-open = Then connect to the Wi-Fi CleanTrack-… again with it, open { $address } and sign in with the PIN.
setup-done-claim = The box claims itself as soon as it reaches the relay. Until then it works alone.
setup-done-first = Add the first item, print its label and scan it with a phone: the box is in use.
setup-done-staff = Sign in
# Where somebody else’s form came before.
setup-late = This box is set up already
    .nothing = Another form was sent before this one: somebody else set the box up meanwhile, or this form was sent twice. Nothing of what was entered in this one was changed or kept.
    .next = Whoever set the box up signs in with their PIN and can add others under Staff. If nobody knows who did, ask whoever holds the box: with its card or its command line they can always get in.
# Where a facility admin changed it later.
setup-saved = The changes are saved
# A link.
setup-saved-back = Back to the set-up

## The report on the card, for a laptop.

setup-report-head = CleanTrack
setup-report-none = There was no claim file, so the box became a Wi-Fi of its own, CleanTrack-…. Connect to it and open the set-up page: https://10.77.0.1/setup
setup-report-done = The claim file was applied and wiped from this card.
setup-report-left = The claim file was applied, but could not be wiped from this card. Delete cleantrack.toml: it holds secrets.
setup-report-mistakes = Nothing of the claim file was applied. Correct these lines of cleantrack.toml, then put the card back and start the box:
setup-report-page = Set-up page: https://{ $host }/setup
setup-report-code = Set-up code: { $code }
setup-report-code-own = Set-up code: the one of the claim file. One that was used opens nothing any more: put another one into a claim file

## A mistake of a claim file.

setup-row = Line { $line }: { $key } { $reason }
    .line = Line { $line } { $reason }
    .key = { $key } { $reason }
# $row: the mistake with its line, such as “Line 3: hostnam is not a setting of a claim file”.
setup-claim-row = Claim file: { $row }

## What provision says on the console.

provision-unchanged = Nothing to do.
provision-access-point = No claim file: the box becomes a Wi-Fi of its own.
provision-applied = The claim file was applied.
provision-applied-left = The claim file was applied, but could not be wiped from the card.
provision-refused = The claim file has mistakes; nothing of it was applied.

## Why something of a claim file does not fit; continues the key.

form-setup-mistake-too-long = has more than { $detail } bytes, too many for a claim file: is it another file?
form-setup-mistake-encoding = is not text: save it as UTF-8, or download it again from the relay
form-setup-mistake-syntax = cannot be read: { $detail }
form-setup-mistake-unknown-key = is not a setting of a claim file. Meant was perhaps: { $detail }
form-setup-mistake-unknown-key-none = is not a setting of a claim file; take the line out
form-setup-mistake-missing-key = is missing
form-setup-mistake-version = is not 1: this program is older than the file
form-setup-mistake-text = must be a text in quotes
form-setup-mistake-flag = must be true or false, without quotes
form-setup-mistake-section = must be a section: its name in [ ] on a line of its own
form-setup-mistake-list = must be a list of texts in quotes, in [ ]
form-setup-mistake-list-length = must hold 1 to { $detail } values
form-setup-mistake-https = must begin with https://
form-setup-mistake-mqtts = must begin with mqtts://
form-setup-mistake-label-host = must be a scheme and a host, such as HTTP://10.0.0.5
form-setup-mistake-label-host-local = ends in .local, which many phones do not find; write the address, such as HTTP://10.0.0.5, or a name of the facility’s own DNS, such as HTTP://BOX.INTERNAL
form-setup-mistake-label-host-public = is a public name or address, of which phones warn without HTTPS; write HTTPS:// where the box has a certificate for it, else a private address such as HTTP://10.0.0.5
form-setup-mistake-host = must name a host, with no path, user or space
form-setup-mistake-brackets = must have an IPv6 address between its brackets
form-setup-mistake-port = has a port that is not a number from 1 to 65535
form-setup-mistake-certificates = must be the PEM text of certificates, each from BEGIN to END
form-setup-mistake-verifier-key = must hold the relay’s keys as the relay writes them
form-setup-mistake-facility = must be the facility’s id: 26 letters and digits in upper case
form-setup-mistake-code = must be the one-time code: 8 to 128 letters, digits and signs with no space
form-setup-mistake-expires = must be a moment such as 2026-12-31T12:00:00Z
form-setup-mistake-time-zone = must be an IANA time zone such as Europe/Berlin
form-setup-mistake-hostname = must be 1 to 63 letters, digits and inner hyphens
form-setup-mistake-setup-code = must be 8 to 64 letters and digits without accents and without U; hyphens and spaces between them do not count
form-setup-mistake-ssid = must be the name of a network: 1 to 32 bytes
form-setup-mistake-passphrase = must have 8 to 63 characters without accents
form-setup-mistake-psk = must be 64 hex digits
form-setup-mistake-key-twice = stands beside wifi.passphrase: leave one of the two
form-setup-mistake-own-passphrase = must have 8 to 63 characters without accents
form-setup-mistake-radio-twice = stands beside wifi: the box either joins a network or is one; leave one of the two
form-setup-mistake-country = must be a country in two upper-case letters, such as US
form-setup-mistake-enterprise = belongs to WPA2-Enterprise or 802.1X, which a box does not support: ask the network team for a network with a passphrase, or for a port that lets the box in by its MAC address
form-setup-mistake-address = must be an address with the length of its prefix, such as 10.1.2.3/24
form-setup-mistake-address-unusable = is no address that one machine can have in that network
form-setup-mistake-ip = must be an IP address such as 10.1.2.1
form-setup-mistake-gateway-alone = needs a fixed address beside it; without both the network assigns them
form-setup-mistake-gateway-outside = is not another machine of the box’s own network
form-setup-mistake-dns-missing = is missing beside the fixed address: without it the box finds no relay
form-setup-mistake-proxy = must be http://host:port or http://user:password@host:port
form-setup-mistake-proxy-scheme = must begin with http://, also for a proxy that lets https through
form-setup-mistake-ntp = must hold host names or IP addresses of time servers
