### Lo que se dice de una etiqueta que no se puede hacer.

label-field = { $field ->
    [url] la dirección de la etiqueta
    [tag] el código
    [name] el nombre
    [asset_number] el número de inventario
    [serial] el número de serie
    [maker] el fabricante
    [model] el modelo
    [category] la categoría
    [location] el lugar
    [facility] el centro
    [protocol] el protocolo
    [protocol_version] la versión del protocolo
    [steps] los pasos
    [agent] el desinfectante
    [contact_time] el tiempo de contacto
    [ppe] el equipo de protección
    [ifu] la referencia de las instrucciones
    [load] la carga
    [load_lot] el lote de la carga
    [load_expires] el vencimiento de la carga
    [machine] la máquina
    [cleaned_at] la hora de la limpieza
    [cleaned_by] la persona que limpió
    [clean_until] la hora hasta la que está limpio
    [until] el final
    [reason] el motivo
    [person] la persona
    [role] el rol
    [staff_id] el número de personal
    [position] la posición
   *[date] la fecha
}
label-template-text = el texto de la plantilla “{ $text }”
label-text = no se puede imprimir { $field }: { $why }
    .or-number = no se puede imprimir { $field }: { $why }; o imprima en su lugar el número de inventario
label-character = no se puede imprimir el carácter “{ $character }” ({ $code }); escríbalo con letras latinas, griegas o cirílicas
label-accent = no se puede imprimir el acento { $code } sobre “{ $letter }”; use la letra sola u otra escritura
label-invisible = no se puede imprimir el carácter invisible { $code }; quítelo
label-text-long = el texto tiene { $chars } caracteres; se admiten { $max } como máximo
label-text-lines = el texto tiene { $lines } líneas; se admiten { $max } como máximo
label-no-room = no hay lugar en esta etiqueta para { $field } ({ $chars } caracteres); acorte el texto o elija una etiqueta más grande
label-missing = esta etiqueta necesita un dato que está vacío: { $field }; complételo o elija otra plantilla
label-no-tag = “{ $tag }” no es un código: un código tiene solo letras y dígitos
label-other-tag = la dirección de la etiqueta “{ $url }” no termina con el código “{ $tag }”; no se imprimió nada
label-no-number = este equipo no tiene un número de inventario que imprimir en lugar de su nombre; póngale uno, o escriba un nombre con letras latinas, griegas o cirílicas
label-code-character = la dirección de la etiqueta tiene “{ $character }”, que no cabe en la forma compacta de un código; use una dirección de letras, dígitos, puntos y guiones
label-code-long = la dirección de la etiqueta tiene { $chars } caracteres, más de los que admite un código en esta etiqueta; elija una dirección más corta
label-code-empty = la etiqueta no tiene dirección para su código; póngale una
label-code-small = la dirección de la etiqueta da cuadros de { $module } mm en esta etiqueta, y los teléfonos necesitan { $least } mm; haga el código de al menos { $needs } mm de ancho, acorte la dirección o elija una etiqueta más grande
    .close-up = la dirección de la etiqueta da cuadros de { $module } mm en esta etiqueta, y los teléfonos, de cerca, necesitan { $least } mm; haga el código de al menos { $needs } mm de ancho, acorte la dirección o elija una etiqueta más grande
