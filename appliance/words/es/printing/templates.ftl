### Plantillas de etiquetas y el logotipo: sus páginas, los nombres de las incluidas y por qué no se acepta una.

templates-title = Plantillas de etiquetas
templates-new = Plantilla nueva
templates-unchanged = No se cambió nada.
templates-own = Propias
    .none = Ninguna todavía. Empiece con una incluida: “Copiar y editar” bajo su imagen.
templates-built-in = Incluidas
templates-picture = Una etiqueta de la plantilla { $name }
templates-refused = Con textos típicos esta etiqueta no se puede imprimir.
templates-change = Cambiar
templates-remove = Quitar esta plantilla
    .kept = Los trabajos en espera todavía la usan.
    .confirm = Quitar { $name }
templates-make-own = Copiar y editar
templates-of = : { $title }
templates-size = { $width } × { $height } mm
templates-size-endless = { $width } mm de ancho
templates-labels = Etiquetas

logo-title = Logotipo
logo-picture = Su logotipo
logo-pixels = { NUMBER($width) } × { NUMBER($height) } píxeles
logo-none = Todavía no hay logotipo.
logo-what = Se imprime en blanco y negro donde una plantilla tiene lugar para él: { $titles }.
logo-file = Imagen
    .hint = PNG o JPEG, hasta 1 MB y 4 millones de píxeles
logo-replace = Reemplazar el logotipo
logo-upload = Subir el logotipo
logo-remove = Quitar el logotipo
logo-too-large = El archivo del logotipo tiene más de 1 MB ({ $most } bytes). Guárdelo más pequeño
logo-missing = Elija un archivo PNG o JPEG

template-change = Cambiar { $name }
template-what = Una plantilla es un archivo de texto: el tamaño de la etiqueta en milímetros y después sus elementos. Los elementos que se superponen o pasan del borde se rechazan, con el número de línea.
template-save = Guardar plantilla
template-parts = Elementos de la etiqueta
template-part-code = Un código QR en x, y, width, height; kind = "datamatrix" para escáneres de mano, module, align, close_up, optional
template-part-text = Un texto en su propio lugar: text, size y size_min en puntos, lines, bold, align, caps, cut, required, inverse
template-part-column = Textos uno debajo de otro, cada uno un [[column.text]], que comparten el espacio; beside_code = true empieza a la derecha del código
template-part-line = Líneas y marcos: length, thickness, dashed
template-part-logo = Lugar para su logotipo: x, y, width, height, align
template-fields = Los campos van entre llaves, por ejemplo { $example }. Campos conocidos: { $fields }.

template-title-badge = Credencial, 86 × 54 mm
template-title-blank-tag-47x22 = Etiqueta en blanco, 47 × 22 mm
template-title-blank-tag-62x29 = Etiqueta en blanco, 62 × 29 mm
template-title-blank-tag = Etiqueta en blanco, 2.4 × 1.2 in
template-title-cable-flag = Bandera para cables, 83 × 25 mm
template-title-clean-until = Limpiado … hasta …, 2.4 × 1.2 in
template-title-equipment-47x22 = Equipo, 47 × 22 mm
template-title-equipment-62x29 = Equipo, 62 × 29 mm
template-title-equipment-66x25 = Equipo, 2.625 × 1 in
template-title-equipment = Equipo, 2.4 × 1.2 in
template-title-load-sticker = Carga, 2.4 × 1.2 in
template-title-loaner-until = Préstamo hasta, 2.4 × 1.2 in
template-title-micro-scanner = Micro con Data Matrix para escáneres de mano, 1 × 0.5 in
template-title-micro = Tamaño micro, 1 × 0.5 in
template-title-out-of-service = Fuera de servicio, 4 × 2 in
template-title-protocol-card = Tarjeta de protocolo, 4 × 6 in
template-title-receipt = Comprobante, tira de 72 mm

template-refused = Esta no es una plantilla de etiquetas válida
    .logo = Este archivo no se puede usar como logotipo
    .safe = No se cambió nada.
    .next = Corríjalo y envíelo de nuevo.
template-other-name = el archivo tiene el nombre “{ $said }” y se envió como “{ $wanted }”; dé a ambos el mismo nombre
template-is-built-in = “{ $name }” está incluida y queda como está; dé otro nombre a su propia plantilla, por ejemplo { $name }-own
template-too-many = un centro tiene { $most } plantillas propias como máximo; quite una que nadie necesite
template-changed = otra persona cambió la plantilla “{ $name }” mientras tanto; revísela y cámbiela de nuevo
template-unknown = no hay una plantilla propia “{ $name }”; revise la lista
template-no-logo = no hay logotipo
template-ledger = no se pudo guardar, así que no se cambió nada; intente de nuevo: { $detail }
logo-fault-file = el archivo del logotipo tiene { $bytes } bytes; se admite 1 MB ({ $most }) como máximo: guárdelo más pequeño
logo-fault-format = el logotipo no es una imagen PNG ni JPEG; guárdelo como una de ellas
logo-fault-large = el logotipo tiene { $width } × { $height } píxeles; se admiten 4 millones y { $side } por lado como máximo: guárdelo más pequeño
logo-fault-damaged = no se puede leer la imagen del logotipo: { $detail }; guárdela de nuevo

template-line = línea { $line } de la plantilla: { $why }
template-fault-long = una plantilla tiene { $most } bytes como máximo; esta tiene { $bytes }
template-fault-not-text = una plantilla es texto en UTF-8; guárdela como UTF-8
template-fault-toml = { $detail }
template-fault-title = el título tiene un carácter que no se puede ver; escríbalo de nuevo, en una línea
template-fault-elements = una plantilla tiene { $most } elementos como máximo; esta tiene { $count }
template-fault-name = “{ $name }” no puede ser el nombre de una plantilla: use de 1 a 40 letras minúsculas, dígitos y guiones
template-fault-measure = { $key } es { $value } y debe ser de { $least } a { $most }
template-fault-height = height_mm es un número de milímetros, o “continuous” para una tira que crece; no “{ $text }”
template-fault-right-edge = el elemento { $what } pasa { $over } mm del borde derecho de la etiqueta ({ $size }); muévalo o hágalo más pequeño
template-fault-lower-edge = el elemento { $what } pasa { $over } mm del borde inferior de la etiqueta ({ $size }); muévalo o hágalo más pequeño
template-fault-overlap = el elemento { $what } se superpone al elemento { $other } de la línea { $line }; mueva uno de ellos o ponga ambos en una columna
template-fault-field = “{ $field }” no es un campo de una etiqueta; conocidos: { $known }
template-fault-brace = “{ $text }” tiene una llave sin su pareja; los campos se escriben { $example }
template-fault-words = las palabras propias de un elemento tienen { $most } caracteres como máximo; estas tienen { $chars }
template-fault-cut-steps = un texto con { $steps } no se puede cortar, porque no puede faltar ningún paso: quite `cut = true`
template-fault-growing = una etiqueta continua necesita exactamente una columna sin altura, y todo lo demás encima o al lado; esta tiene { $count }
template-fault-beside = una columna con beside_code necesita un código que empiece más a la izquierda
template-fault-column = una columna necesita al menos un [[column.text]]
template-element = { $kind ->
    [code] código
    [text] texto
    [column] columna
    [line] línea
    [box] marco
   *[logo] logotipo
}
