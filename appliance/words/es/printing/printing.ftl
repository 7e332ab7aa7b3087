### Imprimir: cómo están las impresoras y los trabajos, por qué uno espera y por qué algo no se imprime.

printing-not-asked = Todavía no se sabe cómo está la impresora.
printing-ready = La impresora está lista.
printing-paper-out = La impresora no tiene papel. Ponga un rollo y cierre la tapa: la impresión continúa automáticamente.
    .sheets = La impresora no tiene papel. Ponga hojas de { $sheet } en su bandeja: la impresión continúa automáticamente.
printing-cover-open = La tapa de la impresora está abierta. Ciérrela: la impresión continúa automáticamente.
printing-cutter-jam = El cortador de la impresora está atascado. Libérelo y apague y encienda la impresora.
    .sheets = El cortador de la impresora está atascado. Mire su pantalla: la impresión continúa automáticamente.
printing-cooling = La impresora está demasiado caliente o hace una pausa. Continúa automáticamente.
    .sheets = La impresora está demasiado caliente o hace una pausa. Mire su pantalla: la impresión continúa automáticamente.
printing-fault = La impresora informa una falla. Apáguela y enciéndala; si no sirve, llame al servicio técnico.
    .sheets = La impresora informa una falla. Mire su pantalla: la impresión continúa automáticamente.
printing-offline = La impresora está fuera de línea. Pulse su tecla de avance o de pausa.
    .sheets = La impresora está fuera de línea. Mire su pantalla: la impresión continúa automáticamente.
printing-ribbon-out = Se acabó la cinta de la impresora. Ponga una nueva y cierre la tapa: la impresión continúa automáticamente.
    .sheets = Se acabó la cinta de la impresora. Mire su pantalla: la impresión continúa automáticamente.
printing-paused = La impresora está en pausa. Pulse su tecla de pausa o de avance: la impresión continúa automáticamente.
    .sheets = La impresora está en pausa. Mire su pantalla: la impresión continúa automáticamente.
printing-wrong-media = La impresora tiene otro rollo que el que necesita este trabajo. Ponga el correcto, o cancele y elija el que tiene cargado.
    .sheets = La impresora tiene otro papel que el que necesita este trabajo. Mire su pantalla: la impresión continúa automáticamente.
printing-label-waiting = Retire la etiqueta que salió: la impresión continúa automáticamente.
printing-wrong-roll = En la impresora hay otro rollo ({ $width } mm de ancho, etiquetas de { $length } mm de largo) que el indicado ({ $set }). Ponga el correcto: la impresión continúa automáticamente. O indique en la impresora lo que tiene cargado.
    .endless = En la impresora hay otro rollo ({ $width } mm de ancho, rollo continuo) que el indicado ({ $set }). Ponga el correcto: la impresión continúa automáticamente. O indique en la impresora lo que tiene cargado.
printing-wrong-paper = En la impresora hay otro papel ({ $has }) que el de las hojas de { $sheet } ({ $needs }). Póngalas en su bandeja y ajuste la bandeja a su tamaño: la impresión continúa automáticamente.
printing-mute = La impresora ya no responde. Revise su cable y que esté encendida: la impresión continúa automáticamente.
printing-full = La impresora no acepta más datos. Revise su papel, su tapa y su tecla de pausa: la impresión continúa automáticamente.
printing-unreachable = No se puede llegar a la impresora { $printer } en { $address } ({ $fault }). Revise que esté encendida y en la red. No se pierde nada: la impresión continúa automáticamente.
    .queue = No se puede llegar a la impresora { $printer } en { $address } ({ $fault }). No se pierde nada: la impresión continúa automáticamente.
