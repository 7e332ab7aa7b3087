### Cuándo toca limpiar un equipo.

schedule-hours = { $count ->
    [1] Cada hora
   *[other] Cada { $count } horas
}
    .inside = { $count ->
        [1] cada hora
       *[other] cada { $count } horas
    }
schedule-days = { $count ->
    [1] Cada día
   *[other] Cada { $count } días
}
    .inside = { $count ->
        [1] cada día
       *[other] cada { $count } días
    }
schedule-weeks = { $count ->
    [1] Cada semana
   *[other] Cada { $count } semanas
}
    .inside = { $count ->
        [1] cada semana
       *[other] cada { $count } semanas
    }
schedule-times = Cada día antes de las { $times }
    .inside = cada día antes de las { $times }
schedule-on = { $every } ({ $days })
schedule-weekday = { $day ->
    [1] lun
    [2] mar
    [3] mié
    [4] jue
    [5] vie
    [6] sáb
   *[7] dom
}
schedule-use = Después de cada uso
    .inside = después de cada uso
