### Hojas de etiquetas para una impresora de oficina, y por qué no hay una.

sheets-title = Hojas de etiquetas
    .of = Hojas de etiquetas – { $facility }
sheets-equipment = Equipos de { $facility }
sheets-lead = Etiquetas en PDF para una impresora de oficina y hojas de etiquetas. Una impresora de etiquetas en la unidad hace etiquetas que duran más.
sheets-no-host = Todavía no se eligió la dirección de las etiquetas
    .what = Una etiqueta lleva la dirección que abre un teléfono, y sigue en el equipo durante años. Un administrador del centro la elige en la unidad, una vez, antes de la primera etiqueta.
sheets-sheet = Hoja
sheets-choice = { $name }: { $count } etiquetas de { $width } × { $height } mm
sheets-only = Solo los equipos que coincidan
    .hint = { $count ->
    [one] Nombre, sala, número de inventario o código; vacío: todos. Ahora { $count } etiqueta.
   *[other] Nombre, sala, número de inventario o código; vacío: todos. Ahora { $count } etiquetas.
}
sheets-start = Empezar en la etiqueta
    .hint = Contada por filas; para una hoja que ya se usó
sheets-right = Mover a la derecha
    .hint = Milímetros, hasta { $max }; menos de 0 mueve a la izquierda
sheets-down = Mover hacia abajo
    .hint = Menos de 0 mueve hacia arriba
sheets-numbers = Número de inventario en lugar del nombre
    .hint = Para nombres con caracteres que las etiquetas no pueden mostrar
sheets-make = Crear hoja de etiquetas
sheets-actual-size = Imprímala a “tamaño real”: “ajustar a la página” mueve todas las etiquetas.

sheet-no-host = Todavía no se eligió la dirección de las etiquetas en el centro, así que un código no abriría nada. Un administrador del centro la elige en la unidad, una vez, antes de la primera etiqueta.
sheet-nothing-found = Ningún equipo coincide con esta búsqueda. Busque otra cosa, o déjela vacía para todos.
sheet-too-many = { NUMBER($count) } etiquetas son demasiadas para un archivo. Busque una sala o un nombre: { NUMBER($max) } a la vez como máximo.
sheet-start-form = Escriba el número de la primera etiqueta que queda en la hoja, por ejemplo 1.
sheet-millimetres = Escriba milímetros, por ejemplo 0.5 o -1.
sheet-no-label = Ninguna de nuestras etiquetas cabe en esta hoja.
sheet-unknown = No existe la hoja “{ $name }”; elija una de { $names }.
sheet-start = Una hoja de { $sheet } tiene las etiquetas 1 a { $count }; no puede empezar en la etiqueta { $start }.
sheet-nudge = Mover la impresión { $right } mm a la derecha y { $down } mm hacia abajo sacaría etiquetas de { $sheet } del papel o es más de { $max } mm; elija menos.
sheet-label-too-large = La etiqueta es más grande que las de { $sheet }; elija otra hoja.
sheet-too-much = Las etiquetas son demasiado grandes para un PDF; imprima menos a la vez.
sheet-character = No se puede imprimir el carácter “{ $character }”; escríbalo con letras latinas, griegas o cirílicas.
sheet-item = { $item }: { $why }. No se creó ninguna etiqueta.
