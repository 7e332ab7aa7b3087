### Lo que no se limpió a tiempo.

gaps-title = Incumplimientos
gaps-title-of = Incumplimientos de { $facility }
gaps-what = Lo que tocaba y no se limpió a tiempo en los últimos 30 días. Primero donde hay más; cada nombre lleva a los equipos, y de ahí a cada registro con su prueba.
gaps-caption = Centros con incumplimientos
gaps-none = Sin incumplimientos: todo lo que tocaba en los últimos 30 días se limpió a tiempo, según lo que han informado las unidades.
gaps-no-more = No hay más.
gaps-facility = Centro
gaps-missed = Incumplidos
gaps-month = 30 días
gaps-week = 7 días
gaps-overdue = Vencidos ahora
gaps-hint = De los centros cuya unidad está sin conexión se conoce lo ocurrido hasta su último informe. Solo los equipos con programación pueden tener plazos incumplidos.
gaps-all-facilities = Todos los centros
gaps-items-caption = Equipos con incumplimientos
gaps-none-here = Aquí no hay incumplimientos: todo lo que tocaba en los últimos 30 días se limpió a tiempo, según lo que ha informado la unidad.
gaps-item = Equipo
gaps-place = Lugar
gaps-last-day = Último incumplido
gaps-overdue-now = Vencidos ahora
gaps-overdue-item = vencido
gaps-to-facility = La página del centro
