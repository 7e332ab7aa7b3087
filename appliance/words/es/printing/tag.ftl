tag-check = Revise el código
tag-none-typed = No se escribió ningún código.
tag-misread = { $typed } no es un código: uno de sus nueve caracteres se leyó mal.
tag-wrong-length = { $typed } no es un código: un código tiene nueve letras y números.
tag-wrong-character = { $typed } no es un código: tiene un carácter que ningún código lleva.
tag-every-item = { $typed } es igual en todos los equipos de este modelo. Escanee el que lleva el número de serie.
tag-without-product = { $typed } tiene un número de serie, pero no el producto. Escanee el código que tiene los dos.
tag-separators = { $typed } llegó sin lo que separa sus partes: el escáner lo omite, y no se puede saber el número de serie. Ingeniería biomédica puede configurar el escáner para que envíe FNC1 como GS.
tag-separators-hint = Cada uno tiene un código que encaja. Compare el número de serie del equipo
tag-keyboard = { $typed } lo escribió un escáner que está configurado para otra distribución de teclado. Ingeniería biomédica puede ponerlo en el idioma de este teclado.
tag-of-nothing = Ningún equipo tiene { $typed }, ni como código de etiqueta ni como otro código.
tag-nothing-recorded = No se registró nada.
tag-type = Escriba el código de la etiqueta
    .hint = Nueve letras y números. Se aceptan espacios y minúsculas; la O se lee como 0.
tag-open-item = Abrir el equipo
tag-candidates = ¿Es uno de estos?
    .hint = Difieren en un carácter de lo que escribió
tag-find-by-name = Buscar el equipo por nombre
tag-what-now = ¿Qué hacer ahora?
tag-looked-up = Consultado a las { $time }.

tag-code-unknown = Desconocido
tag-code-unknown-kind = Un código que no es de nuestras etiquetas
tag-code-unknown-title = Nadie ha indicado qué es esto
tag-code-unknown-what = Ningún equipo tiene este código. No se registró nada.
tag-code-unknown-next = Busque el equipo por nombre o llame a { $contact }: allí pueden hacer que este código lo abra.
tag-code-removed = Quitado
tag-code-removed-title = Este código se quitó de su equipo
tag-code-removed-what = Estaba en { $name }. Ahora no abre nada, y no se registró nada.
tag-code-removed-next = Si tiene delante { $name }, ábralo aquí y avise a ingeniería biomédica que aún lleva este código. Si es otra cosa, llame a { $contact }: allí pueden hacer que este código la abra.
tag-code-zeros = ¿Es { $name }? Su código es { $code }
tag-code-new = Biomédica: indicar qué es
tag-code-add = Biomédica: agregarlo a un equipo

tag-replaced = Reemplazada
tag-replaced-kind = Una etiqueta que ya no se usa
tag-replaced-title = Esta etiqueta fue reemplazada
tag-replaced-what = Estaba en { $name }, que ahora tiene otra etiqueta. No se registró nada.
tag-replaced-open = Abrir { $name }
tag-replaced-next = Avise a ingeniería biomédica que el equipo aún lleva la etiqueta anterior.

tag-spoilt = Descartada
tag-spoilt-kind = Una etiqueta que no debe usarse
tag-spoilt-title = No use esta etiqueta
tag-spoilt-what = Esta etiqueta en blanco se descartó durante la impresión, y puede haber otra en su lugar. No se registró nada.
tag-spoilt-next = Despéguela y tírela. Si está en un equipo, límpielo como siempre y llame a { $contact }: allí le ponen una etiqueta nueva e ingresan su limpieza; queda como registro tardío.

tag-missing = Sin datos
tag-missing-kind = Un código que puede tener equipo
tag-missing-title = La unidad no puede consultar este código ahora
tag-missing-what = Falta una parte del historial de esta unidad, y ahí puede estar a qué equipo pertenece esta etiqueta. Esa parte vuelve automáticamente si el servidor central o una copia la tiene. No se registró nada; lo registrado antes está a salvo.
tag-missing-next = Limpie como siempre y escanee la etiqueta de nuevo en unos minutos. Si esto continúa, llame a { $contact } con el código de arriba: allí ingresan su limpieza; queda como registro tardío.
tag-missing-again = Intentar de nuevo

tag-unused = Sin usar
tag-unused-kind = Un código sin equipo
tag-unused-title = Ningún equipo tiene este código todavía
tag-unused-what = La etiqueta es válida, pero aún no está asignada a un equipo. No se registró nada.
used-last = Último uso registrado: { $when }
tag-unused-next = Limpie como siempre y llame a { $contact } con el código de arriba. Allí la asignan e ingresan su limpieza; queda como registro tardío.
tag-unused-add = Biomédica: es otra etiqueta de un equipo
tag-unused-assign = Biomédica: asignar esta etiqueta

used-title = Se usó
used-title-of = ¿Se usó { $name }?
used-what = Si este equipo se limpia después de cada uso, desde ahora hay una limpieza pendiente.
used-record = Sí, se usó ahora
used-back = Cancelar
used-more = Más sobre este uso
used-ended = ¿Cuándo terminó?
used-ended-now = Ahora
used-ended-minutes = Hace { NUMBER($minutes) } minutos
used-ended-hours = { $hours ->
    [one] Hace 1 hora
   *[other] Hace { $hours } horas
}
used-class = ¿Tocó algo más que de costumbre?
used-class-hint = Si no, déjelo vacío.
used-class-semicritical = Mucosas o piel lesionada
used-class-critical = Tejido estéril o vasos sanguíneos
used-sticker = Se puso una etiqueta en la historia clínica

out-retired-title = { $name } se dio de baja
out-retired-what = Ya no se limpia ni se registra. Su historial se conserva. No se registró nada.
out-title = { $name } está fuera de servicio
out-what = No lo use en pacientes. Mientras esté fuera de servicio no hay limpiezas pendientes. No se registró nada.
out-since = Desde
out-why = Motivo
out-back = Se espera de vuelta
out-anyway = Lo limpié de todos modos: registrarlo
out-questions = ¿Preguntas? Llame a { $contact }.
