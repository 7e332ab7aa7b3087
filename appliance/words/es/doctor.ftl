### Lo que encuentra la revisión: en la línea de comandos, en la página de estado, en el paquete de asistencia. Cada hallazgo dice qué pasa; .next qué hacer.

doctor-title = Estado
doctor-overall-good = Todo lo que se revisó está bien.
doctor-overall-warn = Algo necesita atención pronto.
doctor-overall-bad = Algo no funciona.
doctor-hint = Lo mismo que cleantrack-appliance doctor en la línea de comandos.
doctor-network = Revisar la red ahora
    .hint = Prueba cada camino al servidor central y tarda unos segundos.
doctor-caption = Hallazgos
doctor-column-check = Qué
doctor-column-state = Estado
doctor-column-finding = Hallazgo

doctor-state-good = Bien
doctor-state-unknown = Se desconoce
doctor-state-warn = Pronto
doctor-state-bad = Ahora

doctor-check-program = Programa
doctor-check-settings = Configuración
doctor-check-setup = Configuración inicial
doctor-check-recording = Registro
doctor-check-clock = Reloj
doctor-check-storage = Almacenamiento
doctor-check-wear = Desgaste del almacenamiento
doctor-check-power = Alimentación eléctrica
doctor-check-temperature = Temperatura
doctor-check-memory = Memoria
doctor-check-network = Red
doctor-check-wifi = Red wifi
doctor-check-dns = Nombres (DNS)
doctor-check-relay = Servidor central
doctor-check-backlog = En espera del servidor central
doctor-check-certificate = Certificados
doctor-check-printers = Impresoras
doctor-check-log = Revisión del historial
doctor-check-alarms = Alarmas
doctor-check-backup = Copia de seguridad

doctor-safe-records = Los teléfonos siguen registrando, y todo lo registrado está a salvo.
doctor-safe-stored = Todo lo registrado está a salvo. Hasta que esto se resuelva no se registra nada nuevo.
doctor-safe-waiting = Los registros están a salvo en la unidad y se envían en cuanto haya un camino.
doctor-safe-untouched = No se cambió nada, y lo que hay en la tarjeta queda como está.

doctor-running = La unidad funciona, versión { $version }.
doctor-stopped = La unidad no funciona.
    .next = Iníciela: systemctl start cleantrack-appliance. Si se detiene otra vez, lea por qué: journalctl -u cleantrack-appliance.
doctor-hanging = La unidad funciona y no responde: { $why }
    .next = Espere un minuto y reiníciela: systemctl restart cleantrack-appliance.
doctor-never-started = Aquí no hay una carpeta de datos de una unidad, o todavía está vacía.
    .next = Revise la carpeta que sigue a --data, o inicie la unidad una vez: systemctl start cleantrack-appliance.
doctor-folder-closed = No se puede leer la carpeta de datos: { $why }
    .next = Ejecute la revisión como root, o como el usuario con el que funciona la unidad.
doctor-settings-valid = La configuración es válida.
doctor-settings-wrong = No se acepta la configuración: { $why }
    .next = Corrija la línea que se indica e inicie la unidad de nuevo.
doctor-setup-done = Se aplicó el archivo de asociación más reciente.
doctor-setup-mistakes = { $count ->
    [one] El archivo de asociación tiene un error, y no se aplicó nada de él.
   *[other] El archivo de asociación tiene { NUMBER($count) } errores, y no se aplicó nada de él.
}
    .next = Están en cleantrack-mistakes.txt en la tarjeta y en la página de configuración. Corrija el archivo e inicie la unidad de nuevo.
doctor-setup-not-wiped = El archivo de asociación se aplicó y no se pudo borrar: sigue en la tarjeta con sus secretos.
    .next = Borre cleantrack.toml de la tarjeta en una computadora. Si la tarjeta está protegida contra escritura, cámbiela.
doctor-no-admin = Nadie puede iniciar sesión todavía.
    .next = Abra la página de configuración, /setup, y cree el primer administrador.
doctor-claim-waits = La unidad está en espera de asociarse.
    .why = La unidad está en espera de asociarse: { $why }
    .next = Lo intenta de nuevo automáticamente. Revise abajo qué caminos al servidor central están abiertos.

