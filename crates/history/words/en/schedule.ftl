### When an item is due.

## Alone in a line, and in the middle of a sentence.

schedule-hours = { $count ->
    [1] Every hour
   *[other] Every { $count } hours
}
    .inside = { $count ->
        [1] every hour
       *[other] every { $count } hours
    }
schedule-days = { $count ->
    [1] Every day
   *[other] Every { $count } days
}
    .inside = { $count ->
        [1] every day
       *[other] every { $count } days
    }
schedule-weeks = { $count ->
    [1] Every week
   *[other] Every { $count } weeks
}
    .inside = { $count ->
        [1] every week
       *[other] every { $count } weeks
    }
schedule-times = Daily by { $times }
    .inside = daily by { $times }
# $days: such as “Mon, Wed”; $every: one of these.
schedule-on = { $every } ({ $days })
schedule-weekday = { $day ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
}
schedule-use = After each use
    .inside = after each use
