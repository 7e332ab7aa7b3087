### Líneas del historial de un equipo, aparte de sus limpiezas y usos.

line-changed = Modificado
line-field-set = { $field }: { $value }
line-field-cleared = { $field }: quitado
line-field = { $field ->
    [name] Nombre
    [asset_number] Número de inventario
    [serial] Número de serie
    [maker] Fabricante
    [model] Modelo
    [category] Categoría
    [location] Lugar
    [class] Clase de Spaulding
    [photo] Foto
    [protocols] Protocolos
    [loan] Préstamo
    [single_use] Un solo uso
   *[photo_one_in] Fotos por sorteo
}
line-class = { $class ->
    [noncritical] no crítico
    [semicritical] semicrítico
   *[critical] crítico
}
line-photo = { $policy ->
    [none] no se pide
    [optional] opcional
   *[required] obligatoria
}
line-loan = hasta el { $day }
    .of = hasta el { $day }, de { $owner }
line-single-use = { $answer ->
    [yes] sí
   *[no] no
}
line-one-in = una de cada { NUMBER($count) } limpiezas
line-retired = Dado de baja
line-suspended = Fuera de servicio
    .again = Sigue fuera de servicio
line-back = Regreso previsto: { $day }
    .unknown = No se ha dicho cuándo vuelve
line-resumed = De nuevo en servicio
line-merged-into = Unido a { $name }
line-merged-from = { $name } se unió a este equipo
line-schedule = Horario: { $schedule }
    .of = Horario de { $protocol }: { $schedule }
    .none = Horario terminado
    .none-of = Horario de { $protocol } terminado
line-from = Desde: { $when }
line-by-protocol = Según { $protocol }
line-tag-assigned = Código nuevo { $tag }
line-tag-reason = { $word ->
    [lost] Se perdió la etiqueta
    [spare] Etiqueta de repuesto
    [blank] De un rollo de etiquetas en blanco
   *[unknown] { $shown }
}
line-tag-revoked = Código { $tag } anulado
line-tag-end = { $word ->
    [lost] Se perdió la etiqueta
    [worn] La etiqueta estaba gastada
    [mistake] Se pegó por error
   *[unknown] { $shown }
}
line-tag-instead = Lo sustituye el código { $tag }
line-code-added = El código { $code } abre este equipo
line-code-removed = Código { $code } quitado
line-problem = Aviso: { $what }
line-problem-word = { $word ->
    [broken] roto
    [part-missing] falta una pieza
    [can-not-be-cleaned] no se puede limpiar
    [soiled] sucio
    [wrong-label] etiqueta equivocada
    [other] otra cosa
   *[unknown] { $shown }
}
line-problem-closed = Aviso cerrado: { $outcome }
line-problem-outcome = { $word ->
    [fixed] reparado
    [no-fault] sin fallo
    [retired] equipo dado de baja
    [duplicate] ya se había avisado
   *[unknown] { $shown }
}
line-check = Control: { $result }
line-check-result = { $word ->
    [good] limpio
    [again] limpiar otra vez
   *[unknown] { $shown }
}
line-check-method = { $word ->
    [look] A la vista
    [atp] Por ATP
    [marker] Con marcador fluorescente
    [culture] Por cultivo
   *[unknown] { $shown }
}
line-measured = Medido: { NUMBER($value) } { $unit }
line-added-to-report = Se añadió al aviso del registro { NUMBER($seq) }
line-about-report = Sobre el aviso del registro { NUMBER($seq) }
line-about-cleaning = Sobre la limpieza del registro { NUMBER($seq) }
line-after-check = Después del control del registro { NUMBER($seq) }
line-upkeep-planned = Mantenimiento previsto: { $task }, { $schedule }
line-upkeep-by-last = Desde la última vez que se hizo
line-upkeep-by-calendar = Según el calendario
line-upkeep-ended = Mantenimiento terminado: { $task }
line-upkeep-done = { $word ->
    [done] Mantenimiento hecho
    [failed] Mantenimiento no superado
   *[unknown] Mantenimiento: { $shown }
}
line-upkeep-task = { $result }: { $task }
line-reading = { $name }: { NUMBER($value) } { $unit }
line-load-started = En la carga { $number }
line-load-finished = { $word ->
    [pass] Carga terminada: superada
    [fail] Carga terminada: no superada
   *[unknown] Carga terminada: { $shown }
}
line-load-failed = La carga no cuenta: { $why }
line-load-failure = { $word ->
    [strip] tira reactiva
    [temperature] temperatura
    [indicator] indicador
    [agent] desinfectante
    [machine] máquina
    [recall] retirada por el fabricante
    [other] otra cosa
   *[unknown] { $shown }
}
line-leak-test = { $word ->
    [pass] Prueba de fugas superada
    [fail] Prueba de fugas no superada
   *[unknown] Prueba de fugas: { $shown }
}
line-soaked = Sumergido { NUMBER($measured) } s de { NUMBER($required) } s
line-because-load = Por una carga que no cuenta
line-report = Informe hecho
line-period = De { $from } a { $until }
line-flag = { $word ->
    [late] Registro tardío
    [delayed] Limpieza tardía tras el uso
    [not-signed-off] Sin autorización para este protocolo
    [lot-expired] Desinfectante caducado
    [out-of-service] Estando fuera de servicio
    [retired] Estando dado de baja
    [photo-sample] Foto por sorteo
    [wet-long] Registrado mucho después del tiempo de contacto
    [old-protocol] Versión anterior del protocolo
    [phone-clock] Hora según el reloj de un teléfono
   *[unknown] { $shown }
}
line-used = Usado
line-use-began = Empezó { $when }
line-use-ended = Terminó { $when }
line-use-semicritical = Uso semicrítico: mucosas o piel lesionada
line-use-critical = Uso crítico: tejido estéril o vasos sanguíneos
line-use-sticker = Se puso una etiqueta en la historia clínica
line-contact = Tiempo de contacto: { $wet }
line-agent = Desinfectante: { $agent }
line-lot = Lote { $lot }
    .until = Lote { $lot }, último día { $day }
