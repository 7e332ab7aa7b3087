### What the doctor finds: on the command line, on the health page, in the support bundle. Each finding says what is so; .next what to do.

doctor-title = Health
doctor-overall-good = Everything that was checked is fine.
doctor-overall-warn = Something needs attention soon.
doctor-overall-bad = Something does not work.
doctor-hint = The same as cleantrack-appliance doctor on the command line.
doctor-network = Check the network now
    .hint = It tries every way to the relay and takes a few seconds.
doctor-caption = Findings
doctor-column-check = What
doctor-column-state = State
doctor-column-finding = Finding

## States.

doctor-state-good = Good
doctor-state-unknown = Not known
doctor-state-warn = Soon
doctor-state-bad = Now

## What is checked.

doctor-check-program = Program
doctor-check-settings = Settings
doctor-check-setup = Set-up
doctor-check-recording = Recording
doctor-check-clock = Clock
doctor-check-storage = Storage
doctor-check-wear = Storage wear
doctor-check-power = Power supply
doctor-check-temperature = Temperature
doctor-check-memory = Memory
doctor-check-network = Network
doctor-check-wifi = Wi-Fi
doctor-check-dns = Names (DNS)
doctor-check-relay = Relay
doctor-check-backlog = Waiting for the relay
doctor-check-certificate = Certificates
doctor-check-printers = Printers
doctor-check-log = Log check
doctor-check-alarms = Alarms
doctor-check-backup = Backup

## What is safe.

doctor-safe-records = Phones go on recording, and everything that was recorded is safe.
doctor-safe-stored = Everything that was recorded is safe. Nothing new is recorded until this is solved.
doctor-safe-waiting = Records are safe on the box and are sent as soon as there is a way.
doctor-safe-untouched = Nothing was changed, and what is on the card stays as it is.

## The program.

doctor-running = The box runs, version { $version }.
doctor-stopped = The box does not run.
    .next = Start it: systemctl start cleantrack-appliance. If it ends again, read why: journalctl -u cleantrack-appliance.
doctor-hanging = The box runs and does not answer: { $why }
    .next = Wait a minute, then restart it: systemctl restart cleantrack-appliance.
doctor-never-started = There is no data folder of a box here, or nothing is in it yet.
    .next = Check the folder after --data, or start the box once: systemctl start cleantrack-appliance.
doctor-folder-closed = The data folder cannot be read: { $why }
    .next = Run the doctor as root, or as the user that the box runs as.
doctor-settings-valid = The settings are valid.
doctor-settings-wrong = The settings are not taken: { $why }
    .next = Correct the line that is named, then start the box again.
doctor-setup-done = The newest claim file was applied.
doctor-setup-mistakes = { $count ->
    [one] The claim file has a mistake, and nothing of it was applied.
   *[other] The claim file has { NUMBER($count) } mistakes, and nothing of it was applied.
}
    .next = They stand in cleantrack-mistakes.txt on the card and on the set-up page. Correct the file and start the box again.
doctor-setup-not-wiped = The claim file was applied and could not be wiped: it still lies on the card with its secrets.
    .next = Delete cleantrack.toml from the card on a laptop. If the card is write-protected, replace it.
doctor-no-admin = Nobody can sign in yet.
    .next = Open the set-up page, /setup, and make the first facility admin.
doctor-claim-waits = The box waits to be claimed.
    .why = The box waits to be claimed: { $why }
    .next = It tries again by itself. Check below which ways to the relay are open.

## Recording, clock.

doctor-recording-ready = { $entries ->
    [one] Records are taken: { NUMBER($entries) } entry in the log.
   *[other] Records are taken: { NUMBER($entries) } entries in the log.
}
doctor-recording-full = The storage is full, so nothing can be recorded.
    .next = Make room on the storage or replace the card by a larger one.
doctor-recording-ended = The log is closed after an error of the storage.
    .next = Restart the machine. If it happens again, replace the card.
doctor-clock-synced = The clock is kept by a time server.
doctor-clock-hardware = The clock is kept by the machine’s own battery.
doctor-clock-uncertain = Nothing vouches for the clock: times count as uncertain.
    .next = Let the box reach a time server (UDP 123), or name the building’s own one (ntp in the claim file or on the set-up page).
doctor-clock-past = The clock shows a time before this program was made.
    .next = Let the box reach a time server or the relay: it sets the clock, and times are corrected.
