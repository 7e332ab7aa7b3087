### Anuncios, y lo que se enciende o apaga mientras funciona el servidor central.

notices-label = Anuncios
notices-hide = Ocultar
    .of = { $text }
notices-read-only = Ahora no se puede cambiar nada: se está trabajando en este servidor central. Las unidades registran y envían como siempre.

notices-title = Interruptores y anuncios
notices-link = Interruptores y anuncios
notices-done = Hecho. Los demás procesos de este servidor central lo aplican en menos de 5 segundos.
notices-switches = Interruptores
notices-switch = { $switch ->
    [sign-up] Cualquiera puede crear una cuenta
   *[read-only] Las personas solo miran
}
    .hint = { $switch ->
        [sign-up] Solo donde open_sign_up esté en la configuración.
       *[read-only] Se rechazan los formularios, de todas las cuentas o de una. Las unidades envían, y lo que envían se guarda, como siempre.
    }
notices-for-all = Para todas las cuentas
notices-for = Para { $account }
notices-state = { $state ->
    [on] encendido
   *[off] apagado
}
notices-moved = { $who }, { $at }
notices-turn = { $to ->
    [on] Encender
   *[off] Apagar
}
    .of = { $switch }, { $account }
notices-one = Para una cuenta
    .id = Cuenta
    .id-hint = Su identificador, como está en la lista de cuentas.
notices-new = Anuncio nuevo
notices-text = Texto
    .hint = Hasta 500 caracteres. Está en todas las páginas; cada persona lo oculta para sí misma.
notices-from = Desde
    .hint = UTC. Vacío: desde ahora.
notices-until = Hasta
    .hint = UTC
notices-announce = Anunciarlo
notices-announced = Anunciado
notices-announced-none = No hay nada anunciado.
notices-times = desde { $from } hasta { $until }
notices-end = Retirarlo
    .of = { $text }
notices-bad-text = Escriba un texto de 1 a 500 caracteres
notices-bad-from = Escriba una hora como 2026-11-20T14:00, o nada
notices-bad-until = Escriba una hora como 2026-11-20T14:00 que esté en el futuro y después del comienzo
notices-bad-account = Ninguna cuenta tiene este identificador
notices-bad-switch = Este interruptor es uno solo para todas las cuentas
