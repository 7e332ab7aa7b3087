### Inicio de sesión con el proveedor de una organización (OpenID Connect).

oidc-start = Continuar con su organización
oidc-start-lead = Ingrese su dirección de correo del trabajo. Si su organización inicia la sesión de su gente, usted continúa en la página de ella.
oidc-email = Correo electrónico
oidc-find = Continuar
oidc-unknown = Ninguna organización inicia sesiones con esta dirección. Inicie sesión con su contraseña, o pida el enlace de su organización a quien administra su cuenta
oidc-wait = Desde su red se empezaron demasiados inicios de sesión. Espere hasta { $time } e intente de nuevo.
oidc-account-title = Iniciar sesión en { $account }
oidc-account-lead = Su organización inicia su sesión en una página propia. Aquí no se ingresa ninguna contraseña.
oidc-account-joins = Usted entra por su invitación, y aquí no necesita contraseña.
oidc-account-confirms = La página de su organización pregunta de nuevo quién es usted. Después vuelve aquí y envía su formulario otra vez.
oidc-by = Continuar en { $host }
oidc-go-title = Continuar en { $host }
oidc-go-lead = { $host } pregunta quién es usted; después vuelve usted aquí. Tiene diez minutos.
oidc-go = Ir a { $host }
oidc-links-lead = { $host } pregunta quién es usted. Desde entonces puede entrar aquí quien allí haya iniciado sesión como usted.

oidc-refused-title = No se inició la sesión
oidc-over = Tardó más de diez minutos, se empezó en otro navegador o ya había vuelto antes. Empiece otra vez.
oidc-declined = La página de su organización no inició su sesión. Empiece otra vez, o pregunte a quien administra su cuenta.
oidc-away = La página de su organización no responde, o no como debería. Intente de nuevo en unos minutos; si esto continúa, avise a quien administra su cuenta.
oidc-wrong = Se rechazó lo que volvió de la página de su organización: no es lo que pidió este inicio de sesión. Empiece otra vez; si esto continúa, avise a quien administra su cuenta.
oidc-not-shown = La página de su organización inició su sesión, pero no dijo que se lo haya pedido a usted en los últimos diez minutos. Elija una contraseña o una llave de acceso en su propia página, y confirme con ella.
oidc-stranger = La página de su organización dice quién es usted, pero aquí nadie figura con esa identidad. Pida una invitación a quien administra su cuenta.
oidc-address-known = Alguien ya inicia sesión aquí con su dirección. Si es usted, inicie sesión una vez con su contraseña y vincule el inicio de sesión de su organización en su propia página.
oidc-paused = Por ahora no entra nadie nuevo: la cuenta solo se puede mirar. Su invitación y su inicio de sesión quedan como están; intente de nuevo más tarde.
oidc-not-member = No puede entrar en esta cuenta. Pregunte a quien la administra.
oidc-taken = Este inicio de sesión está vinculado aquí a otra persona.
oidc-code = Motivo para quien administra su cuenta: { $code }. { $reason }
oidc-reason = { $key ->
    [over] El inicio de sesión ya no valía, o se empezó en otro navegador.
    [no-provider] El proveedor se quitó mientras tanto.
    [declined] El proveedor no inició la sesión de la persona.
    [answer-issuer] La respuesta es de un emisor distinto del emisor del proveedor: revise el emisor.
    [unreachable] No se pudo llegar al proveedor.
    [silent] El proveedor no respondió hace un momento.
    [metadata] Lo que el proveedor dice de sí mismo no concuerda: revise el emisor.
    [code] El proveedor rechazó el código: revise el ID de cliente, el secreto de cliente y la dirección de retorno.
    [token-form] El token del proveedor no se puede leer.
    [token-algorithm] El token del proveedor está firmado de una forma que no se acepta: elija allí RS256, ES256 o EdDSA.
    [token-key] El token del proveedor está firmado con una clave que el proveedor no publica.
    [token-signature] La firma del token del proveedor es incorrecta.
    [token-issuer] El token del proveedor es de otro emisor (claim “iss”).
    [token-audience] El token del proveedor es para otro ID de cliente (claim “aud” o “azp”).
    [token-time] El token del proveedor no es de ahora (claim “exp”, “iat” o “nbf”): revise el reloj de allí.
    [token-nonce] El token del proveedor responde a otro inicio de sesión (claim “nonce”).
    [token-subject] El token del proveedor tiene un claim “sub” vacío o demasiado largo.
    [token-no-claim] El token del proveedor no tiene el claim “{ $claim }”: agréguelo allí.
    [token-claim-type] El claim “{ $claim }” del token del proveedor es de un tipo incorrecto: cámbielo allí.
    [not-shown] El proveedor no dijo que haya preguntado de nuevo (claim “auth_time”).
    [stranger-no-address] El token del proveedor no tiene el claim “email”: agréguelo allí, o invite a la persona.
    [stranger-user-name] El token del proveedor no tiene el claim “email”, pero sí una dirección como “preferred_username”: agregue “email” allí, o admita nombres de usuario como direcciones en la página de su inicio de sesión.
    [stranger-address-form] El claim “email” del token del proveedor no es una dirección de correo.
    [stranger-no-word] El token del proveedor no tiene el claim “email_verified”: agréguelo allí, o invite a la persona.
    [stranger-word-type] El claim “email_verified” del token del proveedor no es true ni false, sino otra cosa, como el texto “True”: cambie allí su tipo.
    [stranger-unverified] El proveedor dice que no ha verificado la dirección de la persona (claim “email_verified”).
    [stranger-organization] El proveedor dice que la persona no es de la organización a la que pertenece el dominio (claim “hd”).
    [stranger-domain] La dirección de la persona no está en ningún dominio comprobado para este proveedor.
    [address-known] Alguien tiene aquí esa dirección y no ha vinculado este inicio de sesión.
    [paused] La cuenta solo se puede mirar.
    [not-member] La persona no es de esta cuenta, o está desactivada.
    [taken] La identidad está vinculada a otra persona.
   *[other] El propio servidor central tiene una falla: avise a quien lo administra.
}
oidc-again = Empezar otra vez
oidc-password = Iniciar sesión con su contraseña

