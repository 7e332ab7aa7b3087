refusal-unknown-tag = Ningún equipo tiene el código { $tag }
    .detail = El código está bien escrito, pero no está en ningún equipo de este centro o se retiró.
refusal-retired = { $name } se dio de baja; ya no se pueden registrar limpiezas suyas
    .detail = Su historial se conserva y se puede leer.
refusal-not-its-protocol = Este equipo no se limpia con ese protocolo. Asígnele primero el protocolo o elija uno de los suyos
    .detail = Una limpieza sigue uno de los protocolos de su equipo.
refusal-protocol-changed = El protocolo cambió desde que se abrió esta página. Revise los pasos de nuevo
    .detail = Un registro indica la versión que se siguió, así que debe ser la más reciente.
refusal-unknown-staff = Aquí no hay nadie con el identificador { $staff }
    .detail = Esa persona nunca se agregó o ya no trabaja aquí.
refusal-unknown-cleaning = La entrada { $seq } de { $log } no es una limpieza
    .detail = Ninguna limpieza de esta unidad tiene ese número.
refusal-shared-number = Dos registros tienen el número { $seq }, y este no se puede anular
    .detail = El almacenamiento perdió este registro y dio su número a otro, que se anularía en su lugar. Ambos cuentan.
refusal-already-voided = Esta limpieza ya está anulada
    .detail = Una limpieza se anula una sola vez; ambas entradas se conservan.
# $seq: the number of its entry.
refusal-unknown-problem = No hay ningún aviso abierto con el número { $seq }
    .detail = Nunca se hizo, o alguien ya lo cerró.
refusal-reports-spent = Desde aquí se ha avisado de demasiados problemas en una hora. Avise a biomédica en persona
    .detail = Un teléfono puede enviar cinco avisos en una hora, una persona que demuestra quién es treinta, y los teléfonos de una misma dirección treinta sin prueba, cinco de ellos sobre un mismo equipo.
refusal-problem-kind = Elija qué está mal
refusal-problem-outcome = Elija el resultado del aviso
refusal-undo-over = Pasó el tiempo para deshacer este registro. Avise a ingeniería biomédica; pueden anularlo
    .detail = Solo el teléfono que hizo un registro puede deshacerlo, y solo durante unos minutos.
refusal-name-needed = Escriba su nombre
refusal-reason-needed = Indique el motivo
refusal-note-needed = Indique por qué
refusal-needed =
    .detail = El campo falta, está vacío o solo tiene caracteres invisibles.
# $subject: the field, as below; $max: characters.
refusal-too-long = { $field ->
    [notes] La nota tiene más de { $max } caracteres. Acórtela
   *[other] { $subject } tiene más de { $max } caracteres. Acórtelo
}
    .detail = La unidad guarda los textos tal como se escribieron y nunca los recorta.
# $code: the character’s number in Unicode.
refusal-character = { $field ->
    [notes] La nota tiene un carácter que no se puede mostrar (U+{ $code }). Escríbala de nuevo a mano
   *[other] { $subject } tiene un carácter que no se puede mostrar (U+{ $code }). Escríbalo de nuevo a mano
}
    .detail = No se admiten caracteres de control ni los que invierten la dirección de la escritura.
refusal-lot-day = Escriba el último día del lote, por ejemplo 2027-05-31, o déjelo vacío
refusal-step-missing = Marque el paso { $step } o indique en la nota por qué no se hizo
refusal-steps-missing = Marque los pasos { $steps } y { $last } o indique en la nota por qué no se hicieron
    .detail = Un paso obligatorio que se omitió necesita un motivo.
refusal-all-steps-missing = Marque los pasos o indique en la nota por qué no se hicieron
refusal-unknown-step = El protocolo no tiene el paso { $step }
    .detail = Los pasos se cuentan desde 1, en el orden del protocolo del equipo.
refusal-still-wet = Mantenga húmeda la superficie { $left } más y luego registre
    .detail = El protocolo tiene un tiempo de contacto, que la unidad mide desde que la superficie quedó húmeda.
