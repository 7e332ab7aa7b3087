receipt-recorded = Registrado
receipt-undone = Deshecho
receipt-voided = Anulado
receipt-recorded-title = Registrado: { $name }
receipt-undone-title = Deshecho: { $name }
receipt-incomplete = Incompleto: { $missing }
receipt-late = Registro tardío

receipt-not-clean = { $name } quedó registrado, pero todavía no cuenta como limpio.
receipt-clean-until = { $name } está limpio hasta { $time }.
receipt-clean-until-used = { $name } está limpio hasta que se use.
receipt-no-schedule = { $name } se limpió. No tiene programación.
receipt-due-by = { $name } se limpió. La próxima limpieza tiene límite { $time }.
receipt-due-again = { $name } se limpió. Vuelve a estar pendiente.
receipt-out-of-service = { $name } se limpió. Está fuera de servicio.
receipt-cleaned = { $name } se limpió.
receipt-uncounted = { $name } se limpió. Este registro está completo y a salvo, pero falta la parte del historial de esta unidad que dice en qué equipo está este código. El registro contará para su equipo en cuanto vuelva esa parte.

receipt-was-voided = Se anuló.
receipt-voided-by = Anulado { $when } por { $who }: { $why }.
receipt-undone-here = Deshecho { $when } en este teléfono: { $why }.
receipt-undone-there = Deshecho { $when } en el teléfono que lo registró: { $why }.
receipt-both-stay = Ambas entradas se conservan.

receipt-entry = Entrada
receipt-hash = Hash
receipt-by = Por
receipt-done = Hecho
receipt-done-written = { $done }, anotado { $written }
receipt-when = Cuándo
receipt-wet = Tiempo de contacto
receipt-clean = Limpio hasta
receipt-photo = Foto
receipt-photo-at-relay = en el servidor central
receipt-photo-kept = guardada
receipt-photos-some-at-relay = algunas en la unidad, otras en el servidor central
receipt-photos-kept = varias guardadas

receipt-no-room = Su foto no se guardó: el espacio para fotos está lleno. El registro está a salvo. Avise a { $contact }.
receipt-adopted = Este registro había perdido su lugar en el historial de la unidad. Cuenta de nuevo desde { $time }, con su número, su hash y su hora originales.

receipt-printed = Impreso { $moment }
receipt-where = Dónde está su registro
receipt-on-phone = En el teléfono
receipt-sent = enviado a la unidad
receipt-on-box = En la unidad
receipt-on-disk = en el disco { $time }. Ya está a salvo.
receipt-at-relay = En el servidor central
receipt-relay-has = guardado y firmado por el servidor central.
receipt-relay-since = guardado y firmado por el servidor central desde { $time }.
receipt-relay-since-or-earlier = guardado y firmado por el servidor central desde { $time } o antes.
receipt-relay-other-log = este registro está en un historial anterior de esta unidad.
receipt-relay-none = esta unidad no tiene servidor central.
receipt-relay-replaced = otro equipo ha ocupado el lugar de esta unidad, y el registro se queda solo aquí. Avise a ingeniería biomédica.
receipt-relay-sending = enviándose. No hay nada más que hacer.
receipt-relay-no-line-since = en espera: sin conexión desde { $time }. Se envía automáticamente; no hay nada más que hacer.
receipt-relay-no-line = en espera: aún sin conexión. Se envía automáticamente; no hay nada más que hacer.

receipt-next = Siguiente: { $name }
receipt-show-list = Ver toda la lista
receipt-same-again = Otra vez el mismo
receipt-same-again-wet = Otra vez el mismo: superficie húmeda, iniciar { $countdown }
receipt-same-again-by = Registra otra vez los mismos pasos, por { $name }.
receipt-undo = Deshacer este registro (hasta las { $time })
receipt-wrong = ¿Algo está mal? Avise a { $contact }: pueden anularlo.
receipt-print = Imprimir este comprobante
receipt-app = También funciona sin cobertura: póngalo en la pantalla de inicio
receipt-keep-address = Guarde la dirección de esta página si más adelante quiere una prueba: con ella cualquiera puede comprobar la entrada { NUMBER($seq) }.
receipt-proof = Descargar la prueba

undo-title = ¿Deshacer este registro?
undo-what = Entrada { NUMBER($seq) }, { $name }, por { $who }. Dejará de contar. Ambas entradas siguen a la vista.
undo-why = Por qué, si quiere decirlo
    .hint = Por ejemplo: equipo equivocado, sin terminar
undo-unsaid = retirado poco después de registrarlo
undo-confirm = Deshacer el registro
undo-cancel = Cancelar