doctor-recording-ready = { $entries ->
    [one] Se aceptan registros: { NUMBER($entries) } entrada en el historial.
   *[other] Se aceptan registros: { NUMBER($entries) } entradas en el historial.
}
doctor-recording-full = El almacenamiento está lleno, así que no se puede registrar nada.
    .next = Libere espacio o cambie la tarjeta por una más grande.
doctor-recording-ended = El historial está cerrado tras un error del almacenamiento.
    .next = Reinicie la máquina. Si esto se repite, cambie la tarjeta.
doctor-clock-synced = Un servidor de hora mantiene el reloj.
doctor-clock-hardware = La batería de la propia máquina mantiene el reloj.
doctor-clock-uncertain = Nada confirma el reloj: las horas cuentan como inciertas.
    .next = Permita que la unidad llegue a un servidor de hora (UDP 123), o indique el del edificio (ntp en el archivo de asociación o en la página de configuración).
doctor-clock-past = El reloj muestra una hora anterior a este programa.
    .next = Permita que la unidad llegue a un servidor de hora o al servidor central: pone el reloj en hora, y las horas se corrigen.
doctor-clock-off = { $seconds ->
    [one] El reloj difiere en { NUMBER($seconds) } segundo del reloj del servidor central.
   *[other] El reloj difiere en { NUMBER($seconds) } segundos del reloj del servidor central.
}
    .next = Permita que la unidad llegue a un servidor de hora. Sus registros se corrigen cuando conozca la hora.

doctor-storage-free = Hay { NUMBER($megabytes) } MB libres en el almacenamiento: { NUMBER($percent) } por ciento.
doctor-storage-low = Solo hay { NUMBER($megabytes) } MB libres en el almacenamiento: { NUMBER($percent) } por ciento.
    .next = Permita que la unidad llegue al servidor central, para que las fotos antiguas pasen a él, o use una tarjeta más grande.
doctor-storage-full = Solo hay { NUMBER($megabytes) } MB libres en el almacenamiento, { NUMBER($percent) } por ciento: se rechazan fotos, y después registros.
    .next = Use ahora una tarjeta más grande, o borre lo demás que haya en ella.
doctor-storage-read-only = El almacenamiento solo se puede leer: el sistema encontró errores en él.
    .next = Haga una copia de seguridad y cambie la tarjeta.
doctor-storage-errors = { $count ->
    [one] El sistema de archivos contó un error.
   *[other] El sistema de archivos contó { NUMBER($count) } errores.
}
    .next = Haga una copia de seguridad y cambie pronto la tarjeta.
doctor-storage-unknown = No se puede leer el espacio del almacenamiento.
doctor-wear-fine = El almacenamiento dice que se usó como máximo el { NUMBER($percent) } por ciento de su vida útil.
doctor-wear-high = El almacenamiento dice que se usó hasta el { NUMBER($percent) } por ciento de su vida útil.
    .next = Pida otro y cámbielo en una hora tranquila.
doctor-wear-end = El almacenamiento dice que se agotó su vida útil.
    .next = Haga una copia de seguridad y cámbielo ahora.
doctor-wear-unknown = Este almacenamiento no dice cuánto se ha gastado; las tarjetas SD no lo dicen.

doctor-power-good = El voltaje de la fuente es correcto.
doctor-power-low = El voltaje de la fuente es demasiado bajo en este momento.
    .next = Use la fuente de alimentación de la placa, con un cable corto y grueso.
doctor-power-was-low = El voltaje de la fuente fue demasiado bajo desde que se encendió la unidad.
    .next = Use la fuente de alimentación de la placa, con un cable corto y grueso.
doctor-power-unknown = Esta máquina no dice el voltaje de su fuente.
doctor-temperature-fine = { NUMBER($celsius) } °C.
doctor-temperature-warm = { NUMBER($celsius) } °C: caliente.
    .next = Dé aire a la unidad: ni sobre un radiador ni detrás de una tela.
doctor-temperature-hot = { NUMBER($celsius) } °C: tan caliente que se vuelve más lenta.
    .next = Dé a la unidad aire, un lugar más fresco o un disipador.
