### Correos: cada uno dice qué pasó, qué hay que hacer y hasta cuándo.

mail-sent-by = CleanTrack envió esto por algo que pasó en { $host }. Nadie lee las respuestas a esta dirección.
mail-not-you = Si no fue usted, no haga nada: no cambia nada.
mail-link-once = El enlace funciona una vez, hasta el { $until }.
mail-more = { $count ->
    [one] Y uno más.
   *[other] Y { NUMBER($count) } más.
}
mail-exit = No recibir más correos de este tipo

mail-invitation = { $account } le invita a CleanTrack
    .what = { $by } le invita a la cuenta de { $account }, como { $role }. Allí verá si los equipos se limpiaron a tiempo.
    .button = Aceptar la invitación

mail-sign-up = Confirme su correo electrónico
    .what = Falta un paso: confirme esta dirección, elija una contraseña, y su cuenta está lista.
    .button = Confirmar y abrir la cuenta

mail-address-known = Ya tiene una cuenta de CleanTrack
    .what = Alguien escribió esta dirección para crear una cuenta nueva. Ya hay una con ella: inicie sesión, o elija una contraseña nueva si olvidó la suya.
    .button = Iniciar sesión

mail-nobody-known = Ninguna cuenta tiene esta dirección
    .what = Alguien quiso iniciar sesión con esta dirección, pero aquí nadie la tiene. Si fue usted, quizá creó su cuenta con otra, o quien administra una cuenta tiene que invitarle.
    .button = Probar otra dirección

mail-reset = Elija una contraseña nueva
    .what = Alguien pidió una contraseña nueva para esta dirección. Al elegirla se cierra su sesión en todos los dispositivos.
    .button = Elegir una contraseña nueva

mail-sign-in-link = Inicie sesión en CleanTrack
    .what = Alguien intentó iniciar sesión con esta dirección y pidió un enlace en lugar de la contraseña.
    .button = Iniciar sesión

mail-new-device = Nuevo inicio de sesión en su cuenta
    .what = El { $at } alguien inició sesión en su cuenta en un dispositivo que no se había usado antes.
    .where = Red: { $network }. Navegador: { $agent }.
    .button = Ver dónde tiene sesiones abiertas
    .not-you = Si no fue usted, elija de inmediato una contraseña nueva: con eso terminan todas las sesiones.

mail-factor-changed = Su segundo paso cambió
    .what = El { $at } se agregaron, se quitaron o se crearon de nuevo una llave de acceso, una aplicación de autenticación o los códigos de recuperación con los que inicia sesión.
    .button = Ver su página
    .not-you = Si no fue usted, elija de inmediato una contraseña nueva y avise a quien administra su cuenta.

mail-wrong-codes = Alguien ingresa códigos incorrectos en su segundo paso
    .what = El { $at } los códigos de su segundo paso fueron incorrectos tantas veces que por un tiempo no se aceptan más. El último vino de { $network }.
    .why = Quien llega hasta ahí tiene su contraseña o lee su correo. Sin un código no entra.
    .button = Elegir una contraseña nueva
    .hint = Si fue usted, espere unos minutos o use un código de recuperación. Este correo le llega una vez al día como máximo.

mail-factors-forgotten = Se quitó su segundo paso
    .what = El { $at } quien administra este servidor central quitó sus aplicaciones de autenticación, llaves de acceso y códigos de recuperación, y cerró su sesión en todas partes. Ahora basta su contraseña para entrar.
    .button = Ver su página
    .hint = Si usted no lo pidió, elija de inmediato una contraseña nueva y avise a quien administra su cuenta.

mail-new-colleague = Una persona nueva inicia sesión en { $account }
    .what = { $who } llegó por primera vez con el inicio de sesión de su organización, como { $role }.
    .nothing = No ve ningún centro hasta que usted elija algunos en la página de esa persona.
    .groups = Lo que ve resulta de sus grupos, como usted lo configuró en “Inicio de sesión con su organización”.
    .button = Ver Personas
    .hint = Si alguien no debe estar ahí, quite primero a esa persona en su organización; aquí se desactiva en la página de esa persona.

mail-passkey-copied = Se rechazó una llave de acceso suya
    .what = El { $at } alguien presentó su llave de acceso “{ $name }” y no se le dejó entrar.
    .why = Su contador estaba por detrás de lo que había sido antes. Eso pasa cuando una llave de seguridad se copió o se devolvió a un estado anterior.
    .button = Ver su página
    .do = Si usted no hizo nada de eso, quite la llave de acceso y avise a quien administra su cuenta.

mail-identity-linked = Puede iniciar sesión con su organización
    .what = El { $at } se vinculó su inicio de sesión en { $host }: quien tenga allí una sesión abierta como usted puede entrar aquí.
    .button = Ver su página
    .not-you = Si no fue usted, quítelo en su página, elija una contraseña nueva y avise a quien administra su cuenta.

mail-password-changed = Se cambió su contraseña
    .what = El { $at } se cambió su contraseña y terminaron todas las demás sesiones.
    .button = Elegir una contraseña nueva
    .not-you = Si no fue usted, elija de inmediato una contraseña nueva y avise a quien administra su cuenta.

mail-webhook-off = Un webhook de { $account } está apagado
    .failing = Desde el { $since } no llega nada a { $host }. Después de tres días así, ya no se envía nada allí.
    .gone = El receptor en { $host } respondió que ya no existe. Ya no se envía nada allí.
    .what = Lo que estaba en espera ya no se envía, y lo que pase hasta que lo reanude no se envía después. Todo sigue en CleanTrack, donde su API lo muestra.
    .button = Ver el webhook
    .hint = Su página muestra qué respondió el receptor. Cuando funcione de nuevo, reanude allí el webhook.

mail-support-access = La plataforma abrió su cuenta de CleanTrack
    .what = { $by }, que administra la plataforma, abrió su cuenta sin uno de ustedes, hasta { $until }. Ve las páginas de la cuenta y no cambia nada.
    .why = El motivo que dio: { $reason }
    .button = Verlo y terminarlo
    .hint = Cada página que mira queda en el registro de accesos de su cuenta. Quien la administra termina el acceso de inmediato en la página Acceso de asistencia.

mail-test = Este servidor central puede enviar correo
    .what = El { $at } alguien que administra este servidor central envió este correo para ver si el correo llega.
    .button = Abrir CleanTrack
    .hint = No hay nada que hacer.
