### Iniciar sesión.

sign-in-title = Iniciar sesión
    .heading = Iniciar sesión en CleanTrack
sign-in-email = Correo electrónico
sign-in-password = Contraseña
sign-in-button = Iniciar sesión
sign-in-forgot = ¿Olvidó su contraseña?
sign-in-forgot-what = Nadie puede leerla, y este servidor central no envía correo. Pida una nueva a quien administra el servidor central: la asigna con { $command } y se la da a usted. Entonces se cierra su sesión en todas partes.
sign-in-cleaning = ¿Está limpiando algo ahora?
    .what = Para eso no necesita cuenta. Apunte la cámara de su teléfono a la etiqueta del equipo.
sign-in-done-here = Se cerró su sesión en este dispositivo.
sign-in-done-everywhere = Se cerró su sesión en todos los dispositivos.
sign-in-done-ended = Se cerró su sesión: pasó mucho tiempo sin uso, o la terminó usted o un administrador. Inicie sesión para continuar.

sign-in-wrong = Correo o contraseña incorrectos.
sign-in-ended = Su acceso terminó: pasó su plazo, o lo terminó un administrador. Lo que usted hizo sigue en el registro de accesos. Si aún lo necesita, pregunte a quien administra la cuenta.
sign-in-wait-device = En este dispositivo se ingresaron demasiadas contraseñas incorrectas. Espere hasta { $time } e intente de nuevo. Sus otros dispositivos no tienen que esperar.
sign-in-wait-strangers = Para este correo se ingresaron demasiadas contraseñas incorrectas en dispositivos que nunca iniciaron sesión con él. Espere hasta { $time } e intente de nuevo; o inicie sesión ahora desde un navegador en el que ya la inició antes: ese no tiene que esperar.
sign-in-wait-network = Desde su red llegaron demasiadas contraseñas incorrectas. Espere hasta { $time } e intente de nuevo; o inicie sesión ahora desde un navegador en el que ya la inició antes: ese no tiene que esperar.

step-title = Segundo paso
step-lead = Su contraseña es correcta. Ahora ingrese el código que muestra su aplicación de autenticación.
    .passkey = Su contraseña es correcta. Ahora use su llave de acceso, o ingrese uno de sus códigos de recuperación.
    .both = Su contraseña es correcta. Ahora use su llave de acceso, o ingrese el código que muestra su aplicación de autenticación.
step-code = Código
    .hint = ¿Perdió el teléfono? Ingrese uno de sus códigos de recuperación
step-wrong = Ese no es un código suyo, o ya se usó. Espere el siguiente que muestre la aplicación.
step-wait = Se ingresaron demasiados códigos incorrectos. Espere hasta { $time } e intente de nuevo.
step-over = El segundo paso tardó demasiado. Inicie sesión de nuevo.

confirm-you-title = Confirme que es usted
confirm-you-lead = Esto cambia quién puede hacer qué. Ingrese otra vez la contraseña de { $email }. Todavía no se cambió nada, y lo que escribió se conserva.
confirm-you-button = Confirmar
confirm-you-wrong = Contraseña incorrecta.
confirm-you-cancel = No cambiar nada

sign-in-new = ¿Es su primera vez aquí? Crear una cuenta
sign-in-forgot-mail = Recibir un enlace por correo, o elegir una contraseña nueva
ways-email = Correo electrónico
ways-name = Su nombre
ways-organisation = Organización
    .hint = Un hospital, una clínica o un grupo de ellos
ways-password = Contraseña
    .hint = 12 caracteres o más. Varias palabras son fáciles de recordar
ways-new-password = Contraseña nueva
    .hint = 12 caracteres o más. Varias palabras son fáciles de recordar
ways-present-password = Contraseña actual
ways-bad-email = Escriba una dirección de correo como name@hospital.example
ways-bad-name = Escriba un nombre de 1 a 120 caracteres
ways-bad-organisation = Escriba el nombre de la organización, de 1 a 120 caracteres
ways-short = La contraseña es demasiado corta: necesita 12 caracteres o más
ways-guessable = La contraseña es fácil de adivinar. Varias palabras sin relación entre sí no lo son
ways-leaked = Esta contraseña se filtró en alguna parte, y es de las primeras que otros prueban. Elija otra
ways-long = La contraseña es demasiado larga: 256 bytes como máximo
ways-wait = Se pidieron demasiados correos. Espere hasta { $time } e intente de nuevo.
ways-over-title = Este enlace ya no vale
ways-over = Ya se usó, pasó su plazo u otro tomó su lugar. Pida uno nuevo.
ways-sent-title = Revise su correo
ways-sent = Enviamos un correo a { $email }. El enlace que contiene sirve una vez. ¿No hay nada después de unos minutos? Revise la carpeta de correo no deseado e intente de nuevo.
ways-no-mail = Este servidor central no envía correo. Pregunte a quien administra el servidor central: asigna una contraseña nueva con { $command } y se la da a usted.
ways-back = Volver al inicio de sesión

forgot-title = Entrar por correo
forgot-lead = Ingrese la dirección de correo con la que inicia sesión. Le enviamos un enlace.
forgot-link = Enviarme un enlace para iniciar sesión
forgot-reset = Enviarme un enlace para elegir una contraseña nueva
reset-title = Elegir una contraseña nueva
reset-lead = Después inicie sesión con ella. Se cierra su sesión en todos los dispositivos.
reset-button = Guardar la contraseña
reset-done = Su contraseña nueva está lista. Inicie sesión con ella.
link-title = Iniciar sesión con un enlace
link-lead = Pulse el botón para iniciar sesión en este dispositivo.
link-button = Iniciar sesión

sign-up-title = Crear una cuenta
sign-up-lead = Para una organización que limpia equipos y tiene que demostrarlo. Quienes usan la unidad no necesitan cuenta.
sign-up-button = Crear la cuenta
sign-up-have = ¿Ya tiene una? Iniciar sesión
confirm-title = Confirme su dirección
confirm-lead = Elija una contraseña, y su cuenta está lista.
confirm-button = Abrir la cuenta

join-title = Unirse a { $account }
join-lead = { $by } le invita a la cuenta de { $account }, como { $role }.
join-new = Usted inicia sesión con { $email }. Elija una contraseña para ello.
join-known = Usted inició sesión como { $email }. La cuenta de { $account } será entonces una más de las suyas.
join-sign-in = { $email } ya inicia sesión aquí. Inicie sesión primero y abra el enlace de nuevo.
join-other = Esta invitación es para { $email }, y usted inició sesión como otra persona. Cierre la sesión primero y abra el enlace de nuevo.
join-button = Unirse a { $account }
join-gone-title = Esta invitación ya no es para nada
join-gone = Aquello para lo que era en la cuenta de { $account } se eliminó después. Pida una nueva a { $by }.
