home-title = Qué falta limpiar
home-find = Buscar por nombre, lugar o código
home-find-button = Buscar
home-badge = Eso es una credencial, no una etiqueta. Escanee la etiqueta del equipo.
    .plain = Eso es una credencial, no una etiqueta. Esta página no es segura, y otros pudieron leer la credencial: un administrador la reemplaza. Escanee la etiqueta del equipo.
home-found-none = Ningún equipo coincide con “{ $query }”
home-found = { $count ->
    [one] { $count } equipo con “{ $query }”
   *[other] { $count } equipos con “{ $query }”
}
home-all-items = { $count ->
    [one] El único equipo ({ $count })
   *[other] Los { $count } equipos
}
home-found-hint = Pruebe con una parte del nombre, el lugar o el número de inventario.
home-found-code = Escaneé este código: ¿en qué está?
home-found-more = { NUMBER($count) } más. Escriba más letras del nombre.
home-only-due = Solo lo que falta limpiar
home-unknown-title = Por ahora no se conocen los equipos
home-unknown = Están en la parte del historial que falta. No los agregue de nuevo: las etiquetas y los registros vuelven con esa parte.
home-empty-title = Todavía no hay equipos
home-empty = Ingeniería biomédica agrega los equipos en las páginas del personal e imprime sus etiquetas. Después aparecen aquí, los vencidos primero.
home-set-up = Configurar esta unidad
home-none-overdue = No hay nada vencido.
home-show-due = Ver los { NUMBER($count) }
home-show-all = { $count ->
    [one] Todos ({ $count } equipo), también los limpios
   *[other] Todos ({ $count } equipos), también los limpios
}
home-app = También funciona donde no hay señal: póngalo en su pantalla de inicio
home-staff = Páginas del personal
home-as-of = Datos de las { $time }, { $zone }. Esta página se actualiza sola.

list-overdue = Vencidos
list-due = Pendientes
list-none-due = Por ahora no hay nada pendiente.
list-next-by = Siguiente: { $name }, límite { $time }.
list-next-after-use = Siguiente: { $name }, pendiente tras el uso.

board-title = Tablero de limpieza
board-today = Hoy
board-rate = { NUMBER($rate) } %
board-first = Limpiar primero
board-none-overdue = Nada vencido.
board-next = Siguientes
board-as-of = { $time }. Si esta hora se detiene, la pantalla perdió la conexión con la unidad; las limpiezas se siguen registrando.