printing-unanswering = La impresora { $printer } en { $address } dejó de responder ({ $fault }). Apáguela y enciéndala. La impresión continúa automáticamente; se le pregunta por las etiquetas que pueden haber salido.
printing-queue-closed = La cola de impresión no acepta documentos ahora. Habilítela de nuevo, en la impresora o en su servidor: la impresión continúa automáticamente.
printing-sheet-held = La cola de impresión retiene la hoja. Libérela en la impresora o en su servidor: la impresión continúa automáticamente. O cancele el trabajo.
printing-sheet-late = La cola de impresión tiene la hoja desde hace mucho tiempo y no la ha impreso. Mire la pantalla de la impresora: la impresión continúa automáticamente. O cancele el trabajo.
printing-sheet-dropped = La cola de impresión descartó una hoja antes de imprimir nada de ella. Mire la pantalla de la impresora; la hoja se intenta de nuevo automáticamente.
printing-box-stopping = La unidad se está apagando; la impresión continúa cuando vuelva.
printing-ledger-failed =
    .label = La unidad no puede escribir su registro de impresión, así que dejó de imprimir para no imprimir una etiqueta dos veces. Mire la página Estado y reinicie la unidad.
    .sheet = La unidad no puede escribir su registro de impresión, así que dejó de imprimir para no imprimir una hoja dos veces. Mire la página Estado y reinicie la unidad.
printing-misconfigured = Estos ajustes de la impresora no funcionan: { $why }. Corríjalos.
    .fixed = Estos ajustes de la impresora no funcionan: { $why }. Corríjalos en el archivo de configuración de la unidad y reiníciela.
printing-box-fault = La impresión se detuvo por una falla de la propia unidad. Reinicie la unidad: preguntará por las etiquetas que se estaban imprimiendo. Se puede seguir escaneando y registrando.
printing-not-set-up = La impresora { $printer } ya no está configurada. Configúrela de nuevo con este nombre, o cancele el trabajo.

printing-line-broken = la conexión con la impresora se cortó: { $detail }
printing-line-closed = la impresora cerró la conexión
printing-line-silent = la impresora no responde; si nunca lo hace, configúrela como una que no puede responder
printing-line-stalled = la impresora no acepta más datos
printing-line-unconfirmed = la impresora no dijo que la etiqueta salió
printing-device-no-address = el nombre no tiene dirección
printing-usb-away = la impresora USB { $which } no está conectada: el cable está suelto o la impresora está apagada
printing-usb-twins = hay { $count } impresoras USB { $which }; desconecte todas menos una, o use impresoras con número de serie
printing-usb-serial = con el número de serie { $serial }
printing-usb-model = del modelo { $model }
printing-usb-denied = la unidad no puede abrir { $file }: instale 60-cleantrack-printers.rules del paquete de la unidad en /etc/udev/rules.d, compruebe que su servicio tenga el grupo lp, y conecte la impresora de nuevo
printing-usb-held = otro programa tiene { $file }; detenga CUPS e ipp-usb en la unidad y conecte la impresora de nuevo
printing-usb-gone = el cable está suelto o la impresora está apagada
printing-usb-other = no se puede usar { $file }: { $detail }
printing-folder-unusable = no se puede usar la carpeta { $folder }: { $detail }
printing-folder-unwritten = no se pudo guardar la etiqueta en { $folder }: { $detail }
printing-folder-too-large = ninguna etiqueta es tan grande

printing-queue-away = no se puede llegar a la cola de impresión ({ $detail }); revise que la impresora esté encendida y en la red
printing-queue-lost = no llegó la respuesta de la cola de impresión ({ $detail }); mire la impresora antes de imprimir de nuevo
    .cancelled = no llegó la respuesta de la cola de impresión (alguien lo canceló mientras tanto); mire la impresora antes de imprimir de nuevo
printing-queue-refused = la cola de impresión lo rechazó: { $detail }
    .password = la cola de impresión lo rechazó: pide un nombre y una contraseña; permita que la unidad imprima sin ellos
    .encryption = la cola de impresión lo rechazó: exige una conexión cifrada: escriba su dirección con ipps://
printing-queue-unknown = la cola de impresión no conoce ese documento; mire la impresora antes de imprimir de nuevo
printing-queue-none = allí responde un servidor de impresión, pero no tiene una cola con este nombre; revise la dirección y su ruta, a menudo /ipp/print, o /printers/ y el nombre de la cola
printing-queue-garbled =
    .endless = lo que responde allí no es una cola de impresión (su respuesta no termina); revise la dirección y su ruta, a menudo /ipp/print
    .foreign = lo que responde allí no es una cola de impresión (su respuesta no está en el lenguaje de las colas); revise la dirección y su ruta, a menudo /ipp/print
