### Todas las tablas por número o id, para quien administra la plataforma.

records-title = Registros
records-link = Registros: todas las tablas por número o id
records-lead = Filas de todas las tablas que contienen lo que busca, y las que se refieren a ello. No se puede cambiar nada, y no se muestra nada secreto. Las filas de una cuenta se muestran mientras esté abierta para usted; cada consulta queda en su registro de accesos.
records-find = Número, id o dirección de correo
records-account = Cuenta
    .none = Filas de ninguna cuenta
records-table = Tabla
    .all = Todas menos las grandes
records-button = Mostrar
records-none = No se encontró nada
    .hint = Lo que registró una cuenta se encuentra solo mientras esté abierta para usted, y en tablas grandes solo si usted nombra una.
records-rows = { $table }, { $count ->
    [one] { $count } fila
   *[other] { $count } filas
}
