date-months = enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
date-months-short = { $region ->
    [ES] ene feb mar abr may jun jul ago sept oct nov dic
   *[US] ene feb mar abr may jun jul ago sep oct nov dic
}
date-weekdays = lunes martes miércoles jueves viernes sábado domingo
date-weekdays-short = lun mar mié jue vie sáb dom

date-weekday = { $weekday }
date-short-day = { $region ->
   *[US] { $day } { $month }
}
date-with-year = { $region ->
   *[US] { $day } { $month } { $year }
}
date-with-weekday = { $region ->
    [ES] { $weekday }, { $day } { $month }
    [MX] { $weekday } { $day } de { $month }
   *[US] { $weekday }, { $day } de { $month }
}
date-long-day = { $region ->
   *[US] { $weekday }, { $day } de { $month }
}

date-today = hoy { $time }
date-yesterday = ayer { $time }
date-tomorrow = mañana { $time }
date-weekday-time = { $day } { $time }
date-day-time = { $day }, { $time }
date-board-clock = { $day } · { $time }

span-under-minute = menos de 1 min
span-minutes = { $minutes } min
span-hours = { $hours } h
span-days = { $days ->
    [one] { $days } día
   *[other] { $days } días
}

date-zone = { $group ->
    [CENTRAL] hora central
    [EASTERN] hora oriental
    [MOUNTAIN] { $region ->
        [MX] hora de la montaña
       *[US] hora de las Montañas Rocosas
    }
    [PACIFIC] hora del Pacífico
    [PACIFIC-OF-MEXICO] hora del Pacífico de México
    [ALASKA] hora de Alaska
    [HAWAII] hora de Hawái-Aleutianas
    [ATLANTIC] hora del Atlántico
    [NEWFOUNDLAND] hora de Terranova
    [CENTRAL-EUROPE] hora de Europa central
    [WESTERN-EUROPE] hora de Europa occidental
    [UNIVERSAL] tiempo universal coordinado
   *[NAMELESS] hora de { $zone }
}
