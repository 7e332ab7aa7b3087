### Una cuenta que está abierta por un tiempo a quien administra la plataforma.

support-title = Acceso de asistencia
support-lead = Quien administra este servidor central no ve nada de lo que registró su cuenta. Para recibir ayuda, ábrale la cuenta por un tiempo: mira, no cambia nada, y cada página que mira queda en el registro de accesos.
support-none = Su cuenta no está abierta a nadie de la plataforma.
support-open = Abierta ahora
support-past = Antes
support-past-none = Nunca estuvo abierta.
support-grant = Abrir la cuenta
support-reason = Para qué
    .hint = Al menos 5 caracteres, para quien le ayude y para el registro de accesos. Sin nombres de pacientes.
support-hours = Durante cuánto tiempo
support-hours-of = { $hours ->
    [one] { $hours } hora
   *[other] { $hours } horas
}
support-grant-button = Abrirla
support-end-button = Terminar ahora
    .of = { $reason }
support-bad-reason = Indique en 5 a 300 caracteres para qué es
support-bad-hours = Elija una de las duraciones
support-granted = { $who } la abrió, hasta { $until }
support-broken = { $who }, de la plataforma, la abrió sin un administrador, hasta { $until }
support-ended = terminó el acceso { $who }
support-used = mirada desde { $at }
support-unused = nadie ha mirado
support-link = Acceso de asistencia: permitir que la plataforma mire, por un tiempo

support-banner = Usted ve { $account } como asistencia, hasta las { $until }. No cambia nada, y cada página que mira queda en el registro de accesos de la cuenta.
support-leave = Volver a su propia cuenta

support-account-back = Plataforma
support-account-title = Abrir { $account }
support-account-lead = Usted ve sus páginas y no cambia nada. Cada página que mira queda en el registro de accesos de la cuenta.
support-account-granted = Está abierta para usted hasta { $until }: { $reason }
support-account-closed = Ningún administrador de la cuenta la abrió. Pídalo primero a quien la administra: se hace en Personas, Acceso de asistencia.
support-glass = Abrirla sin un administrador
    .lead = Para cuando no se puede localizar a nadie de la cuenta. Sus administradores reciben un correo de inmediato, y queda en su registro de accesos mientras este se conserve.
support-glass-button = Romper el cristal y abrirla
support-account-button = Abrirla
support-account-link = Abrir
    .of = { $account }
support-account-until = abierta hasta { $until }
support-own = Es su propia cuenta: elíjala en la página sobre usted
support-closed = Ya no está abierta. Pídalo a quien administra la cuenta, o indique por qué la abre sin un administrador.

