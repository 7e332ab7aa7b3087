### Alertas: lo que alguien de un centro debe saber, en páginas y correos.

alerts-title = Alertas
alerts-what = Lo que alguien debe mirar: equipos vencidos, unidades sin conexión, certificados que caducan. Cada alerta se cierra sola cuando termina lo que avisa.
alerts-open = Abiertas
alerts-closed = Cerradas
alerts-none = No hay ninguna abierta.
    .hint = Las alertas aparecen aquí y en los correos de quienes indica una regla.
alerts-none-closed = Todavía no se ha cerrado ninguna.
alerts-caption = Alertas abiertas, las más recientes primero
alerts-caption-closed = Alertas cerradas, las más recientes primero
alerts-alert = Alerta
alerts-facility = Centro
alerts-since = Desde
alerts-state = Estado
alerts-older = Anteriores
alerts-rules = Reglas y horas de silencio
alerts-all = Todas las alertas

## Lo que dice una alerta.

alert-kind-overdue = Limpieza vencida
alert-kind-incomplete = Incompleto una y otra vez
alert-kind-competency = Acreditaciones del personal que terminan pronto
alert-kind-inspection = Incumplimientos antes de la inspección
alert-kind-box-silent = Unidad sin conexión
alert-kind-box-behind = La unidad no envía lo que registró
alert-kind-box-clock = Reloj de la unidad erróneo o incierto
alert-kind-box-storage = Almacenamiento de la unidad casi lleno
alert-kind-printer = Impresora no preparada
alert-kind-log-fork = El registro de la unidad se contradice, o la unidad fue puesta en cuarentena
alert-kind-box-alarm = La unidad comunica una alarma
alert-kind-certificate = El certificado de la unidad caduca pronto
alert-kind-directive = La unidad no ha hecho lo que se le pidió
alert-kind-other = Algo de una versión posterior
alert-means-overdue = Un equipo no se limpió a tiempo. Cuenta lo último que comunicó su unidad: mientras no tiene conexión, se avisa de eso en su lugar.
alert-means-incomplete = A tres limpiezas o más de un mismo equipo en 7 días, la última entre ellas, les falta un paso, el tiempo de contacto o una foto.
alert-means-competency = La acreditación de alguien para un protocolo termina en menos de 30 días.
alert-means-inspection = Hay una inspección anunciada para los próximos 30 días y ventanas de los últimos 30 días que no se cumplieron.
alert-means-box-silent = El relé no tiene noticias de la unidad. Allí se sigue escaneando y lo registrado llega después. Lo que venza mientras tanto no se sabe aquí.
alert-means-box-behind = La unidad tiene conexión, y las entradas que registró no llegan.
alert-means-box-clock = El reloj se desvía 5 minutos o más, o nada lo avala: las limpiezas pueden quedar en una ventana equivocada.
alert-means-box-storage = Está en uso el 90 % del almacenamiento. Termina por debajo del 85 %.
alert-means-printer = Una impresora de etiquetas de la unidad no tiene papel, no responde o tiene una avería.
alert-means-log-fork = Nada de la unidad cuenta hasta que alguien la haya revisado y liberado con un motivo.
alert-means-box-alarm = Lo que la unidad comunica de sí misma, hasta que alguien lo confirme en la página de la propia unidad.
alert-means-certificate = El certificado caduca en menos de 30 días y no se renovó. Las unidades con conexión lo renuevan solas.
alert-means-directive = La unidad tiene conexión y no hay resultado.
alert-means-other = Este relé no la conoce.

## Cómo está una alerta.

alert-state = { $state ->
    [open] Abierta
    [acknowledged] Confirmada
    [snoozed] Aplazada
   *[closed] Cerrada
}
alert-severity = { $severity ->
    [critical] Crítica
    [warning] Advertencia
   *[note] Aviso
}
alert-severity-name = Gravedad
alert-box = Unidad
alert-about = Sobre
alert-place = Lugar
alert-serial = Número de serie
alert-last-cleaned = Última limpieza
alert-never-cleaned = nunca
alert-count = { $kind ->
    [incomplete] Limpiezas incompletas
    [competency] Acreditaciones
    [inspection] Ventanas incumplidas
    [box-behind] Entradas pendientes
    [box-clock] Minutos de adelanto
    [box-storage] Por ciento en uso
   *[other] Cuántos
}
alert-until = { $kind ->
    [inspection] Inspección
   *[other] Termina
}
alert-opened = Abierta
alert-acknowledged = Confirmada por
alert-snoozed-until = Aplazada hasta
alert-closed-at = Terminó
alert-history = Qué pasó con ella
alert-event = { $word ->
    [opened] Se abrió
    [reopened] Empezó de nuevo
    [raised] Se agravó
    [escalated] Escalada: nadie la había confirmado
    [notified] Se enviaron correos
    [acknowledged] Confirmada
    [snoozed] Aplazada
    [woken] Terminó el aplazamiento
   *[closed] Terminó
}
alert-event-by = { $event }, { $who }
alert-event-entry = { $event }, por la entrada { $entry }
alert-to-item = La página del equipo
alert-to-box = La página de la unidad
alert-to-facility = La página del centro
alert-acknowledge = Confirmar
    .hint = Usted se ocupa. No se recuerda a nadie, salvo que se agrave.
alert-snooze = Aplazar
    .hint = Hasta entonces no se recuerda a nadie; después se avisa de nuevo, si no ha terminado.
    .for = Cuánto tiempo
alert-snooze-hours = { $hours ->
    [1] 1 hora
    [24] 1 día
    [168] 7 días
   *[other] { $hours } horas
}

## Reglas.

alert-rules-title = Reglas de alertas
alert-rules-what = A quién se avisa de qué, y al cabo de cuánto tiempo. Los correos se agrupan: uno por hora y centro como máximo, los equipos vencidos una vez por turno. Lo crítico se avisa enseguida.
alert-rules-caption = Reglas
alert-rules-rule = Regla
alert-rules-told = Se avisa a
alert-rules-state = Estado
alert-rules-on = Activa
alert-rules-off = Desactivada
alert-rule-save = Guardar la regla
alert-rule-always = De un registro que se contradice se avisa siempre.
alert-hours-title = Horas de silencio y resumen
alert-hours-what = En las horas de silencio de un centro solo se envían las alertas críticas. El resumen enumera una vez al día lo que está abierto.
alert-hours-save = Guardar las horas
