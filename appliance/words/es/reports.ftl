### Reports, and the day of an inspection.

reports-title = Informes
reports-what = Un informe en papel (PDF) lleva adjuntos todos los registros y su prueba: quien lo reciba puede comprobarlo sin nosotros. Los informes se conservan aquí 90 días.
reports-make = Hacer el informe
reports-survey = Desde la última inspección completa, { $day }
reports-made = Hechos aquí
reports-none = Todavía ninguno.
reports-column-what = Informe
reports-column-asked = Pedido
reports-column-state = Estado
reports-state = { $state ->
    [waiting] Espera su turno
    [making] { NUMBER($percent) } % hecho
    [failed] No se pudo hacer
    [cancelled] Cancelado
   *[ready] Listo, { NUMBER($kilobytes) } KB
}
reports-fetch = Descargar
reports-cancel = Cancelar
reports-remove = Quitar
reports-refresh = Actualizar
reports-back = Volver a hoy
# $name: of an item or a person; $format: PDF, CSV, XLSX or JSON.
reports-name = { $name }, { $format }
reports-to-inspection = Inspección: primero los incumplimientos

## The page of an inspection.

inspection-title = Inspección
inspection-day = { $days ->
    [0] La inspección es hoy: { $title }
    [1] La inspección es mañana, { $day }: { $title }
   *[other] La inspección es en { NUMBER($days) } días, el { $day }: { $title }
}
inspection-untitled = nadie ha dicho de quién
inspection-past = La última inspección anunciada fue el { $day }.
inspection-no-day = No hay ninguna inspección anunciada. Su día se fija en los ajustes de la unidad.
inspection-settings = Fijar su día
inspection-period = Lo que sigue es del { $from } al { $until }.
inspection-gaps-none = Nada está vencido y no se incumplió ningún plazo.
inspection-overdue = Vencidos ahora
inspection-missed = Plazos incumplidos
inspection-missed-more = Otros { NUMBER($count) } están en el informe.
inspection-item = Equipo
inspection-since = Desde
inspection-why = Por qué
inspection-window = Plazo
inspection-window-span = { $from } a { $until }
inspection-checks = Qué mirar antes de que lo mire otra persona
inspection-check = Qué
inspection-count = Cuántos
inspection-check-what = { $what ->
    [incomplete] Limpiezas a las que les falta algo
    [voided] Limpiezas anuladas
    [too-late] Limpiezas registradas más de 72 horas después
    [unattributed] Limpiezas sin nombre de nadie
    [uncertain] Registros con hora incierta
    [unsigned] Limpiezas de personas sin habilitación
    [lots] Limpiezas con un desinfectante caducado
    [photos] Fotos exigidas que faltan
    [unscheduled] Equipos sin programación
    [unreferenced] Protocolos sin las instrucciones del fabricante
   *[unapproved] Protocolos sin nadie que conste como quien los aprobó
}
inspection-number = { NUMBER($count) }
inspection-report = Hacer el informe para la inspección

## A pass for an auditor.

pass-section = Dejar leer a un auditor
pass-section-what = Un pase abre estas páginas y los informes sin PIN, no cambia nada y termina en su minuto.
pass-for = Para quién
pass-for-how-long = Por cuánto tiempo
pass-make = Hacer un pase
pass-end = Terminarlo
pass-name = Auditor: { $name }
pass-name-wrong = Indique para quién es el pase.
pass-hours-wrong = Elija por cuánto tiempo.
pass-until = Hasta { $when }
pass-made-title = El pase
pass-made-what = Anote este código o muéstrelo al auditor: no se muestra otra vez.
pass-made-where = Se escribe en { $address } en esta unidad, en cualquier navegador de esta red.
pass-title = Leer como auditor
pass-what = El código viene de quien administra esta unidad. Le permite leer, y nada más, hasta que termine.
pass-code = Código
pass-code-hint = Por ejemplo k3m9-x2w7-qd40
pass-wrong = Este código no es correcto, o su pase terminó. Pregunte a quien se lo dio.
pass-read = Leer

## A report that somebody brings is checked.

verify-title = Comprobar un informe
verify-what = Elija un informe en PDF. La unidad comprueba que cada registro esté en un libro firmado y que las páginas digan lo que dicen esos registros.
verify-file = Informe (PDF)
verify-check = Comprobar
verify-elsewhere = Sin confiar en esta unidad: «cleantrack-verify report ARCHIVO» hace lo mismo en cualquier computadora.
verify-no-file = No se eligió ningún archivo.
verify-holds = Este informe está como se hizo
    .not = Este informe no es válido
    .open = Este informe no se pudo comparar por completo
verify-facility = Es de { $facility } y se hizo { $when }.
verify-records = { $rows ->
    [one] 1 limpieza
   *[other] { NUMBER($rows) } limpiezas
}, { $entries ->
    [one] 1 entrada firmada
   *[other] { NUMBER($entries) } entradas firmadas
}.
verify-unproven = { $count ->
    [one] 1 entrada no está en ningún libro firmado; el informe lo dice al lado.
   *[other] { NUMBER($count) } entradas no están en ningún libro firmado; el informe lo dice al lado de cada una.
}
verify-witnessed = El servidor central ya había guardado su libro el { $when }.
    .none = Ningún servidor central confirmó su libro.
verify-fault-damaged = Este archivo no es un PDF, o está cortado o dañado.
verify-fault-bare = No lleva pruebas: nunca fue un informe así, o se quitaron sus adjuntos.
verify-fault-version = Sus registros son válidos, pero otra versión del programa dibujó las páginas y esta no puede compararlas.
verify-fault-large = Es demasiado grande para comprobarlo en esta unidad. «cleantrack-verify report ARCHIVO» lo comprueba en cualquier computadora.
verify-fault-other-box = También tiene registros de otra unidad, cuya clave esta no tiene. «cleantrack-verify report ARCHIVO» lo comprueba con las claves de ambas.
verify-fault-signer = No lo hizo esta unidad ni su servidor central.
verify-fault-attached = Lo que lleva adjunto se cambió o está dañado.
verify-fault-entry = Se cambió la entrada adjunta { $seq }.
verify-fault-missing = La entrada { $seq } ya no está adjunta.
verify-fault-row = El informe dice de la entrada { $seq } algo distinto de lo que dice la entrada.
verify-fault-photo = Se cambió o se quitó una foto de la entrada { $seq }.
verify-fault-page = Página { $page }, carácter { $at }: la página dice «{ $found }» y sus registros dan «{ $expected }».
verify-fault-saved = Sus registros y sus palabras son válidos, pero otro programa lo guardó de nuevo o se cambió algo que no son palabras. Pida el informe tal como se hizo.
inspection-period-span = Abarca { $from } a { $until }.
