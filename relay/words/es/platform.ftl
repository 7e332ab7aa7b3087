### La plataforma, para quien la administra.

platform-title = Plataforma
platform-lead = Todas las cuentas de este servidor central y su propio trabajo. Lo que registraron los clientes no se muestra aquí.
platform-accounts = { $count ->
    [one] { $count } cuenta, la más reciente primero
   *[other] { $count } cuentas, las más recientes primero
}
platform-name = Cuenta
platform-people = Personas
platform-facilities = Centros
platform-boxes = Unidades
platform-made = Creada
platform-seen = Último inicio de sesión
platform-work = Trabajo
platform-work-none = No hay nada en espera ni en curso.
platform-kind = Tipo
platform-state = Estado
platform-count = Trabajos
platform-job-state = { $state ->
    [dead] abandonado
    [running] en curso
   *[other] en espera
}
platform-processes = Procesos de este servidor central
platform-host = Host y proceso
platform-roles = Roles
platform-version = Versión
platform-started = Iniciado
platform-reported = Último contacto
platform-dead = Abandonados
platform-dead-none = No se abandonó ningún trabajo.
platform-dead-lead = Cada uno de estos falló hasta agotar sus intentos. Mire el motivo, corríjalo y después intente de nuevo; lo que aún hace falta se intenta de nuevo automáticamente una hora después de abandonarse.
platform-tries = { $count ->
    [one] { $count } intento
   *[other] { $count } intentos
}
platform-died = abandonado { $at }, { $tries }
platform-retry = Intentar de nuevo
    .of = { $kind } { $key }
platform-retried = Está en espera de otro intento.
platform-gone = Ya no está entre los abandonados. No se cambió nada.