printing-queue-no-pdf = la cola de impresión no acepta PDF; imprima la hoja desde una computadora que tenga el controlador de la impresora
printing-queue-raw = la cola de impresión es directa (raw): pasa el PDF tal como está, y la mayoría de las impresoras lo imprimen como páginas de signos; asígnele un controlador o IPP Everywhere en la computadora donde está o, si es una impresora de etiquetas, indique la dirección de la impresora misma, como tcp://host:9100, y su lenguaje

trouble-no-answer = No responde
    .inside = no responde
trouble-fault = Falla
    .inside = falla
trouble-paper-out = Sin papel
    .inside = sin papel
trouble-cover-open = Tapa abierta
    .inside = tapa abierta
trouble-cutter-jam = Cortador atascado
    .inside = cortador atascado
trouble-cooling = Demasiado caliente
    .inside = demasiado caliente
trouble-offline = Fuera de línea
    .inside = fuera de línea
trouble-ribbon-out = Sin cinta
    .inside = sin cinta
trouble-paused = En pausa
    .inside = en pausa
trouble-wrong-roll = Rollo equivocado
    .inside = rollo equivocado
trouble-wrong-paper = Papel equivocado
    .inside = papel equivocado
trouble-label-waiting = Etiqueta sin retirar
    .inside = etiqueta sin retirar
trouble-sheet-held = Hoja retenida
    .inside = hoja retenida
trouble-sheet-late = Todavía sin imprimir
    .inside = todavía sin imprimir
printing-stopped = La impresión se detuvo en { $at } de { $count }: { $trouble }
printing-look = Mire la impresora { $printer }: ¿salió una etiqueta?

job-waiting = En espera
job-printing = Imprimiendo
job-asking = Mire la impresora
job-done = Hecho
job-cancelled = Cancelado
job-test-label = Etiqueta de prueba
job-labels = { $count ->
    [one] { $count } etiqueta
   *[other] { $count } etiquetas
}
job-labels-on = { $count ->
    [one] { $count } etiqueta en { $printer }
   *[other] { $count } etiquetas en { $printer }
}
job-blank-tags = { $count ->
    [one] { $count } etiqueta en blanco
   *[other] { $count } etiquetas en blanco
}
job-one-label = { $name }
job-first-and-more = { $name } y { $more } más
job-of = de { $count }
job-of-printing = de { $count } imprimiendo
job-goes-on = { $cause } Continúa en la { $n }.
job-goes-on-half = { $cause } Continúa en la { $n }; si ya salió la mitad de la { $n }, tire esa mitad.
job-sheet-cancelled = Cancelado: la unidad pregunta a la cola de impresión qué pasó con su última hoja.
job-before-it = { $count ->
    [one] Antes hay { $count } trabajo.
   *[other] Antes hay { $count } trabajos.
}
job-progress = Etiquetas que salieron
job-progress-of = { $settled } de { $count }
job-cancel = Cancelar este trabajo
job-cancel-others = Cancelar las otras { $left }

out-label = Etiqueta { $n }
out-labels-to = Etiquetas { $first } a { $last }
out-labels = { $count ->
    [one] { $count } etiqueta
   *[other] { $count } etiquetas
}
out-confirmed = { $which }: la impresora lo confirmó
out-sent = { $which }: envío todavía sin confirmar
out-sent-only = { $which }: envío que esta impresora no puede confirmar
out-seen = { $which }: lo vio una persona
out-not-printed = { $which }: sin imprimir

label-waiting = En espera
label-printing = Imprimiendo
label-sent = Enviada
label-printed = Impresa
label-unknown = ¿Salió?
label-not-printed = Sin imprimir
label-cancelled = Cancelada
label-blank-tag = Etiqueta en blanco
label-nameless = Etiqueta

doubt-label = Mire la impresora: ¿salió la etiqueta { $n }?
doubt-sheet = Mire la impresora: ¿está la hoja con las etiquetas { $labels }?
doubt-from-to = { $first } a { $last }
doubt-what = { $count ->
    [one] { $count } etiqueta: { $what }
   *[other] { $count } etiquetas: { $what }
}
doubt-yes = Sí, salió
doubt-yes-sheet = Sí, está
doubt-yes-next = Sí, continuar con la { $next }
doubt-no = No, imprimir la { $n } de nuevo
doubt-no-sheet = No, imprimirlas de nuevo
doubt-no-blank = No, descartar este código
doubt-no-blanks = No, descartar estos códigos

