### Quién trabaja aquí y cómo inicia sesión, el PIN propio y los tokens de programas.

sign-in-title = Iniciar sesión
sign-in-who = ¿Quién es usted?
sign-in-letters = Las primeras letras de su nombre
    .hint = Al menos 2. Este dispositivo es nuevo aquí, así que no muestra nombres por sí mismo.
    .show = Mostrar nombres
    .none = Nadie con PIN tiene un nombre así.
    .spent = Desde aquí se buscaron demasiados nombres. Escriba su nombre completo, o espere unos minutos.
    .short = Escriba al menos 2 letras.
sign-in-unknown = Por ahora nadie puede iniciar sesión
    .why = Quién trabaja aquí está en la parte del historial que falta. No agregue a las personas de nuevo: vuelven con esa parte.
sign-in-nobody = Nadie tiene PIN todavía
    .next = Quien instala la unidad crea el primer administrador en la página de configuración, o en la unidad:
    .link = Configurar esta unidad
sign-in-back = Cancelar
sign-in-not-needed = Para registrar una limpieza no hace falta iniciar sesión: escanee la etiqueta.
sign-in-pin = Ingrese su PIN
    .kept = No se inició la sesión.
    .field = PIN
    .hint = De 4 a 8 dígitos. Después de varios intentos incorrectos hay que esperar.
    .forgot = ¿Lo olvidó? Un administrador le asigna uno nuevo. Para registrar una limpieza aquí no hace falta PIN.
sign-in-somebody-else = Soy otra persona
# Button.
sign-in-open = Abrir
sign-in-digits = Dígitos
sign-in-delete = Borrar el último dígito

## Whoever is signed in.

me-signed-in = Sesión iniciada como { $role }. La sesión se cierra después de 60 minutos sin uso.
    .shared = Sesión iniciada como { $role }. La sesión se cierra después de 5 minutos sin uso.
me-sign-out = Cerrar sesión
me-tablet = ¿Usan varias personas esta tableta?
    .shared = Esta tableta es compartida
    .what = Una tableta compartida no recuerda ningún nombre. Un PIN vale para un solo registro, la sesión termina después de 5 minutos sin uso, y una página que nadie toca vuelve al inicio después de 30 segundos. Si se escribió algo, antes pregunta, después de dos minutos.
    .mark = Esta es una tableta compartida
    .end = Ahora la usa una sola persona
me-change-pin = Cambiar mi PIN
me-today = Volver a hoy

## One’s own PIN.

own-pin-title = Su PIN
own-pin-kept = Su PIN no cambió.
own-pin-wrong = { $count ->
    [one] Desde { $since } se ingresó { $count } PIN incorrecto con su nombre, en dispositivos en los que usted nunca inició sesión. No fue correcto. Si no fue usted, elija un PIN más largo y avise a un administrador.
   *[other] Desde { $since } se ingresaron { $count } PIN incorrectos con su nombre, en dispositivos en los que usted nunca inició sesión. Ninguno fue correcto. Si no fue usted, elija un PIN más largo y avise a un administrador.
}
own-pin-short = Su PIN es demasiado corto para lo que puede hacer aquí: como { $role } necesita de { NUMBER($digits) } a 8 dígitos. Todavía abre las páginas del personal; elija ahora uno más largo.
own-pin-exposed = Su PIN se envió sin HTTPS, donde otros podían leerlo. Sus registros están a salvo. Elija ahora otro PIN: después se abren las páginas.
own-pin-same = Este es el PIN que otros podían leer. Elija otro
own-pin-present = Su PIN actual
own-pin-new = PIN nuevo
own-pin-digits = De { NUMBER($digits) } a 8 dígitos
own-pin-again = El PIN nuevo otra vez
own-pin-change = Cambiar el PIN
own-pin-go-on = Continuar sin un PIN nuevo
pin-form = Un PIN tiene de { NUMBER($digits) } a 8 dígitos
    .long = El PIN de ingeniería biomédica y de un administrador tiene de { NUMBER($digits) } a 8 dígitos
pin-differs = Los dos PIN son distintos. Ingrese el mismo PIN dos veces

## The list of staff.

people-title = Personal
people-add = Agregar a una persona
people-nobody = Todavía no hay nadie
    .next = Agregue a quienes se ocupan de los equipos. Para registrar una limpieza nadie tiene que estar en esta lista.
people-here = { $count ->
    [one] Aquí trabaja { $count } persona
   *[other] Aquí trabajan { $count } personas
}
people-column-name = Nombre
people-column-role = Rol
people-column-pin = PIN
people-column-sessions = Sesión
people-column-since = Desde
people-pin-set = Asignado
people-pin-none = Ninguno
people-sessions = { $count ->
    [0] ninguna
    [one] { $count } dispositivo
   *[other] { $count } dispositivos
}
people-admin-adds = Un administrador agrega a las personas y les asigna el PIN.
people-sign-out = Cerrar la sesión de todos
    .hint = En todos los dispositivos menos en este. No se pierde ningún registro.