doctor-temperature-unknown = Esta máquina no dice su temperatura.
doctor-memory-fine = Hay { NUMBER($megabytes) } MB de memoria libres.
doctor-memory-low = Solo hay { NUMBER($megabytes) } MB de memoria libres.
    .next = Averigüe qué más funciona en la máquina.
doctor-memory-short = Solo hay { NUMBER($megabytes) } MB de memoria libres: el sistema puede cerrar programas.
    .next = Cierre lo demás que funcione en la máquina y reinicie la unidad.
doctor-memory-unknown = No se puede leer la memoria de la máquina.

doctor-network-up = Las direcciones de la unidad: { $addresses }
doctor-network-down = La unidad no tiene dirección en ninguna red.
    .next = Revise el cable y el puerto, o el nombre y la contraseña de la wifi.
doctor-wifi-absent = La máquina no tiene wifi.
doctor-wifi-unused = No hay wifi configurada; la unidad usa el cable.
doctor-wifi-up = Conectada, { $dbm } dBm.
doctor-wifi-joined = Conectada.
doctor-wifi-weak = Conectada, pero con poca señal: { $dbm } dBm.
    .next = Ponga la unidad más cerca de un punto de acceso, o use un cable.
doctor-wifi-wrong-password = La wifi “{ $ssid }” rechaza la contraseña.
    .next = Escríbala de nuevo en la página de configuración, o ponga en la tarjeta un archivo de asociación corregido.
doctor-wifi-searching = No se encuentra la wifi configurada.
    .next = Revise su nombre, si está al alcance en 2.4 GHz y si está oculta.
doctor-wifi-access-point = La unidad es una red wifi propia: para la página de configuración, o porque trabaja sin la red del edificio.
doctor-dns-found = Se encuentra el nombre { $host } del servidor central.
doctor-dns-failed = No se encuentra el nombre { $host } del servidor central.
    .next = Pregunte al equipo de redes si la unidad puede usar los servidores de nombres del edificio, e indíquelos (dns) si tiene una dirección fija.

doctor-relay-alone = La unidad trabaja sola: no pertenece a ningún servidor central.
doctor-relay-connected = Conectada.
doctor-relay-down = Sin conexión: { $why }
    .next = Lo intenta de nuevo automáticamente. Si continúa, revise aquí la red y muestre al equipo de redes qué caminos están cerrados.
doctor-way-open = { $way ->
    [mqtt] Abierto: MQTT, { $address }.
    [https] Abierto: HTTPS, { $address }.
   *[proxy] Abierto: HTTPS por el proxy, { $address }.
}
doctor-way-closed = { $way ->
    [mqtt] Cerrado: MQTT, { $address }. { $reason }
    [https] Cerrado: HTTPS, { $address }. { $reason }
   *[proxy] Cerrado: HTTPS por el proxy, { $address }. { $reason }
}
doctor-relay-unreachable = Ningún camino al servidor central está abierto.
    .next = Pida al equipo de redes que deje salir a la unidad a las direcciones de arriba, o que indique un proxy.
doctor-backlog-none = No hay nada en espera.
doctor-backlog-sending = { $entries ->
    [one] Se está enviando { NUMBER($entries) } entrada.
   *[other] Se están enviando { NUMBER($entries) } entradas.
}
doctor-backlog-waits = { $entries ->
    [one] { NUMBER($entries) } entrada espera una conexión.
   *[other] { NUMBER($entries) } entradas esperan una conexión.
}
    .next = Nada, salvo que dure días: entonces alguien debe ocuparse de la conexión.

doctor-certificate-fine = { $days ->
    [one] El certificado para el servidor central vale { NUMBER($days) } día más.
   *[other] El certificado para el servidor central vale { NUMBER($days) } días más.
}
doctor-certificate-soon = { $days ->
    [one] El certificado para el servidor central termina en { NUMBER($days) } día y no se renovó.
   *[other] El certificado para el servidor central termina en { NUMBER($days) } días y no se renovó.
}
    .next = Permita que la unidad llegue al servidor central: lo renueva automáticamente.
