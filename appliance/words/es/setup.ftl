setup-page-title = Configurar esta unidad
setup-intro = Diez minutos hasta el primer escaneo. Lo que quede vacío no cambia.
    .later = Lo que quede vacío no cambia.
setup-again = No se cambió nada. Lo que escribió se conserva, salvo códigos, PIN y archivos: indíquelos otra vez.
setup-save = Configurar
setup-secure = Las contraseñas y los PIN se escriben solo en la página HTTPS de la unidad. El navegador avisa allí, porque la unidad creó su certificado: continúe.
    .link = Continuar en la página HTTPS
    .none = HTTPS está apagado en esta unidad; solo se puede configurar con un archivo en su tarjeta.
setup-code = Código de configuración
    .hint = Está en la hoja de configuración y en cleantrack-provisioned.txt en la tarjeta, o lo tiene quien escribió el archivo.
    .wrong = Este no es el código de configuración. Minúsculas, espacios y guiones no importan
    .used = Este código de configuración ya se usó y no abre nada más. Un archivo con otro código o la línea de comandos de la unidad crea uno nuevo
    .wait = { $seconds ->
        [one] Demasiados códigos incorrectos. Espere { NUMBER($seconds) } segundo e intente de nuevo
       *[other] Demasiados códigos incorrectos. Espere { NUMBER($seconds) } segundos e intente de nuevo
    }
setup-pin = PIN del primer administrador
    .hint = De 6 a 8 dígitos
    .wrong = El PIN de un administrador tiene de 6 a 8 dígitos
    .again = El PIN otra vez
    .differs = Los dos PIN son distintos. Escriba el mismo PIN dos veces
setup-file = O elija el archivo
setup-alone = Sin archivo la unidad trabaja sola. Puede asociarse más tarde; hasta entonces no se pierde nada.
setup-not-image = Esta unidad corre en un sistema propio: la wifi, las direcciones, los servidores de hora y el nombre se configuran allí.
setup-blocked = La unidad no pudo anotarlo: { $why }. No se cambió nada

setup-state = Estado
setup-state-none = Aún no hubo archivo de asociación.
setup-state-done = Se aplicó el archivo más reciente.
setup-state-mistakes = { $count ->
    [one] El archivo tiene un error. No se aplicó nada; corríjalo en la tarjeta y reinicie la unidad, o use esta página.
   *[other] El archivo tiene { NUMBER($count) } errores. No se aplicó nada; corríjalos en la tarjeta y reinicie la unidad, o use esta página.
}
setup-state-claim = Un archivo espera al servidor central. La unidad trabaja sola hasta que haya conexión, y lo intenta automáticamente.
setup-state-not-wiped = El archivo sigue en la tarjeta con sus secretos: la tarjeta no acepta cambios. Bórrelo en una computadora.
setup-state-settings-made = Los ajustes de la unidad estaban dañados y se crearon de nuevo con lo que se sabía de la configuración. Compruebe la red, el nombre y el proxy.
setup-state-access-point = La unidad es una red wifi propia, abierta hasta que se configure.
    .closed = La unidad es una red wifi propia, con contraseña. Indique aquí su wifi y la unidad se unirá a ella.
setup-state-settled = Tiene: { $parts }.

setup-part-relay = servidor central
setup-part-host-name = nombre en la red
setup-part-time-zone = zona horaria
setup-part-access-point = red wifi propia
setup-part-wifi = wifi
setup-part-address = dirección fija
setup-part-name-servers = servidores de nombres
setup-part-proxy = proxy
setup-part-proxy-authority = autoridad de certificación del proxy
setup-part-time-servers = servidores de hora
setup-part-label-host = dirección de las etiquetas
setup-part-setup-code = código de configuración

setup-done = La unidad se está configurando
setup-done-network = La unidad cambia ahora su red, lo que tarda un minuto. Si está conectado a la wifi de la unidad, conéctese de nuevo a la wifi del edificio.
setup-done-open = Después abra { $address } e inicie sesión con el PIN.
setup-done-own = La unidad sigue sin una red suya: su propia wifi queda. En un minuto pedirá esta contraseña; anótela ahora. También está en la hoja de configuración y en la página “Esta unidad”.
setup-done-own-open = Después conéctese de nuevo con ella a la wifi CleanTrack-…, abra { $address } e inicie sesión con el PIN.
setup-done-claim = La unidad se asocia en cuanto llega al servidor central. Hasta entonces trabaja sola.
setup-done-first = Agregue el primer equipo, imprima su etiqueta y escanéela con un teléfono: la unidad está en uso.
setup-done-staff = Iniciar sesión
setup-late = Esta unidad ya está configurada
    .nothing = Otro formulario llegó antes que este: alguien configuró la unidad mientras tanto, o este formulario se envió dos veces. De lo que se escribió en este no se cambió ni se guardó nada.
    .next = Quien configuró la unidad inicia sesión con su PIN y puede agregar a otras personas. Si no se sabe quién fue, pregunte a quien tiene la unidad: con su tarjeta o su línea de comandos siempre puede entrar.
setup-saved = Los cambios están guardados
setup-saved-back = Volver a la configuración

