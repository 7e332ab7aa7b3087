### La página de un centro: qué está vencido, dónde es más bajo el cumplimiento, qué se limpió por último y cómo está su unidad.

facility-all = Todos los centros
facility-facts = { $items }, { $zone }
facility-report = Informe
facility-equipment = Ver todos los equipos
facility-call = Llame a { $contact }.
facility-zone-missing = No se indicó una zona horaria: los días se cuentan en UTC.
    .where = Indíquela en la unidad, en Configuración.

facility-silent = Sin contacto con esta unidad desde { $time }
    .what = Los números de abajo son datos de { $as-of }. En el centro se sigue registrando e imprimiendo; no se pierde nada. Casi siempre es la red o un enchufe: revise su alimentación eléctrica y su red.
facility-waiting = En espera de que esta unidad se conecte
    .what = Se asoció y todavía no ha enviado nada. Esta página la muestra a los pocos segundos de su primera conexión.
facility-quarantined = Esta unidad está en cuarentena
    .what = Firmó dos historiales distintos con una misma clave. Lo que registró antes está a salvo y verificado; lo que envía ahora se retiene. La página Unidades muestra ambos.
facility-unknown-log = El servidor central tiene un historial de esta unidad que quizá no sea suyo
    .what = Nada de ese historial cuenta hasta que quien administra el servidor central lo haya admitido u olvidado. Lo que la unidad registra en su propio historial se acepta y cuenta. La página Unidades nombra ese historial.
facility-alarmed = Esta unidad tiene una alarma que nadie en el centro ha confirmado
    .what = { $alarms } Se sigue registrando, salvo que la alarma diga otra cosa; se confirma en la página de la propia unidad, “Unidad”.

facility-month = 30 días
facility-week = 7 días
facility-today = Hoy
facility-overdue = Vencidos
facility-no-data = Sin datos todavía
facility-no-data-since = Sin datos desde { $time }
facility-none-today = Desde la medianoche no se ha cerrado ningún plazo
facility-met = { NUMBER($met) } de { NUMBER($closed) } plazos cumplidos
facility-met-today = { NUMBER($met) } de { NUMBER($closed) } con plazo hasta hoy se limpiaron a tiempo
facility-met-account = { NUMBER($met) } de { NUMBER($closed) }; en la cuenta { $rate }
facility-overdue-of = de { $items }
facility-overdue-then = datos de { $time }; puede que ya estén limpios

facility-late-none = No hay nada vencido
facility-late-then = { $count ->
    [one] { NUMBER($count) } vencido, según el último informe
   *[other] { NUMBER($count) } vencidos, según el último informe
}
facility-late-now = Vencidos, los más antiguos primero: { $items }
facility-no-equipment = Todavía no hay equipos. Se agregan en la unidad.
facility-no-schedule = Ningún equipo tiene programación, así que nada puede estar pendiente. La programación se indica en la unidad.
facility-due = { $count ->
    [0] Por ahora no hay nada más pendiente.
    [one] { $count } equipo está pendiente y todavía tiene tiempo.
   *[other] { $count } equipos están pendientes y todavía tienen tiempo.
}
facility-item = Equipo
facility-place = Lugar
facility-late = Atraso
facility-late-at = Atraso, datos de { $time }
facility-last = Último registro
facility-late-more = { $count ->
    [one] { NUMBER($count) } vencido más
   *[other] { NUMBER($count) } vencidos más
}

facility-figures = Cifras: tiempo para registrar, uso del equipamiento
facility-days = Cumplimiento por día
    .hint = La escala empieza en 50 %. Por debajo de 90 % en ámbar, con su número; – es sin datos.
facility-places = Cumplimiento más bajo, 30 días
facility-rate = Tasa
facility-missed = Incumplidos
facility-no-place = Lugar no indicado

facility-box = Su unidad
facility-all-boxes = Todas las unidades
facility-box-none = Aquí todavía no hay unidad
facility-box-fact = { $fact ->
    [state] Estado
    [heard] Último contacto
    [backlog] En espera
    [entries] Entradas aquí
    [clock] Reloj
    [disk] Disco
    [printer] Impresora
    [photos] Fotos en camino
   *[version] Versión
}
