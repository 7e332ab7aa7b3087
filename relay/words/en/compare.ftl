### Regions side by side.

compare-title = Compare regions
compare-caption = Lowest 30 days first
compare-no-regions = There is no region yet: an admin makes regions on the page People.
compare-region = Region
compare-none = in no region
compare-facilities = Facilities
compare-items = Items
compare-month = 30 days
compare-week = 7 days
compare-today = Today
compare-overdue = Overdue
compare-silent = Boxes offline
compare-back = All facilities