doctor-certificate-ended = El certificado para el servidor central terminó.
    .next = Permita que la unidad llegue al servidor central: lo renueva automáticamente, también ahora.
doctor-https-off = HTTPS está apagado, y con él las páginas del personal.
    .next = Vea la alarma en la línea de comandos: cleantrack-appliance alarm list.
doctor-printers-none = No hay ninguna impresora configurada.
doctor-printer-ready = { $name } está lista.
doctor-printer-still = { $name } necesita que alguien la atienda.
    .next = Vea en la página Impresoras qué necesita.
doctor-log-checked = { $days ->
    [0] Todo lo guardado se leyó hoy y está bien.
    [one] Todo lo guardado se leyó hace { NUMBER($days) } día y está bien.
   *[other] Todo lo guardado se leyó hace { NUMBER($days) } días y está bien.
}
doctor-log-unchecked = Lo guardado todavía no se ha leído entero; eso ocurre en el plazo de una semana.
doctor-log-overdue = { $days ->
    [one] Todo lo guardado se leyó por última vez hace { NUMBER($days) } día.
   *[other] Todo lo guardado se leyó por última vez hace { NUMBER($days) } días.
}
    .next = Deje la unidad encendida: lee una parte cada día.
doctor-log-damaged = Algo de lo guardado no es como se escribió.
    .next = Vea las alarmas, haga una copia de seguridad y cambie la tarjeta.
doctor-log-missing = Faltan entradas en esta unidad.
    .next = Conserve la tarjeta y todas las copias, permita que la unidad llegue al servidor central y vea las alarmas.
doctor-alarms-none = No hay alarmas sin ver.
doctor-alarms-unseen = { $count ->
    [one] Hay una alarma sin ver.
   *[other] Hay { NUMBER($count) } alarmas sin ver.
}
    .next = Léalas en la página Unidad, o con cleantrack-appliance alarm list.
doctor-backup-at-relay = El servidor central tiene todo lo registrado.
doctor-backup-fresh = { $days ->
    [0] Hoy se comprobó una copia de seguridad.
    [one] Hace { NUMBER($days) } día se comprobó una copia de seguridad.
   *[other] Hace { NUMBER($days) } días se comprobó una copia de seguridad.
}
doctor-backup-old = { $days ->
    [one] La última copia de seguridad se comprobó hace { NUMBER($days) } día.
   *[other] La última copia de seguridad se comprobó hace { NUMBER($days) } días.
}
    .next = Conecte la memoria USB de las copias, o permita que la unidad llegue al servidor central.
doctor-backup-none = No hay ni servidor central ni copia de seguridad: una sola tarjeta lo contiene todo.
    .next = Prepare una copia de seguridad, o asocie la unidad a un servidor central.

bundle-title = Paquete de asistencia
bundle-what = Un archivo ZIP que dice cómo está esta unidad, para quien ayude. Aquí ve lo que contiene antes de guardarlo; no se envía nada a ninguna parte.
bundle-without = No contiene ninguna limpieza, ningún nombre de persona ni de equipo, ninguna foto, ningún PIN, ninguna contraseña ni ninguna clave.
bundle-caption = Lo que contiene
bundle-column-file = Archivo
bundle-column-size = Tamaño en bytes
bundle-column-about = Lo que dice
bundle-save = Guardar el paquete de asistencia
bundle-back = Volver a la unidad
bundle-about = Versión y máquina
    .machine = Lo que el sistema dice de alimentación, memoria, temperatura y discos
    .storage = Nombres y tamaños de los archivos de la unidad; las fotos solo se cuentan
    .setup = Hasta dónde llegó la configuración inicial, con los errores de un archivo de asociación pero sin sus valores
    .health = Los mismos datos que la página Estado
    .settings = Configuración; no hay contraseñas en ella, y los usuarios de las direcciones se ocultan
    .alarms = Alarmas, sin quién las confirmó
    .refusals = Los últimos 100 rechazos, sin quién ni desde dónde
    .log = Los mensajes más recientes del programa
    .doctor = Los hallazgos de la página Estado en palabras
    .other = Mensajes del sistema sobre la unidad