line-trigger = { $word ->
    [schedule] Según el calendario
    [after-use] Después del uso
    [soiled] Porque estaba sucio
    [incident] Después de un incidente
    [returned] Después de su devolución
    [load] En una carga
   *[unknown] { $shown }
}
line-clean-until = Limpio hasta { $time }
line-wet = { $by ->
    [box] { $wet }, medido por la unidad
    [phone] { $wet }, medido por un teléfono
   *[stated] { $wet }, según lo declarado
}
    .of = { $by ->
    [box] { $wet } de { $required }, medido por la unidad
    [phone] { $wet } de { $required }, medido por un teléfono
   *[stated] { $wet } de { $required }, según lo declarado
}
    .at-least = al menos { $required }; registrado { $later } después
    .unknown = sin medir, requiere { $required }
line-seconds = { NUMBER($seconds) } s
line-minutes = { NUMBER($minutes) } min
    .seconds = { NUMBER($minutes) } min { $seconds } s
line-due-incomplete = Limpiado { $when }, incompleto: { $missing }
line-due-voided = Limpiado { $when }, registro anulado
line-due-too-late = Limpiado { $when }, registrado más de 72 horas después: no cuenta
line-due-before = Registro tardío: limpiado { $when }, antes de que tocara de nuevo
line-time-mark = hora incierta
line-time-uncertain = El reloj de la unidad no estaba en hora: la hora es estimada hasta que la unidad reciba la hora exacta
line-time-corrected = { $source ->
    [ntp] El reloj de la unidad no estaba en hora: la hora se corrigió después, con la hora de la red
    [relay] El reloj de la unidad no estaba en hora: la hora se corrigió después, con la del servidor central
    [hand] El reloj de la unidad no estaba en hora: la hora se corrigió después, a mano, con un margen de 60 s
    [order] El reloj de la unidad iba adelantado: la hora es una estimación, y no fue más tarde
   *[unknown] El reloj de la unidad no estaba en hora: la hora se corrigió después
}
