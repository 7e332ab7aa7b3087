### Equipos: la lista de un centro y la página de un equipo.

item-state = { $state ->
    [retired] Dado de baja
    [overdue] Vencido
    [due] Pendiente
    [used] Pendiente tras el uso
    [clean] Limpio
    [out] Fuera de servicio
    [idle] No pendiente
   *[none] Sin programación
}
item-late = { $span } de atraso

items-title = Equipos
    .of = Equipos – { $facility }
items-sheets = Hojas de etiquetas
items-find = Buscar por nombre, lugar, número de inventario o código
items-find-button = Buscar
items-none = { $which ->
    [overdue] No hay equipos vencidos
   *[all] No hay equipos
}
items-none-found = { $which ->
    [overdue] Ningún equipo vencido coincide con “{ $query }”
   *[all] Ningún equipo coincide con “{ $query }”
}
items-caption = { $which ->
    [overdue] Vencidos, los más urgentes primero: { $items }
   *[all] { $items }, los más urgentes primero
}
items-caption-found = { $which ->
    [overdue] Vencidos con “{ $query }”: { $items }
   *[all] { $items } con “{ $query }”
}
items-none-hint = Lo que se agrega en la unidad aparece aquí en segundos.
items-none-found-hint = Pruebe con una parte del nombre, la sala, el número de inventario o el código de la etiqueta.
items-item = Equipo
items-place = Lugar
items-asset-number = Número de inventario
items-state = Estado
items-rate = 30 días
items-last = Último registro
items-page = Página { NUMBER($number) } de { NUMBER($pages) }
items-show-all = Ver todos los equipos

item-title = { $name } – { $facility }
item-serial = número de serie { $serial }
item-since = { $service ->
    [retired] Dado de baja desde { $time }
   *[out] Fuera de servicio desde { $time }
}
item-since-why = { $service ->
    [retired] Dado de baja desde { $time }: { $reason }
   *[out] Fuera de servicio desde { $time }: { $reason }
}
item-clean-until = Limpio hasta { $time }.
item-due-by = Límite para limpiarlo: { $time }.
item-used-due-by = Usado { $since }; límite para limpiarlo: { $time }.
item-overdue-since = Vencido desde { $time }.
item-rate = Últimos 30 días
item-rate-no-schedule = Sin programación no hay tasa. { $class }.
item-rate-no-window = No se cerró ningún plazo en 30 días. { $class }.
item-rate-met = { NUMBER($met) } de { NUMBER($closed) } plazos cumplidos. { $class }.
item-class = { $class ->
    [noncritical] No crítico
    [semicritical] Semicrítico
   *[critical] Crítico
}

item-reports = Avisos abiertos
item-report = Aviso { $when }: { $what }
item-report-added = Añadido { $when }: { $what }
item-report-earlier = { $count ->
    [one] Hay un añadido anterior en el historial.
   *[other] Hay { NUMBER($count) } añadidos anteriores en el historial.
}
item-history = Historial
    .hint = { $count ->
    [one] { $count } limpieza en 30 días, la más reciente primero
   *[other] { $count } limpiezas en 30 días, las más recientes primero
}
    .none = Nunca se limpió desde que se agregó el { $day }.
history-cleaned = Limpiado
history-when = { $time }, { $parts }
history-written = anotado { $time }
history-adopted = recuperado { $time }
history-voided = Anulado.
history-voided-when = Anulado { $time }.
    .by = Anulado { $time } por { $name }.
    .why = Anulado { $time }: { $reason }.
    .by-why = Anulado { $time } por { $name }: { $reason }.
history-note = “{ $note }”
history-text-erased = Su texto se borró.
history-photo = Foto
    .numbered = Foto { NUMBER($number) }
    .of = de { $item }, entrada { $entry }
history-proof = Prueba de la entrada { $entry }

trust-title = ¿Se puede confiar en esto?
trust-none = Aquí todavía no hay nada
    .what = Este servidor central todavía no ha refrendado este historial.
trust-verified = Verificado
    .what = Todo lo que se muestra aquí está en el historial firmado de la unidad, sin cambios: cada entrada se comprobó con la raíz firmada del historial antes de guardarse.
trust-quarantined = En cuarentena
    .what = La unidad firmó dos historiales distintos. Lo que se muestra aquí es del primero, verificado hasta el tamaño de abajo; lo que lo contradice se conserva en la página Unidades.
trust-checked = Comprobado
    .when = { $time }, al llegar las entradas aquí
trust-size = Tamaño del historial
trust-root = Raíz
trust-witness = Refrendado por
    .when = este servidor central, { $time }
trust-log = Historial
trust-download = Descargar la prueba de la entrada { $entry }
trust-check = Cualquiera puede comprobarla con las claves públicas y { $command }, sin nosotros.

fact-title = Datos
fact-protocol = Protocolo
    .version = { $name }, versión { NUMBER($version) }
fact-schedule = Programación
    .by = { $schedule }, según { $protocol }
fact-photo = Foto
    .policy = { $policy ->
    [none] No se pide
    [optional] Opcional
   *[required] Obligatoria
}
fact-added = Agregado
fact-field = Campo
    .named = { $name }: { $value }
schedule-none = Sin programación
