### Lo que rodea las páginas del personal y lo que varias de ellas dicen.

staff-navigation = Principal
nav-today = Hoy
nav-equipment = Equipos
nav-labels = Etiquetas
nav-people = Personal
nav-box = Unidad
staff-alarms-more = { $count ->
    [one] Hay una alarma activa más.
   *[other] Hay { $count } alarmas activas más.
}
staff-alarm-show = Ver y confirmar

status-alone = { $count ->
    [one] Esta unidad trabaja sola: { NUMBER($count) } entrada, { $time } ({ $zone }).
   *[other] Esta unidad trabaja sola: { NUMBER($count) } entradas, { $time } ({ $zone }).
}
status-no-line-since = Sin conexión con el servidor central desde { $time }. Todo se registra aquí.
status-no-line = Todavía sin conexión con el servidor central. Todo se registra aquí.
status-all-there = { $count ->
    [one] La única entrada está aquí y en el servidor central ({ $time }, { $zone }).
   *[other] { NUMBER($count) } entradas aquí y en el servidor central ({ $time }, { $zone }).
}
status-on-the-way = { $count ->
    [one] La única entrada está aquí y en camino al servidor central.
   *[other] { $waiting ->
       [one] Las { NUMBER($count) } entradas están aquí; { $waiting } va en camino al servidor central.
      *[other] Las { NUMBER($count) } entradas están aquí; { $waiting } van en camino al servidor central.
    }
}

column-item = Equipo
column-place = Lugar
column-last = Último registro
staff-add-equipment = Agregar equipo
staff-back-to-box = Volver a la unidad
staff-facts = Datos
staff-never = nunca
staff-photo = Foto de { $name }
staff-rate = { NUMBER($rate) } %
staff-why = ¿Por qué?

confirm-title = Ingrese su PIN para continuar
    .hint = Lo ingresó por última vez hace más de 30 minutos. Su cambio se conserva y se hace a continuación.
confirm-kept = No se cambió nada. Lo que escribió se conserva.
confirm-pin = Su PIN
confirm-new-pin = PIN nuevo
confirm-same-again = El mismo PIN otra vez
confirm-badge = Escanee la credencial
confirm-type-anew = Ingréselo de nuevo: ninguna página lo muestra dos veces
confirm-go = Continuar
confirm-stop = Cancelar
