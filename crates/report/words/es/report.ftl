### A report, on paper and as a table.

report-title = Informe de limpieza
    .inspection = Informe de limpieza para una inspección
    .inspection-day = Informe de limpieza para la inspección del { $day }
    # $name: of an item, a person or a protocol.
    .of = Informe de limpieza: { $name }
report-period = { $from } a { $until }
report-made = Hecho { $when }
    .by = Hecho { $when } por { $name }
report-made-uncertain = El reloj de la unidad no estaba ajustado cuando se hizo.
report-known = Lo que se sabe de este centro termina el { $when }: su unidad no ha informado desde entonces.
report-lacks = Faltaba una parte del historial de la unidad cuando se hizo: puede haber plazos mostrados como incumplidos que se cumplieron.
report-zone = Todas las horas: { $zone }, reloj de 24 horas
# Below each page.
report-page = Página { NUMBER($page) } de { NUMBER($pages) }

## Figures.

report-summary = Resumen
report-what = Qué
report-figure = Número
report-rate = Cumplimiento
report-rate-value = { NUMBER($rate) } %
report-no-data = Sin datos
report-met = Plazos cumplidos
report-met-of = { NUMBER($met) } de { NUMBER($closed) }
report-overdue-now = Equipos vencidos al hacerlo
report-missed-windows = Plazos incumplidos
report-cleanings = Limpiezas
report-incomplete = Incompletas, por eso no cuentan
report-too-late = Registradas más de 72 horas después, por eso no cuentan
report-voided = Anuladas; ambas entradas se conservan
report-unattributed = Sin nombre de nadie
report-uncertain = Con hora incierta
report-number = { NUMBER($number) }
report-definition = El cumplimiento es la parte de los plazos cerrados en el período que tienen una limpieza que cuenta: completa y registrada como máximo 72 horas después de hacerla. Los plazos en los que un equipo estuvo fuera de servicio no cuentan en ningún sentido. Se redondea hacia abajo a una décima: 100 % significa que no se incumplió ninguno. Donde no se cerró ningún plazo no hay porcentaje.
report-definition-person = Las limpiezas de una persona no tienen porcentaje de cumplimiento: los plazos son de los equipos.
report-chosen = Aquí están los registros que se eligieron. Que no falta ninguno solo lo muestran el informe del centro o el propio historial.

## By weeks.

report-weeks = Cumplimiento por semanas
report-week = Semana del

## Gaps.

report-gaps = Incumplimientos
report-gaps-none = Nada estaba vencido y no se incumplió ningún plazo.
report-overdue = Vencidos al hacer este informe
report-missed = Plazos incumplidos
report-item = Equipo
report-since = Desde
report-why = Por qué
report-window = Plazo
report-window-span = { $from } a { $until }
report-window-protocol = Para { $protocol }
report-why-none = No se registró ninguna limpieza
# $when: a moment.
report-why-cleaned = Limpiado después: { $when }
    .never = Sin limpiar desde entonces
report-missed-more = { $count ->
    [1] Otro plazo incumplido no está en la lista: elija un período más corto.
   *[other] Otros { NUMBER($count) } plazos incumplidos no están en la lista: elija un período más corto.
}

## Cleanings.

report-records = Limpiezas por equipo
report-records-none = No se registró ninguna limpieza en este período.
report-records-more = Las páginas muestran las { NUMBER($shown) } más recientes de { NUMBER($all) } limpiezas, equipo por equipo. Todas están adjuntas: cleanings.csv se abre en cualquier hoja de cálculo, entries.jsonl tiene las entradas exactas.
report-when = Limpiado
report-protocol = Protocolo
report-who = Quién
report-entry = Entrada
report-version = { $protocol }, versión { NUMBER($version) }
report-no-protocol = Sin protocolo
report-steps = { $count ->
    [1] Un paso hecho
   *[other] { NUMBER($count) } pasos hechos
}
report-steps-unstated = Pasos no indicados
report-recorded = Registrado { $when }
report-late = Demasiado tarde: no cuenta
report-missing-parts = Incompleta: { $missing }
report-missing = { $part ->
    [steps-not-stated] pasos no indicados
    [steps] faltan pasos
    [contact-time] tiempo de contacto completo no medido
    [photo] sin foto
    [who] sin prueba de quién limpió
    [strip] sin tira reactiva válida
    [temperature] temperatura incorrecta
    [leak] sin prueba de fugas válida
   *[other] otro dato
}
report-proof = { $how ->
    [pin] Con PIN
    [badge] Con credencial
    [login] Con sesión iniciada
    [typed] Nombre escrito, nada lo prueba
   *[nobody] Sin nombre
}
report-note = Nota: { $text }
report-void = Anulada { $when }: { $reason }
    .undated = Anulada: { $reason }
