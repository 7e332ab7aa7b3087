### Equipos, para el personal: la lista, un equipo con su historial y lo que saca de uso un equipo o un registro.

equipment-title = Equipos
equipment-find = Buscar por nombre, lugar, número o código
equipment-find-button = Buscar
equipment-in-use = { $count ->
    [one] En uso, los vencidos primero: { $count } equipo
   *[other] En uso, los vencidos primero: { $count } equipos
}
equipment-retired = { $count ->
    [one] Dados de baja: { $count } equipo
   *[other] Dados de baja: { $count } equipos
}
equipment-found = { $count ->
    [one] Con “{ $query }”: { $count } equipo
   *[other] Con “{ $query }”: { $count } equipos
}
equipment-retired-found = { $count ->
    [one] Dados de baja, con “{ $query }”: { $count } equipo
   *[other] Dados de baja, con “{ $query }”: { $count } equipos
}
equipment-empty = Agregue el primer equipo: basta su nombre. Después imprima su etiqueta.
equipment-none-retired = No se ha dado de baja ningún equipo.
equipment-none-fits = Sin resultados. Pruebe con una parte del nombre, la sala o el número de inventario.
equipment-column-number = Número
equipment-column-state = Estado
equipment-column-rate = 30 días
equipment-page-of = { NUMBER($first) } a { NUMBER($last) } de { NUMBER($all) }
equipment-previous = Anterior
equipment-next = Siguiente
equipment-to-protocols = Protocolos
equipment-to-places = Lugares
equipment-to-categories = Categorías
equipment-to-maintenance = Mantenimiento
equipment-show-used = Equipos en uso
equipment-show-retired = Equipos dados de baja

item-log-broken = El historial no pasó la verificación
item-why-out = Fuera de servicio: { $why }
item-expected-back = Se espera de vuelta el { $day }
item-print-label = Imprimir etiqueta
item-change = Cambiar
item-resume = Devolver al servicio
item-suspend = Sacar de servicio
    .change = Cambiar motivo o día
item-retire = Dar de baja
item-scan-page = Abrir su página de escaneo
item-paper = { $facility }. Historial de { $size }, raíz { $root }. Verificado por esta unidad, { $moment }.
    .broken = { $facility }. Historial de { $size }, raíz { $root }. No verificado por esta unidad, { $moment }.
item-serial = número de serie { $serial }

item-rate-title = Últimos 30 días
item-rate-no-schedule = Sin programación no hay tasa.
item-rate-none = Sin datos todavía: no se ha cerrado ningún plazo.
item-rate = { NUMBER($met) } de { NUMBER($closed) } plazos cumplidos. Toca { $due }.

late-link = Ingresar una limpieza anotada en papel
late-title = { $name }: una limpieza anotada en papel
late-hint = Se muestra como registro tardío, con la hora en que se ingresó. Cuenta si se hizo en las últimas 72 horas.
late-save = Ingresar la limpieza
late-time-wrong = Escriba día y hora como en el papel, por ejemplo 2026-11-24 14:30
late-time-skipped = Entonces se adelantaron los relojes: esa hora no existió. Revísela
late-uncounted = Esto se hizo hace más de 72 horas, así que se registra, pero no cuenta. Marque aquí para ingresarlo de todos modos
late-steps-wrong = Escriba números de pasos de 1 a { $count }, por ejemplo 1, 3
late-contact-wrong = Cuánto tiempo estuvo húmedo: escriba minutos y segundos, por ejemplo 3:00