doctor-clock-off = { $seconds ->
    [one] The clock differs from the relay’s by { NUMBER($seconds) } second.
   *[other] The clock differs from the relay’s by { NUMBER($seconds) } seconds.
}
    .next = Let the box reach a time server. Its records are corrected once it knows the time.

## Storage.

doctor-storage-free = { NUMBER($megabytes) } MB of the storage are free: { NUMBER($percent) } percent.
doctor-storage-low = Only { NUMBER($megabytes) } MB of the storage are free: { NUMBER($percent) } percent.
    .next = Let the box reach the relay, so that old photos can go, or use a larger card.
doctor-storage-full = Only { NUMBER($megabytes) } MB of the storage are free, { NUMBER($percent) } percent: photos are refused, and records later.
    .next = Use a larger card now, or delete what else is on it.
doctor-storage-read-only = The storage can only be read: the system found errors on it.
    .next = Make a backup, then replace the card.
doctor-storage-errors = { $count ->
    [one] The file system has counted an error.
   *[other] The file system has counted { NUMBER($count) } errors.
}
    .next = Make a backup, then replace the card soon.
doctor-storage-unknown = The room on the storage cannot be read.
doctor-wear-fine = The storage says that at most { NUMBER($percent) } percent of its life is used.
doctor-wear-high = The storage says that up to { NUMBER($percent) } percent of its life is used.
    .next = Order another one and replace it in a quiet hour.
doctor-wear-end = The storage says that its life is used up.
    .next = Make a backup, then replace it now.
doctor-wear-unknown = This storage does not tell how worn it is; SD cards do not.

## The machine.

doctor-power-good = The supply’s voltage is right.
doctor-power-low = The supply’s voltage is too low at this moment.
    .next = Use the power supply that belongs to the board, with a short thick cable.
doctor-power-was-low = The supply’s voltage was too low since the box was started.
    .next = Use the power supply that belongs to the board, with a short thick cable.
doctor-power-unknown = This machine does not tell its supply’s voltage.
doctor-temperature-fine = { NUMBER($celsius) } °C.
doctor-temperature-warm = { NUMBER($celsius) } °C: warm.
    .next = Give the box air: not on a radiator, not behind cloth.
doctor-temperature-hot = { NUMBER($celsius) } °C: so hot that it slows itself down.
    .next = Give the box air or a cooler place, or a heat sink.
doctor-temperature-unknown = This machine does not tell its temperature.
doctor-memory-fine = { NUMBER($megabytes) } MB of memory are free.
doctor-memory-low = Only { NUMBER($megabytes) } MB of memory are free.
    .next = Find out what else runs on the machine.
doctor-memory-short = Only { NUMBER($megabytes) } MB of memory are free: programs may be ended.
    .next = End what else runs on the machine, then restart the box.
doctor-memory-unknown = The machine’s memory cannot be read.

## The network.

doctor-network-up = The box’s addresses: { $addresses }
doctor-network-down = The box has no address in any network.
    .next = Check cable and port, or the Wi-Fi’s name and password.
doctor-wifi-absent = The machine has no Wi-Fi.
doctor-wifi-unused = No Wi-Fi is set up; the box uses the cable.
doctor-wifi-up = Connected, { $dbm } dBm.
doctor-wifi-joined = Connected.
doctor-wifi-weak = Connected, but weak: { $dbm } dBm.
    .next = Put the box closer to an access point, or use a cable.
doctor-wifi-wrong-password = The Wi-Fi “{ $ssid }” refuses the password.
    .next = Enter it again on the set-up page, or put a corrected claim file on the card.
doctor-wifi-searching = The Wi-Fi that is set up is not found.
    .next = Check its name, whether it is in reach on 2.4 GHz, and whether it is hidden.
doctor-wifi-access-point = The box is a Wi-Fi of its own: for the set-up page, or because it works without the building’s network.
doctor-dns-found = The relay’s name { $host } is found.
doctor-dns-failed = The relay’s name { $host } is not found.
    .next = Ask the network team whether the box may use the building’s name servers, and name them (dns) where it has a fixed address.

## The relay.

doctor-relay-alone = The box works alone: it belongs to no relay.
doctor-relay-connected = Connected.
doctor-relay-down = Not connected: { $why }
    .next = It tries again by itself. If this lasts, check the network here and show the network team which ways are closed.
