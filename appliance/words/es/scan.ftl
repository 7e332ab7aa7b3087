scan-record = Registrar limpieza
scan-recording = Registrando…
scan-last = Última: { $when }, { $who }
scan-kept = Aún no se registró nada. Sus marcas se conservan.
scan-kept-photo = Aún no se registró nada. Sus marcas y su foto se conservan.
scan-usable-until = Esta página sirve hasta las { $time }. Después, revise sus marcas y registre de nuevo; se conservan.

scan-too-old = Esta página venció. Revise sus marcas y registre de nuevo.
scan-signed-out = Ya no hay una sesión abierta aquí. Escriba el nombre de quien limpió.
scan-protocol-changed = El protocolo cambió desde que se abrió esta página. Revise los pasos y registre de nuevo.
scan-not-signed-off = No tiene la habilitación para este protocolo. Puede registrar de todos modos.
    .incomplete = Con este protocolo solo limpian personas habilitadas. Si lo es, demuéstrelo con su PIN. Si no, indique en la nota por qué limpió; el registro no cuenta.

scan-steps = Pasos
scan-instructions = Instrucciones
scan-protocol = { $name }, versión { $version }
scan-protocol-ppe = { $name }, versión { $version }, { $ppe }
scan-other-protocol = Limpiar según “{ $name }”
scan-all-steps = Los { NUMBER($count) } pasos según el protocolo
scan-show-steps = Ver los pasos
scan-tick-all = Marcar los { NUMBER($count) }
scan-optional-step = si hace falta
scan-plain-step = Limpio según las instrucciones del fabricante
scan-no-protocol = No hay protocolo asignado: siga las instrucciones del fabricante.

scan-contact-time = Tiempo de contacto
    .passed = Tiempo de contacto transcurrido
scan-keep-wet = Manténgalo húmedo
scan-wet-seconds = { NUMBER($passed) } de { NUMBER($required) } segundos
scan-wet-until = Hasta las { $time }, según el reloj de la unidad.
scan-needs = Requiere { $span }.
scan-agents-need = { $agents }, requiere { $span }.
scan-agent-epa = { $name }, EPA { $epa }
scan-agent-or = { $first } o bien { $second }
scan-wet-start = Superficie húmeda: iniciar { $countdown }
scan-wet-again = Se secó: reiniciar
scan-wet-left = { $countdown } restantes, mantenga húmedo
scan-wet-finish = Ya puede secarse
scan-wet-elsewhere = Húmedo desde las { $time }; se inició en otro teléfono.
scan-wet-rebooted = La unidad se reinició a las { $time }, así que nadie midió cuánto tiempo estuvo húmedo. Inicie de nuevo el tiempo de contacto o escriba en la nota cuánto tiempo estuvo húmedo.
scan-record-unmeasured = Registrar sin tiempo de contacto
scan-wet-enough = Tiempo de contacto cumplido
scan-wet-done = Listo
scan-wet-for = Húmedo durante { $span }: suficiente. Ya puede registrar.
scan-wet-minute = Falta un minuto
scan-wet-ten-seconds = Faltan diez segundos
scan-wet-over = Terminó el tiempo de contacto. Ya puede registrar.
scan-wet-still = Mantenga húmeda la superficie hasta las { $time } y luego registre

scan-photo = Foto
    .alt = Su foto de { $name }
    .required = Obligatoria. Sin personas ni nombres de pacientes.
    .optional = Opcional. Sin personas ni nombres de pacientes.
    .sample = Esta vez obligatoria: elegida por sorteo. Sin personas ni nombres de pacientes.
scan-photo-kept = Foto guardada
scan-photo-another = Tomar otra foto
    .hint = Reemplaza la de arriba

scan-name = Su nombre
    .optional = Déjelo vacío para registrar sin nombre
scan-name-signed-in = { $name } (sesión desde { $since })
scan-by = Por { $name }, PIN ingresado hace { $ago }
scan-someone-else = Soy otra persona
scan-pin = Ingresar mi PIN
scan-pin-of = PIN de { $name }
scan-pin-hint = Demuestra quién registró. Sin él, el nombre cuenta como escrito.
scan-pin-sign-in = Primero inicie sesión, o registre solo con su nombre
scan-pin-or-none = O déjelo vacío: su nombre se registra como escrito.
scan-lot = Lote del desinfectante
    .hint = Como está impreso en el envase, si lo tiene
scan-note = Nota
    .hint = Solo si algo fue distinto

protocol-version = Versión { $version }
protocol-keep-wet = Mantener húmedo
protocol-declared = { $span }, según declara quien limpia
protocol-agent = Desinfectante
protocol-agent-diluted = { $agent }, { $dilution }
protocol-ppe = Equipo de protección
protocol-minutes = Dura unos
protocol-ifu = Instrucciones del fabricante (IFU)
protocol-ifu-rev = Revisión de las instrucciones
protocol-hang = Limpio durante
protocol-clean-for = { $hours ->
    [one] { $hours } hora
   *[other] { $hours } horas
}
protocol-effective = Vigente desde
protocol-number = Versión
scan-proof-pin = Este equipo necesita su PIN.
scan-proof-plain = Este equipo necesita su PIN. Su teléfono está en la página simple.
scan-proof-list = Este equipo necesita su nombre de la lista. Escriba arriba las primeras letras de su nombre y búsquelo.
scan-proof-open = Abrir la página segura
scan-proof-sign-in = Iniciar sesión con su PIN
scan-proof-names = ¿Quién es usted?
scan-proof-find = Buscar mi nombre
scan-proof-decline = Registrar sin prueba
    .hint = Indique en la nota por qué. Ese registro queda incompleto.
