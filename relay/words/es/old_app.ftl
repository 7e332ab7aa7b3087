### Respuestas a programas de la aplicación anterior a esta, para lo que se hace en la unidad.

at-the-box = Esto se hace en la unidad
    .record = Las limpiezas se registran en la unidad del centro, que las firma; este servidor central solo las recibe.
    .change = Los equipos se agregan, se cambian y se dan de baja en la unidad del centro; este servidor central solo lo recibe.
    .safe = No se cambió nada.
    .next = Envíe la misma solicitud a la unidad del centro: { $addresses }
    .scan = Escanee la etiqueta con un teléfono en la red del centro, o envíe la misma solicitud a su unidad.
    .page = Envíe la misma solicitud a la unidad del centro, o use sus páginas del personal.
