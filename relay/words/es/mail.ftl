### Correos: cada uno dice qué pasó, qué hay que hacer y hasta cuándo.

mail-sent-by = CleanTrack envió esto por algo que pasó en { $host }. Nadie lee las respuestas a esta dirección.
mail-not-you = Si no fue usted, no haga nada: no cambia nada.
mail-link-once = El enlace funciona una vez, hasta el { $until }.

mail-invitation-subject = { $account } le invita a CleanTrack
mail-invitation-what = { $by } le invita a la cuenta de { $account }, como { $role }. Allí verá si los equipos se limpiaron a tiempo.
mail-invitation-button = Aceptar la invitación

mail-sign-up-subject = Confirme su correo electrónico
mail-sign-up-what = Falta un paso: confirme esta dirección, elija una contraseña, y su cuenta está lista.
mail-sign-up-button = Confirmar y abrir la cuenta

mail-known-subject = Ya tiene una cuenta de CleanTrack
mail-known-what = Alguien escribió esta dirección para crear una cuenta nueva. Ya hay una con ella: inicie sesión, o elija una contraseña nueva si olvidó la suya.
mail-known-button = Iniciar sesión

mail-nobody-subject = Ninguna cuenta tiene esta dirección
mail-nobody-what = Alguien quiso iniciar sesión con esta dirección, pero aquí nadie la tiene. Si fue usted, quizá creó su cuenta con otra, o quien administra una cuenta tiene que invitarle.
mail-nobody-button = Probar otra dirección

mail-reset-subject = Elija una contraseña nueva
mail-reset-what = Alguien pidió una contraseña nueva para esta dirección. Al elegirla se cierra su sesión en todos los dispositivos.
mail-reset-button = Elegir una contraseña nueva

mail-link-subject = Inicie sesión en CleanTrack
mail-link-what = Alguien intentó iniciar sesión con esta dirección y pidió un enlace en lugar de la contraseña.
mail-link-button = Iniciar sesión

mail-device-subject = Nuevo inicio de sesión en su cuenta
mail-device-what = El { $at } alguien inició sesión en su cuenta en un dispositivo que no se había usado antes.
mail-device-where = Red: { $network }. Navegador: { $agent }.
mail-device-not-you = Si no fue usted, elija de inmediato una contraseña nueva: con eso terminan todas las sesiones.
mail-device-button = Ver dónde tiene sesiones abiertas
mail-factor-subject = Su segundo paso cambió
mail-factor-what = El { $at } se agregaron, se quitaron o se crearon de nuevo una llave de acceso, una aplicación de autenticación o los códigos de recuperación con los que inicia sesión.
mail-factor-not-you = Si no fue usted, elija de inmediato una contraseña nueva y avise a quien administra su cuenta.
mail-factor-button = Ver su página
mail-codes-subject = Alguien ingresa códigos incorrectos en su segundo paso
mail-codes-what = El { $at } los códigos de su segundo paso fueron incorrectos tantas veces que por un tiempo no se aceptan más. El último vino de { $network }.
mail-codes-why = Quien llega hasta ahí tiene su contraseña o lee su correo. Sin un código no entra.
mail-codes-button = Elegir una contraseña nueva
mail-codes-hint = Si fue usted, espere unos minutos o use un código de recuperación. Este correo le llega una vez al día como máximo.
mail-forgotten-subject = Se quitó su segundo paso
mail-forgotten-what = El { $at } quien administra este servidor central quitó sus aplicaciones de autenticación, llaves de acceso y códigos de recuperación, y cerró su sesión en todas partes. Ahora basta su contraseña para entrar.
mail-forgotten-hint = Si usted no lo pidió, elija de inmediato una contraseña nueva y avise a quien administra su cuenta.
mail-colleague-subject = Una persona nueva inicia sesión en { $account }
mail-colleague-what = { $who } llegó por primera vez con el inicio de sesión de su organización, como { $role }.
mail-colleague-nothing = No ve ningún centro hasta que usted elija algunos en la página de esa persona.
mail-colleague-groups = Lo que ve resulta de sus grupos, como usted lo configuró en “Inicio de sesión con su organización”.
mail-colleague-button = Ver Personas
mail-colleague-hint = Si alguien no debe estar ahí, quite primero a esa persona en su organización; aquí se desactiva en la página de esa persona.
mail-copied-subject = Se rechazó una llave de acceso suya
mail-copied-what = El { $at } alguien presentó su llave de acceso “{ $name }” y no se le dejó entrar.
mail-copied-why = Su contador estaba por detrás de lo que había sido antes. Eso pasa cuando una llave de seguridad se copió o se devolvió a un estado anterior.
mail-copied-do = Si usted no hizo nada de eso, quite la llave de acceso y avise a quien administra su cuenta.
mail-identity-subject = Puede iniciar sesión con su organización
mail-identity-what = El { $at } se vinculó su inicio de sesión en { $host }: quien tenga allí una sesión abierta como usted puede entrar aquí.
mail-identity-not-you = Si no fue usted, quítelo en su página, elija una contraseña nueva y avise a quien administra su cuenta.
mail-identity-button = Ver su página
mail-password-subject = Se cambió su contraseña
mail-password-what = El { $at } se cambió su contraseña y terminaron todas las demás sesiones.
mail-password-not-you = Si no fue usted, elija de inmediato una contraseña nueva y avise a quien administra su cuenta.
mail-password-button = Elegir una contraseña nueva

mail-webhook-subject = Un webhook de { $account } está apagado
mail-webhook-failing = Desde el { $since } no llega nada a { $host }. Después de tres días así, ya no se envía nada allí.
mail-webhook-gone = El receptor en { $host } respondió que ya no existe. Ya no se envía nada allí.
mail-webhook-what = Lo que estaba en espera ya no se envía, y lo que pase hasta que lo reanude no se envía después. Todo sigue en CleanTrack, donde su API lo muestra.
mail-webhook-button = Ver el webhook
mail-webhook-hint = Su página muestra qué respondió el receptor. Cuando funcione de nuevo, reanude allí el webhook.
