### Crear y cerrar centros.

facilities-title = Centros
facilities-lead = Un hospital, una clínica o un laboratorio: un lugar con su propia unidad. Usted define el nombre y la zona horaria hasta que su unidad esté en servicio; desde entonces se cambian en la unidad.
facilities-none = Todavía no hay centros. Cree el primero y después agregue su unidad.
facilities-find = Buscar un centro
    .hint = Una parte de su nombre
    .show = Mostrar
    .all = Ver todos los centros
    .none = Ningún centro coincide.
facilities-new = Centro nuevo
facilities-name = Nombre
facilities-zone = Zona horaria
    .hint = Según ella empiezan y terminan sus días, por ejemplo America/New_York
facilities-make = Crear el centro
facilities-items = { $count ->
    [0] sin equipos
    [one] { $count } equipo
   *[other] { $count } equipos
}
facilities-closed = Cerrado desde el { $day }
facilities-add-box = Agregar su unidad
    .of = para { $name }
facilities-close = Cerrar
    .of = { $name }
facilities-open = Abrir de nuevo
    .of = { $name }
facilities-close-hint = Se puede cerrar un centro sin unidad en servicio: sale de las listas. Lo que se registró allí se conserva, y se puede leer y demostrar.
facilities-has-box = { $name } tiene una unidad en servicio: dé de baja primero esa unidad en su página y después cierre el centro. No se cambió nada
facilities-bad-name = Escriba un nombre de 1 a 120 caracteres
facilities-taken = Ya hay un centro de esta cuenta con el nombre { $name }
facilities-bad-zone = Escriba una zona horaria, por ejemplo America/New_York
facilities-too-many = Esta cuenta tiene { NUMBER($max) } centros, y ese es el máximo
facilities-place = Dirección y mapa
    .of = de { $facility }