refusal-not-wetted = Humedezca la superficie y pulse “Superficie húmeda”, o indique en la nota por qué no
refusal-sign-off-note = Con este protocolo solo limpian personas habilitadas. Indique en la nota por qué se hizo de todos modos
refusal-proof-pin = Ingrese su PIN, o registre sin prueba e indique por qué
refusal-proof-badge = Escanee su credencial o ingrese su PIN, o registre sin prueba e indique por qué
refusal-proof-list = Elija su nombre de la lista, o registre sin prueba e indique por qué
refusal-proof-missing =
    .detail = El centro pide más que un nombre escrito para esta clase de uso.
refusal-photo-missing = Tome una foto o indique en la nota por qué no la hay
    .detail = Este equipo necesita una foto en cada limpieza.
refusal-too-many-photos = Una limpieza tiene como máximo { $max } fotos
    .detail = Más fotos no caben en el registro.
refusal-key-reused = Esta clave de idempotencia se usó para otra solicitud. Use una nueva
    .detail = Una clave vale para una solicitud; el registro que se hizo con ella queda como está.
refusal-key-form = Una clave de idempotencia tiene de 1 a 200 caracteres, ninguno de control
    .detail = La clave hace que repetir una solicitud no cause daño.
refusal-field = { $field ->
    [cleaned_by] Su nombre
    [notes] La nota
    [agent] El desinfectante
    [lot] El lote
    [reason] El motivo
    [name] El nombre
    [asset_number] El número de inventario
    [serial] El número de serie
    [maker] El fabricante
    [model] El modelo
    [category] La categoría
    [location] El lugar
    [custom] Un campo propio
    [steps] Un paso
    [agents] Un desinfectante
    [ppe] El equipo de protección
    [ifu] La referencia de las instrucciones
    [ifu_rev] La revisión de las instrucciones
    [approved] El nombre de quien aprueba
    [words] Una traducción
    [readings] Una lectura
    [done_by] El nombre de quien lo hizo
    [fields] Un campo de la categoría
    [within] El lugar del que forma parte
    [default_name] El nombre inicial
    [loan_owner] El propietario del equipo prestado
    [inspection_title] El nombre de la inspección
    [brand_name] El nombre sobre las páginas
    [contact] El contacto
    [label_host] La dirección de las etiquetas
    [number] El número de nómina
   *[other] Un campo
}

refusal-tag-taken = El código { $tag } ya está en uso; tome otra etiqueta
    .detail = Un código es de un solo equipo, para siempre.
refusal-code-length = Un código tiene de 2 a 128 caracteres
refusal-code-character = Este código tiene un carácter que no se puede mostrar (U+{ $code })
refusal-code-every-item = Este código es igual en todos los equipos de este modelo. Escanee el que tiene el número de serie
refusal-code-without-product = Este código no tiene número de producto. Escanee el que tiene el producto y el número de serie
refusal-code-separators = El escáner omite lo que separa las partes de este código, y no se puede saber su número de serie. Configúrelo para que envíe FNC1 como GS (véase Etiquetas y códigos en la guía), o escriba lo que está impreso bajo el código
refusal-code-keyboard = El escáner escribe para otra distribución de teclado. Póngalo en el idioma de este teclado y escanee de nuevo
refusal-code-tag = Este es el código { $tag } de una etiqueta
refusal-code =
    .detail = Un código es lo que está en un solo equipo, como su número de serie en un código de barras.
refusal-code-taken = El código { $code } ya está en { $name }. Quítelo primero de allí
    .detail = Un código abre un solo equipo.
refusal-code-trade-item = Puede ser el número de un producto, que tienen todos los equipos del modelo. Añádalo solo si es el número propio de este equipo
refusal-code-retired = { $name }, que está retirado, tiene este código. Cuando se añada aquí, ya no abrirá aquel equipo; ambos historiales lo dicen
refusal-code-unconfirmed =
    .detail = Se añade cuando se confirma.
refusal-unknown-protocol = Aquí no existe el protocolo { $protocol }
    .detail = Un protocolo debe publicarse antes de que un equipo se limpie según él.
refusal-unknown-upkeep = Este equipo no tiene la tarea de mantenimiento { $upkeep }
    .detail = La tarea nunca se planificó para este equipo, o se terminó.
refusal-own-field = { $rule ->
    [needed] { $label }: complételo
    [number] { $label }: escriba un número entero
    [day] { $label }: escriba un día, por ejemplo 2026-11-24
    [choice] { $label }: escriba uno de { $choices }
   *[yes] { $label }: escriba yes o no
}
    .detail = La categoría dice qué admiten sus propios campos.
