### El registro de accesos: quién inició sesión, qué se hizo y qué se denegó.

access-title = Registro de accesos
access-lead = Quién inició sesión, qué se hizo con personas, programas y unidades, y qué se denegó. Las filas se conservan 400 días; las horas están en UTC.
    .limited = Qué se hizo y qué se denegó en sus centros. Las filas se conservan 400 días; las horas están en UTC.
access-none = Todavía no hay nada
    .older = No hay nada anterior
    .hint = Aquí aparecen los inicios de sesión, los cambios y lo que se denegó.
    .found = Sin resultados
    .found-hint = Ninguna fila corresponde a lo que eligió.
    .backwards = “Desde el día” es posterior a “Hasta el día”, así que no hay ningún día entre ambos. Intercámbielos.
access-newest-first = Lo más reciente primero
access-older = Anteriores
access-found-first = Lo encontrado, lo más reciente primero
access-found-older = Lo encontrado, anteriores
access-find = Buscar filas
    .who = Quién
    .who-hint = Una parte de una dirección de correo o del nombre de un programa
    .from = Desde el día
    .to = Hasta el día
    .button = Mostrar
    .all = Mostrar todas las filas
access-either = Hecho y denegado
access-export = Descargar
    .hint = 50,000 filas por archivo como máximo: para más, elija días. Que usted lo descargó también aparece aquí.
    .csv = Descargar como CSV
    .csv-hint = Las filas que se muestran y las anteriores y posteriores a ellas, para una hoja de cálculo.
    .lines = Descargar las líneas encadenadas
    .lines-hint = Cada fila de los días que eligió, tal como se calculó su hash, para quien verifique que no se cambió nada.
access-newest = Lo más reciente
access-when = Cuándo
access-who = Quién
access-deed = Acción
access-about = Sobre
access-outcome = Resultado
access-number = Número
access-last = Última vez
access-count = Veces
access-facility = Centro
access-grant-sees = ve: { $places }
access-grant-all = todos los centros
access-grant-none = ningún centro
access-grant-many = { $count } centros y regiones
access-denied = Denegado
access-done = Hecho
access-times = { $count ->
    [one] { $count } vez
   *[other] { $count } veces
}

access-operator = administración del servidor central
access-program = programa { $name } ({ $id })