failure-blank-not-found = no se encontró en la bandeja; una etiqueta en blanco nunca se imprime dos veces, así que use una nueva
failure-blank-interrupted = la impresora se detuvo a la mitad; una etiqueta en blanco nunca se imprime dos veces, así que tire lo que salió y use una nueva
failure-taken-out = alguien sacó la hoja de la cola antes de que se imprimiera; imprima estas etiquetas de nuevo si hacen falta
failure-text-missing = su texto falta en el registro de impresión
failure-sheet-not-made = no se pudo crear su hoja; el registro técnico de la unidad dice por qué

note-other-template = La plantilla habitual no cabe en { $paper }, así que se usa { $template }.
note-label = Etiqueta { $n }: { $warning }
note-labels = { $count ->
    [one] { $count } etiqueta: { $warning }
   *[other] { $count } etiquetas: { $warning }
}
note-small-modules = los cuadros del código miden { $module } mm; los teléfonos leen bien { $good } mm y más, así que hay que escanear esta etiqueta de cerca
note-cut = “{ $text }” es demasiado largo para esta etiqueta: se omite la parte central
note-left-out = “{ $text }” se omite, porque esta etiqueta no tiene lugar para ello

paper-roll = el rollo de etiquetas de { $width } × { $height } mm
    .alone = rollo de etiquetas de { $width } × { $height } mm
paper-endless = el rollo continuo de { $width } mm
    .alone = rollo continuo de { $width } mm
paper-sheet = etiquetas de { $name }
    .alone = { $name }, { $labels } etiquetas de { $width } × { $height } mm por hoja
paper-loaded = { $width } × { $height } mm, según la impresora
paper-loaded-endless = { $width } mm continuo, según la impresora
paper-darkens = El alcohol y la mayoría de los desinfectantes oscurecen el papel térmico directo hasta que el código no se puede leer. En equipos que se limpian con toallitas, use etiquetas térmicas directas con capa protectora, o transferencia térmica con cinta de resina.

printer-named = Impresora { $name }
printer-printing = Imprimiendo
printer-not-asked = Estado desconocido
printer-ready = Lista
printer-low = Rollo casi vacío
printer-by = Conexión
printer-by-usb = USB
printer-by-folder = la carpeta { $folder }
printer-by-network = { $address }
printer-answers-since = { $by }, responde desde { $since }
printer-so-since = { $by }, así desde { $since }
printer-speaks = Habla
printer-speaks-pdf = PDF, una hoja a la vez
printer-speaks-dots = { $language }, { $dpi } puntos por pulgada
printer-roll = Rollo
printer-sheets = Hojas
printer-confirms = Confirma
printer-confirms-label = cada etiqueta
printer-confirms-sheet = cada hoja
printer-confirms-nothing = sin confirmación: las etiquetas cuentan como enviadas
printer-today = Hoy
printer-today-confirmed = { $out } confirmadas, { $unknown } en duda
printer-today-sent = { $out } enviadas, { $unknown } en duda

printers-title = Impresoras
printers-unchanged = No se cambió nada.
printers-add = Agregar una impresora
printers-none = Todavía no hay impresoras. Conecte una por USB o agregue una por su dirección.
printers-found = Encontradas
printers-found-none = No respondió ninguna otra impresora. ¿La suya está encendida y en la misma red?
printers-seen-usb = USB
printers-seen-network = se anuncia en la red
printers-seen-asked = respondió
printers-nameless = una impresora sin nombre
printers-add-this = Agregar
printers-unusable = No se puede usar
printers-look = Buscar impresoras
printers-look-why = Las impresoras USB aparecen automáticamente. En la red se busca solo cuando se pide.
printers-look-network = Buscar en la red
printers-host = Buscar en una dirección
    .hint = Un nombre o número como 10.0.0.9, o 10.0.0.0/24 para una red entera