refusal-changed = Otra persona lo cambió mientras tanto. Revise lo que hay ahora y cámbielo de nuevo
    .detail = Un cambio nombra la versión sobre la que se hizo, y ahora hay otra.

refusal-needs-equipment-name = Escriba un nombre para el equipo
refusal-needs-loan-day = Escriba el último día del préstamo
refusal-needs-person-name = Escriba el nombre de la persona
refusal-needs-field-name = Escriba un nombre para el campo propio
refusal-needs-step = Indique qué hacer en cada paso
refusal-needs-agent-name = Escriba un nombre para cada desinfectante
refusal-needs-protocol-name = Escriba un nombre para el protocolo
refusal-needs-upkeep-name = Indique qué hay que hacer
refusal-needs-reading-name = Escriba un nombre para cada lectura
refusal-needs-location-name = Escriba un nombre para el lugar
refusal-needs-category-name = Escriba un nombre para la categoría
refusal-needs-own-field-name = Escriba un nombre de 40 caracteres como máximo para cada campo propio
refusal-needs-facility-name = Escriba un nombre para el centro

refusal-range =
    .detail = El valor se puede leer, pero está fuera de lo que admite la unidad.
refusal-range-protocols = Un equipo tiene 20 protocolos como máximo
refusal-range-custom-fields = Un equipo tiene 30 campos propios como máximo
refusal-range-ahead = Esa hora está en el futuro. Escriba la hora en que se hizo
refusal-range-long-ago = Eso fue hace más de un año. Revise la fecha
refusal-range-use-end = No puede haber terminado antes de empezar. Revise ambas horas
refusal-range-merged-with-itself = Ya es el mismo equipo
refusal-range-codes = Un equipo tiene 20 códigos como máximo
refusal-range-hours = Una programación en horas es cada 1 a 8,760 horas
refusal-range-days = Una programación en días es cada 1 a 366 días
refusal-range-weeks = Una programación en semanas es cada 1 a 52 semanas
refusal-range-times = Escriba de 1 a 48 horas del día
refusal-range-order = Escriba las horas del día en orden, cada una una vez
refusal-range-use = El plazo tras un uso es de 1 minuto a 7 días
refusal-range-steps = Un protocolo tiene de 1 a 40 pasos
refusal-range-contact-time = El tiempo de contacto es de 1 segundo a 24 horas
refusal-range-agents = Un protocolo tiene 10 desinfectantes como máximo
refusal-range-photo-sampling = Se pide una foto en una de cada 2 a 100 limpiezas, y solo donde la foto es opcional
refusal-range-hang-time = Un equipo sigue limpio de 1 a 8,760 horas
refusal-range-start-delay = El tiempo entre el uso y la limpieza es de 1 a 10,080 minutos
refusal-range-translation-language = Un protocolo se traduce a en o es
refusal-range-page-language = El idioma de las páginas es en o es
refusal-range-facility-language = El idioma de un centro es en-US, en-GB, es-US, es-MX o es-ES
refusal-range-setting = Elija una opción de la lista
refusal-range-inspection-day = Escriba el día de la inspección: hoy o uno posterior
refusal-range-survey-day = Una evaluación fue hoy o antes. Revise el día
refusal-range-shifts = Un día tiene 6 turnos como máximo. Escriba a qué hora empieza cada uno, en orden
refusal-range-brand-colour = Un color se escribe # y seis dígitos de 0 a f, por ejemplo #0b5d5e
refusal-range-pale-colour = El blanco se lee mal sobre este color. Elija uno más oscuro
refusal-range-retain-years = Los registros se guardan de 1 a 99 años
refusal-range-translation-steps = Traduzca cada paso, uno por uno, o ninguno
refusal-range-protocol-items = Más de 511 equipos dependen de este protocolo. Pase primero algunos a otro protocolo
refusal-range-weekdays = Los días de la semana solo se combinan con cada 1 día o con horas del día
refusal-range-upkeep-count = Un equipo tiene 12 tareas de mantenimiento como máximo
refusal-range-upkeep-never = Indique cada cuánto toca una tarea nueva
refusal-range-upkeep-from = Una tarea cuenta desde un día a menos de diez años de hoy
refusal-range-upkeep-outcome = El resultado de una tarea es que se hizo o que no se superó
refusal-range-reading-count = Una tarea tiene 12 lecturas como máximo
refusal-range-location-taken = Ya hay un lugar con este nombre en la lista, quizá retirado
refusal-range-location-count = Un centro tiene 2,000 lugares como máximo
refusal-range-location-within = Un lugar está dentro de otro de la lista que no está dentro de él
refusal-range-category-taken = Ya hay una categoría con este nombre en la lista, quizá retirada
refusal-range-category-count = Un centro tiene 500 categorías como máximo
refusal-rename-unknown = Nada en la lista tiene este nombre
refusal-rename-item-count = Más de 510 equipos tienen el nombre actual. Dé antes otro a algunos de ellos
refusal-range-own-field-count = Una categoría tiene 20 campos propios como máximo
refusal-range-own-field-twice = Dos campos propios tienen el mismo nombre
refusal-range-own-field-type = Un campo propio es texto, número, fecha, opción o sí
refusal-range-own-field-choices = Un campo de opción tiene de 1 a 40 opciones sin comas, y ningún otro campo propio las tiene
refusal-range-single-use = Lo que se usa una sola vez no lleva protocolo. No elija ninguno, o quite la marca
refusal-range-back-day = Escriba hoy o un día posterior en que se espera de vuelta, como 2026-11-24
refusal-range-sign-off-day = Escriba hoy o un día posterior como último
refusal-range-sign-off-count = Una persona está habilitada para 200 protocolos como máximo
refusal-range-zone = Escriba una zona horaria IANA, por ejemplo America/Chicago
refusal-range-undo = El tiempo para deshacer es de 1,440 minutos como máximo
refusal-range-pin-proof = Un PIN ingresado vale como prueba de 0 a 60 minutos
refusal-range-label-host = Una dirección de etiquetas se escribe HTTP://HOST o HTTPS://HOST, con letras, dígitos, puntos, guiones y un puerto
refusal-range-label-host-local = La dirección de las etiquetas termina en .local, que muchos teléfonos no encuentran; escriba la dirección, como HTTP://10.0.0.5, o un nombre del DNS propio del centro, como HTTP://BOX.INTERNAL
refusal-range-label-host-public = La dirección de las etiquetas es un nombre o una dirección pública, de los que los teléfonos advierten sin HTTPS; escriba HTTPS:// si la unidad tiene un certificado para eso, o si no una dirección privada como HTTP://10.0.0.5

