### La estación de etiquetas y las páginas que la rodean.

labels-title = Etiquetas
    .error = Error: Etiquetas
labels-printers = Impresoras
labels-printer = Impresora
    .hint = Y lo que tiene cargado
labels-template = Etiqueta
labels-copies = Copias
labels-copies-each = Copias de cada una
labels-no-printer = Todavía no hay impresoras.
    .add = Todavía no hay impresoras. Conecte una por USB o agregue una por su dirección.
labels-add-printer = Agregar una impresora
labels-numbers = Número de inventario donde no se pueda imprimir un nombre
labels-kept = No salió papel. Lo que escribió se conserva.
labels-not-moved = No salió papel.
labels-tags = Códigos
    .hint = Uno por línea
labels-usual-template = La habitual para este rollo
labels-template-needs = { $title } (necesita: { $fields })
labels-printer-with = { $printer }, { $paper }
labels-copies-range = Escriba un número de copias de 1 a { $most }
labels-not-tags = No es un código de un equipo en uso: { $tags }
labels-named-more = { $tags } y { $more } más

station-kept = No salió papel. Su selección se conserva.
station-other-list = { $count ->
    [one] Antes se seleccionó { $count } equipo y no se imprimió.
   *[other] Antes se seleccionaron { $count } equipos y no se imprimieron.
}
station-go-on = Continuar con esa lista
station-equipment = Equipos
station-items = { $count ->
    [one] { $count } equipo
   *[other] { $count } equipos
}
station-items-of = { $all ->
    [one] { NUMBER($shown) } de { $all } equipo
   *[other] { NUMBER($shown) } de { $all } equipos
}
station-find = Buscar
    .hint = Un nombre, lugar, número o código
station-find-or-scan = Buscar o escanear
station-show = Mostrar
    .hint = Qué equipos
station-show-never = Nunca impresos
station-show-all = Todos
station-show-overdue = Vencidos
station-show-picked = Seleccionados
station-show-place = Lugar: { $place }
station-show-category = Categoría: { $category }
station-clear = Vaciar la lista
station-add-all = Agregar los { NUMBER($count) }
station-add-others = Agregar los otros { NUMBER($count) }
station-look-at-picked = Ver la selección
station-put-back = Recuperar { $count }
station-paste = Pegar o escanear una lista de códigos
station-tags-hint = Uno por línea. Un escáner que escribe como un teclado puede llenarla.
station-add-these = Agregar estos
station-missed = Sin seleccionar
station-list = Lista de equipos
station-none-picked = No hay nada seleccionado todavía. Busque equipos y márquelos, o escanee sus códigos.
station-none-found = Sin resultados. Muestre todos, o pruebe con una parte del nombre, la sala o el número de inventario.
station-skip = Ir a Imprimir
station-page-of = { NUMBER($first) } a { NUMBER($last) } de { NUMBER($all) }
station-previous = Anterior
station-next = Siguiente
station-never-printed = nunca impreso
station-in-job = en un trabajo
station-printed = impreso { $when }

station-words = Textos para etiquetas de estado y nombres que no se pueden imprimir
station-until = Hasta
    .hint = Para equipos prestados, por ejemplo 4 dic 2026
station-reason = Motivo
    .hint = Para equipos fuera de servicio
station-make-sheet = Crear una hoja (PDF)
station-print = Imprimir
station-picked = { NUMBER($count) } seleccionados
station-print-labels = { $count ->
    [0] Imprimir etiquetas
    [one] Imprimir { $count } etiqueta
   *[other] Imprimir { $count } etiquetas
}
station-recent = Trabajos recientes
station-others = Otras etiquetas
station-blank = Etiquetas en blanco por rollo
    .hint = Primero pegar, después asignar
station-csv = Desde una hoja de cálculo
    .hint = Un archivo CSV de códigos, números o nombres
station-sheet = Hojas para una impresora de oficina
    .hint = Formatos Avery 5160, 5163, L7160, L7163 en PDF
station-cards = Tarjetas de protocolo, credenciales, etiquetas de carga
station-templates = Plantillas y logotipo
    .hint = El aspecto de las etiquetas y sus propias plantillas
station-only-looking = Para imprimir hay que iniciar sesión como ingeniería biomédica o administrador.

