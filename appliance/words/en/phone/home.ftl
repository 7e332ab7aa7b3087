### The first page, which lists what needs cleaning, and the board on the wall.

home-title = What needs cleaning
home-find = Find by name, place or tag
# Button.
home-find-button = Find
# $query: what was looked for, as it was entered.
home-badge = That is a staff badge, not a label. Scan the label on the item.
    .plain = That is a staff badge, not a label. This page is not secure, and others could read the badge: a facility admin replaces it. Scan the label on the item.
home-found-none = No equipment matches “{ $query }”
home-found = { $count ->
    [one] { $count } item with “{ $query }”
   *[other] { $count } items with “{ $query }”
}
home-all-items = { $count ->
    [one] All { $count } item
   *[other] All { $count } items
}
home-found-hint = Try a part of the name, the room, or the asset number.
# Link, where it may be the code of a thing.
home-found-code = I scanned this code: what is it on?
home-found-more = { NUMBER($count) } more. Enter more of the name.
home-only-due = Only what needs cleaning
home-unknown-title = The equipment is not known now
home-unknown = It is in the missing part of the history. Do not add it again: labels and records come back with that part.
home-empty-title = No equipment yet
home-empty = Biomed adds equipment on the staff pages and prints its labels. Then it is listed here, overdue first.
# A link, on a box on which nobody can sign in yet.
home-set-up = Set this box up
home-none-overdue = Nothing is overdue.
home-show-due = Show all { NUMBER($count) }
home-show-all = { $count ->
    [one] All { $count } item, with what is clean
   *[other] All { $count } items, with what is clean
}
# Link to the page that can be put on a home screen.
home-app = Works in dead spots too: put this on your home screen
home-staff = Staff pages
# $zone: such as America/Chicago; in Spanish “hora central”.
home-as-of = As of { $time }, times in { $zone }. This page updates itself.

## Both pages: titles of lists, and what stands under them.

list-overdue = Overdue
list-due = Due
list-none-due = Nothing is due at the moment.
# The item that is due next, behind a sentence that nothing is overdue.
list-next-by = Next: { $name }, due by { $time }.
list-next-after-use = Next: { $name }, due after use.

## The board.

board-title = Cleaning board
board-today = Today
# $rate: with one decimal.
board-rate = { NUMBER($rate) }%
board-first = Clean these first
board-none-overdue = Nothing overdue.
board-next = Next
board-as-of = As of { $time }. If this time stops, the screen has lost the box; cleanings are still recorded.
