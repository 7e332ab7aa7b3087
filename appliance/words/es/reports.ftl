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