pressed-picked = Seleccionado: { $name }
pressed-already = Ya seleccionado: { $name }
pressed-added = { $count ->
    [one] Se agregó { $count } equipo
   *[other] Se agregaron { $count } equipos
}
pressed-cleared = { $count ->
    [one] Se quitó { $count } equipo de la lista
   *[other] Se quitaron { $count } equipos de la lista
}
pressed-nothing = Seleccione al menos un equipo
pressed-too-many = { $over ->
    [one] Un trabajo imprime { $most } etiquetas: { $over } equipo más no se seleccionó. Imprima primero estas.
   *[other] Un trabajo imprime { $most } etiquetas: { $over } equipos más no se seleccionaron. Imprima primero estas.
}
pressed-no-item = Ningún equipo en uso tiene el código { $tag }
pressed-retired = Dados de baja desde entonces y quitados de la lista: { $tags }
picks-gone = Su selección anterior ya no se conserva: la unidad se reinició, o se empezaron muchas otras listas desde entonces. Seleccione de nuevo.
    .title = Esta selección ya no se conserva
    .safe = No se imprimió nada.

scan-neither = { $scan } no es ni un código ni un número de inventario
scan-several = { $count } equipos tienen el número { $scan }
scan-no-item = { $tag }: ningún equipo en uso tiene este código
scan-full = { $name }: un trabajo no imprime más etiquetas
scans-too-many = Tiene más de { $most } escaneos.

script-picked = { $n } seleccionados
script-print =
    .none = Imprimir etiquetas
    .one = Imprimir { $n } etiqueta
    .other = Imprimir { $n } etiquetas
script-missed = { $n } sin seleccionar: { $last }
script-sending = Enviando…
script-already = Ya seleccionado: { $name }
script-not-taken = { $scan }: la unidad no lo aceptó
script-signed-out =
    .one = La sesión se cerró. Iníciela de nuevo en otra pestaña: aquí se conserva { $n } escaneo
    .other = La sesión se cerró. Iníciela de nuevo en otra pestaña: aquí se conservan { $n } escaneos
script-no-answer =
    .one = La unidad no responde: aquí se conserva { $n } escaneo y se envía de nuevo
    .other = La unidad no responde: aquí se conservan { $n } escaneos y se envían de nuevo
script-gone =
    .one = Antes había { $n } equipo seleccionado: la unidad se reinició, o se empezaron muchas otras listas desde entonces
    .other = Antes había { $n } equipos seleccionados: la unidad se reinició, o se empezaron muchas otras listas desde entonces

preview-title = Vista previa
preview-caption = { $width } × { $height } mm, { $dpi } puntos por pulgada, exactamente como se imprimirá. Leída de nuevo y comprobada: abre { $opens }.
preview-picture = Etiqueta: { $label }
preview-tag = código { $tag }
preview-refused = Esta etiqueta no se puede imprimir así.
preview-numbers = O marque “Número de inventario donde no se pueda imprimir un nombre”.

jobs-summary = { $count ->
    [one] { $count } etiqueta en { $printer }. Enviada { $when }.
   *[other] { $count } etiquetas en { $printer }. Enviadas { $when }.
}
jobs-summary-again = { $count ->
    [one] { $count } etiqueta en { $printer }. Enviada { $when }. Reimpresión: { $reason }.
   *[other] { $count } etiquetas en { $printer }. Enviadas { $when }. Reimpresión: { $reason }.
}
jobs-state = Estado
jobs-labels = Etiquetas
jobs-numbered = { $n }. { $name }
jobs-print-again = Imprimir de nuevo
jobs-label-number = etiqueta { $n }
jobs-before = Etiquetas antes de la { NUMBER($n) }
jobs-after = Etiquetas después de la { NUMBER($n) }
jobs-no-answer = Su respuesta no dice si la etiqueta salió.

again-title = Reimprimir
again-question = ¿Reimprimir la etiqueta { $n }?
again-what = { $name }, en { $printer }, tal como era. El motivo queda registrado en el historial.
again-why = ¿Por qué?
again-torn = Rota o borrosa
again-lost = Perdida
again-wrong = Mal pegada o en el lugar equivocado
again-faint = Impresión demasiado clara
again-own-words = O con sus palabras
again-print = Reimprimir
again-cancel = Cancelar

blank-title = Etiquetas en blanco
blank-what = Una etiqueta en blanco no está asignada todavía. Péguela, escanéela y después ingrese el equipo.
blank-once = Una etiqueta en blanco nunca se imprime dos veces.
    .lost = Si una se pierde o se daña, tírela y use la siguiente.
blank-count = ¿Cuántas?
    .hint = De 1 a 1,000
    .wrong = Escriba un número de 1 a 1,000
blank-print = Imprimir etiquetas en blanco

cards-title = Tarjetas y credenciales
    .heading = Tarjetas, credenciales, etiquetas de carga
cards-protocol-card = Tarjeta de protocolo
    .what = 4 × 6 in, para colgar junto al equipo. Tiene todos los pasos, o no se imprime.
    .print = Imprimir la tarjeta
