### Cómo va el registro.

figures-title = Cifras
figures-what = Cómo va el registro, en los últimos 30 días.
figures-time = Tiempo para registrar una limpieza
figures-time-hint = La mitad no tardó más que esto; nueve de cada diez, no más de { $p90 }. Desde que se abre la página hasta que se pulsa, sin el tiempo de contacto; { NUMBER($count) } limpiezas.
figures-time-none = Todavía no hay datos
    .hint = Se muestra cuando se hayan medido 10 limpiezas.
figures-seconds = { $seconds } s
figures-use = Uso del equipamiento, lo más limpiado primero
    .none = No se limpió nada en estos días.
figures-item = Equipo
figures-cleanings = Limpiezas
    .a-day = Limpiezas al día
figures-uses = Usos
    .a-day = Usos al día
