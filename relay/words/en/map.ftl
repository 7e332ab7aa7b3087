### Where facilities are: the map, and the form for one facility’s place.

map-title = Map
map-lead = Facilities where somebody entered a place. The outlines come with this relay: nobody else learns what you look at.
map-none = No facility has a place yet
    .hint = Enter an address and coordinates for a facility, and it appears here.
# For people who do not see the picture.
map-label = { $count ->
    [one] Map with { $count } facility
   *[other] Map with { $count } facilities
}
map-scale = { $km } km, { $miles } mi
map-scale-near = { $km } km
map-legend = What the marks mean
map-mark-good = As it should be
map-mark-soon = Something is due
map-mark-low = Overdue, or the box needs somebody
map-mark-plain = No box yet
map-placed = On the map
map-unplaced = Without a place
map-more = { $count ->
    [one] { $count } more is on the page of all facilities.
   *[other] More are on the page of all facilities.
}
# Link to another site. Hidden: for which facility.
map-directions = Directions
    .of = to { $facility }
    .hint = Directions open openstreetmap.org, which then learns the place.
map-overdue = { $count } overdue
map-due = { $count } due
map-set = Set its place
    .of = for { $facility }
map-back = All facilities

## One facility’s place.

map-place = Where { $facility } is
map-address = Address
    .hint = As you would write it on a letter, in one line
map-latitude = Latitude
    .hint = In degrees, such as 41.87811; south is negative
map-longitude = Longitude
    .hint = In degrees, such as -87.62980; west is negative
map-coordinates-hint = Both, or neither. A map on your phone shows them when you hold a finger on the place.
map-save = Save the place
map-address-bad = Enter an address of at most 200 visible characters, or nothing.
map-latitude-bad = Enter a latitude from -90 to 90, or leave both coordinates empty.
map-longitude-bad = Enter a longitude from -180 to 180, or leave both coordinates empty.
