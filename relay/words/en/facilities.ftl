### Making and closing facilities.

facilities-title = Facilities
facilities-lead = A hospital, a clinic or a lab: a place with a box of its own. Name and time zone are yours until its box is in service; from then on people change them at the box.
facilities-none = There is no facility yet. Make the first one, then add its box.
facilities-find = Find a facility
    .hint = A part of its name
    .show = Show
    .all = Show all facilities
    .none = No facility fits.
facilities-new = New facility
facilities-name = Name
facilities-zone = Time zone
    .hint = Its days begin and end by it, such as America/New_York
facilities-make = Make the facility
facilities-items = { $count ->
    [0] no items
    [one] { $count } item
   *[other] { $count } items
}
facilities-closed = Closed since { $day }
# Buttons and links. $name: the facility.
facilities-add-box = Add its box
    .of = for { $name }
facilities-close = Close
    .of = { $name }
facilities-open = Open again
    .of = { $name }
facilities-close-hint = A facility without a box in service can be closed: it leaves the lists. What was recorded there stays, and can be read and proved.
facilities-has-box = { $name } has a box in service: retire that box on its page first, then close the facility. Nothing was changed
facilities-bad-name = Enter a name of 1 to 120 characters
facilities-taken = A facility of this account is called { $name } already
facilities-bad-zone = Enter a time zone such as America/New_York
facilities-too-many = This account has { NUMBER($max) } facilities, and that is the most
# Link. Hidden: for which facility.
facilities-place = Address and map
    .of = of { $facility }