setup-report-head = CleanTrack
setup-report-none = No hubo archivo de asociación, así que la unidad es una red wifi propia, CleanTrack-…. Conéctese a ella y abra la página de configuración: https://10.77.0.1/setup
setup-report-done = El archivo se aplicó y se borró de esta tarjeta.
setup-report-left = El archivo se aplicó, pero no se pudo borrar de esta tarjeta. Borre cleantrack.toml: contiene secretos.
setup-report-mistakes = No se aplicó nada del archivo. Corrija estas líneas de cleantrack.toml, devuelva la tarjeta y encienda la unidad:
setup-report-page = Página de configuración: https://{ $host }/setup
setup-report-code = Código de configuración: { $code }
setup-report-code-own = Código de configuración: el del archivo. Uno que ya se usó no abre nada más: ponga otro en un archivo

setup-row = Línea { $line }: { $key } { $reason }
    .line = Línea { $line } { $reason }
    .key = { $key } { $reason }
setup-claim-row = Archivo de asociación: { $row }

provision-unchanged = No hay nada que hacer.
provision-access-point = No hay archivo: la unidad es una red wifi propia.
provision-applied = El archivo se aplicó.
provision-applied-left = El archivo se aplicó, pero no se pudo borrar de la tarjeta.
provision-refused = El archivo tiene errores; no se aplicó nada.

form-setup-mistake-too-long = tiene más de { $detail } bytes, demasiado para un archivo de asociación: ¿es otro archivo?
form-setup-mistake-encoding = no es texto: guárdelo como UTF-8 o descárguelo de nuevo
form-setup-mistake-syntax = no se puede leer: { $detail }
form-setup-mistake-unknown-key = no existe en este archivo. Quizá quiso decir: { $detail }
form-setup-mistake-unknown-key-none = no existe en este archivo; quite la línea
form-setup-mistake-missing-key = falta
form-setup-mistake-version = no es 1: este programa es más viejo que el archivo
form-setup-mistake-text = debe ser un texto entre comillas
form-setup-mistake-flag = debe ser true o false, sin comillas
form-setup-mistake-section = debe ser una sección: su nombre entre [ ] en una línea propia
form-setup-mistake-list = debe ser una lista de textos entre comillas, en [ ]
form-setup-mistake-list-length = debe tener de 1 a { $detail } valores
form-setup-mistake-https = debe empezar con https://
form-setup-mistake-mqtts = debe empezar con mqtts://
form-setup-mistake-label-host = debe ser un esquema y un host, como HTTP://10.0.0.5
form-setup-mistake-label-host-local = termina en .local, que muchos teléfonos no encuentran; escriba la dirección, como HTTP://10.0.0.5, o un nombre del DNS propio del centro, como HTTP://BOX.INTERNAL
form-setup-mistake-label-host-public = es un nombre o una dirección pública, de los que los teléfonos advierten sin HTTPS; escriba HTTPS:// si la unidad tiene un certificado para eso, o si no una dirección privada como HTTP://10.0.0.5
form-setup-mistake-host = debe nombrar un host, sin ruta, usuario ni espacio
form-setup-mistake-brackets = debe tener una dirección IPv6 entre sus corchetes
form-setup-mistake-port = tiene un puerto que no es un número de 1 a 65535
form-setup-mistake-certificates = debe ser el texto PEM de certificados, cada uno de BEGIN a END
form-setup-mistake-verifier-key = debe tener las claves como las escribe el servidor central
form-setup-mistake-facility = debe ser el identificador del centro: 26 letras mayúsculas y dígitos
form-setup-mistake-code = debe ser el código de un solo uso: de 8 a 128 letras, dígitos y signos sin espacio
form-setup-mistake-expires = debe ser un momento como 2026-12-31T12:00:00Z
form-setup-mistake-time-zone = debe ser una zona horaria IANA como Europe/Berlin
form-setup-mistake-hostname = debe tener de 1 a 63 letras, dígitos y guiones interiores
form-setup-mistake-setup-code = debe tener de 8 a 64 letras y dígitos, sin acentos y sin la U; los guiones y los espacios no cuentan
form-setup-mistake-ssid = debe ser el nombre de una red: de 1 a 32 bytes
form-setup-mistake-passphrase = debe tener de 8 a 63 caracteres sin acentos
form-setup-mistake-psk = debe tener 64 dígitos hexadecimales
form-setup-mistake-key-twice = está junto a wifi.passphrase: deje uno de los dos
form-setup-mistake-own-passphrase = debe tener de 8 a 63 caracteres sin acentos
form-setup-mistake-radio-twice = está junto a wifi: la unidad se une a una red o es una; deje uno de los dos
form-setup-mistake-country = debe ser un país en dos letras mayúsculas, como US
form-setup-mistake-enterprise = es de WPA2-Enterprise o 802.1X, que una unidad no admite: pida una red con contraseña, o un puerto que admita la unidad por su dirección MAC
form-setup-mistake-address = debe ser una dirección con la longitud de su prefijo, como 10.1.2.3/24
form-setup-mistake-address-unusable = no es una dirección que una máquina pueda tener en esa red
form-setup-mistake-ip = debe ser una dirección IP como 10.1.2.1
form-setup-mistake-gateway-alone = necesita una dirección fija al lado; sin ambas las asigna la red
form-setup-mistake-gateway-outside = no es otra máquina de la red de la unidad
form-setup-mistake-dns-missing = falta junto a la dirección fija: sin ello la unidad no encuentra el servidor central
form-setup-mistake-proxy = debe ser http://host:port o bien http://user:password@host:port
form-setup-mistake-proxy-scheme = debe empezar con http://, también para un proxy que deja pasar https
form-setup-mistake-ntp = debe tener nombres o direcciones IP de servidores de hora