printers-ask = Buscar en esta dirección
printers-not-listened = No se pudo escuchar la red: { $detail }.
printers-no-host = No se encuentra la dirección: { $detail }.
printers-not-a-host = “{ $text }” no es una dirección; escriba un nombre o número como 10.0.0.9, o 10.0.0.0/24 para una red de 254 direcciones como máximo.
printers-nobody-asked = No se empezó ninguna búsqueda
    .next = Corrija la dirección y envíela de nuevo.
printers-labels = Etiquetas

guess-claims = informa que acepta { $command }
guess-named = su nombre es { $name }, y las impresoras llamadas { $word } hablan { $language }
guess-tape = { $name } es una impresora Brother de cinta (PT), que la unidad no admite; admite las impresoras QL
guess-pages = es una impresora de páginas: imprima en ella hojas de etiquetas (PDF), por su dirección que empieza con ipp://
guess-page-queue = es una impresora de páginas: recibe hojas de etiquetas (PDF) por su cola de impresión; elija las hojas que tiene en la bandeja
guess-unknown = informa { $commands } como su lenguaje, y su nombre { $name } no dice cuál es: elija usted el lenguaje
guess-silent = no informa su lenguaje, y su nombre { $name } no lo dice: elija usted el lenguaje
guess-serial = { $guess }; su número de serie es { $serial }

refused-title = No se imprimió nada
    .safe = No salió papel.
    .next = Corríjalo e imprima de nuevo.
    .next-numbers = Corríjalo e imprima de nuevo, o imprima en su lugar el número de inventario (names: asset-number).
refused-ledger = No se imprimió nada.
refused-no-printer = no hay ninguna impresora configurada; agregue una en la configuración de la unidad
refused-no-slip-printer = aquí ninguna impresora puede imprimir esto; agregue una impresora de recibos que hable escpos y tenga un rollo continuo
refused-unknown-printer = ninguna impresora se llama “{ $wanted }”; conocidas: { $known }
refused-unknown-template = ninguna plantilla se llama “{ $wanted }”; conocidas: { $known }
refused-no-labels = seleccione al menos un equipo para imprimir
refused-too-many = { $labels } etiquetas son más de las que admite un trabajo; imprima { $most } a la vez como máximo
refused-full = { $most } trabajos de impresión no han terminado todavía; espere a algunos, o cancele los que no hagan falta
refused-label = etiqueta { $n }: { $why }
refused-label-tag = etiqueta { $n } ({ $tag }): { $why }
refused-blank-again = la etiqueta en blanco { $tag } ya se envió antes a una impresora; una etiqueta en blanco nunca se imprime dos veces, así que use una nueva
refused-key-reused = esta clave de idempotencia se usó para un trabajo de otras etiquetas; use una clave nueva
refused-no-job = no existe el trabajo de impresión { $job }, o terminó y se borró; imprima sus equipos de nuevo
refused-no-label = el trabajo de impresión { $job } no tiene la etiqueta { $n }; revise su lista
refused-reason = escriba en 1 a { $most } caracteres por qué se imprimen de nuevo estas etiquetas
refused-key = la clave de idempotencia tiene más de { $most } caracteres

answer-title = Esta etiqueta no espera ninguna respuesta
    .safe = No se cambió nada.
    .next = Revise el trabajo de nuevo.
answer-no-job = No existe el trabajo de impresión { $job }.
answer-no-label = El trabajo de impresión { $job } no tiene la etiqueta { $n }.
answer-none-in-doubt = Ninguna etiqueta del trabajo de impresión { $job } espera una respuesta; no se cambió nada.
answer-not-in-doubt = La etiqueta { $n } no espera ninguna respuesta: está { $state }; no se cambió nada.
job-forgotten = No existe un trabajo de impresión con este número, o terminó y se borró.
    .unknown = No existe un trabajo de impresión con este número.
    .label = Las etiquetas se cuentan desde 1.

made-template-gone = falta la plantilla “{ $template }” o no se puede leer; imprima estas etiquetas de nuevo con otra

media-does-not-fit = esta etiqueta es de { $label } y en { $media } se imprime { $area }, { $over } mm de menos, aun sin sus márgenes blancos; elija una plantilla que quepa, o ponga un rollo lo bastante grande
media-wider-than-head = esta etiqueta es de { $label } y el cabezal de la impresora llega a { $reach } mm ({ $dots } puntos), { $over } mm de menos; elija una plantilla más angosta o una impresora más ancha
media-empty = la etiqueta no tiene puntos
media-size = { $width } × { $height } mm
media-across = { $width } mm de ancho

