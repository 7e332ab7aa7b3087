### The page that a tag opens.

-box = CleanTrack box

# Button.
scan-record = Record cleaning
scan-wet-until = Keep { $item } wet until { $time }, then record it
scan-overdue = { $count ->
    [one] One item is overdue
   *[other] { $count } items are overdue
}
scan-named = { $proof ->
    [pin] { $name }, by PIN
    [badge] { $name }, by badge
   *[none] { $name }, not proven
}
scan-rate = { NUMBER($rate) }% of windows met
scan-unreachable = The { -box } does not answer
scan-note = Note
    .placeholder = What { $name } should know