access-did = { $act ->
    [sign-in] Inició sesión
    [sign-out] Cerró la sesión
    [account-create] Creó la cuenta
    [factor-rename] Dio otro nombre a una llave de acceso
    [account-logo] Cambió el logotipo de la cuenta
    [account-slug] Cambió el nombre corto de la cuenta
    [account-locale] Cambió el idioma o la zona horaria de la cuenta
    [account-brand] Cambió el nombre o el color de la cuenta
    [billing-checkout] Fue a Stripe para suscribirse a un plan
    [billing-plan] Cambió el plan
    [billing-portal] Fue a la suscripción en Stripe
    [stripe-event] Envió un evento del otro modo de Stripe
    [admin-create] Agregó a una persona
    [admin-import] Importó a una persona
    [admin-set-password] Asignó la contraseña de una persona
    [admin-forget-factors] Quitó los segundos factores de una persona
    [admin-sign-out] Cerró la sesión de una persona en todas partes
    [admin-disable] Desactivó a una persona
    [admin-enable] Permitió que una persona inicie sesión de nuevo
    [admin-mail-again] Permitió que se envíe de nuevo correo a la dirección de una persona
    [invite] Invitó a alguien
    [invitation-revoke] Retiró una invitación
    [join] Se unió por una invitación
    [member-change] Cambió el rol y lo que ve una persona
    [hand-over] Traspasó la cuenta
    [region-create] Creó una región
    [region-change] Dio otro nombre a una región
    [region-join] Puso un centro en una región
    [region-leave] Sacó un centro de una región
    [region-delete] Eliminó una región
    [password-reset] Eligió una contraseña nueva por correo
    [password-change] Cambió su contraseña
    [passkey-sign-in] Inició sesión con una llave de acceso
    [passkey-add] Agregó una llave de acceso
    [passkey-remove] Quitó una llave de acceso
    [factor-add] Configuró una aplicación de autenticación
    [factor-remove] Quitó una aplicación de autenticación
    [codes-renew] Creó códigos de recuperación nuevos
    [factor-demand] Pidió a todos un segundo paso
    [factor-leave] Dejó el segundo paso a elección de cada persona
    [oidc-join] Se unió por el inicio de sesión de su organización
    [oidc-link] Vinculó el inicio de sesión de su organización
    [oidc-unlink] Quitó el inicio de sesión de su organización
    [oidc-provider-add] Agregó un proveedor de inicio de sesión
    [oidc-provider-change] Cambió un proveedor de inicio de sesión
    [oidc-provider-remove] Quitó un proveedor de inicio de sesión
    [oidc-domain-add] Agregó un dominio por comprobar
    [oidc-domain-prove] Comprobó un dominio
    [oidc-domain-remove] Quitó un dominio
    [oidc-group-add] Hizo que un grupo de un proveedor de inicio de sesión dé un rol
    [oidc-group-remove] Quitó un grupo de un proveedor de inicio de sesión
    [oidc-enforce] Dejó de admitir la entrada solo con contraseña
    [oidc-leave] Admitió de nuevo las contraseñas
    [facility-create] Agregó un centro
    [facility-change] Cambió un centro
    [facility-close] Cerró un centro
    [facility-open] Abrió de nuevo un centro
    [facility-place] Indicó dónde está un centro
    [token-create] Creó un token
    [token-revoke] Revocó un token
    [alert-acknowledge] Confirmó una alerta
    [alert-snooze] Aplazó una alerta
    [alert-change] Cambió una alerta
    [alert-rule] Cambió una regla de alertas
    [alert-hours] Cambió las horas de silencio o el resumen
    [webhook-add] Agregó un webhook
    [webhook-rotate] Dio otro secreto a un webhook
    [webhook-pause] Pausó un webhook
    [webhook-resume] Reanudó un webhook
    [webhook-remove] Quitó un webhook
    [webhook-send] Hizo enviar algo a un webhook
    [claim-file-create] Creó un archivo de asociación
    [claim-file-replace] Creó un archivo de asociación que reemplaza una unidad
    [box-rename] Puso nombre a una unidad
    [box-quarantine] Puso una unidad en cuarentena
    [box-replace] Tomó el lugar de una unidad
    [box-return] Volvió después de ser reemplazada
    [box-release] Liberó una unidad de la cuarentena
    [box-revoke] Dio de baja una unidad
    [box-claim-again] Se asoció de nuevo, con un historial en espera
    [epoch-admit] Admitió un historial de una unidad
    [epoch-forget] Olvidó un historial de una unidad
    [jobs-retry] Hizo intentar de nuevo un trabajo
    [access-export] Descargó el registro de accesos
    [support-grant] Abrió la cuenta a la plataforma
    [support-end] Terminó el acceso de la plataforma
    [support-open] Entró desde la plataforma
    [support-glass] Abrió la cuenta desde la plataforma, sin un administrador
    [support-look] Miró una página, desde la plataforma
    [support-leave] Salió, de vuelta a la plataforma
    [switch] Movió un interruptor
    [records-look] Miró filas, desde la plataforma
    [mail-words] Cambió las palabras propias de la cuenta en los correos
    [announce] Publicó un anuncio
    [announce-end] Retiró un anuncio
   *[other] Hizo otra cosa
}
access-tried = { $act ->
    [sign-in] Intentó iniciar sesión
    [second-step] Contraseña correcta, código incorrecto
    [confirm-password] Intentó confirmar un cambio
    [sign-out] Intentó cerrar la sesión
    [account-create] Intentó crear una cuenta
    [account-locale] Intentó cambiar el idioma o la zona horaria de la cuenta
    [account-brand] Intentó cambiar el nombre o el color de la cuenta
    [billing-checkout] Intentó suscribirse a un plan
    [billing-portal] Intentó abrir la suscripción
    [stripe-event] Envió un evento del otro modo de Stripe
    [admin-create] Intentó agregar a una persona
    [admin-import] Intentó importar a una persona
    [admin-set-password] Intentó asignar la contraseña de una persona
    [admin-sign-out] Intentó cerrar la sesión de una persona
    [admin-disable] Intentó desactivar a una persona
    [admin-enable] Intentó permitir que una persona inicie sesión de nuevo
    [admin-mail-again] Intentó permitir que se envíe de nuevo correo a la dirección de una persona
    [invite] Intentó invitar a alguien
    [invitation-revoke] Intentó retirar una invitación
    [member-change] Intentó cambiar el rol y lo que ve una persona
    [region-create] Intentó crear una región
    [region-change] Intentó cambiar una región
    [password-change] Intentó cambiar su contraseña
    [passkey] Llave de acceso rechazada
    [passkey-copy] Llave de acceso rechazada: su contador retrocedió
    [passkey-add] Intentó agregar una llave de acceso
    [factor-add] Intentó configurar una aplicación de autenticación
    [factor-remove] Intentó quitar una aplicación de autenticación o una llave de acceso
    [codes-renew] Intentó crear códigos de recuperación nuevos
    [factor-demand] Intentó cambiar si todos necesitan un segundo paso
    [account-logo] Intentó cambiar el logotipo de la cuenta
    [oidc-sign-in] Inicio de sesión de la organización rechazado
    [oidc-link] Intentó vincular el inicio de sesión de una organización
    [oidc-unlink] Intentó quitar el inicio de sesión de una organización
    [oidc-provider-add] Intentó agregar un proveedor de inicio de sesión
    [oidc-provider-change] Intentó cambiar un proveedor de inicio de sesión
    [facility-create] Intentó agregar un centro
    [facility-change] Intentó cambiar un centro
    [facility-place] Intentó indicar dónde está un centro
    [facility-close] Intentó cerrar un centro o abrir uno de nuevo
    [token-create] Intentó crear un token
    [jobs-retry] Intentó que un trabajo se intente de nuevo
    [token-revoke] Intentó revocar un token
    [alert-acknowledge] Intentó confirmar una alerta
    [alert-snooze] Intentó aplazar una alerta
    [alert-change] Intentó cambiar una alerta
    [alert-rule] Intentó cambiar una regla de alertas
    [alert-hours] Intentó cambiar las horas de silencio o el resumen
    [webhook-add] Intentó agregar un webhook
    [webhook-rotate] Intentó dar otro secreto a un webhook
    [webhook-change] Intentó cambiar un webhook
    [webhook-send] Intentó hacer enviar algo a un webhook
    [claim-file-create] Intentó crear un archivo de asociación
    [claim-file-replace] Intentó crear un archivo de asociación que reemplaza una unidad
    [box-rename] Intentó poner nombre a una unidad
    [box-change] Intentó cambiar el estado de una unidad
    [box-release] Intentó liberar una unidad de la cuarentena
    [box-revoke] Intentó dar de baja una unidad
    [people] Intentó abrir Personas
    [person] Intentó ver a una persona
    [person-change] Intentó cambiar a una persona
    [programs] Intentó abrir Programas
    [program] Intentó ver un programa
    [box-add] Intentó abrir “Agregar una unidad”
    [boxes] Intentó abrir Unidades
    [access-log] Intentó abrir el registro de accesos
    [access-export] Intentó descargar el registro de accesos
    [facility] Intentó ver un centro
    [support-grant] Intentó abrir la cuenta a la plataforma
    [support-end] Intentó terminar el acceso de la plataforma
    [support-open] Intentó entrar desde la plataforma
    [support-leave] Intentó salir hacia la plataforma
    [switch] Intentó mover un interruptor
    [mail-words] Intentó cambiar las palabras propias de la cuenta en los correos
    [announce] Intentó publicar un anuncio
    [announce-end] Intentó retirar un anuncio
    [proof] Intentó descargar una prueba
    [evidence] Intentó descargar la evidencia
    [photo] Intentó ver una foto
    [page] Intentó abrir una página
    [api-read] Intentó leer por la API
    [api-record] Intentó registrar una limpieza por la API
    [api-equipment] Intentó cambiar equipos por la API
   *[other] Intentó hacer algo en una página
}
access-reason = { $reason ->
    [needs-admin] Requiere un administrador
    [foreign-form] Requiere un formulario de esta sesión
    [token-revoked] El token se revocó
    [token-scope] El token no puede hacer esto
    [not-found] No ve nada con este nombre
   *[token-expired] El token caducó
}
access-known-device = Un dispositivo suyo
    .wrong = Contraseña incorrecta, un dispositivo suyo
    .code = Código incorrecto, un dispositivo suyo
access-new-device = Un dispositivo nuevo en { $network }
    .wrong = Contraseña incorrecta, un dispositivo nuevo en { $network }
    .code = Código incorrecto, un dispositivo nuevo en { $network }
access-this-device = En este dispositivo
access-every-device = En todos los dispositivos
access-other-device = En otro dispositivo
access-left-out = En este archivo están solo las { NUMBER($count) } filas más recientes: elija menos días para las demás.
