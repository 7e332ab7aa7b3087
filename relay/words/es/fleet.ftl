### La página de una unidad, lo que se hace allí con ella y la búsqueda en la página de todas las unidades.

fleet-find = Buscar unidades
    .state = Estado
    .any = Cualquier estado
    .name = Unidad o centro
    .name-hint = Una parte de su nombre
    .button = Mostrar
    .all = Ver todas las unidades
fleet-none = Ninguna unidad coincide
    .hint = Ninguna unidad coincide con lo que eligió.
fleet-found = { $count ->
    [one] { $count } unidad encontrada
   *[other] { $count } unidades encontradas, las más urgentes primero
}

fleet-of = Unidad de { $facility }
fleet-facts = Qué es
fleet-facility = Centro
fleet-id = Identificador de la unidad
fleet-model = Máquina
fleet-version = Versión
fleet-zone-data = Datos de zonas horarias
    .other = { $here }; este servidor central tiene { $there }
fleet-claimed = Asociada
fleet-retired = Dada de baja
fleet-seen = Último contacto
fleet-backlog = Sin enviar todavía
fleet-photos = Fotos sin enviar todavía
fleet-clock = Reloj
fleet-disk = Almacenamiento
fleet-temperature = Temperatura
fleet-degrees = { NUMBER($celsius) } °C
fleet-printers = Impresoras
fleet-refused = Lotes de entradas rechazados
fleet-alarms = Alarmas que nadie en el centro ha confirmado
fleet-quarantine-why = En cuarentena desde { $time }: { $reason }. Lo que registra se queda en la unidad; aquí no se acepta nada de ello hasta que se libere.

fleet-certificates = Certificados
    .hint = Con uno de estos la unidad demuestra quién es. Lo renueva automáticamente.
    .caption = Certificados de esta unidad
    .none = No tiene ninguno.
    .serial = Número de serie
    .issued = Emitido
    .ends = Termina
    .state = Estado
fleet-certificate-good = Válido
    .ended = Terminado
    .revoked = Revocado

fleet-logs = Historiales
    .hint = Un historial nunca vuelve atrás: una unidad que se restauró, o cuya tarjeta olvidó algo, continúa en uno nuevo.
    .caption = Historiales de esta unidad
    .none = Todavía no ha empezado ninguno.
    .name = Historial
    .entries = Entradas aquí
    .cosigned = Refrendado
    .state = Estado
fleet-cosigned = { $entries }, { $time }
    .never = todavía no
fleet-log-own = Cuenta
    .apart = Se mantiene aparte
    .waits = Espera una decisión

fleet-name = Nombre de la unidad
    .hint = Cómo la llama la gente aquí. Déjelo vacío para llamarla como su centro.
    .button = Guardar el nombre
    .bad = Escriba 120 caracteres visibles como máximo, o nada.
fleet-replace = Reemplazar esta unidad
    .hint = Usted crea un archivo de asociación para otra máquina. En cuanto esa se asocia, es esta unidad: recupera el historial y continúa desde ahí, y las etiquetas quedan como están. La máquina anterior ya no puede entrar. Lo que todavía no envió se queda en su tarjeta: deje que lo envíe antes, si puede.
    .button = Crear un archivo de asociación
fleet-reason = Por qué
    .hint = Una línea, para quien lea el registro de accesos.
    .bad = Indique por qué en una línea de { NUMBER($max) } caracteres como máximo.
fleet-quarantine = Mantenerla aparte
    .hint = No se acepta nada más de ella hasta que alguien la libere. Sigue registrando.
    .button = Poner esta unidad en cuarentena
fleet-release = Liberarla
    .hint = El servidor central vuelve a creer a la unidad y acepta lo que ha registrado desde entonces. Lo que se guarda como evidencia se conserva.
    .button = Liberar de la cuarentena
fleet-retire = Sacarla de uso
    .hint = Su certificado se revoca y su conexión termina de inmediato. Su historial se queda aquí y se puede leer. Solo vuelve con un archivo de asociación nuevo.
    .button = Dar de baja esta unidad

fleet-replacing = Reemplazar una unidad
    .lead = El archivo de asociación es para otra máquina en { $facility }. En cuanto esa se asocia, toma el lugar de la actual ({ $old }), con su nombre y su historial. La actual ya no puede entrar.
    .wait = La máquina se asocia en cuanto llega a este servidor central, y recupera el historial. Borre su copia del archivo.
fleet-returned = La máquina que esta reemplazó dio señales { $time }. Ya no puede entrar, y lo que ha registrado desde que fue reemplazada está solo en su propia tarjeta: apáguela e incorpórelo en la unidad nueva (“cleantrack-appliance log import”).