doctor-way-open = { $way ->
    [mqtt] Open: MQTT, { $address }.
    [https] Open: HTTPS, { $address }.
   *[proxy] Open: HTTPS by the proxy, { $address }.
}
# $reason: where it ends and what to do, whole sentences.
doctor-way-closed = { $way ->
    [mqtt] Closed: MQTT, { $address }. { $reason }
    [https] Closed: HTTPS, { $address }. { $reason }
   *[proxy] Closed: HTTPS by the proxy, { $address }. { $reason }
}
doctor-relay-unreachable = No way to the relay is open.
    .next = Ask the network team to let the box out to the addresses above, or to name a proxy.
doctor-backlog-none = Nothing waits.
doctor-backlog-sending = { $entries ->
    [one] { NUMBER($entries) } entry is being sent.
   *[other] { NUMBER($entries) } entries are being sent.
}
doctor-backlog-waits = { $entries ->
    [one] { NUMBER($entries) } entry waits for a connection.
   *[other] { NUMBER($entries) } entries wait for a connection.
}
    .next = Nothing, unless it lasts for days: then the connection needs somebody.

## Certificates, printers, log, alarms, backup.

doctor-certificate-fine = { $days ->
    [one] The certificate for the relay is good for { NUMBER($days) } more day.
   *[other] The certificate for the relay is good for { NUMBER($days) } more days.
}
doctor-certificate-soon = { $days ->
    [one] The certificate for the relay ends in { NUMBER($days) } day and was not renewed.
   *[other] The certificate for the relay ends in { NUMBER($days) } days and was not renewed.
}
    .next = Let the box reach the relay: it renews it by itself.
doctor-certificate-ended = The certificate for the relay has ended.
    .next = Let the box reach the relay: it renews it by itself, also now.
doctor-https-off = HTTPS is off, and with it the staff pages.
    .next = See the alarm on the command line: cleantrack-appliance alarm list.
doctor-printers-none = No printer is set up.
doctor-printer-ready = { $name } is ready.
doctor-printer-still = { $name } waits for somebody.
    .next = See the page Printers for what it needs.
doctor-log-checked = { $days ->
    [0] All that is stored was read today and is right.
    [one] All that is stored was read { NUMBER($days) } day ago and is right.
   *[other] All that is stored was read { NUMBER($days) } days ago and is right.
}
doctor-log-unchecked = What is stored has not been read through yet; that happens within a week.
doctor-log-overdue = { $days ->
    [one] All that is stored was last read { NUMBER($days) } day ago.
   *[other] All that is stored was last read { NUMBER($days) } days ago.
}
    .next = Leave the box switched on: it reads a part every day.
doctor-log-damaged = Something that is stored is not as it was written.
    .next = See the alarms, make a backup, then replace the card.
doctor-log-missing = Entries are missing on this box.
    .next = Keep the card and every backup, let the box reach the relay, and see the alarms.
doctor-alarms-none = No alarm waits to be seen.
doctor-alarms-unseen = { $count ->
    [one] An alarm waits to be seen.
   *[other] { NUMBER($count) } alarms wait to be seen.
}
    .next = Read them on the page Box, or with cleantrack-appliance alarm list.
doctor-backup-at-relay = The relay has everything that was recorded.
doctor-backup-fresh = { $days ->
    [0] A backup was verified today.
    [one] A backup was verified { NUMBER($days) } day ago.
   *[other] A backup was verified { NUMBER($days) } days ago.
}
doctor-backup-old = { $days ->
    [one] The last backup was verified { NUMBER($days) } day ago.
   *[other] The last backup was verified { NUMBER($days) } days ago.
}
    .next = Put in the backup stick, or let the box reach the relay.
doctor-backup-none = There is neither a relay nor a backup: one card holds everything.
    .next = Set up a backup, or claim the box to a relay.

## The support bundle.

bundle-title = Support bundle
bundle-what = One ZIP file that says how this box is, for whoever helps. You see here what is in it before you save it; nothing is sent anywhere.
bundle-without = It holds no cleaning, no name of a person or an item, no photo, no PIN, no password and no key.
bundle-caption = What is in it
bundle-column-file = File
bundle-column-size = Bytes
bundle-column-about = What it says
bundle-save = Save support bundle
bundle-back = Back to the box
bundle-about = Version and machine
    .machine = What the system says of power, memory, heat and disks
    .storage = Names and sizes of the box’s own files; photos are only counted
    .setup = How far the set-up is, with mistakes of a claim file but no value of it
    .health = The same facts as the page Health
    .settings = Settings; passwords are in none, users of addresses are hidden
    .alarms = Alarms, without who acknowledged them
    .refusals = The last 100 refusals, without who and from where
    .log = The program’s newest messages
    .doctor = The findings of the page Health in words
    .other = Messages of the system about the box
