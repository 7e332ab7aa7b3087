### Copias de seguridad: la página de los administradores, la página con la clave y por qué falló una.

backup-title = Copia de seguridad
backup-what = Una copia contiene cada registro, PIN y foto de esta unidad, cifrados. Con ella y su clave, una unidad nueva continúa donde esta terminó.
backup-first-folder = Primero, un lugar para las copias
    .what = Todavía no se puede hacer ninguna copia: no hay carpeta para ellas. Conecte una memoria USB y pida a quien configuró la unidad que ponga su carpeta como “to” en “[backup]” del archivo de configuración y reinicie la unidad.
backup-first-key = Primero, una clave
    .what = Todavía no se puede hacer ninguna copia: no hay clave para cifrarla. Cree la clave e imprima la página que la muestra.
backup-fact-last = Última copia
backup-last = { $when }, { $entries ->
    [one] { NUMBER($entries) } entrada
   *[other] { NUMBER($entries) } entradas
}, { $photos ->
    [one] { NUMBER($photos) } foto
   *[other] { NUMBER($photos) } fotos
}, { $size }. Se leyó de nuevo y se descifró.
    .none = ninguna todavía
backup-fact-age = Antigüedad
backup-fact-file = Archivo
backup-fact-folder = Dónde
backup-folder-none = no hay carpeta
backup-fact-daily = Cada día a las
backup-fact-key = Clave
backup-key-made = { $key }…, creada { $when }
    .none = ninguna todavía: sin ella no se puede hacer ninguna copia
backup-fact-relay = La copia del servidor central
backup-relay = El servidor central tiene { NUMBER($held) } de { $all ->
    [one] { NUMBER($all) } entrada
   *[other] { NUMBER($all) } entradas
} y { NUMBER($photos) } de { $named ->
    [one] { NUMBER($named) } foto
   *[other] { NUMBER($named) } fotos
}. Los PIN y las claves están solo en las copias de seguridad.
    .none = Esta unidad no tiene servidor central.
backup-fact-tests = Pruebas de restauración
backup-tests = { $count ->
    [0] ninguna todavía
    [one] 1, la última { $when }
   *[other] { NUMBER($count) }, la última { $when }
}
backup-size-mb = { NUMBER($megabytes) } MB
backup-size-gb = { NUMBER($gigabytes) } GB

backup-running = Se está haciendo una copia. Los teléfonos registran mientras tanto. Abra esta página de nuevo para ver cómo terminó.
    .test = Se está probando una copia. Abra esta página de nuevo para ver cómo terminó.
    .archive = Se está descargando un archivo con todo. Los teléfonos siguen registrando.
backup-done = Hecho: { $result }
backup-test-failed = La prueba de restauración falló: { $result }
backup-failed = No se hizo ninguna copia: { $cause }
backup-failed-why = Motivo: “{ $reason }”.
backup-now = Hacer una copia ahora

backup-key = Clave
backup-key-what = La clave se muestra una vez, en una página para imprimir. La unidad no puede mostrarla otra vez, y sin ella nadie puede abrir una copia.
backup-key-again = Una clave nueva vale para las copias desde ahora. Conserve también la página anterior: abre las copias hechas hasta ahora.
backup-key-make = Crear la clave
backup-key-replace = Crear una clave nueva
backup-key-title = Clave de las copias de seguridad de esta unidad
backup-key-of = Centro: { $facility }. Unidad: { $id }. Creada { $when }. Su mitad pública empieza por { $key }.
    .nameless = Unidad: { $id }. Creada { $when }. Su mitad pública empieza por { $key }.
backup-key-print = Imprima esta página ahora, compruebe que el código se pueda leer y guárdela donde guarda los contratos: no junto a la unidad ni con la memoria USB. Se muestra solo esta vez.
backup-key-use = Para restaurar, quien configura la unidad nueva escribe estos caracteres o escanea el código cuando “cleantrack-appliance restore” pide la clave. Mayúsculas y espacios no importan.
backup-key-code = La clave como código QR
backup-key-done = Ya la imprimí

backup-test = Probar una restauración
backup-test-what = Lee la copia más reciente y sus fotos como lo haría una restauración, y no cambia nada. La clave que escriba se usa para esto y no se guarda.
backup-test-key = Clave
    .hint = De la página impresa. Mayúsculas y espacios no importan.
    .wrong = Esto no es una clave: empieza por AGE-SECRET-KEY-1 y tiene 74 caracteres. Compárela con la página impresa.
backup-test-begin = Probar
    .unsaved = La clave no se guardó. Escríbala de nuevo.

backup-cause-missing = la memoria USB o la carpeta no está, o se quitó mientras se escribía. Conéctela e intente de nuevo.
backup-cause-same-disk = la carpeta está en el propio almacenamiento de la unidad y se perdería con él. Conecte una memoria USB.
backup-cause-read-only = no se puede escribir en la memoria USB. Mueva su interruptor o use otra.
backup-cause-full = la memoria USB está llena. Use una más grande o quite de ella lo que no sea una copia.
backup-cause-too-large = la memoria USB no admite un archivo de ese tamaño. Use una con formato exFAT o ext4.
backup-cause-crowded = la carpeta tiene muchos más archivos con el nombre de esta unidad de los que una unidad escribe. Indique otra carpeta.
backup-cause-not-right = lo que se leyó no es lo que se escribió. No use más esta memoria USB.
backup-cause-medium = la memoria USB o la carpeta devolvió un error. Pruebe con otra.
backup-cause-box = la unidad no pudo leer sus propios datos. Haga revisar su almacenamiento.
backup-cause-stopped = la unidad se apagó mientras tanto. La próxima copia la reemplaza.

## An archive of everything, to take along.

backup-archive = Llevarse todo
backup-archive-what = Un solo archivo con cada registro, texto y foto, lo que los prueba, las claves públicas y los ajustes. No está cifrado: quien lo tenga puede leer los nombres y ver las fotos. No contiene PIN, credenciales ni claves secretas. “cleantrack-verify archive” lo comprueba y “cleantrack-appliance restore” inicia una unidad nueva con él.
backup-archive-begin = Descargar el archivo
backup-archive-failed = El archivo no se escribió hasta el final, así que no sirve. En la unidad no cambió nada. Descárguelo de nuevo.

backup-back = Esta unidad