oidc-own-title = Inicio de sesión con su organización
oidc-own-none = El inicio de sesión de su organización no está vinculado: usted entra con su contraseña.
oidc-own-since = desde el { $day }
oidc-own-link = Vincular mi inicio de sesión en { $host }
oidc-own-unlink = Quitar
    .of = { $host }
oidc-own-done = El inicio de sesión de su organización quedó vinculado. También se lo dice un correo.
oidc-own-barred = { $account } exige iniciar sesión en la página de la propia organización. Vincule una vez su inicio de sesión de allí y úselo después; con una contraseña solo se le muestra esta página.
oidc-confirm-provider = Aquí no tiene contraseña. Elija una por correo: su propia página solo se cambia con ella, o con una llave de acceso.
oidc-confirm-here = Aquí no tiene contraseña. Inicie sesión otra vez con su organización: la página de ella pregunta quién es usted, y usted envía este formulario de nuevo en un plazo de diez minutos. Quien tenga aquí una contraseña o una llave de acceso puede usarla.
oidc-confirm-link = Iniciar sesión otra vez con su organización

oidc-providers = Inicio de sesión con su organización
oidc-providers-lead = Su gente inicia sesión con las cuentas que tiene en su organización. A quien se quita allí ya no se le permite entrar aquí.
oidc-providers-link = Inicio de sesión en la página de su organización
oidc-providers-none = Todavía no hay proveedores.
oidc-providers-answer = Registre allí esta dirección, como aquella a la que se envía de vuelta a las personas:
    .name = Dirección de retorno
oidc-providers-people = Dé esta dirección a las personas cuyo correo no está en ninguno de sus dominios comprobados:
    .name = Dirección para su gente
oidc-new = Agregar un proveedor
oidc-preset = Servicio
    .entra = Microsoft Entra ID
    .okta = Okta
    .google = Google Workspace
    .other = Otro (OpenID Connect)
oidc-issuer = Emisor
    .hint = La dirección que indica su documentación, como https://hospital.okta.com. La de Microsoft contiene el ID de su inquilino y termina en /v2.0
oidc-client = ID de cliente
oidc-secret = Secreto de cliente
    .hint = Se guarda cifrado y no se vuelve a mostrar
    .keep = Déjelo vacío para conservar el actual
oidc-role = Rol de quien llega por primera vez, con una dirección de un dominio comprobado
    .hint = Donde ninguno de sus grupos da más. No ve ningún centro hasta que usted elija algunos en su página
oidc-claim = Claim que nombra sus grupos
    .hint = Déjelo vacío para “groups”. Los roles de aplicación de Entra ID están en “roles”
