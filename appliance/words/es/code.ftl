### Códigos y etiquetas de un equipo, para el personal.

codes-title = Etiquetas y códigos
codes-tag = Etiqueta, desde { $since }
codes-tag-scanned = Etiqueta, desde { $since }, escaneada por última vez { $scanned }
codes-code = Código, desde { $since }
codes-udi = UDI, desde { $since }
codes-old = Número en la aplicación anterior, desde { $since }
codes-hint = Cada uno de estos abre el equipo.
# Links.
codes-lost = Etiqueta perdida: código nuevo
codes-spare = Etiqueta de repuesto
codes-print = Imprimir
codes-of-label = la etiqueta { $tag }
codes-add = Agregar otro código que lo abra
codes-take-off = Quitar
codes-move = Pasar a otro equipo:
codes-take-off-of = el código { $code }

## Another label.

label-add-title = Otra etiqueta para un equipo
label-add-hint = Una etiqueta perdida ya no abre nada en cuanto su equipo tiene una nueva; quien la escanee verá el aviso. El equipo conserva su historial.
label-add-save = Asignarle esta etiqueta
label-add-lost = { $name }: la etiqueta { $tag } ya no abre nada en cuanto hay una nueva. Quien la escanee verá el aviso. El equipo conserva su historial.
label-add-gone = La etiqueta { $tag } ya fue reemplazada y no abre nada. Vea en la página del equipo cuál es su etiqueta ahora
label-add-several = Varias etiquetas abren este equipo. Escriba el código de la que se perdió
label-add-other = Esta etiqueta no abre este equipo
label-add-tag-needed = Escanee la etiqueta en blanco que está pegada, o escriba su código
label-add-tag-wrong = Revise el código: nueve letras y números, como está impreso en la etiqueta

## Taking a label off.

label-revoke-title = ¿Quitar la etiqueta { $tag }?
label-revoke-hint = Está en { $name }. Quien la escanee verá que fue reemplazada y podrá abrir el equipo.
label-revoke-save = Quitarla

## Two items that are one thing.

merge-link = Es el mismo que otro equipo
merge-title = { $name } es el mismo que otro equipo
merge-hint = Se da de baja, y sus etiquetas y códigos abren desde entonces el otro equipo. Sus registros quedan con él y se pueden leer. Esto no se puede deshacer.
merge-save = Comparar los dos equipos
merge-check-title = ¿Unir { $from } a { $into }?
merge-goes = Se da de baja
merge-stays = Se queda
merge-fact-schedule = Programación
merge-fact-reports = Avisos abiertos
merge-lost = Esto no pasa al equipo que se queda
merge-lost-schedule = Su programación: { $due }. El equipo que se queda conserva la suya: { $other }
merge-lost-task = Mantenimiento: { $task }
merge-lost-reports = { $count ->
    [one] 1 aviso abierto, que queda con el equipo dado de baja
   *[other] { NUMBER($count) } avisos abiertos, que quedan con el equipo dado de baja
}
merge-confirm = Unirlos
merge-other = Elegir otro equipo
merge-into = Este equipo se unió a { $name }: sus etiquetas y códigos abren ese otro.
merge-from = Unidos a este equipo, con un historial propio:

## Adding a code.

code-add-title = Agregar un código a un equipo
code-add-hint = Un código de barras que el equipo ya tiene, como el número del hospital o un UDI con su número de serie. Escaneado o escrito, abre desde entonces el equipo.
code-add-save = Agregar el código
code-item-unknown = Ningún equipo en uso tiene este código, número o nombre. Escanee la etiqueta del equipo
code-item-several = Varios equipos tienen este número o nombre. Escanee la etiqueta del equipo
