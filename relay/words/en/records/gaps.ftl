### What was not cleaned in time.

gaps-title = Gaps
gaps-title-of = Gaps of { $facility }
gaps-what = What was due and was not cleaned in time in the last 30 days. Most first; each name leads to the items, and from there to each record with its proof.
gaps-caption = Facilities with gaps
gaps-none = No gaps: everything that was due in the last 30 days was cleaned in time, as far as the boxes have reported.
gaps-no-more = There are no more.
gaps-facility = Facility
gaps-missed = Missed
gaps-month = 30 days
gaps-week = 7 days
gaps-overdue = Overdue now
gaps-hint = Facilities whose box is offline are known up to its last report. Only items with a schedule can be missed.
gaps-all-facilities = All facilities
gaps-items-caption = Items with gaps
gaps-none-here = No gaps here: everything that was due in the last 30 days was cleaned in time, as far as the box has reported.
gaps-item = Item
gaps-place = Place
gaps-last-day = Last missed
gaps-overdue-now = Overdue now
gaps-overdue-item = overdue
gaps-to-facility = The facility’s page
