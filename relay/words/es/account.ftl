### La página de la cuenta: sus centros, primero los que más vencidos tienen.

account-title = Centros – { $account }
account-live-behind = { $count ->
    [one] En vivo, datos de { $time }, { $zone }. Una unidad no está al día: vea su fila.
   *[other] En vivo, datos de { $time }, { $zone }. { $count } unidades no están al día: sus filas dicen desde cuándo.
}

account-nothing = Todavía no ve ningún centro
    .lead = Usted pertenece a { $account }, y nadie ha elegido cuáles de sus centros ve. Pídalo a quien administra la cuenta: se hace en Personas, en la página de { $email }. Después abra esta página de nuevo.

account-month = 30 días
account-overdue = Vencidos
account-silent = Unidades sin conexión
account-backlog = Poniéndose al día
account-no-data = Sin datos todavía
account-windows-met = { NUMBER($met) } de { NUMBER($closed) } plazos cumplidos
account-overdue-of = { $facilities ->
    [0] de { $items }
    [one] de { $items }, en { $facilities } centro
   *[other] de { $items }, en { $facilities } centros
}
account-all-online = Todas en línea
account-silent-one = { $name }, desde { $time }
account-silent-more = { $name } y { NUMBER($more) } más
account-all-sent = Todas las unidades en línea están al día

account-caption = { $count ->
    [one] { $count } centro, { $sort }. Las curvas de tendencia van de 80 % a 100 %; hoy cuenta los plazos cerrados desde la medianoche.
   *[other] { $count } centros, { $sort }. Las curvas de tendencia van de 80 % a 100 %; hoy cuenta los plazos cerrados desde la medianoche.
}
account-sort = { $sort ->
    [name] por nombre
    [month] primero el valor más bajo de 30 días
    [week] primero el valor más bajo de 7 días
    [today] primero el valor más bajo de hoy
    [box] primero la unidad más urgente
   *[overdue] primero los que más vencidos tienen
}
account-column = { $column ->
    [name] Centro
    [month] 30 días
    [trend] Curva
    [week] 7 días
    [today] Hoy
    [overdue] Fuera de plazo
    [box] Unidad
    [heard] Último contacto
   *[backlog] En espera
}
account-filter = { $filter ->
    [overdue] Con equipos vencidos
    [offline] Con una unidad sin conexión
   *[all] Todos los centros
}
account-region = Solo centros de la región { $region }. Los números de arriba son de todo lo que usted ve.
account-everywhere = De todas las regiones
account-brand = Nombre y color de la cuenta
account-map = Ver los centros en un mapa
account-compare = Comparar regiones
account-first = Primera página
account-next = Siguiente
account-zone-missing = No se indicó una zona horaria: los días se cuentan en UTC
account-zone-where = { $facilities }. Indíquela en cada unidad, en Configuración.
account-silent-hint = Una unidad sin conexión sigue registrando; sus entradas llegan cuando se conecta de nuevo. “Sin datos” no es 0 %.
