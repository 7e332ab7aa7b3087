### Llaves de acceso.

passkey-title = Llaves de acceso
passkey-what = Una llave de acceso inicia su sesión por sí sola, con la huella, el rostro o el PIN de su teléfono o computadora, o con una llave de seguridad. No hay nada que recordar, ni nada que otros puedan adivinar o sonsacarle.
passkey-add = Agregar una llave de acceso

passkey-new-title = Agregar una llave de acceso
passkey-new-lead = Su navegador pregunta dónde guardarla: en este dispositivo, en un teléfono o en una llave de seguridad.
passkey-new-name = Cómo la llama
    .hint = Opcional, por ejemplo “teléfono del trabajo”
passkey-rename = Cambiar el nombre
    .of = de { $name }
    .save = Guardar el nombre
passkey-new-button = Crear la llave de acceso
passkey-unnamed = Llave de acceso
passkey-too-many = Ya hay diez llaves de acceso. Quite primero una
passkey-known = Esta llave de acceso ya está en uso. Elija otro dispositivo u otra llave de seguridad
passkey-not-made = No se pudo crear con eso una llave de acceso. Intente de nuevo, o elija otro dispositivo u otra llave de seguridad

passkey-sign-in = Iniciar sesión con una llave de acceso
passkey-confirm = Usar una llave de acceso
passkey-use = Usar su llave de acceso
passkey-use-title = Iniciar sesión con una llave de acceso
passkey-use-lead = Su navegador le pide su huella, su rostro, un PIN o una llave de seguridad.
passkey-refused = Esta llave de acceso no le permite entrar. ¿Se quitó, o es de otra cuenta? Pruebe con otra, o inicie sesión con su contraseña.
passkey-not-yours = Esa llave de acceso no es suya. Pruebe con otra, o ingrese su contraseña.
passkey-over = Eso tardó demasiado. Intente de nuevo.
passkey-wait = Se rechazaron demasiadas llaves de acceso. Espere hasta { $time } e intente de nuevo.

passkey-failed = No se usó ninguna llave de acceso. Intente de nuevo, o vuelva atrás y elija otra forma.
passkey-there = En ese dispositivo ya hay una llave de acceso para usted.
passkey-missing = Este navegador no admite llaves de acceso. Use otro, o vuelva atrás y elija otra forma.
passkey-no-script = Las llaves de acceso necesitan JavaScript, que está desactivado en este navegador. Actívelo, o vuelva atrás y elija otra forma.