people-signed-out = { $count ->
    [0] Nadie más tenía una sesión abierta. La suya sigue abierta aquí.
    [one] Se cerró la sesión de todos los demás, en { $count } dispositivo. La suya sigue abierta aquí.
   *[other] Se cerró la sesión de todos los demás, en { $count } dispositivos. La suya sigue abierta aquí.
}
people-left = Personal anterior
    .hint = Sus nombres se conservan con lo que registraron. No pueden iniciar sesión.
    .badge = Ya no trabaja aquí
people-came = { $role }, desde { $since }

## Who is signed off for which protocol.

sign-offs-title = Habilitaciones
sign-offs-what = Quién puede limpiar según qué protocolo. La limpieza de otra persona también se registra, y lo indica.
sign-offs-no-protocol = Publique primero un protocolo.
sign-offs-caption = { $count ->
    [one] { $count } persona
   *[other] { $count } personas
}
sign-offs-before = Protocolos anteriores
sign-offs-after = Más protocolos
sign-offs-back = Volver a las habilitaciones
sign-off-none = Sin habilitación
sign-off-holds = Con habilitación
sign-off-until = Hasta el { $day }
sign-off-over = Terminó el { $day }
sign-off-title = { $name }: { $protocol }
sign-off-since = Desde { $time }
    .by = Por { $who }, { $time }
# Buttons.
sign-off-confirm = Habilitar
sign-off-again = Habilitar de nuevo
# Link.
sign-off-end = Terminar esta habilitación
    .title = ¿Terminar la habilitación de { $name } para { $protocol }?
    .what = Lo que registró queda como está. Sus limpiezas desde ahora indicarán que no tiene habilitación.
    .why = ¿Por qué? Opcional
    .confirm = Sí, terminarla
    .cancel = Cancelar

## Programs and their tokens.

programs-title = Programas
programs-none = Todavía no hay programas
    .what = Un token permite que otro sistema lea esta unidad, registre limpiezas o imprima, por HTTPS.
    .link = Lo que pueden hacer los programas
programs-caption = Tokens vigentes
programs-column-program = Programa
programs-column-state = Estado
programs-column-scope = Puede
programs-column-made = Creado
programs-column-ends = Termina
programs-column-used = Último uso
programs-column-revoke = Revocar
programs-made-by = por { $who }
programs-revoke = Revocar
programs-ended = Ya no vigentes
    .hint = Siguen aquí 400 días.
programs-ended-line = { $scope }. Creado { $made } por { $who }. Terminó { $ends }. Último uso: { $used }.
programs-revoked-line = { $scope }. Creado { $made } por { $who }. Revocado { $ends }. Último uso: { $used }.
program-state-revoked = Revocado
program-state-ended = Terminado
program-state-ends-soon = Termina pronto
program-state-live = Vigente
program-scope-read = lee
program-scope-record = lee y registra limpiezas
program-scope-write = lee, registra, imprime y cambia todo, también personas y ajustes
program-revoked-by = { $when } por { $who }
program-never-ends = nunca
program-not-used = todavía no
program-used = { $day } desde { $network }
program-command-line = la línea de comandos de la unidad
program-came-clear = la unidad: llegó sin HTTPS

## A new token, and the end of one.

program-new = Crear un token
    .kept = No se creó ningún token. Lo que escribió se conserva.
    .name = ¿Para qué programa es?
    .name-hint = Por ejemplo CMMS, exportación nocturna
    .scope = ¿Qué puede hacer?
    .scope-wrong = Elija qué puede hacer
    .days = ¿Durante cuántos días?
    .days-hint = De 1 a 730, o escriba la palabra never para que no termine
    .confirm = Crear token
    .cancel = Cancelar
program-choice-read = Leer
program-choice-record = Registrar: también enviar limpiezas
program-choice-write = Escribir: también equipos, etiquetas e impresoras
program-name-wrong = Escriba en 1 a 60 caracteres para qué programa es
program-days-wrong = Un token dura de 1 a 730 días; escriba la palabra never si no debe terminar
program-too-many = Hay 500 tokens vigentes. Revoque algunos que nadie necesite
program-repeated = Este token ya se creó; su texto se mostró entonces
program-unknown = Ningún token vigente tiene el id o el nombre “{ $which }”
program-ambiguous = Varios tokens se llaman “{ $name }”; indique cuál por su id: { $ids }
program-made = Copie el token ahora
    .what = { $name } { $scope }. Termina: { $ends }.
    .once = Esta página lo muestra una sola vez. La unidad conserva solo una huella de él. Envíelo solo por HTTPS: un token que llega sin HTTPS se revoca de inmediato.
    .done = Ya lo copié
