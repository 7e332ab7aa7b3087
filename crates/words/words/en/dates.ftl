### Dates as CLDR 49 has them for each country; countries are named in capitals. A test holds them against it. Spans of time.

# Names, with blanks between them: from January, and from Monday.
date-months = January February March April May June July August September October November December
date-months-short = { $region ->
    [GB] Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec
   *[US] Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
}
date-weekdays = Monday Tuesday Wednesday Thursday Friday Saturday Sunday
date-weekdays-short = Mon Tue Wed Thu Fri Sat Sun

# $weekday and $month are short here.
date-weekday = { $weekday }
date-short-day = { $region ->
    [GB] { $day } { $month }
   *[US] { $month } { $day }
}
date-with-year = { $region ->
    [GB] { $day } { $month } { $year }
   *[US] { $month } { $day }, { $year }
}
date-with-weekday = { $region ->
    [GB] { $weekday } { $day } { $month }
   *[US] { $weekday }, { $month } { $day }
}
# $weekday and $month in full.
date-long-day = { $region ->
    [GB] { $weekday } { $day } { $month }
   *[US] { $weekday }, { $month } { $day }
}

## A day and a time of it, as they stand in a sentence: “Cleaned today 14:04.”

date-today = today { $time }
date-yesterday = yesterday { $time }
date-tomorrow = tomorrow { $time }
# $day: a short weekday, for the six days before and after today.
date-weekday-time = { $day } { $time }
# $day: a date, with its year where that is not this one.
date-day-time = { $day }, { $time }
# The clock of a screen on the wall; $day: weekday and date.
date-board-clock = { $day } · { $time }

## How long something is or was, in one unit.

span-under-minute = under 1 min
span-minutes = { $minutes } min
span-hours = { $hours } h
span-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}

## Zones.

# The zone of all times of a page, behind “times in”. $group: the zones that CLDR gives one name.
date-zone = { $group ->
   *[NAMELESS] { $region ->
       *[US] { $zone }
    }
}
