### La primera página del personal, la página de la propia unidad y el registro de accesos.

today-title = Hoy
today-unknown-title = Por ahora no se conocen los equipos
today-unknown = Están en la parte del historial que falta. No los agregue de nuevo: equipos, etiquetas y registros vuelven con esa parte.
today-empty-title = Todavía no hay equipos
today-empty = Agregue el primer equipo, imprima su etiqueta y péguela. Desde entonces aparece aquí.
today-no-schedule = Ningún equipo tiene programación, así que nada puede estar pendiente. Abra un equipo y póngale una.
today-overdue = Vencidos
today-none-late = No hay nada vencido.
today-longest = El más antiguo: { $name }, { $late }
today-overdue-caption = { $count ->
    [one] Vencidos, el más antiguo primero: { $count } equipo
   *[other] Vencidos, los más antiguos primero: { $count } equipos
}
today-column-late = Atraso
today-rest = { $due ->
    [0] Todos los equipos
   *[other] Otros pendientes ({ $due }) y todos los equipos
}
today-reports = Informes e inspección
today-figures = Cifras: tiempo para registrar, uso del equipamiento
today-wall = Abrir el tablero de limpieza

today-week = 7 días
today-month = 30 días
tally-none = Sin datos todavía
tally-none-today = Sin datos todavía: desde la medianoche no se ha cerrado ningún plazo
tally-met = { NUMBER($met) } de { NUMBER($closed) } plazos cumplidos
tally-met-today = { NUMBER($met) } de { NUMBER($closed) } con plazo hasta hoy se limpiaron a tiempo
tally-between = Entre { NUMBER($low) } y { NUMBER($high) } por ciento
chart-title = Cumplimiento por día, 30 días
chart-none = Sin datos todavía: no se ha cerrado ningún plazo.
chart-hint = La escala empieza en 50 %. Por debajo de 90 % en ámbar, con su número.
chart-label = Cumplimiento por día durante 30 días, en porcentaje. El más bajo { NUMBER($low) }, el más reciente { NUMBER($last) }.
chart-label-none = Cumplimiento por día: sin datos todavía.

feed-title = Últimas limpiezas
feed-empty = Todavía no hay limpiezas. El primer escaneo aparece aquí automáticamente.
feed-voided = { $who }. Anulado
feed-incomplete = { $who }. Incompleto, no cuenta

box-title = Esta unidad
box-settings = Configuración
box-phone-records = Registros de teléfonos
box-reminders = Alarmas
box-clock = Reloj
box-fact-clock = Reloj
box-clock-synced = Lo mantiene un servidor de hora.
box-clock-anchored = No lo mantiene ningún servidor de hora; se corrige con lo que el historial dice de este arranque.
box-clock-rtc = Lo mantiene el reloj de hardware.
box-clock-uncertain = Incierto: nada lo confirma.
box-health = Estado
box-setup = Configuración inicial
box-bundle = Paquete de asistencia
box-programs = Programas
box-access-log = Registro de accesos
box-backup = Copia de seguridad
box-alarm-since = Desde { $since }. Alarma { $id }.
    .over = Desde { $since }, terminó { $over }. Alarma { $id }.
    .seen = Desde { $since }, confirmada { $seen } por { $who }. Alarma { $id }.
    .over-seen = Desde { $since }, terminó { $over }, confirmada { $seen } por { $who }. Alarma { $id }.
box-seen-program = el programa { $name }
box-seen-command-line = la línea de comandos de la unidad
box-alarm-seen = Ya lo vi
box-hosts = Direcciones
    .hint = Las etiquetas abren la dirección de las etiquetas. Si cambia, las etiquetas anteriores dejan de funcionar.
box-printers = Impresoras
box-no-printer = Todavía no hay impresoras. Conecte una por USB o agregue una por su dirección.
box-labels = Etiquetas
box-fact-facility = Centro
box-fact-box = Unidad
box-fact-log = Historial
box-log = { $count ->
    [one] { $epoch }, { NUMBER($count) } entrada
   *[other] { $epoch }, { NUMBER($count) } entradas
}
box-fact-relay = En el servidor central
box-relay = { $present ->
    [one] { NUMBER($present) } entrada de este historial
   *[other] { NUMBER($present) } entradas de este historial
}
    .held = { $present ->
        [one] { NUMBER($present) } entrada de este historial, { NUMBER($held) } de { NUMBER($ended) } de los anteriores
       *[other] { NUMBER($present) } entradas de este historial, { NUMBER($held) } de { NUMBER($ended) } de los anteriores
    }
    .ended = { $present ->
        [one] { NUMBER($present) } entrada de este historial; los anteriores tienen { NUMBER($ended) }
       *[other] { NUMBER($present) } entradas de este historial; los anteriores tienen { NUMBER($ended) }
    }