report-erased = [texto borrado]
report-unreadable = [texto dañado]
report-nobody = Sin nombre
report-photo = Foto de la limpieza de la entrada { $entry }
report-photo-here = Foto conservada, no se muestra aquí
report-photo-erased = Foto borrada
report-photo-gone = La foto no se conserva aquí
report-photo-altered = Foto dañada: lo que se conserva no es la imagen que nombra la entrada
report-unproven = Este informe no lo prueba: ningún historial firmado que esté aquí lo contiene
report-letters = Las letras que estas páginas no pueden imprimir se muestran como □: el texto exacto está en cleanings.csv.
report-check = Control puntual: { $result ->
    [good] limpio
    [again] limpiar otra vez
   *[unknown] { $result }
}

## People and protocols.

report-sign-offs = Habilitaciones
report-person = Persona
report-signed-since = Desde
report-signed-until = Hasta
report-signed-open = sin fin
report-signed-over = { $day }, terminada
report-protocols = Protocolos que se siguieron
report-reference = Según
report-reference-none = Sin indicar
report-step-count = Pasos
report-contact = Tiempo de contacto
report-contact-none = Ninguno
report-seconds = { NUMBER($seconds) } s

## How to check.

report-proof-title = Cómo comprobar este informe
report-proof-log = Historial { $name }: firmado por la unidad con { NUMBER($size) } entradas.
report-proof-root = Raíz: { $root }
report-proof-cosigned = { $name } lo había guardado el { $when } y también lo firmó.
report-proof-cosigned-none = Ningún servidor central lo había guardado cuando se hizo este informe.
report-proof-how = Obtenga las claves de la unidad y del servidor central de una fuente de confianza y ejecute: cleantrack-verify report FILE --key KEYS. No necesita red. Dice quién firmó, dibuja estas páginas de nuevo con las entradas adjuntas y nombra la primera letra o entrada que se cambió.
report-proof-limits = Lo que esto no afirma: la unidad mide el tiempo, no la humedad; un nombre escrito no prueba a nadie; una foto muestra lo que muestra. Los nombres de personas, equipos y protocolos son los que puso el centro, y los cubre la firma de la unidad o del servidor central que hizo este informe. Las escrituras unidas se imprimen letra por letra.

## Columns of tables, and the yes of a cell.

report-column = { $key ->
    [cleaned_at] Limpiado
    [recorded_at] Registrado
    [time_uncertain] Hora incierta
    [item] Equipo
    [tag] Etiqueta
    [place] Lugar
    [protocol] Protocolo
    [protocol_version] Versión
    [steps] Pasos hechos
    [contact_s] Tiempo de contacto (s)
    [contact_required_s] Tiempo de contacto exigido (s)
    [agent] Desinfectante
    [lot] Lote
    [who] Quién
    [proof] Cómo se prueba
    [counts] Cuenta
    [missing] Falta
    [remarks] Observaciones
    [note] Nota
    [voided_at] Anulada
    [void_reason] Por qué se anuló
    [photos] Fotos
    [entry] Entrada
   *[hash] Hash de la entrada
}
# Of an attached file.
report-file = { $name ->
    [table] Todas las limpiezas de este informe en una tabla
    [entries] Las entradas exactas del historial de las que vienen las filas, y sus textos
    [proof] Firmas y hashes que prueban las entradas
   *[report] Lo que muestran las páginas, tal como se firmó
}
report-yes = sí
report-no = no
report-sheet = Limpiezas