cards-protocol = Protocolo
    .wrong = Elija un protocolo
cards-version = { $protocol }, versión { $version }
cards-badge = Credencial
    .what = 86 × 54 mm: nombre, rol, centro. No sirve para iniciar sesión.
    .print = Imprimir la credencial
cards-person = Persona
    .wrong = Elija una persona
cards-sticker = Etiqueta de carga
    .what = Mide 2.4 × 1.2 in
    .print = Imprimir la etiqueta de carga
cards-load = Carga
    .hint = Su número
    .wrong = Escriba el número de la carga
cards-machine = Máquina
cards-agent = Desinfectante
cards-lot = Lote del desinfectante
cards-expires = Vence
    .hint = Por ejemplo 4 dic 2026
cards-no-kind = Elija el tipo de etiqueta.

csv-title = Desde una hoja de cálculo
    .heading = Etiquetas desde una hoja de cálculo
csv-read = { $rows ->
    [one] { $rows } fila leída
   *[other] { $rows } filas leídas
}
csv-prints = { $labels ->
    [one] { $labels } etiqueta para imprimir, { $bad } sin imprimir
   *[other] { $labels } etiquetas para imprimir, { $bad } sin imprimir
}
csv-looked = { $read }: { $prints }
csv-print = { $count ->
    [one] Imprimir { $count } etiqueta
   *[other] Imprimir { $count } etiquetas
}
csv-bad = No se imprimen: { $count }
csv-good = Para imprimir: { $count }
csv-line = Línea
csv-says = Dice
csv-why = Por qué no
csv-item = Equipo
csv-tag = Código
csv-choose = Elegir un archivo
csv-another = Otro archivo
csv-what = Una línea nombra las columnas en inglés: tag, asset number o name; lo que está encima no se lee. Hasta 5,000 filas y 1 MB. Usted revisa cada fila antes de imprimir.
csv-file = Archivo CSV
csv-paste = O pegue las filas
csv-look = Revisar las filas
csv-file-fault =
    .too-large = El archivo tiene más de 1 MB. Divídalo e imprima una parte a la vez
    .not-text = El archivo no es texto UTF-8. Guárdelo en la hoja de cálculo como “CSV UTF-8”
    .unreadable = No se puede leer el archivo: { $detail }
    .no-columns = Una de las primeras líneas debe nombrar sus columnas: tag, asset number o name
    .too-many-rows = El archivo tiene más de 5,000 filas. Divídalo e imprima una parte a la vez
    .no-rows = El archivo no tiene filas
csv-row-no-tag = { $text } no es un código.
    .shortened = { $text } es lo que una hoja de cálculo como Excel hizo de un número largo; sus cifras se perdieron. Dé formato de texto a la columna, escriba el número otra vez y guarde el archivo.
    .unknown = Ningún equipo en uso tiene el código { $tag }.
    .several-numbers = { $count } equipos tienen el número de inventario { $text }; escriba el código.
    .no-number = Ningún equipo en uso tiene el número de inventario { $text }.
    .several-names = { $count } equipos tienen el nombre { $text }; escriba el código.
    .no-name = Ningún equipo en uso tiene el nombre { $text }.
    .empty = No tiene ni código ni número de inventario ni nombre.
    .other-number = { $name } tiene otro número de inventario: { $number }.
    .same = El mismo equipo que la línea { $line }; su etiqueta se imprime una vez.

sheets-title = Hojas
    .heading = Hojas para una impresora de oficina
sheets-kept = No se creó nada. Lo que escribió se conserva.
sheets-what = Un PDF a tamaño real. Imprímalo al 100 %, nunca “ajustar a la página”. La unidad no puede ver si una hoja se imprimió, así que no cuenta como impresa.
sheets-labels = Qué
sheets-blank = O etiquetas en blanco
    .hint = Cuántas, hasta 1,000
    .wrong = Escriba un número hasta 1,000
    .either = Códigos o etiquetas en blanco, no las dos cosas en una hoja
sheets-no-tags = Escriba al menos un código, o un número de etiquetas en blanco
sheets-paper = Papel
sheets-sheet = Hoja
    .hint = Como dice su caja
sheets-choice = { $name }: { $count } etiquetas de { $width } × { $height } mm
sheets-start = Primera etiqueta que queda en la hoja
    .hint = Contada por filas, desde 1
sheets-right = Mover a la derecha, mm
    .hint = Si la impresión queda fuera de las etiquetas; menos de 0 mueve a la izquierda
sheets-down = Mover hacia abajo, mm
    .hint = Menos de 0 mueve hacia arriba
sheets-not-millimetres = Escriba milímetros, por ejemplo 0.5
sheets-download = Descargar el PDF
