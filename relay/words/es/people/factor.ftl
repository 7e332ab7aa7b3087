### Segundos factores.

factor-title = Segundo paso al iniciar sesión
factor-none = Para entrar basta su contraseña. Con una llave de acceso, o una aplicación de autenticación en su teléfono, no entra nadie que solo sepa su contraseña.
factor-no-app = No hay ninguna aplicación de autenticación configurada.
factor-app = Aplicación de autenticación
factor-since = desde el { $day }
factor-used = desde el { $day }, último uso { $used }
factor-add = Configurar una aplicación de autenticación
    .another = Configurar otra aplicación
factor-remove = Quitar
    .of = { $name }
factor-codes = { $count ->
    [0] No queda ningún código de recuperación.
    [one] Queda { $count } código de recuperación.
   *[other] Quedan { $count } códigos de recuperación.
}
factor-codes-renew = Crear códigos de recuperación nuevos
factor-done = Hecho. También se lo dice un correo.

factor-new-title = Configurar una aplicación de autenticación
factor-new-lead = Desde entonces ingresa su contraseña y después un código que muestra la aplicación.
factor-new-demanded = Su cuenta pide a todos un segundo paso al iniciar sesión.
factor-scan = Escanee esto con la aplicación
factor-picture = Código QR para la aplicación de autenticación
factor-type = ¿No puede escanearlo? Ingrese esta clave en la aplicación:
factor-name = Cómo la llama
    .hint = Opcional, por ejemplo “mi teléfono”
factor-code = El código que la aplicación muestra ahora
factor-new-button = Activar
factor-new-passkey = Agregar en su lugar una llave de acceso
factor-wrong = Ese no es el código de esta clave. Espere el siguiente y revise si el reloj del teléfono está en hora
factor-anew = Este formulario es de un inicio de sesión anterior. Escanee el código nuevo e ingrese lo que muestra la aplicación
factor-too-many = Ya hay cinco aplicaciones. Quite primero una
factor-back = Volver a su página

factor-codes-title = Sus códigos de recuperación
factor-codes-lead = Cada uno le permite entrar una vez, en lugar de un código de la aplicación: para el día en que se pierda el teléfono.
factor-codes-once = Se muestran solo esta vez. Imprímalos o anótelos, y guárdelos donde guarda las llaves. Los códigos anteriores ya no sirven.
factor-codes-done = Ya los guardé

factor-demand-title = Segundo paso para todos
factor-demand-off = Se le pide a quien tiene una llave de acceso o una aplicación de autenticación. Nadie está obligado.
factor-demand-on = Todos necesitan una llave de acceso o una aplicación de autenticación. Quien no tiene ninguna la configura en su próximo inicio de sesión, antes de que se muestre otra cosa.
factor-demand = Pedirlo a todos
factor-leave = Dejarlo a elección de cada persona