history-title = Historial
history-count = { $count ->
    [one] { $count } limpieza en total, la más reciente primero
   *[other] { $count } limpiezas en total, las más recientes primero
}
history-part = { $shown } de { $count } limpiezas, del { $from } al { $to }. El resto está en otras páginas.
history-empty = Nunca se limpió desde que se agregó.
history-cleaned = Limpiado
history-incomplete = Incompleto: { $missing }
history-late = Registro tardío
history-late-written = Anotado { $when }, { $span } después de hacerse
history-photos-absent = { $count ->
    [one] { $count } foto no está en esta unidad
   *[other] { $count } fotos no están en esta unidad
}
history-voided = Anulado
history-was-voided = { $who }. Anulado
history-voided-by = { $who }. Anulado { $when } por { $by }: { $why }. Ambas entradas se conservan
history-same-phone = el teléfono que lo registró
history-entry = Entrada { $seq }
history-check = Control al azar
history-checked-good = Control al azar: limpio
history-checked-again = Control al azar: limpiar de nuevo
history-checked = Control al azar: { $result }
check-what = { $name }, limpiado { $when } por { $who }.
history-void = Anular
history-older = Registros anteriores
history-former = Como { $name }, antes de unirse a este equipo
history-newest = Registros más recientes

trust-title = ¿Se puede confiar en esto?
trust-verified = Verificado
trust-not-verified = No verificado
trust-entry-absent = La entrada { NUMBER($seq) } no está. Mantenga encendida esta unidad y llámenos.
trust-entry-wrong = La entrada { NUMBER($seq) } no coincide con su hash. Mantenga encendida esta unidad y llámenos.
trust-nothing = Todavía no hay nada que comprobar.
trust-read-again = { $count ->
    [one] Su registro más reciente se acaba de leer de nuevo: está en el historial firmado, sin cambios.
   *[other] Sus { $count } registros más recientes se acaban de leer de nuevo: están en el historial firmado, sin cambios.
}
trust-checked = Comprobado
trust-checked-when = { $when }, por esta unidad
trust-size = Tamaño del historial
trust-entries = { $count ->
    [one] { NUMBER($count) } entrada
   *[other] { NUMBER($count) } entradas
}
trust-root = Raíz
trust-witness = Refrendado por
trust-relay = { $count ->
    [one] servidor central, { NUMBER($count) } entrada, misma raíz
   *[other] servidor central, { NUMBER($count) } entradas, misma raíz
}
trust-no-relay = todavía no refrendado por un servidor central
trust-proof = Descargar la prueba de la entrada { $seq }
trust-proof-hint = Cualquiera puede comprobarla con la clave pública, sin nosotros.

schedules-title = Programación
schedules-any = Según cualquier protocolo
schedules-none = Sin programación
schedules-change = Cambiar
schedules-change-of = la programación de { $protocol }
schedules-change-any = la programación de cualquier protocolo
schedule-by-protocol = { $every } según { $protocol }

fact-noncritical = No crítico
fact-semicritical = Semicrítico
fact-critical = Crítico
fact-photo-none = No se pide
fact-photo-optional = Opcional
fact-photo-required = Obligatoria
fact-loan = Aquí hasta
fact-loan-owner = Propietario
fact-added = Agregado
fact-protocol = Protocolo
fact-protocol-none = Ninguno
fact-protocol-version = { $name }, versión { $version }
fact-protocol-next = { $name }, versión { $version }; desde el { $day }: versión { $next }
fact-protocol-retired = { $name }, versión { $version }, retirado
fact-photo-one-in = Se pide foto
fact-photo-one-in-value = { $count ->
    [one] En cada limpieza
   *[other] En una de cada { $count } limpiezas
}
fact-single-use = De un solo uso
fact-yes = Sí
fact-no = No

retire-title = ¿Dar de baja { $name }?
    .what = Ya no se limpia ni se registra. Su historial se conserva. Esto no se puede deshacer.
    .hint = Por ejemplo: vendido, desechado, devuelto al fabricante
    .confirm = Dar de baja definitivamente
    .cancel = Cancelar
void-title = ¿Anular la entrada { NUMBER($seq) }?
    .what = { $name }, limpiado { $when } por { $who }. Dejará de contar. Ambas entradas siguen a la vista.
    .hint = Por ejemplo: se escaneó otro equipo
    .confirm = Anular el registro
    .cancel = Cancelar
