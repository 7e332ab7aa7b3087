### Registros de teléfonos que la unidad rechazó, para ingeniería biomédica.

phone-record-title = Registros de teléfonos
phone-record-intro = Estos teléfonos estaban sin cobertura cuando alguien limpió, y la unidad no pudo registrar lo que enviaron. Ingrese cada limpieza como registro tardío o descártela.
phone-record-none = No hay registros de teléfonos por atender.
phone-record-link = { $count ->
    [one] Se rechazó 1 registro de un teléfono
   *[other] Se rechazaron { $count } registros de teléfonos
}
phone-record-waiting = { $phones ->
    [one] 1 teléfono tiene registros que todavía no están aquí: { $records }, el más antiguo de { $time }
   *[other] { $phones } teléfonos tienen registros que todavía no están aquí: { $records }, el más antiguo de { $time }
}
phone-record-line = { $tag }, limpiado { $when } por { $name }
phone-record-nobody = { $tag }, limpiado { $when }
phone-record-reported-by = { $tag }, aviso { $when } de { $name }
phone-record-reported = { $tag }, aviso { $when }
phone-record-problem = Algo está mal en el equipo: { $what }. { $text }
phone-record-photo = Foto que llegó con este registro

phone-record-held-title = Teléfonos que tienen registros
phone-record-held-meaning = Un teléfono envía sus registros automáticamente cuando alguien lo abre cerca de la unidad. Si uno se perdió, ingrese sus registros después, desde el papel.
phone-record-held = { $count ->
    [one] El teléfono { $phone } tiene 1 registro, de { $time }. Estuvo aquí por última vez { $last }.
   *[other] El teléfono { $phone } tiene { $count } registros, el más antiguo de { $time }. Estuvo aquí por última vez { $last }.
}
phone-record-held-before = { $count ->
    [one] El teléfono { $phone } tenía 1 registro y no ha estado aquí desde que se inició esta unidad. Alarma desde { $time }.
   *[other] El teléfono { $phone } tenía { $count } registros y no ha estado aquí desde que se inició esta unidad. Alarma desde { $time }.
}
phone-record-gone = Ese teléfono ya no está
    .by = { $name } indicó { $when } que ya no está.

phone-record-enter = Ingresar como registro tardío
phone-record-dismiss = Descartar
    .meaning = Después no está en ninguna lista ni en ningún historial, y no se puede recuperar.
    .one = Descartarlo
    .sender = Descartar los { NUMBER($count) } de este remitente
    .network = Descartar los { NUMBER($count) } de esta red
phone-record-older = Registros anteriores
phone-record-no-tag = Lo que se escaneó no es un código de CleanTrack.
phone-record-unknown-tag = Ningún equipo tenía este código cuando llegó el registro.
phone-record-retired = El equipo estaba dado de baja cuando llegó el registro.
phone-record-invalid = Algo en él es más largo o más grande de lo que admite un registro.
phone-record-copy = Copia de los registros de un teléfono
    .meaning = Un teléfono que ya no llega a la unidad guarda sus registros en un archivo: Registros en este teléfono, Guardar una copia. Lo que ya está aquí no se registra dos veces.
    .file = Archivo
    .send = Incorporar
phone-record-copied = Del archivo: { $records } en la unidad, { $refused } rechazados, { $unreadable } líneas ilegibles.
phone-record-over = { $count ->
    [one] No se leyó 1 registro: un archivo contiene { $max } como máximo. Sigue en el archivo. Incorpórelo como archivo aparte.
   *[other] No se leyeron { NUMBER($count) } registros: un archivo contiene { $max } como máximo. Siguen en el archivo. Incorpórelos como archivos aparte.
}