oidc-user-names = Los nombres de usuario de allí son direcciones de correo, asignadas por su organización
    .hint = Para un proveedor que da “preferred_username” y no “email”: quien llega con uno de un dominio comprobado entra con esa dirección. No lo marque donde cada persona elige su nombre de usuario
oidc-add = Agregar el proveedor
oidc-save = Guardar
oidc-remove = Quitar el proveedor
    .hint = Se cierra la sesión de quienes la iniciaron con él. Las personas se quedan, y entran con una contraseña o con otro proveedor.
oidc-domains = Dominios
    .none = Todavía no hay dominios. Las personas entran por invitación, o cuando han vinculado su inicio de sesión.
    .proven = comprobado desde el { $day }
    .open = sin comprobar: publique este registro TXT en { $domain } y pulse “Buscarlo”
    .record = Registro TXT de { $domain }
oidc-domain = Dominio de sus direcciones de correo
oidc-domain-add = Agregar el dominio
oidc-domain-prove = Buscarlo
    .of = el registro de { $domain }
oidc-domain-remove = Quitar
    .of = { $domain }
oidc-groups = Roles por grupo
    .lead = Qué rol recibe cada persona cuando llega por primera vez. De varios grupos vale el rol más alto, con todos los centros que nombran los grupos de ese rol. Los cambios posteriores en el proveedor no cambian nada aquí: hágalos en la página de la persona.
oidc-group = Grupo
    .hint = Como lo escribe el proveedor en el claim; Entra ID nombra los grupos por su ID de objeto
oidc-group-role = Rol
oidc-group-place = Centros
    .none = ningún centro hasta que usted elija algunos
    .all = todos los centros
    .gone = una región que ya no existe
    .hint = Su nombre o el de una región, o “todos los centros”; vacío: ningún centro hasta que usted elija algunos
oidc-group-about = { $role }, { $place }
oidc-group-add = Agregar el grupo
oidc-group-remove = Quitar
    .of = { $group }: { $about }
oidc-enforced-off = Las personas de los dominios comprobados también pueden iniciar sesión con su contraseña.
oidc-enforced-on = Las personas de los dominios comprobados ven esta cuenta solo si este proveedor inició su sesión. Quien es titular sigue entrando con contraseña y segundo factor: guarde los códigos de recuperación de esa persona para el día en que el proveedor no responda.
oidc-enforce = No dejar entrar a nadie solo con contraseña
oidc-leave = Admitir de nuevo las contraseñas

oidc-secret-again = No se cambió nada. Lo que escribió se conserva, salvo el secreto de cliente: escríbalo de nuevo.
oidc-changed = Otra persona cambió este proveedor después de que usted abrió esta página
    .next = No se cambió nada: así está ahora, y debajo está lo que usted escribió, salvo el secreto de cliente.
    .entered = Lo que escribió
oidc-bad-preset = Elija el servicio
oidc-bad-issuer = Escriba el emisor como lo indica la documentación del servicio; empieza con https://. Para Microsoft es el de su inquilino, nunca “common”
oidc-bad-client = Escriba el ID de cliente que le dio el servicio
oidc-bad-secret = Escriba el secreto de cliente que le dio el servicio
oidc-bad-role = Elija qué rol reciben las personas nuevas
oidc-bad-claim = Escriba el nombre del claim sin espacios, o déjelo vacío
oidc-bad-group = Escriba el grupo como lo escribe el proveedor
oidc-bad-place = Elija un centro o una región que exista
oidc-admin-place = Quien administra la cuenta ve todos los centros: elija eso, u otro rol
oidc-bad-domain = Escriba un dominio como hospital.example
oidc-domain-known = Esta cuenta ya tiene el dominio
oidc-domain-taken = Otra cuenta ha comprobado este dominio. Pregunte a quien administra el servidor central
oidc-not-proven = El registro todavía no está allí, o es otro. Uno nuevo puede tardar una hora en verse
oidc-no-names = No respondió ningún servidor de nombres. Intente de nuevo en unos minutos
oidc-no-domain = Compruebe primero un dominio: si no, no se refiere a nadie
oidc-owner-factor = Quien es titular de la cuenta necesita antes un segundo factor: con él entra cuando el proveedor no responde
oidc-too-many = Ya hay tantos como puede haber
oidc-no-answer = El proveedor no responde como este emisor. Revise el emisor, y si este servidor central puede llegar a él
oidc-address-answer = { $host } no tiene ninguna dirección con la que hable este servidor central; una red interna la permite quien lo administra, en su configuración