sheet-too-large = la etiqueta es de { $label }, más grande que los { $cell } de { $sheet }; imprímala en { $instead }, o elija una etiqueta más pequeña
    .for-all = la etiqueta es de { $label }, más grande que los { $cell } de { $sheet }; ninguna hoja tiene lugar para ella: elija una más pequeña o imprima una etiqueta por página
sheet-unknown = no existe la hoja “{ $name }”; elija una de { $known }
sheet-start = una hoja de { $sheet } tiene las etiquetas 1 a { $count }; no puede empezar en la etiqueta { $start }
sheet-nudge = mover la impresión { $right } mm a la derecha y { $down } mm hacia abajo sacaría etiquetas de { $sheet } del papel o es más de { $most } mm; elija menos

encode-too-wide = la etiqueta tiene { $width } puntos de ancho y esta impresora imprime { $head }; elija una etiqueta más angosta u otra impresora
encode-too-long = la etiqueta tiene { $height } puntos de largo y las de esta impresora tienen { $room }; elija una etiqueta más corta u otro rollo
encode-roll = este tipo de impresora no admite el rollo { $name }; elija uno de su lista
model-chipped-rolls = no se pueden usar las DYMO LabelWriter de la serie 550 ni la 5XL: solo admiten los rollos con chip de DYMO y usan su propio lenguaje; use una LabelWriter 450, u otra impresora de etiquetas
model-only-180 = las impresoras Epson TM-T88 imprimen 180 puntos por pulgada y esta está configurada con otra resolución; configúrela con 180
model-black-only = esta Brother QL imprime solo en negro; ponga un rollo negro sobre blanco y elíjalo

readback-unreadable = esta etiqueta no se podría escanear: no se pudo leer su código; no se imprimió nada
readback-other = esta etiqueta abriría “{ $found }” en lugar de “{ $wanted }”; no se imprimió nada
test-label-text = no se puede imprimir el nombre de la impresora o el de su rollo: { $why }
slip-needs-roll = este impreso necesita una impresora de recibos con un rollo continuo; elija una que hable escpos
slip-too-small = la hoja de configuración no cabe: este rollo tiene lugar para { $width } × { $height } mm, y necesita al menos 40 × 20 mm, más con una dirección o una contraseña de wifi larga; elija un rollo más grande o una impresora de recibos
slip-too-long = el impreso es demasiado largo; acorte el nombre del centro o del equipo
slip-unwritable = el impreso no se puede escribir en el lenguaje de la impresora: { $why }
test-label-too-small = la etiqueta de prueba necesita 20 × 10 mm, y este rollo tiene lugar para { $width } × { $height } mm; elija un rollo más grande

pdf-nothing = no hay ninguna etiqueta para imprimir; elija algunas
pdf-too-many = en un PDF no caben más de { $most } etiquetas; imprímalas en varios
pdf-too-much = las etiquetas y sus logotipos son demasiado grandes para un PDF; imprima menos a la vez o elija un logotipo más sencillo
pdf-size = una etiqueta de { $width } × { $height } puntos no se puede imprimir; se pueden de 1 a { $most } puntos por lado
pdf-missing-glyph = no se puede imprimir el carácter “{ $character }”; escríbalo con letras latinas, griegas o cirílicas
pdf-failed = no se pudo crear el PDF: { $detail }

setup-title = La impresora no se configuró
    .safe = No se cambió nada, y no se imprimió ninguna etiqueta.
    .next = Corríjalo y envíelo de nuevo.
    .unchanged = No se cambió nada.
