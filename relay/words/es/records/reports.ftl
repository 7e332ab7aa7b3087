### Reports of a facility.

reports-title = Informe de { $facility }
reports-what = Un informe en papel (PDF) lleva adjuntos todos los registros y su prueba: quien lo reciba puede comprobarlo sin nosotros. Las tablas tienen los mismos registros.
reports-from = Primer día
reports-to = Último día
reports-format = Como
reports-pdf = PDF: en papel, con su prueba
reports-csv = CSV: una tabla
reports-xlsx = XLSX: una hoja de cálculo
reports-json = JSON: para programas
reports-make = Hacer el informe
reports-wait = Se hace mientras espera: miles de limpiezas tardan unos segundos.
reports-to-mine = Informes largos, todos los centros, cada semana o mes
reports-back = La página del centro

reports-mine = Informes
    .what = Aquí se hace un informe mientras usted hace otra cosa, de un centro o de todos: varios son un archivo ZIP. Solo usted ve los suyos. Cada uno se guarda 90 días.
reports-all = Todos los centros
reports-gone = Un centro que usted no ve
reports-name = { $name }, { $format }
reports-days = Del { $from } al { $to }
reports-made = Sus informes
reports-none = Todavía ninguno.
reports-column-what = Informe
reports-column-days = Días
reports-column-state = Estado
reports-state = { $state ->
    [waiting] Espera su turno
    [making] { NUMBER($percent) }% hecho
    [failed] No se pudo hacer
    [cancelled] Cancelado
   *[ready] Listo, { NUMBER($kilobytes) } KB
}
reports-fault = { $fault ->
    [long] No se pudo hacer: son demasiadas limpiezas. Elija menos días.
    [unseen] No se pudo hacer: no hay nada de ello que usted vea.
   *[other] No se pudo hacer. Pídalo de nuevo.
}
reports-fetch = Descargar
reports-cancel = Cancelar
reports-remove = Quitar
reports-refresh = Actualizar
reports-schedules = Se hacen una y otra vez
    .what = Recibe un correo cuando uno está listo, sin el informe: nombra a personas.
reports-pace = { $pace ->
    [week] Cada lunes, de la semana anterior
   *[month] El primer día de cada mes, del mes anterior
}
reports-stop = Detener
