### Lo que está en todo tipo de página: su marco, horas, números y personas.

page-title = { $title } – CleanTrack
page-error-title = Error: { $title }
page-problem = Hay un problema
page-skip = Ir al contenido
page-main = Principal
page-for-admins = Para administradores regionales
page-person = { $name }, { $role }
page-facilities = Centros
page-gaps = Incumplimientos
page-alerts = Alertas
page-boxes = Unidades
page-people = Personas
page-programs = Programas
page-access-log = Registro de accesos
page-language = Idioma
page-live = En vivo, datos de { $time }, { $zone }.
page-behind = Números de { $time }, { $zone }. Los nuevos aparecen automáticamente.

role-name = { $role ->
    [super_admin] administrador de la plataforma
    [account_admin] administrador
    [facility_admin] administrador del centro
    [biomed] ingeniería biomédica
    [technician] técnico
    [auditor] auditor
    [support] asistencia
   *[unknown] desconocido
}

zone-name = { $zone ->
    [utc] UTC
    [eastern] hora oriental
    [central] hora central
    [mountain] hora de las Montañas Rocosas
    [arizona] hora de Arizona
    [pacific] hora del Pacífico
    [alaska] hora de Alaska
    [hawaii] hora de Hawái
   *[place] hora de { $place }
}
time-zoned = { $time } { $zone }
time-never = nunca

page-number = { NUMBER($number) }
page-before = Página anterior
page-after = Página siguiente

count-items = { $count ->
    [one] { $count } equipo
   *[other] { $count } equipos
}
count-entries = { $count ->
    [one] { $count } entrada
   *[other] { $count } entradas
}
met-of = { NUMBER($met) } de { NUMBER($closed) }
rate-percent = { NUMBER($rate) } %
rate-none = –
rate-no-data = sin datos
trend-line = Treinta días, de { NUMBER($first) } a { NUMBER($last) } por ciento
chart-today = Hoy
chart-days = { $silent ->
    [0] Cumplimiento por día del { $first } al { $last }, entre { $low } y { $high } por ciento, el último { $now }
    [one] Cumplimiento por día del { $first } al { $last }, entre { $low } y { $high } por ciento, el último { $now }. Sin datos de { $silent } día
   *[other] Cumplimiento por día del { $first } al { $last }, entre { $low } y { $high } por ciento, el último { $now }. Sin datos de { $silent } días
}
chart-no-data = Sin datos de estos días

cleaned-by = { $proof ->
    [typed] { $name }, nombre escrito
    [pin] { $name }, PIN
    [badge] { $name }, credencial
    [login] { $name }, inicio de sesión
   *[nobody] Sin nombre
}
cleaned-by-erased = nombre borrado
cleaned-by-hidden = nombre que a usted no se le muestra
cleaning-voided = Anulado
cleaning-both-stay = Ambas entradas se conservan.
cleaning-incomplete = Incompleto: { $parts }
cleaning-part = { $part ->
    [steps-not-stated] pasos no indicados
    [steps] pasos
    [contact-time] tiempo de contacto
    [photo] foto
    [who] prueba de quién limpió
    [strip] tira reactiva
    [temperature] temperatura
    [leak] prueba de fugas
   *[other] otro dato
}
cleaning-too-late = Demasiado tarde para contar
cleaning-late = Registro tardío
cleaning-photo-coming = Foto en camino
cleaning-time-unsure = Hora incierta
cleaning-photo = Foto
    .of = de { $item }
cleaning-place = { $place } · { $who }
cleaning-who-voided = { $who }. { $voided }
cleanings-latest = Últimas limpiezas
cleanings-none = Cada limpieza aparece aquí a los pocos segundos de registrarse en el centro. Todavía no hay ninguna.
list-older = Anteriores
page-facilities-manage = Crear y cerrar centros
page-help = Ayuda
