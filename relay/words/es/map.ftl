### Dónde están los centros: el mapa y el formulario para la ubicación de un centro.

map-title = Mapa
map-lead = Centros cuya ubicación ingresó alguien. Los contornos vienen con este servidor central: nadie más se entera de lo que usted mira.
map-none = Todavía ningún centro tiene ubicación
    .hint = Ingrese la dirección y las coordenadas de un centro, y aparece aquí.
map-label = { $count ->
    [one] Mapa con { $count } centro
   *[other] Mapa con { $count } centros
}
map-scale = { $km } km, { $miles } mi
map-scale-near = { $km } km
map-legend = Qué significan las marcas
map-mark-good = Todo en orden
map-mark-soon = Hay algo pendiente
map-mark-low = Hay algo vencido, o la unidad necesita atención
map-mark-plain = Todavía sin unidad
map-placed = En el mapa
map-unplaced = Sin ubicación
map-more = { $count ->
    [one] { $count } más está en la página de todos los centros.
   *[other] Hay más en la página de todos los centros.
}
map-directions = Cómo llegar
    .of = a { $facility }
    .hint = “Cómo llegar” abre openstreetmap.org, que entonces se entera de la ubicación.
map-overdue = Vencidos: { $count }
map-due = Pendientes: { $count }
map-set = Indicar su ubicación
    .of = para { $facility }
map-back = Todos los centros

map-place = Dónde está { $facility }
map-address = Dirección
    .hint = Como la escribiría en una carta, en una línea
map-latitude = Latitud
    .hint = En grados, por ejemplo 41.87811; el sur es negativo
map-longitude = Longitud
    .hint = En grados, por ejemplo -87.62980; el oeste es negativo
map-coordinates-hint = Ambas, o ninguna. Un mapa en su teléfono las muestra si mantiene el dedo sobre el lugar.
map-save = Guardar la ubicación
map-address-bad = Escriba una dirección de 200 caracteres visibles como máximo, o nada.
map-latitude-bad = Escriba una latitud de -90 a 90, o deje vacías ambas coordenadas.
map-longitude-bad = Escriba una longitud de -180 a 180, o deje vacías ambas coordenadas.
