### How recording goes.

figures-title = Figures
figures-what = How recording goes, in the last 30 days.
figures-time = Time to record a cleaning
# $p90: nine of ten took no longer; $count: cleanings that were measured.
figures-time-hint = Half took no longer than this, nine of ten no longer than { $p90 }. From the open page to the press, without the contact time; { NUMBER($count) } cleanings.
figures-time-none = No data yet
    .hint = It is shown once 10 cleanings were measured.
# $seconds: with one decimal.
figures-seconds = { $seconds } s
figures-use = Use of equipment, most cleaned first
    .none = Nothing was cleaned in these days.
figures-item = Item
figures-cleanings = Cleanings
    .a-day = Cleanings a day
figures-uses = Uses
    .a-day = Uses a day
