refusal-unknown-tag = Ningún equipo tiene el código { $tag }
    .detail = El código está bien escrito, pero no está en ningún equipo de este centro o se retiró.
refusal-retired = { $name } se dio de baja; ya no se pueden registrar limpiezas suyas
    .detail = Su historial se conserva y se puede leer.
refusal-not-its-protocol = Este equipo no se limpia con ese protocolo. Asígnele primero el protocolo o elija uno de los suyos
    .detail = Una limpieza sigue uno de los protocolos de su equipo.
refusal-protocol-changed = El protocolo cambió desde que se abrió esta página. Revise los pasos de nuevo
    .detail = Un registro indica la versión que se siguió, así que debe ser la más reciente.
refusal-unknown-staff = Aquí no hay nadie con el identificador { $staff }
    .detail = Esa persona nunca se agregó o ya no trabaja aquí.
refusal-unknown-cleaning = La entrada { $seq } de { $log } no es una limpieza
    .detail = Ninguna limpieza de esta unidad tiene ese número.
refusal-shared-number = Dos registros tienen el número { $seq }, y este no se puede anular
    .detail = El almacenamiento perdió este registro y dio su número a otro, que se anularía en su lugar. Ambos cuentan.
refusal-already-voided = Esta limpieza ya está anulada
    .detail = Una limpieza se anula una sola vez; ambas entradas se conservan.
# $seq: the number of its entry.
refusal-unknown-problem = No hay ningún aviso abierto con el número { $seq }
    .detail = Nunca se hizo, o alguien ya lo cerró.
refusal-reports-spent = Desde aquí se ha avisado de demasiados problemas en una hora. Avise a biomédica en persona
    .detail = Un teléfono puede enviar cinco avisos en una hora, una persona que demuestra quién es treinta, y los teléfonos de una misma dirección treinta sin prueba, cinco de ellos sobre un mismo equipo.
refusal-problem-kind = Elija qué está mal
refusal-problem-outcome = Elija el resultado del aviso
refusal-undo-over = Pasó el tiempo para deshacer este registro. Avise a ingeniería biomédica; pueden anularlo
    .detail = Solo el teléfono que hizo un registro puede deshacerlo, y solo durante unos minutos.
refusal-name-needed = Escriba su nombre
refusal-reason-needed = Indique el motivo
refusal-needed =
    .detail = El campo falta, está vacío o solo tiene caracteres invisibles.
refusal-too-long = { $field ->
    [cleaned_by] Su nombre tiene más de { $max } caracteres. Acórtelo
    [notes] La nota tiene más de { $max } caracteres. Acórtela
    [agent] El desinfectante tiene más de { $max } caracteres. Acórtelo
    [lot] El lote tiene más de { $max } caracteres. Acórtelo
   *[reason] El motivo tiene más de { $max } caracteres. Acórtelo
}
    .detail = La unidad guarda los textos tal como se escribieron y nunca los recorta.
refusal-character = { $field ->
    [cleaned_by] Su nombre tiene un carácter que no se puede mostrar (U+{ $code }). Escríbalo de nuevo a mano
    [notes] La nota tiene un carácter que no se puede mostrar (U+{ $code }). Escríbala de nuevo a mano
    [agent] El desinfectante tiene un carácter que no se puede mostrar (U+{ $code }). Escríbalo de nuevo a mano
    [lot] El lote tiene un carácter que no se puede mostrar (U+{ $code }). Escríbalo de nuevo a mano
   *[reason] El motivo tiene un carácter que no se puede mostrar (U+{ $code }). Escríbalo de nuevo a mano
}
    .detail = No se admiten caracteres de control ni los que invierten la dirección de la escritura.
refusal-lot-day = Escriba el último día del lote, por ejemplo 2027-05-31, o déjelo vacío
refusal-step-missing = Marque el paso { $step } o indique en la nota por qué no se hizo
    .detail = Un paso obligatorio que se omitió necesita un motivo.
refusal-steps-missing = Marque los pasos { $steps } y { $last } o indique en la nota por qué no se hicieron
refusal-all-steps-missing = Marque los pasos o indique en la nota por qué no se hicieron
refusal-unknown-step = El protocolo no tiene el paso { $step }
    .detail = Los pasos se cuentan desde 1, en el orden del protocolo del equipo.
refusal-still-wet = Mantenga húmeda la superficie { $left } más y luego registre
    .detail = El protocolo tiene un tiempo de contacto, que la unidad mide desde que la superficie quedó húmeda.
refusal-not-wetted = Humedezca la superficie y pulse “Superficie húmeda”, o indique en la nota por qué no
refusal-sign-off-note = Con este protocolo solo limpian personas habilitadas. Indique en la nota por qué se hizo de todos modos
refusal-proof-pin = Ingrese su PIN, o registre sin prueba e indique por qué
refusal-proof-badge = Escanee su credencial o ingrese su PIN, o registre sin prueba e indique por qué
refusal-proof-list = Elija su nombre de la lista, o registre sin prueba e indique por qué
refusal-proof-detail = El centro pide más que un nombre escrito para esta clase de uso.
refusal-note-needed = Indique por qué
refusal-photo-missing = Tome una foto o indique en la nota por qué no la hay
    .detail = Este equipo necesita una foto en cada limpieza.
refusal-too-many-photos = Una limpieza tiene como máximo { $max } fotos
    .detail = Más fotos no caben en el registro.
refusal-key-reused = Esta clave de idempotencia se usó para otra solicitud. Use una nueva
    .detail = Una clave vale para una solicitud; el registro que se hizo con ella queda como está.
refusal-key-form = Una clave de idempotencia tiene de 1 a 200 caracteres, ninguno de control
    .detail = La clave hace que repetir una solicitud no cause daño.