box-fact-way = Camino al servidor central
box-fact-not-by = No por { $way }
box-way-mqtt = MQTT
box-way-https = HTTPS
box-way-proxy = HTTPS por el proxy { $proxy }
box-way-fault = { $fault ->
    [name] No se encuentra el nombre { $subject }. Pida al equipo de redes un servidor DNS que lo conozca, o configure un proxy.
    [not-connected] { $subject } no acepta conexiones. Pida al equipo de redes que permita a esta unidad conectarse allí.
    [silent] { $subject } no responde: algo en el camino descarta lo que se le envía. Pida al equipo de redes que permita a esta unidad conectarse allí.
    [stalled] { $subject } acepta la conexión, pero los registros que se envían no llegan. Pregunte al equipo de redes qué corta los mensajes grandes: una MTU pequeña sin ICMP, o un aparato que mira dentro de la conexión.
    [proxy-password] El proxy pide usuario y contraseña. Indique ambos en la configuración o en el archivo de asociación.
    [proxy-password-wrong] El proxy no acepta el usuario y la contraseña indicados. Pida los correctos al equipo de redes.
    [proxy-scheme] El proxy solo inicia sesión con { $subject }, que esta unidad no admite. Pida al equipo de redes la autenticación Basic o una regla sin contraseña.
    [proxy-refused] El proxy respondió { $subject } y no abrió el camino. Pida al equipo de redes que permita CONNECT al servidor central.
    [proxy-cut] El proxy cortó la conexión. Revise su dirección y pida al equipo de redes que permita CONNECT al servidor central.
    [inspected] El certificado está firmado por “{ $subject }” y no es el del servidor central: algo lee esta conexión. Pida al equipo de redes que excluya el servidor central de la inspección TLS, o que abra MQTT. Hasta entonces esta unidad trabaja sola, y no se pierde nada.
    [intercepted] “{ $subject }” termina la conexión en el camino y no pasa el certificado de esta unidad. Pida al equipo de redes que excluya el servidor central de la inspección TLS, o que abra MQTT. Hasta entonces esta unidad trabaja sola, y no se pierde nada.
    [certificate-refused] No se aceptó el certificado de esta unidad ({ $subject }). Asocie la unidad de nuevo con otro archivo de asociación.
    [certificate-missing] El servidor central no recibió ningún certificado de esta unidad: algo en el camino lo quitó. Pida al equipo de redes que excluya el servidor central de la inspección TLS, o que abra MQTT. Hasta entonces esta unidad trabaja sola, y no se pierde nada.
    [not-in-service] El servidor central no tiene esta unidad en servicio. Asocie la unidad de nuevo con otro archivo de asociación.
    [other-answer] Respondió algo que no es el servidor central ({ $subject }). Así lo hace una red que pide iniciar sesión en una página web: pida al equipo de redes una que no lo pida.
   *[broken] La conexión se corta ({ $subject }). La unidad lo intenta de nuevo automáticamente.
}
box-fact-backup = Última copia de seguridad
box-backup-none = ninguna todavía
box-fact-free = Espacio libre
box-free = { NUMBER($gigabytes) } GB
box-free-unknown = se desconoce
box-fact-panel = Panel
box-fact-own-wifi = Contraseña de la wifi propia de la unidad
box-fact-up = Encendida desde hace
box-fact-zone = Zona horaria
box-fact-zone-data = Datos de zonas horarias
    .other = { $here }; el servidor central tiene { $relay }
box-fact-version = Versión

note-token-clear = El token del programa “{ $name }” se envió sin HTTPS { $when } y se revocó. Dé al programa la dirección HTTPS y un token nuevo.
note-disk = El almacenamiento estuvo lleno hace poco. Libere espacio: mientras está lleno se rechazan registros.
note-zone = No se indicó una zona horaria, así que los días se cuentan en UTC. Indíquela en Configuración.
note-label-host = No se eligió la dirección de las etiquetas, así que todavía no se puede imprimir ninguna. Indíquela en Configuración.
note-label-elsewhere = Las etiquetas llevan la dirección { $address }, que esta unidad no tiene ahora: los teléfonos que escaneen una no encuentran nada, salvo que la red lleve esa dirección hasta aquí. Devuelva esa dirección a la unidad o elija otra dirección de las etiquetas en Configuración. Tiene { $own }.
note-new-devices = Se ingresaron tantos PIN incorrectos en dispositivos nuevos que nadie puede iniciar sesión en uno nuevo hasta { $until }. Esto no afecta a los dispositivos en los que alguien ya inició sesión. El registro de accesos indica de dónde vinieron; al asignar un PIN a alguien en Personal, la espera termina.

access-hint = Quién inició sesión, qué se rechazó, y cambios de PIN, sesiones y tokens. Se conservan las 10,000 líneas más recientes. No contiene PIN ni tokens.
access-empty = Todavía no hay nada
    .next = El próximo inicio de sesión es la primera línea.
