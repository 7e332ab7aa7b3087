### How a phone or computer comes to trust this box: its certificate, and the steps for each system.

certificate-title = How to trust this box
certificate-why = This box signs its secure pages itself. Until a phone has the certificate of this box, it warns that the connection is not private. Install the certificate once on each phone on which somebody signs in.
certificate-not-needed = Recording a cleaning with a name needs none of this.
certificate-fingerprint = Fingerprint of the certificate (SHA-256)
certificate-compare = Before you install it, compare this with the same page on a device that trusts the box already. Where the two differ, do not install it, and tell { $contact }.
certificate-until = It is good until { $day }.
# Buttons.
certificate-get-profile = Download the profile
certificate-get-certificate = Download the certificate
certificate-apple = iPhone and iPad
    .first = Open this page in Safari, tap “Download the profile” and allow it.
    .second = Open Settings, tap “Profile Downloaded”, then “Install”.
    .third = In Settings open General, About, Certificate Trust Settings, and switch on { $name }.
certificate-android = Android
    .first = Tap “Download the certificate”. The browser stores the file { $file }.
    .second = Open Settings, search for “CA certificate”, tap it, then “Install anyway”.
    .third = Choose the file { $file }.
certificate-computer = Windows, Mac and Firefox
    .first = Windows: open the file { $file }, choose “Install Certificate”, “Local Machine”, and the store “Trusted Root Certification Authorities”.
    .second = Mac: open the file { $file } in Keychain Access, open the certificate there, and under “Trust” choose “Always Trust”.
    .third = Firefox: search its settings for “certificates”, then “View Certificates”, “Authorities”, “Import”, and the file { $file }.
certificate-test = Did it work?
    .what = Open the secure page. Where no warning comes, this device trusts the box.
    .link = Open the secure page
certificate-none = This box has no secure pages now
    .what = There is no certificate to install. Cleanings are recorded on the simple pages.
