### Records of phones that the box refused, for biomed.

phone-record-title = Records from phones
phone-record-intro = These phones were out of reach when somebody cleaned, and the box could not record what they sent. Make a late entry of each, or dismiss it.
phone-record-none = No record from a phone waits for anybody.
# $count: how many wait for somebody.
phone-record-link = { $count ->
    [one] 1 record from a phone was refused
   *[other] { $count } records from phones were refused
}
# $tag: what the phone took for a tag; $when: such as “today 13:02”; $name: who cleaned.
phone-record-line = { $tag }, cleaned { $when } by { $name }
phone-record-nobody = { $tag }, cleaned { $when }
phone-record-enter = Make a late entry
phone-record-dismiss = Dismiss
