### Unidades: cómo están, en cada página que muestra una, y la página de todas.

boxes-title = Unidades

box-state = { $state ->
    [quarantined] En cuarentena
    [silent] Sin conexión
    [alarmed] Necesita atención
    [waiting] Todavía sin conectar
    [clock] Reloj incierto
    [behind] Poniéndose al día
    [good] Bien
    [none] Sin unidad
   *[revoked] Dada de baja
}
box-silent-for = { $span } sin conexión
box-online = En línea
box-none = Sin unidad
box-unknown = se desconoce
box-held = retenidas
box-held-count = { $count ->
    [one] { NUMBER($count) } retenida
   *[other] { NUMBER($count) } retenidas
}
box-was = antes: { $what }
box-clock = { $clock ->
    [synced] sincronizado
    [rtc] reloj con batería
   *[unsure] incierto
}
box-clock-ahead = { $clock }, { $span } adelantado
box-clock-behind = { $clock }, { $span } atrasado
box-printer = { $state ->
    [ready] Lista
    [printing] Imprimiendo
    [not-asked] Estado desconocido
    [stopped] Detenida
    [no-answer] No responde
    [fault] Falla de la unidad
   *[other] { $words }
}
    .was = { $state ->
    [ready] Estaba lista
    [printing] Estaba imprimiendo
    [not-asked] Su estado se desconocía
    [stopped] Estaba detenida
    [no-answer] No respondía
    [fault] Tenía una falla de la unidad
   *[other] Antes: { $words }
}
box-printer-fact = { $state ->
    [ready] { $name }: lista
    [printing] { $name }: imprimiendo
    [not-asked] { $name }: estado desconocido
    [stopped] { $name }: detenida
    [no-answer] { $name }: no responde
    [fault] { $name }: falla de la unidad
   *[other] { $name }: { $words }
}
    .was = { $state ->
    [ready] { $name }: estaba lista
    [printing] { $name }: estaba imprimiendo
    [not-asked] { $name }: su estado se desconocía
    [stopped] { $name }: estaba detenida
    [no-answer] { $name }: no respondía
    [fault] { $name }: tenía una falla de la unidad
   *[other] { $name }: antes { $words }
}
box-disk = { NUMBER($percent) } %
box-disk-used = { NUMBER($percent) } % ocupado

box-alarm-about = { $alarm } ({ $subject })
box-alarm-unknown = La unidad informa “{ $code }”
box-alarm = { $code ->
    [disk-full] Su almacenamiento está o estuvo lleno: se rechazaron limpiezas
    [box-replaced] Otra máquina tomó su lugar
    [history-coming] Tomó el lugar de otra máquina y trae de aquí el historial
    [log-missing] Hay registros que no se pueden leer en la unidad; lo que está aquí sigue aquí
    [log-forgot] Su almacenamiento perdió registros, que vuelven desde aquí: haga cambiar la tarjeta de memoria
    [relay-other] Su almacenamiento perdió registros o se está usando una copia de su tarjeta de memoria: haga cambiar la tarjeta
    [rebuild-short] Se rechazó una reconstrucción de su base de datos que habría perdido registros
    [db-damaged] Su base de datos está dañada y se reconstruye en el próximo arranque; esto no afecta al historial
    [log-healed] Se repararon registros dañados con una segunda copia: haga cambiar pronto la tarjeta de memoria
    [db-salvage] Su base de datos se reconstruyó a partir del historial
    [log-epoch] Ahora registra en un historial nuevo
    [log-adopted] Registros que habían perdido su lugar cuentan de nuevo
    [log-unvouched] Este servidor central tiene un historial de esta unidad que la unidad no conoce
    [log-apart] En su almacenamiento hay un historial que no corresponde a los demás
    [copy-removed] Se quitó una copia dañada, porque un texto en ella debía borrarse
    [relay-went-back] Este servidor central perdió registros que había confirmado; la unidad los envía de nuevo
    [relay-refused] Este servidor central no acepta sus registros
    [zone-data] Sus datos de zonas horarias y los de este servidor central hacen distintos los días de su centro: actualice los más antiguos
    [photos-refused] Este servidor central no acepta algunas de sus fotos
    [photos-damaged] Sus fotos guardadas están dañadas: haga cambiar pronto la tarjeta de memoria
    [backup-old] No tiene copia de seguridad de los últimos días
    [backup-failed] No se pudo hacer una copia de seguridad de la unidad
    [side-room] Una parte de la unidad no funciona; se sigue registrando
    [hint-bad] No se pudo leer un archivo pequeño de su almacenamiento; se sigue registrando
   *[clock] No sabe qué hora es
}
box-alarm-since = { $alarm }, desde { $time }.
    .over = { $alarm }, desde { $time }; ya pasó.
    .listed = { $alarm }. Desde { $time }.
    .listed-over = { $alarm }. Desde { $time }; ya pasó.

