### Lo que se envía a los receptores propios de una cuenta.

webhooks-title = Webhooks
webhooks-lead = Un webhook es una dirección suya a la que este servidor central envía lo que pasa, firmado con un secreto que solo conocen ambos. Contiene identificadores, códigos, nombres de equipos y horas; nunca los nombres de las personas ni sus notas.
webhooks-none = Todavía no hay webhooks
    .hint = Agregue uno para cada programa que quiera saberlo enseguida, en lugar de preguntar una y otra vez.
webhooks-caption = { $count ->
    [one] { $count } webhook
   *[other] { $count } webhooks
}
webhooks-address = Dirección
webhooks-events = Qué se envía
webhooks-state = Estado
webhooks-new = Agregar un webhook
webhooks-add = Agregar webhook

webhook-event-cleaning = Limpiezas que registraron las unidades (cleaning.recorded)
webhook-event-overdue = Equipos que pasaron a estar vencidos (item.overdue)
webhook-event-box = Cómo está una unidad, cuando eso cambia (box.state)
webhook-event-alert = Una alerta que se abre, se confirma, se escala o termina (alert.changed); Slack la recibe como texto
webhook-event-report = Un informe que ya se puede descargar, sin lo que contiene (report.ready)
webhook-event-test = Una prueba (test)

webhook-on = Encendido
webhook-failing = Con fallas
webhook-paused = En pausa
webhook-off = Apagado
    .hint = No llegó nada allí durante tres días, o el receptor respondió que ya no existe. No se envía nada hasta que lo reanude; lo que pasó desde entonces no se guardó para él.

webhook-secret = Copie el secreto ahora
    .hint = Se muestra solo esta vez. Con él, el receptor comprueba que lo que llega es de este servidor central.
webhook-secret-text = El secreto
webhook-address = Dirección
webhook-events = Qué se envía
webhook-of = De
    .all = todos los centros
webhook-made = Agregado
    .by = { $day } por { $name }
webhook-failing-since = No llega nada desde
webhook-old-until = El secreto anterior también firma hasta
webhook-deliveries = { $count ->
    [0] No se envió nada en los últimos 30 días
    [one] { $count } envío de los últimos 30 días
   *[other] Los { $count } envíos más recientes de los últimos 30 días
}
webhook-delivery = Envío
webhook-what = Qué
webhook-when = Cuándo
webhook-delivery-state = Estado
webhook-test = Enviar una prueba
    .hint = Algo en lo que no pasó nada, para ver si llega.
webhook-test-button = Enviar prueba
webhook-crowded = No se envió nada: { $count ->
    [one] ya hay un envío en espera
   *[other] ya hay { $count } envíos en espera
} para este receptor. Mire por qué no llegan, y envíe más cuando hayan llegado.
webhook-pause = Pausar
    .hint = No se envía nada hasta que lo reanude. Lo que pase mientras tanto no se envía después.
webhook-pause-button = Pausar
webhook-resume = Reanudar
    .hint = Se envía lo que pase desde ahora, y lo que ya estaba en espera.
webhook-resume-button = Reanudar
webhook-rotate = Otro secreto
    .hint = Durante un día firman ambos, para que entretanto se pueda cambiar el receptor.
webhook-rotate-button = Crear otro secreto
webhook-remove = Quitar el webhook
    .hint = Ya no se envía nada allí, y aquí se olvida lo que se envió. Esto no se puede deshacer.
webhook-remove-button = Quitar

delivery-sent = Llegó
delivery-waits = En espera
delivery-failed = No llegó
delivery-id = Identificador
delivery-made = Creado
delivery-tries = Intentos
delivery-tried = Último intento
delivery-status = El receptor respondió
delivery-error = Por qué no llegó
delivery-answer = El comienzo de la respuesta
delivery-again = Enviarlo de nuevo
    .hint = Tiene el mismo identificador, por el que el receptor lo reconoce.
delivery-again-button = Enviar de nuevo
