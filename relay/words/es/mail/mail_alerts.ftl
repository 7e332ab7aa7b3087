### Correos sobre alertas. Las palabras de las clases están en alerts.ftl.

mail-alerts = { $facility }: { $count ->
    [one] 1 alerta
   *[other] { NUMBER($count) } alertas
}
    .button = Ver las alertas
    .what = Novedades en { $facility }:
    .over-only = Esto ha terminado en { $facility }:
    .opened = Nuevas
    .over = Terminadas
    .alert = Alerta
    .about = Sobre
    .since = Desde
    .hint = Recibe este correo porque una regla de su cuenta nombra su rol. Cuando alguien confirma una alerta, no se recuerda a nadie más.
mail-overdue = { $facility }: { $count ->
    [one] 1 equipo vencido
   *[other] { NUMBER($count) } equipos vencidos
}
    .button = Ver lo vencido
    .what = Estos equipos de { $facility } no se limpiaron a tiempo. Primero los que llevan más tiempo vencidos.
    .items = Vencidos
    .item = Equipo
    .place = Lugar
    .last = Última limpieza
    .since = Vencido desde
    .hint = Un correo así llega como máximo una vez por turno. Lo que se haya limpiado desde entonces está en la página.
mail-digest = Alertas abiertas en { $count ->
    [one] 1 centro
   *[other] { NUMBER($count) } centros
}
    .button = Ver todas las alertas
    .what = Esto está abierto ahora, lo más grave primero.
    .open = Abiertas
    .facility = Centro
    .alert = Alerta
    .count = Cuántas