access-caption = Lo más reciente primero
access-column-when = Cuándo
access-column-who = Quién
access-column-deed = Acción
access-column-about = Sobre
access-column-result = Resultado
access-times = { NUMBER($count) } veces
access-older = Anteriores
access-nobody = Desconocido
access-others = Muchos otros
access-command-line = La línea de comandos de la unidad

deed-signed-in = Inició sesión
deed-signed-out = Cerró la sesión
deed-signed-somebody-out = Cerró la sesión de alguien en todas partes
deed-signed-everybody-out = Cerró la sesión de todos
deed-pin-changed = Cambió un PIN
deed-badge-changed = Agregó o quitó una credencial
deed-badge-clear = Escaneó una credencial en una página sin HTTPS
deed-token-made = Creó un token
deed-token-revoked = Revocó un token
deed-token-clear = Envió un token sin HTTPS
deed-pin-clear = Ingresó un PIN en una página sin HTTPS
deed-settings-changed = Cambió la configuración
deed-alarm-seen = Confirmó una alarma
deed-log-trusted = Aceptó un historial del servidor central como propio de esta unidad
deed-backup-key = Creó una clave para copias de seguridad
deed-backup = Empezó una copia de seguridad o una prueba de restauración
deed-archive = Se llevó un archivo con todo
deed-pack-key-trusted = Confió en la clave del autor de un paquete
deed-pack-key-removed = Quitó la clave del autor de un paquete
deed-old-page = Intentó registrar desde una página vencida o de otro equipo

tried-sign-in = Intentó iniciar sesión
tried-sign-out = Intentó cerrar la sesión
tried-prove = Intentó demostrar con un PIN quién limpió
    .badge = Intentó demostrar con una credencial quién limpió
tried-confirm = Intentó confirmar un cambio con PIN
tried-open-staff-page = Intentó abrir una página del personal
tried-open-page = Intentó abrir una página
tried-print-labels = Intentó imprimir etiquetas
tried-change-printer = Intentó cambiar una impresora
tried-record = Intentó registrar una limpieza
tried-undo = Intentó deshacer una limpieza
tried-change-something = Intentó cambiar algo
tried-read-api = Intentó leer por la API
tried-record-api = Intentó registrar una limpieza por la API
tried-print-api = Intentó imprimir etiquetas por la API
tried-printer-api = Intentó cambiar una impresora por la API
tried-equipment-api = Intentó cambiar equipos por la API
tried-change-api = Intentó cambiar algo por la API
tried-admin = Intentó hacer lo que solo puede un administrador
tried-open-people = Intentó abrir Personal
tried-add-person = Intentó agregar a una persona
tried-sign-everybody-out = Intentó cerrar la sesión de todos
tried-change-person = Intentó cambiar a una persona
tried-set-pin = Intentó asignar el PIN de una persona
tried-clear-pin = Intentó quitar el PIN de una persona
tried-add-badge = Intentó agregar una credencial
tried-print-badge = Intentó imprimir una credencial
tried-remove-badge = Intentó quitar una credencial
tried-sign-person-out = Intentó cerrar la sesión de una persona
tried-person-left = Intentó anotar que una persona ya no trabaja aquí
tried-open-programs = Intentó abrir Programas
tried-make-token = Intentó crear un token
tried-revoke-token = Intentó revocar un token
tried-change-settings = Intentó cambiar la configuración
tried-open-backup = Intentó abrir Copia de seguridad
tried-backup = Intentó empezar una copia de seguridad
tried-backup-test = Intentó probar una restauración
tried-backup-key = Intentó crear una clave para copias de seguridad
tried-open-access-log = Intentó abrir el registro de accesos
tried-acknowledge = Intentó confirmar una alarma
tried-add-equipment = Intentó agregar un equipo
tried-change-item = Intentó cambiar un equipo
tried-change-schedule = Intentó cambiar una programación
tried-print-label = Intentó imprimir una etiqueta
tried-suspend = Intentó sacar un equipo de servicio
tried-resume = Intentó devolver un equipo al servicio
tried-retire = Intentó dar de baja un equipo
tried-void = Intentó anular una limpieza

result-denied = Denegado
result-wrong-pin = PIN incorrecto
result-locked = Bloqueado por un tiempo
result-pin-unused = PIN no usado
result-unknown-badge = Credencial de nadie
result-badge-unused = Credencial no usada, y revocada si era de alguien
result-token-revoked = Token revocado
result-page-again = Se mostró la página de nuevo
result-done = Hecho

panel-none = ninguno
panel-green = verde
panel-green-blinking = verde, intermitente
panel-amber = ámbar
panel-amber-blinking = ámbar, intermitente
panel-red = rojo
panel-red-blinking = rojo, intermitente
panel-simulated = simulado: { $light }
panel-reason = El botón de la unidad
