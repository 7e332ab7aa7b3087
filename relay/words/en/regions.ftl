### Regions: facilities that belong together.

regions-title = Regions
regions-lead = A region is a group of facilities. Somebody who is given a region sees all of its facilities, those that you add later too.
regions-none = There is no region yet. An account without regions works as well: give people single facilities, or all.
regions-count = { $count ->
    [one] { $count } facility
   *[other] { $count } facilities
}
regions-name = Name
regions-new = New region
# Buttons.
regions-make = Make the region
regions-save = Save
regions-delete = Delete the region
    .hint = Its facilities stay. People who see them by this region alone do not see them any more.
regions-facilities = Facilities in it
# Beside a facility that is in another region.
regions-named-hint = One a line, by its name. One that is in another region moves here
regions-changed = Somebody else changed the region { $name }, or moved one of its facilities, meanwhile. Nothing was saved: this is how it is now, and what you entered stands below it
# Above what somebody entered that was not saved.
regions-entered = What you entered
regions-unknown = In the region { $name } nothing was changed: there is no single facility called { $lines }
regions-elsewhere = now in { $region }
regions-bad-name = Enter a name of 1 to 120 characters
regions-taken = Another region is called { $name } already
regions-too-many = This account has { NUMBER($max) } regions, and that is the most