program-revoke = ¿Revocar el token de { $name }?
    .what = El token { $id } se rechaza desde la próxima solicitud, para siempre. Lo que el programa registró se conserva. Para admitirlo de nuevo, cree otro token.
    .confirm = Revocar token
    .cancel = Cancelar

## One person, for a facility admin.

person-since = Aquí desde { $since }
    .themselves = Aquí desde { $since }. Es usted.
person-signed-out = { $devices ->
    [0] { $name } no tenía ninguna sesión abierta.
    [one] Se cerró la sesión de { $name } en { $devices } dispositivo.
   *[other] Se cerró la sesión de { $name } en { $devices } dispositivos.
}
    .themselves = { $devices ->
    [0] No tenía una sesión abierta en ningún otro dispositivo. La de aquí sigue abierta.
    [one] Se cerró su sesión en { $devices } otro dispositivo. La de aquí sigue abierta.
   *[other] Se cerró su sesión en { $devices } otros dispositivos. La de aquí sigue abierta.
}
person-unchanged = No se cambió nada.
person-pin = PIN
    .set = Asignado
    .none = Ninguno
    .what = Abre las páginas del personal. Entrégueselo en persona.
    .again = Abre las páginas del personal. Un PIN nuevo quita el bloqueo y cierra la sesión en todas partes.
    .new = PIN nuevo
    .same = El mismo PIN otra vez
    .confirm = Asignar PIN
    .take = Quitar PIN
    .take-what = No podrá iniciar sesión hasta que alguien asigne uno nuevo. Las limpiezas que comprobó siguen comprobadas.
    .take-confirm = Quitar el PIN de { $name }
person-badges = Credenciales
    .none = Ninguna
    .what = Una credencial demuestra quién limpió. Se puede copiar, así que no abre nada. Tres por persona como máximo.
person-badge-added = Agregada { $when }
person-badge-used = Último uso { $day }
person-badge-unused = Sin usar todavía
person-badge-revoked = Se envió sin HTTPS { $when }: ya no demuestra nada
person-badge-scan = Escanee una credencial
    .hint = Dos veces, con un escáner de mano o un lector de tarjetas que escriba como un teclado
person-badge-again = Escanee la misma credencial otra vez
    .hint = Se leyó una vez. Todavía no se guardó nada.
person-badge-add = Agregar credencial
    .go-on = Continuar
person-badge-print = Imprimir una credencial
    .what = Si no hay una credencial para escanear: la unidad crea una y entrega un PDF, una sola vez. El número no queda guardado en ningún otro lugar. Imprímalo y borre luego el archivo.
person-badge-remove = Quitar
person-badge-form = Una credencial tiene de 4 a 128 caracteres. Escanéela de nuevo
person-badge-label = Esta es la etiqueta de un equipo, no una credencial
person-badge-taken = Esta credencial ya está en uso. Tome otra
person-badge-present = La persona ya tiene esta credencial
person-badge-too-many = Una persona tiene 3 credenciales como máximo. Quite primero una
person-badge-unsafe = Esta credencial se envió sin HTTPS y ya no es segura. Tome otra
person-badge-key-lost = Se perdió la clave de todas las credenciales. Restaure keys/badge.key de una copia de seguridad o quite antes todas las credenciales
person-badge-differs = Los dos escaneos son distintos. Escanee la credencial dos veces, desde el principio
person-own-pin-away = No puede quitar su propio PIN; pídaselo a otro administrador
person-sessions = Sesiones
    .count = { $devices ->
    [0] En ningún dispositivo.
    [one] En { $devices } dispositivo.
   *[other] En { $devices } dispositivos.
}
    .this = En 1 dispositivo, que es este.
    .end = Cerrar la sesión en todas partes
    .end-others = Cerrar la sesión en los demás
person-access = Cambios de acceso
    .line = { $what }: { $when }, por { $who }
    .token = { $what }: { $name }, { $when }, por { $who }
access-change = { $what ->
    [pin-set] PIN asignado
    [pin-removed] PIN quitado
    [badge-added] Credencial agregada
    [badge-removed] Credencial quitada
    [signed-out-everywhere] Sesión cerrada en todas partes
    [token-made] Token creado
    [token-revoked] Token revocado
    [auditor-pass] Pase de auditor creado
    [auditor-pass-ended] Pase de auditor terminado
   *[other] Otro cambio
}
    .box = la unidad
person-back = Volver al personal
person-has-left = Ya no trabaja aquí
person-leave = ¿{ $name } ya no trabaja aquí?
    .what = Ya no podrá iniciar sesión. Esto es permanente. Su nombre se conserva con lo que registró. Si vuelve, agregue a la persona de nuevo.
    .confirm = Sí, ya no trabaja aquí
    .cancel = Cancelar
person-left-recorded = Quedó registrado que ya no trabaja aquí.
