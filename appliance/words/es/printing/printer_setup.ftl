### La página de una impresora y la que agrega una.

printer-new-title = Agregar una impresora
printer-new-name = Nombre
    .hint = Cómo la llama la gente, por ejemplo Zebra del taller
printer-new-address = Dirección
    .hint = Por ejemplo tcp://10.0.0.9:9100, usb: con su número de serie, o ipp://10.0.0.9/ipp/print para una impresora de oficina
printer-new-make = Tipo de impresora
    .hint = Qué lenguaje usa
printer-new-next = Siguiente
printer-new-back = Cancelar
printer-new-add = Agregar esta impresora
printer-new-other = Elegir otro tipo
printer-new-speaks = Habla { $language } ({ $printers }).
printer-new-guessed = Suposición:
    .why = { $why } Corrija lo que esté mal; la etiqueta de prueba muestra los ajustes.

printer-make = { $printers } ({ $language })

printer-dpi = { $dpi } puntos por pulgada
printer-dpi-wrong = Elija los puntos por pulgada
printer-roll-named = { $name }: { $roll }
printer-roll-own = Tamaño propio (abajo)
printer-sheet-named = { $name }: { $count } etiquetas de { $width } × { $height } mm
printer-measures-wrong = Escriba el tamaño de la etiqueta en milímetros, por ejemplo 60
printer-darkness-wrong = La intensidad es un número de 0 a 100, o vacía
printer-speed-wrong = La velocidad es un número de milímetros por segundo, o vacía

printer-test = Etiqueta de prueba
    .what = Muestra los ajustes de la impresora. Compruébela con una regla:
    .print = Imprimir una etiqueta de prueba
printer-slips = Impresos
    .what = Una impresora de recibos muestra sus columnas y letras. La hoja de configuración tiene la dirección de la unidad y, hasta que se use, el código de configuración, que es un secreto.
    .self-test = Imprimir la prueba de la impresora
    .setup = Imprimir la hoja de configuración
printer-test-place = Posición
    .what = Toma una hoja entera e imprime su primera etiqueta. Si queda al lado de esa etiqueta, o 50 mm miden 48, configure la impresora para imprimir a tamaño real, sin ajustar a la página.
printer-test-rulers = Reglas
    .what = Un milímetro en la etiqueta es un milímetro. Si 50 mm miden 34 o 75, la resolución está mal.
printer-test-line = Línea con dos puntas de flecha
    .what = Ambas puntas están completas. Si una está cortada, el rollo es más angosto de lo indicado o está corrido hacia un lado.
printer-test-bars = Barras
    .what = Las más finas se distinguen. Barras pegadas: menos intensidad o velocidad. Grises o cortadas: más intensidad.
printer-test-codes = Códigos
    .what = Escanee del más grande al más pequeño. El más pequeño que se lee muestra lo fino que imprime esta impresora; las etiquetas necesitan el de 0.5 mm.

printer-remove = Quitar esta impresora
    .kept = Sus trabajos esperan hasta que se configure otra con este nombre, o se cancelan.
    .confirm = Quitar { $name }
printer-in-file = Esta impresora está en el archivo de configuración de la unidad. Cámbiela allí.
    .admin = Esta impresora está en el archivo de configuración de la unidad. Un administrador puede cambiarla allí.
printer-to-printers = Impresoras
printer-to-labels = Etiquetas