boxes-add = Agregar una unidad
boxes-first = Primera página
boxes-next = Siguiente
boxes-caption = { $count ->
    [one] { $count } unidad
   *[other] { $count } unidades, las más urgentes primero
}
boxes-facility = Centro
boxes-state = Estado
boxes-last-seen = Último contacto
boxes-backlog = En espera
boxes-clock = Reloj
boxes-disk = Disco
boxes-printer = Impresora
    .none = ninguna
boxes-version = Versión
boxes-empty-title = Todavía no hay unidades
boxes-empty = Una unidad aparece aquí en cuanto se asocia. Cree un archivo de asociación para su centro.
boxes-alarms = Alarmas que nadie en el centro ha confirmado
    .hint = Alguien allí confirma una alarma en la página de la propia unidad, “Unidad”.
boxes-waiting-log = { $facility }: con el nombre de esta unidad llegó un historial, { $epoch } con { $entries }, que ninguna clave de la unidad avala. O la unidad perdió sus claves, o alguien tiene una copia de su certificado. Nada de él cuenta hasta que quien administra el servidor central lo haya admitido u olvidado: “cleantrack-relay box epoch admit” o “forget”, con --box { $id }.
boxes-waiting-claim = { $facility }: una unidad con un archivo de asociación nuevo dice que es esta unidad, restaurada de una copia de seguridad anterior a su asociación, y continúa con el historial { $epoch }. No tiene certificado y no puede leer nada. Si la propia unidad restaurada muestra ese nombre en “Estado”, quien administra el servidor central admite el historial: “cleantrack-relay box epoch admit”, o “forget”, con --box { $id }.
boxes-waiting-more = { $count ->
    [one] { NUMBER($count) } historial más como estos: “cleantrack-relay box epoch list” los nombra todos.
   *[other] { NUMBER($count) } historiales más como estos: “cleantrack-relay box epoch list” los nombra todos.
}
boxes-refused = { $count ->
    [1] { $facility }: lo que envió la unidad se rechazó una vez. Lo tiene quien administra el servidor central; nada de ello se guardó como registro.
   *[other] { $facility }: lo que envió la unidad se rechazó { $count } veces. Lo tiene quien administra el servidor central; nada de ello se guardó como registro.
}
boxes-loss = { $facility }: este servidor central tuvo antes una parte mayor del historial de la unidad que después, como tras restaurar una copia de seguridad. La unidad la envía de nuevo automáticamente; se conserva su prueba firmada de ello.

fork-title = { $facility }: dos historiales distintos con una misma clave
fork-looked-at = Revisado
fork-what = La unidad firmó una segunda versión, distinta, del mismo historial, detectada { $time }. O se copió su tarjeta de memoria, o alguien manipuló la unidad.
fork-safe = A salvo:
fork-safe-first = { $entries } desde el comienzo, iguales en ambas versiones y verificadas.
fork-safe-common = lo que ambas versiones tienen en común, conservado y verificado.
fork-held = Retenido:
fork-held-what = lo que difiere, en ambas versiones.
fork-goes-on = El centro sigue registrando.
fork-checkpoint-a = Punto de control A, firmado, guardado antes
fork-checkpoint-b = Punto de control B, firmado, recibido después
fork-replace = Reemplazar esta unidad
fork-download = Descargar la evidencia
    .hint = El servidor central nunca elige una de ellas. A quien audita se le muestran ambas versiones.

add-box-title = Agregar una unidad
    .first = Su primera unidad en cinco minutos
add-box-lead = Una unidad pertenece a un solo centro. Donde ya funciona una, pulse “Reemplazar” en su página: así la unidad nueva continúa su historial.
    .first = Aquí estarán sus centros, lo que está vencido y lo que se limpió. Todavía no hay nada, porque no se ha conectado ninguna unidad.
add-box-claim = Cree el archivo de asociación
    .hint = Un archivo pequeño que dice a la unidad a quién pertenece. Sirve para una unidad, durante 30 días.
add-box-no-facility = Todavía no hay ningún centro en esta cuenta: un hospital, una clínica o un laboratorio, cada uno con su propia unidad. Lo crea quien administra esta cuenta.
add-box-make-facility = Crear su primer centro
add-box-not-admin = Lo crea quien administra esta cuenta, en esta página.
add-box-make = Crear archivo de asociación
add-box-copy = Entréguelo a la unidad
    .how = Elíjalo en la página de configuración de la unidad, póngalo en la tarjeta con cleantrack-flash, o cópielo a la unidad y ejecute allí { $command }
add-box-wait = Espere a que se conecte
    .how = La unidad se asocia en cuanto llega a este servidor central. Entonces se cuenta en esta página, en “En espera de su unidad”. Borre su copia del archivo.
add-box-scan = Escanee su primera etiqueta
    .how = Lo que registra la unidad aparece aquí en segundos.
add-box-waiting = En espera de su unidad
    .hint = Esta página la muestra a los pocos segundos de su primera conexión. Puede cerrarla.
add-box-count = { NUMBER($here) } de { NUMBER($expected) }
add-box-see = Ver las unidades
add-box-offline = ¿Todavía sin conexión?
    .what = Una unidad registra sin internet. Se asocia cuando se conecta; no se pierde nada de lo registrado antes.
