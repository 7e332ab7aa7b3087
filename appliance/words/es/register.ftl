### El registro junto a sus equipos, para el personal: protocolos, lugares, categorías, mantenimiento.

## The list of protocols.

protocols-title = Protocolos
protocols-none = Todavía no hay protocolos
protocols-none-next = Publique el primero. Hasta entonces los equipos se limpian según las instrucciones del fabricante.
protocols-used = { $count ->
    [one] En uso: { $count } protocolo
   *[other] En uso: { $count } protocolos
}
protocols-column-name = Protocolo
protocols-column-class = Clase
protocols-column-contact = Tiempo de contacto
protocols-column-version = Versión
protocols-column-items = Equipos
protocols-any-class = Cualquiera
protocols-noncritical = No crítico
protocols-semicritical = Semicrítico
protocols-critical = Crítico
protocols-retired = Retirados
protocols-retired-hint = Ya no se ofrecen. Los registros hechos con ellos quedan como están. Una versión nueva los trae de vuelta.
protocols-back = Volver a los protocolos

## A protocol.

protocol-new = Agregar un protocolo
protocol-change = Cambiar { $name }
protocol-publish = Publicar protocolo
protocol-publish-version = Publicar versión nueva
protocol-instructions = Leer las instrucciones
protocol-retire = Retirar este protocolo
protocol-present-version = La versión { $version } está en uso. Lo que cambie será la versión siguiente; los registros conservan la versión que se siguió.
protocol-coming-version = Desde el { $day }: versión { $version }. Hasta entonces se usa la versión { $used }. Lo que cambie será la versión siguiente; los registros conservan la versión que se siguió.
protocols-next = Desde el { $day }: versión { $version }
protocol-retired-version = Retirado; su última versión es la { $version }. Publicar una versión nueva lo trae de vuelta.
protocol-optional-wrong = No existe el paso { $number }. Escriba números de pasos, por ejemplo 3, 5
protocol-agents-wrong = Escriba un desinfectante por línea: nombre | número EPA | dilución
protocol-contact-wrong = Tiempo de contacto: escriba minutos y segundos, por ejemplo 3:00
protocol-day-wrong = Vigente desde: escriba un día que exista en el calendario, por ejemplo 2026-11-24
protocol-translation-wrong = El protocolo tiene { NUMBER($expected) } pasos y la traducción tiene { NUMBER($found) }. Traduzca cada paso en su propia línea

## Taking one out of use.

protocol-retire-title = ¿Retirar { $name }?
protocol-retire-what = Ya no se ofrece, y nada queda pendiente según él. Los registros hechos con él quedan como están.
protocol-retire-hint = Por ejemplo: reemplazado por la toallita con alcohol
protocol-retire-confirm = Sí, retirarlo
protocol-retire-no-item = Ningún equipo se limpia según él.
protocol-retire-items = Equipos que lo tienen
protocol-retire-due = Pendiente según este protocolo; ya no lo estará
protocol-retire-more = { NUMBER($count) } más.

## Maintenance, apart from cleaning.

upkeep-title = Mantenimiento
upkeep-what = Lo que toca hacer además de limpiar. No cuenta en ninguna tasa.
upkeep-none = No hay mantenimiento planificado
upkeep-none-next = Planifique una tarea en la página de un equipo.
upkeep-tasks = { $count ->
    [one] { $count } tarea, la más urgente primero
   *[other] { $count } tareas, las más urgentes primero
}
upkeep-column-task = Tarea
upkeep-column-item = Equipo
upkeep-column-place = Lugar
upkeep-column-state = Estado
upkeep-column-last = Última vez
upkeep-by-last = { $schedule }, desde la última vez que se hizo
upkeep-by-calendar = { $schedule }, según el calendario
upkeep-overdue = Vencida desde { $time }
upkeep-due = Pendiente, límite { $time }
upkeep-done-until = Hecha hasta { $time }
upkeep-is-done = Hecha
upkeep-not-due = No pendiente
upkeep-last-failed = No superada { $time }
upkeep-last-done = Hecha { $time }
upkeep-never = Nunca
upkeep-photo-hint = Por ejemplo el certificado o la etiqueta; opcional
upkeep-new = Planificar mantenimiento
upkeep-to-all = Todo el mantenimiento
upkeep-record = Registrar
upkeep-edit = Cambiar
upkeep-of = { $task }
upkeep-change = Cambiar { $name }
upkeep-plan = Planificarlo
upkeep-save = Guardar los cambios
upkeep-new-hint = Vale desde ahora.
upkeep-end-hint = Lo que cambie vale desde ahora. “Sin programación” termina la tarea; sus registros se conservan.
upkeep-done-title = { $name }: ¿cuál fue el resultado?
upkeep-done-again = No se registró nada. Lo que escribió se conserva.
upkeep-done-save = Registrarlo
upkeep-readings-wrong = Escriba una lectura por línea, con un número entero: nombre | 42 | unidad
upkeep-time-wrong = Cuándo: escriba un día y una hora que existan en el calendario, por ejemplo 2026-11-24 14:30
upkeep-time-skipped = Ese día los relojes saltan esa hora. Escriba la hora que mostraban

## Places and categories.

register-retired = ya no se ofrece
places-title = Lugares
places-none = Todavía no hay lugares
places-none-next = Agregue el primero: el formulario de equipos lo ofrece entonces.
places-count = { $count ->
    [one] { $count } lugar, en el orden de la ronda
   *[other] { $count } lugares, en el orden de la ronda
}
places-column-name = Lugar
places-column-within = Parte de
places-column-order = En la ronda
places-unlisted = En ninguna lista
places-unlisted-hint = También hay equipos en estos lugares. Agregue los que deban ofrecerse.
places-new = Agregar un lugar
places-add = Agregar lugar
places-save = Guardar los cambios
places-change = Cambiar { $name }
places-name-goes = Los equipos que están aquí reciben el nombre nuevo junto con el lugar.
places-back = Volver a los lugares
categories-title = Categorías
categories-none = Todavía no hay categorías
categories-none-next = Agregue la primera, con los campos que sus equipos tienen además de los de todos.
categories-count = { $count ->
    [one] { $count } categoría
   *[other] { $count } categorías
}
categories-column-name = Categoría
categories-column-fields = Campos propios
categories-new = Agregar una categoría
categories-add = Agregar categoría
categories-name-goes = Los equipos de esta categoría reciben el nombre nuevo junto con ella. Los valores iniciales llenan el formulario de un equipo nuevo y no cambian los que ya existen.
categories-type-text = texto
categories-type-number = número
categories-type-date = fecha
categories-type-choice = opción
categories-type-yes = sí
categories-required = obligatorio
categories-fields-wrong = Escriba un campo propio por línea: nombre | texto, número, fecha, opción o sí | opciones con comas | obligatorio
categories-back = Volver a las categorías

## Starter packs.

packs-title = Paquetes iniciales
packs-what = Borradores de protocolos para empezar. Nada de ellos cuenta hasta que alguien complete uno, lo apruebe y lo publique aquí.
packs-to = Paquetes iniciales
packs-name = { $name ->
    [hospital] Hospital
    [laboratory] Laboratorio
    [dental] Consultorio dental
   *[other] Cuidados de larga duración
}
packs-steps = { $count ->
    [one] { $count } paso
   *[other] { $count } pasos
}
packs-adopted = Publicado
packs-adopt = Adoptar { $name }
packs-draft-hint = Esto es un borrador. Compare cada paso con las instrucciones del fabricante, y luego complete su referencia, el desinfectante, el tiempo de contacto y quién lo aprobó.
packs-back = Volver a los paquetes iniciales
