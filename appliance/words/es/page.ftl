### La caja que la gente llama “box” es aquí “la unidad”; “relay” es “el servidor central”; “tag” es “código”; “label” es “etiqueta”.

page-skip = Ir al contenido
page-new-box = Unidad nueva
page-this-box = Esta unidad
page-gap = Historial incompleto
page-gap-title = Falta una parte del historial de esta unidad.
page-gap-meaning = Puede haber equipos que necesiten limpieza o que estén fuera de servicio aunque esta página no lo indique. El registro funciona como siempre.
page-alarm = Alarma
page-alarm-next = Avise a { $contact }.
page-language = Idioma
page-leaving = Nadie usa esta página. Vuelve al inicio en segundos:
    .stay = Quedarse aquí
page-still = ¿Sigue ahí?
    .kept = Lo que escribió sigue aquí, salvo un PIN. Todavía no se registró nada.
    .stay = Sí, continuar
    .leave = No, vaciar esta página
page-sign-in = Iniciar sesión
page-staff-pages = Páginas del personal
page-error-title = Error: { $title }
page-problem = Hay un problema
page-nothing-changed = No se cambió nada.
page-show-due = Ver qué falta limpiar
page-biomed = ingeniería biomédica

item-retired = Dado de baja
item-unknown = Sin datos
item-unknown-long = Sin datos: falta una parte del historial
item-no-schedule = Sin programación
item-out-of-service = Fuera de servicio
item-not-due = No pendiente
item-clean = Limpio
item-clean-until-used = Limpio hasta que se use
item-clean-until = Limpio hasta { $time }
item-by = Límite { $time }
item-due-by = Pendiente, límite { $time }
item-after-use = Tras el uso
item-due-after-use = Pendiente tras el uso
item-just-late = Recién vencido
item-late = { $span } de atraso
item-being-cleaned = En limpieza

span-seconds = { NUMBER($seconds) } s
span-minutes = { NUMBER($minutes) } min
span-minutes-seconds = { NUMBER($minutes) } min { $seconds } s

who-unattributed = Sin nombre
who-unattributed-inside = sin nombre
who-cleaned = { $proof ->
    [typed] { $name }, nombre escrito
    [pin] { $name }, PIN
    [badge] { $name }, credencial
   *[login] { $name }, inicio de sesión
}
who-unknown = persona desconocida
text-erased = borrado
text-unreadable = ilegible

missing-steps-stated = pasos no indicados
missing-steps = faltan pasos
missing-contact-time = tiempo de contacto completo no medido
missing-photo = sin foto
missing-who = sin prueba de quién limpió
missing-strip = sin tira reactiva válida
missing-temperature = temperatura incorrecta
missing-leak = sin prueba de fugas válida
missing-other = otro dato

role-technician = técnico
role-biomed = ingeniería biomédica
role-facility-admin = administrador
role-auditor = auditor