refusal-already-so =
    .detail = Lo que se pidió ya es así.
refusal-already-out = Ya está fuera de servicio
refusal-already-in = Ya está en servicio
refusal-already-not-signed-off = No tiene habilitación para este protocolo
refusal-already-own-code = Este código ya abre este equipo
refusal-already-no-code = Este código no abre nada aquí
refusal-range-badge = Esta es la credencial de una persona, no el código de un equipo
refusal-already-only-tag = Esta es la única etiqueta del equipo. Asígnele primero otra
refusal-check-result = Elija qué encontró el control
refusal-check-method = Elija en la lista cómo se controló
refusal-own-cleaning = Esto lo limpió usted; lo controla otra persona
refusal-clock-kept = Un servidor de hora mantiene este reloj
refusal-clock-right = La unidad ya tiene esta hora
refusal-clock-time = Escriba una hora desde 2026 que exista aquí
refusal-already-retired-protocol = Este protocolo ya se retiró
refusal-no-free-tag = No se encontró un código libre. Intente de nuevo

refusal-not-allowed =
    .detail = Su rol no lo incluye.
refusal-other-phone = Solo el teléfono que lo registró puede agregar una foto
refusal-not-signed-off-yourself = Para este protocolo solo habilita otra persona que tenga la habilitación
refusal-own-role = No puede cambiar su propio rol ni indicar que ya no trabaja aquí; pídaselo a otro administrador
refusal-admin-by-program = Los programas no nombran ni dan de baja a administradores. Eso lo hace un administrador en Personal
refusal-needs-sign-in = Esto requiere iniciar sesión
    .recorder = Esto requiere iniciar sesión como técnico, ingeniería biomédica o administrador
    .biomed = Esto requiere iniciar sesión como ingeniería biomédica o administrador
    .admin = Esto requiere iniciar sesión como administrador
    .auditor = Esto requiere iniciar sesión como administrador o auditor