setup-name = el nombre de una impresora tiene de 1 a { $most } caracteres y ninguna barra; elija otro nombre
setup-same-name = ya hay otra impresora llamada “{ $name }”; elija otro nombre, o quite primero esa
setup-same-address = la impresora “{ $other }” ya tiene la dirección { $address }; cambie o quite primero esa
setup-changed = otra persona cambió “{ $name }” mientras tanto; revísela de nuevo
setup-unknown = ninguna impresora se llama “{ $name }”; revise la lista de impresoras
setup-fixed = la impresora “{ $name }” está en el archivo de configuración de la unidad; cámbiela o quítela allí y reinicie la unidad
setup-language = “{ $name }” no es un lenguaje de impresora que la unidad conozca; conocidos: { $known }, y pdf para hojas de etiquetas en una impresora de oficina
setup-dpi = las impresoras de este lenguaje tienen { $known } puntos por pulgada, no { $dpi }; mire su placa
setup-or = { $first } o { $last }
setup-media = “{ $media }” no es un rollo para este lenguaje; elija uno de { $known }, o indique width_mm y height_mm
setup-sheet = “{ $media }” no es una hoja de etiquetas que la unidad conozca; elija una de { $known }
setup-roll-for-sheets = un rollo propio no es una hoja de etiquetas; elija una de { $known }
setup-length = un rollo propio tiene height_mm o continuous = true; indique uno de los dos
setup-millimetres = { $field } es { $value } y debe ser de { $least } a { $most } mm; mida el rollo
setup-range = { $field } es { $value } y debe ser de { $least } a { $most }
setup-head-reach = el rollo tiene { $roll } mm de ancho y el cabezal de esta impresora llega a { $head } mm; elija un rollo más angosto, o indique head_dots si la impresora es ancha
setup-too-many = una unidad maneja { $most } impresoras como máximo; quite primero una
setup-ledger = no se pudo guardar la impresora, así que no se cambió nada; intente de nuevo: { $detail }
setup-worker = no se pudo iniciar el proceso de la impresora; reinicie la unidad: { $detail }
setup-fonts = no se pueden abrir las fuentes de la propia unidad; instale el programa de nuevo: { $detail }
address-unknown = la dirección de impresora “{ $address }” no es válida; escriba tcp://host:9100 para una impresora de etiquetas en la red, usb:SERIAL para una por USB, ipp://host/ipp/print para una de oficina, o dir:/folder para archivos
address-host = en la dirección de impresora “{ $address }” el servidor o el puerto está mal; escríbala como { $example }
address-usb = la dirección de impresora “{ $address }” no nombra ningún dispositivo USB; escriba usb: y el número de serie que la unidad muestra cuando la impresora está conectada, o usb:0922:0020 (fabricante y modelo) para una sin número
address-folder = la dirección de impresora “{ $address }” no nombra ninguna carpeta; escriba dir: y la ruta completa, por ejemplo dir:/var/lib/cleantrack/labels
address-queue = “{ $address }” es una cola de impresión, que recibe hojas de etiquetas en PDF; elija el lenguaje pdf, o escriba tcp://host:9100 o usb:SERIAL para una impresora de etiquetas
address-no-queue = “{ $address }” no es una cola de impresión, y las hojas de etiquetas (PDF) van solo a colas; escriba ipp://host/ipp/print, o elija otro lenguaje

order-range = No es un trabajo de impresión válido
    .safe = No se imprimió nada.
order-copies = Un trabajo imprime de 1 a 50 copias de cada etiqueta.
order-blank = En un trabajo van hasta 1,000 etiquetas en blanco, cada una una vez, y sin códigos de equipos.
order-labels = Un trabajo imprime hasta 5,000 etiquetas, con sus copias. Imprímalo por partes.
order-field-long = { $field } tiene más de { $most } caracteres
order-field-unknown = “{ $field }” no es un campo de una etiqueta; conocidos: { $known }
order-fields-long = Los campos pueden tener juntos hasta 6,000 caracteres.
order-too-many-tags = Demasiadas etiquetas para un trabajo
    .detail = Un trabajo imprime hasta 1,000 códigos y de 1 a 50 copias de cada uno.
order-names = Use as-they-are o asset-number.
order-no-host = Todavía no se eligió la dirección de las etiquetas
    .detail = Una etiqueta lleva la dirección que abre un teléfono, y sigue en el equipo durante años.
    .next = Un administrador indica la dirección de las etiquetas una vez, antes de la primera.
    .link = Abrir la configuración
order-sheet = No se pudo crear la hoja
search-busy = La unidad ya está buscando impresoras
    .detail = Otra persona empezó la búsqueda hace un momento.
    .next = Intente de nuevo en diez segundos.
