### Backups: the page of facility admins, the page with the key, and why one failed.

backup-title = Backup
backup-what = A backup holds every record, PIN and photo of this box, encrypted. With it and its key a new box continues where this one ended.
# What the page leads with, as long as no backup can be made.
backup-first-folder = First, a place for backups
    .what = No backup can be made yet: no folder for it is set. Plug a stick in, and have whoever set this box up name its folder as “to” under “[backup]” in the settings file and restart the box.
backup-first-key = First, a key
    .what = No backup can be made yet: there is no key to encrypt it with. Create the key, and print the page that shows it.
# Facts.
backup-fact-last = Last backup
# $size: such as “4.1 MB”.
backup-last = { $when }, { $entries ->
    [one] { NUMBER($entries) } entry
   *[other] { NUMBER($entries) } entries
}, { $photos ->
    [one] { NUMBER($photos) } photo
   *[other] { NUMBER($photos) } photos
}, { $size }. It was read back and decrypted.
    .none = none yet
backup-fact-age = Age
backup-fact-file = File
backup-fact-folder = Where
backup-folder-none = no folder is set
backup-fact-daily = Daily at
backup-fact-key = Key
backup-key-made = { $key }…, created { $when }
    .none = none yet: without it no backup can be made
backup-fact-relay = The relay’s copy
# It counts as a backup.
backup-relay = The relay has { NUMBER($held) } of { $all ->
    [one] { NUMBER($all) } entry
   *[other] { NUMBER($all) } entries
} and { NUMBER($photos) } of { $named ->
    [one] { NUMBER($named) } photo
   *[other] { NUMBER($named) } photos
}. PINs and keys are in backups only.
    .none = This box has no relay.
backup-fact-tests = Restore tests
backup-tests = { $count ->
    [0] none yet
    [one] 1, the last one { $when }
   *[other] { NUMBER($count) }, the last one { $when }
}
# Sizes.
backup-size-mb = { NUMBER($megabytes) } MB
backup-size-gb = { NUMBER($gigabytes) } GB

## What runs, and how it ended.

backup-running = A backup is being made. Phones record meanwhile. Open this page again to see how it ended.
    .test = A backup is being tested. Open this page again to see how it ended.
    .archive = An archive of everything is being downloaded. Phones record meanwhile.
backup-done = Done: { $result }
backup-test-failed = The restore test failed: { $result }
backup-failed = No backup was made: { $cause }
backup-failed-why = Reason: “{ $reason }”.
backup-now = Back up now

## The key.

backup-key = Key
backup-key-what = The key is shown once, on a page to print. The box cannot show it again, and nobody can open a backup without it.
backup-key-again = A new key is for backups from now on. Keep the old page too: it opens the backups that were made until now.
# Buttons.
backup-key-make = Create the key
backup-key-replace = Create a new key
# The page to print.
backup-key-title = Key of this box’s backups
backup-key-of = Facility: { $facility }. Box: { $id }. Created { $when }. Its public half begins with { $key }.
    .nameless = Box: { $id }. Created { $when }. Its public half begins with { $key }.
backup-key-print = Print this page now, check that the code can be read, and store it where you keep contracts: not beside the box and not with the stick. It is shown this once.
backup-key-use = To restore, whoever sets up the new box types these characters or scans the code when “cleantrack-appliance restore” asks for the key. Case and spaces do not matter.
backup-key-code = The key as a QR code
backup-key-done = I have printed it

## The restore test.

backup-test = Test a restore
backup-test-what = Reads the newest backup and its photos as a restore would, and changes nothing. The key you enter is used for this and is not stored.
backup-test-key = Key
    .hint = From the printed page. Case and spaces do not matter.
    .wrong = This is not a key: it begins with AGE-SECRET-KEY-1 and has 74 characters. Compare it with the printed page.
backup-test-begin = Test
    .unsaved = The key was not stored. Enter it again.

## Why a backup failed, as a whole sentence.

backup-cause-missing = the stick or folder is not there, or was removed while it was written to. Plug it in and try again.
backup-cause-same-disk = the folder is on the box’s own storage and would be lost with it. Plug in a stick.
backup-cause-read-only = the stick cannot be written to. Move its switch, or use another stick.
backup-cause-full = the stick is full. Use a larger one, or remove what is not a backup from it.
backup-cause-too-large = the stick takes no file of that length. Use one that is formatted as exFAT or ext4.
backup-cause-crowded = the folder holds far more files under this box’s name than a box writes. Name another folder.
backup-cause-not-right = what was read back is not what was written. Do not use this stick any more.
backup-cause-medium = the stick or folder returned an error. Try another stick.
backup-cause-box = the box could not read its own data. Have its storage checked.
backup-cause-stopped = the box was switched off meanwhile. The next backup takes its place.

# Link.
## An archive of everything, to take along.

backup-archive = Take everything along
backup-archive-what = One file with every record, text and photo, what proves them, the public keys and the settings. It is not encrypted: whoever has it can read names and see photos. PINs, badges and secret keys are not in it. “cleantrack-verify archive” checks it, and “cleantrack-appliance restore” starts a new box from it.
backup-archive-begin = Download the archive
backup-archive-failed = The archive was not written to its end, so the file is of no use. Nothing on the box was changed. Download it again.

backup-back = This box
