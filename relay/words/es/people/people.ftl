### Quién inicia sesión en la cuenta, la página de una persona y la propia.

people-title = Personas
people-lead = Inician sesión en esta cuenta. Para registrar una limpieza no hace falta cuenta.
people-caption = { $count ->
    [one] { $count } persona
   *[other] { $count } personas
}
people-name = Nombre
people-email = Correo electrónico
people-role = Rol
people-state = Estado
people-last-sign-in = Último inicio de sesión
people-sessions = Sesión abierta ahora
    .nowhere = en ninguna parte
    .count = { $count ->
    [one] en { $count } navegador
   *[other] en { $count } navegadores
}
people-times = Las horas están en { $zone }.
people-regions = Regiones: grupos de centros
people-invite = Invitar a alguien
people-invite-button = Enviar la invitación
people-invited = Se invitó a { $email }.
    .link = Este servidor central no envía correo. Dé este enlace a la persona; sirve una vez, durante 7 días:
    .link-name = Enlace de la invitación
people-open = Invitaciones abiertas
people-open-sees = ve: { $places }
people-open-gone = ya no ve nada: se eliminó aquello para lo que era
people-open-ends = el acceso termina el { $day }
people-open-until = el enlace vale hasta el { $day }
people-open-over = el enlace ya no vale desde el { $day }
people-open-by = invitación enviada por { $by }
people-open-revoke = Retirar
    .of = la invitación para { $email }
people-sees = Ve
people-sees-all = todos los centros
people-sees-none = ningún centro todavía
people-sees-others = lo que usted no ve
people-disabled = Acceso desactivado
people-may-sign-in = Puede iniciar sesión

person-added = Desde
person-acts = ¿Perdió un teléfono, o ya no trabaja aquí?
person-acts-hint = Cerrar la sesión termina todas las sesiones de inmediato y olvida los navegadores. La contraseña sigue siendo la misma.
    .self = Cerrar la sesión termina todas las sesiones de inmediato, también esta, y olvida los navegadores. La contraseña sigue siendo la misma.
person-sign-out = Cerrar la sesión en todas partes
person-enable-hint = No puede iniciar sesión. Lo que hizo sigue en el registro de accesos.
person-enable = Permitirle iniciar sesión de nuevo
person-disable-hint = Desactivar cierra la sesión en todas partes, y la persona no puede iniciar sesión hasta que un administrador la active.
person-disable = Desactivar
person-mail = Correo para esta persona
    .bounce = Desde el { $since } no se envía nada a su dirección: el correo enviado allí fue devuelto; se exceptúa un enlace al día que la persona pida. Si la dirección es incorrecta, invite a la persona con la dirección correcta.
    .complaint = Desde el { $since } solo se envían a su dirección los enlaces que pide: alguien allí marcó nuestro correo como no deseado. Quien administra este servidor central puede cambiarlo cuando la persona lo haya pedido.
    .provider = Desde el { $since } no se envía nada a su dirección: el servicio de correo la rechaza.
person-mail-again = Volver a enviar correo allí
person-done-mail-again = Se vuelve a enviar correo allí. Si es devuelto otra vez, se detiene de nuevo: entonces quien administra este servidor central debe preguntar al servicio de correo por qué.
person-owner = titular de la cuenta
person-until = Fin del acceso
person-terms = Rol y centros
person-terms-save = Guardar
person-terms-owner = La cuenta es de esta persona: sigue como administrador hasta que la traspase.
person-hand-over = Traspasar la cuenta
    .hint = Esta persona pasa a ser titular. Usted sigue como administrador, y no puede deshacerlo.
person-done-terms = Guardado. Vale desde la próxima página que abra la persona.
person-done-owner = La cuenta es ahora de esta persona.
person-platform = Solo alguien con más permisos que usted puede cambiar algo aquí.

person-done-sign-out = Se cerró la sesión de esta persona en todas partes. Su contraseña sigue siendo la misma.
person-done-disable = Se cerró la sesión de esta persona en todas partes, y no puede iniciar sesión.
person-done-enable = Esta persona puede iniciar sesión de nuevo.
person-is-self = No puede desactivar su propio acceso ni cambiar su propio rol. Pídaselo a otro administrador de la cuenta.
person-is-not-yours = No se cambió nada: usted no puede hacer esto con esta persona.
person-is-owner = No se cambió nada: la cuenta es de esta persona. Primero hay que traspasarla.
person-has-no-place = No se cambió nada: elija al menos un centro o una región.
person-is-last-admin = Es el último administrador que puede iniciar sesión. Active primero otro.
person-over-limit = No se cambió nada: el plan de la cuenta no permite añadir a nadie más. La página Facturación dice por qué.
person-changed = Otra persona cambió mientras tanto el rol, los centros o el fin del acceso de esta persona. No se guardó nada. Lo que vale ahora: { $now }. Lo que usted escribió está debajo: guarde de nuevo para que valga eso.

me-account = Cuenta
me-signed-in = Inició sesión
me-sessions = Dónde tiene la sesión abierta
    .this = este navegador
    .since = desde el { $day }, último uso { $used }
    .end = Cerrar sesión
    .end-of = en { $agent }, { $network }
    .unknown = navegador desconocido
    .agent = { $browser } en { $system }
me-platform = Todas las cuentas y el trabajo del propio servidor central
me-password = Cambiar su contraseña
    .button = Cambiarla
    .wrong = La contraseña actual es otra.
    .done = Su contraseña se cambió. Se terminaron todas las demás sesiones.
me-accounts = Sus otras cuentas
    .open = Abrir { $account }
me-sign-out = Cerrar sesión
me-sign-out-everywhere = Cerrar sesión en todos los dispositivos
