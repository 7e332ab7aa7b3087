### Lo que espera a alguien del centro: la lista en la página del personal y lo que se hace con ello.

reminder-title = Alarmas
reminder-none = No hay nada por atender.
reminder-of-box = { $count ->
    [one] 1 alarma sobre la unidad misma está en la página Unidad
   *[other] { $count } alarmas sobre la unidad misma están en la página Unidad
}
reminder-link = { $count ->
    [one] 1 alarma por atender
   *[other] { $count } alarmas por atender
}
reminder-problem = { $count ->
    [one] { $name }: 1 aviso abierto
   *[other] { $name }: { $count } avisos abiertos
}
    .next = Revise el equipo y luego cierre el aviso.
reminder-overdue = { $count ->
    [one] 1 equipo está vencido
   *[other] { $count } equipos están vencidos
}
    .next = Haga que se limpien, primero los que llevan más tiempo vencidos.
reminder-begun = { $name }: se empezó una limpieza y no se registró
    .next = Pregunte quién lo limpió y haga que se registre la limpieza.
reminder-phone = { $count ->
    [one] 1 registro espera en un teléfono desde hace más de un día
   *[other] { $count } registros esperan en un teléfono desde hace más de un día
}
    .next = Pida a quien lo lleva que abra la página cerca de la unidad. Si el teléfono se perdió, indíquelo.
reminder-sign-off = { $name }: la habilitación para { $protocol } termina pronto
    .next = Observe una limpieza y habilite de nuevo.
reminder-inspection = La inspección es el { $day }
    .next = Mire primero lo que falta y prepare el informe.
reminder-pin-tries = { $name }: se ingresaron { NUMBER($count) } PIN incorrectos o más en dispositivos donde nunca inició sesión
    .next = Se comprueban tres por hora como máximo, y sus propios dispositivos no esperan. Pregunte si fue esa persona; si no, defina un PIN más largo.
reminder-photo = Un teléfono no dio foto { $count } de las últimas 20 veces que se le pidió una
    .next = Los registros quedan guardados, pero incompletos. Pregunte a quien lo lleva qué le impide tomar fotos.
reminder-token = El token del programa «{ $name }» termina el { $day }
    .next = Un administrador crea uno nuevo en Programas.
reminder-since = Desde { $time }
reminder-snoozed = Aplazado hasta { $time }
reminder-seen = Visto
reminder-acknowledge = Ya lo vi
reminder-snooze = Recordármelo en 4 horas
reminder-hours = Se puede aplazar de 1 a 168 horas
reminder-open = Abrir

begun-title = Empezadas, sin registrar
begun-hint = Aquí se inició un tiempo de contacto y en 12 horas no se registró ninguna limpieza. Cada una sigue en la lista 7 días.
begun-column-item = Equipo
begun-column-started = Inicio
begun-column-by = Por
begun-column-next = Qué sigue
begun-nobody = Sin nombre
begun-enter = Ingresar la limpieza
begun-link = { $count ->
    [one] Se empezó 1 limpieza y no se registró
   *[other] Se empezaron { $count } limpiezas y no se registraron
}
