### Alarmas para el personal, programas, la línea de comandos y el servidor central: qué pasó y qué hacer. Los títulos y lo que está a salvo están en alarm_banner.ftl.

cause-reason = Motivo: “{ $reason }”.
cause-answer = Respondió: “{ $answer }”.
cause-again = { $count ->
    [one] Desde entonces pasó una vez más.
   *[other] Desde entonces pasó { NUMBER($count) } veces más.
}

cause-log = el historial { $log }
cause-any-log = el historial de esta unidad
range-one = la entrada { $from } en { $log }
range-several = las entradas { $from } a { $last } en { $log }
range-open = las entradas desde { $from } en { $log }
range-unknown = algunas entradas en { $log }

cause-log-forgot = { $confirmed ->
    [one] El servidor central confirmó { NUMBER($confirmed) } entrada en { $log }. El almacenamiento de esta unidad no la tiene.
   *[other] El servidor central confirmó { NUMBER($confirmed) } entradas en { $log }. El almacenamiento de esta unidad tiene solo { NUMBER($present) } de ellas.
}
    .next = Haga cambiar la tarjeta de memoria: puede perder entradas otra vez.
cause-box-replaced = Quien administra el servidor central reemplazó esta unidad. Lo que se registra aquí ya no llega a nadie.
    .next = Apague esta unidad y use la nueva. Si registró algo desde que fue reemplazada, lleve su tarjeta de memoria a la unidad nueva: “cleantrack-appliance log import”.
cause-history-coming = Esta unidad tomó el lugar de otra y trae del servidor central: { $entries }.
    .next = Deje la unidad conectada al servidor central y asigne de nuevo los PIN de las personas: los PIN nunca salen de una unidad.
cause-log-missing = Esta unidad no tiene una copia legible de { $entries }.
    .pieces = Esta unidad no tiene una copia legible de { NUMBER($pieces) } partes separadas de { $entries }; lo que hay entre ellas está aquí.
    .next = Conserve la tarjeta de memoria y todas las copias de seguridad, haga cambiar la tarjeta y avise a quien administra el servidor central.
cause-log-repaired = Se repararon con otra copia partes dañadas en { $log }.
    .next = Haga cambiar pronto la tarjeta de memoria.
cause-log-epoch = Esta unidad registra ahora en { $log }.
    .next = Si nadie restauró una copia de seguridad ni reemplazó esta unidad, haga revisar la tarjeta de memoria.
cause-log-adopted = Cuentan de nuevo con sus números originales: { $entries }.
    .next = No hay que hacer nada.
cause-log-unvouched = La copia del servidor central continúa en { $log }, y ninguna clave de esta unidad avala ese historial.
    .next = Si se puso en esta unidad una tarjeta anterior o una copia de seguridad, pida a quien la configuró que ejecute “cleantrack-appliance log trust” con el nombre del historial. Si no, avise a quien administra el servidor central: alguien puede estar inventando registros.
cause-log-apart = No se muestra nada de lo que hay en { $log }; todo se conserva.
    .next = Averigüe si la tarjeta de memoria es de otra unidad. Si es de esta, pida a quien la configuró que ejecute “cleantrack-appliance log trust” con el nombre del historial.

cause-rebuild-short = Al reconstruirla habrían faltado { $entries }.
    .next = Conserve la tarjeta de memoria y avise a quien configuró esta unidad antes de reconstruirla otra vez.
cause-database-damaged = Devolvió entradas distintas de las que se escribieron.
    .next = Reinicie la unidad: entonces reconstruye la base de datos a partir del historial. Haga cambiar pronto la tarjeta de memoria.
cause-database-salvaged = La base de datos anterior se apartó.
    .unread = La base de datos anterior “{ $file }” se apartó y ahora no se puede leer. Se conserva, y la unidad lo intenta de nuevo en cada arranque.
    .next = Si esto se repite, haga cambiar la tarjeta de memoria.
cause-copy-removed = Una copia que se había apartado contenía un texto que debía borrarse, así que se quitó la copia.
    .next = No hay que hacer nada.

cause-relay-other = Las entradas que el servidor central tiene en { $log } difieren de las de esta unidad antes de la entrada { $to }.
    .next = Haga cambiar la tarjeta de memoria. Si otra unidad funciona con una copia de ella, apáguela.
cause-relay-went-back = { $confirmed ->
    [one] Había confirmado { NUMBER($confirmed) } entrada en { $log } y ahora tiene { NUMBER($present) }.
   *[other] Había confirmado { NUMBER($confirmed) } entradas en { $log } y ahora tiene { NUMBER($present) }.
}
    .next = Avise a quien administra el servidor central.
cause-relay-refused = No aceptó { $entries }.
    .adopted = No aceptó { $run }.
    .next = Pregunte a quien administra el servidor central.
cause-zone-data = La unidad tiene los datos de zonas horarias { $here }, el servidor central { $relay }, y hacen distintos los días de { $zone }.
    .next = Pregunte a quien administra el servidor central: hay que actualizar el más antiguo.
cause-photos-refused = { $count ->
    [one] No aceptó 1 foto.
   *[other] No aceptó { NUMBER($count) } fotos.
}
    .next = Pregunte a quien administra el servidor central.

cause-no-fetch-room = El servidor central tiene registros que faltan en esta unidad, y el espacio libre está reservado para los nuevos.
    .next = Haga poner una tarjeta de memoria más grande o libere espacio.
cause-no-rebuild-room = Hay registros anteriores, recuperados o reparados, en espera; las páginas todavía no los muestran.
    .next = Libere espacio o haga poner una tarjeta de memoria más grande, y reinicie la unidad.
cause-disk-full = Se rechazaron limpiezas, y se avisó a quien las envió.
    .next = Libere espacio o haga poner una tarjeta de memoria más grande.
cause-photos-damaged = { $count ->
    [one] 1 foto ya no es la que se registró.
   *[other] { NUMBER($count) } fotos ya no son las que se registraron.
}
    .next = Haga cambiar pronto la tarjeta de memoria.
cause-backup-old = Desde hace tres días no se guarda nada fuera de esta unidad.
    .next = Conecte la memoria USB de las copias y abra Copia de seguridad en Esta unidad.
cause-backup-never = Nunca se hizo una copia de seguridad, y no hay un servidor central que tenga una.
    .next = Haga conectar una memoria USB y crear una clave: abra Copia de seguridad en Esta unidad.
cause-backup-no-key = No hay una clave para cifrar las copias.
    .next = Un administrador crea la clave de las copias en Esta unidad, Copia de seguridad, y la imprime.
cause-backup-missing = No está la memoria USB o la carpeta para las copias.
    .next = Conecte la memoria USB. La unidad lo intenta de nuevo antes de una hora.
cause-backup-same-disk = La carpeta de las copias está en el propio almacenamiento de la unidad.
    .next = Conecte la memoria USB o haga configurar otra carpeta.
cause-backup-read-only = No se puede escribir en la memoria USB de las copias.
    .next = Mueva el interruptor de la memoria o use otra.
cause-backup-full = La memoria USB de las copias está llena.
    .next = Use una más grande o quite de ella lo que no sea una copia.
cause-backup-not-right = Lo que se leyó de la memoria USB no es lo que se escribió.
    .next = Use otra desde ahora.
cause-backup-other = No se pudo escribir la copia.
    .next = Pruebe con otra memoria USB. Si no sirve, haga revisar el almacenamiento de la unidad.
cause-clock-unsure = Nada ha confirmado la hora desde que se encendió la unidad.
    .next = Conecte la unidad a internet o a un servidor de hora.
cause-file-unreadable = El archivo “{ $file }” se apartó con otro nombre.
    .next = Si esto se repite, haga cambiar la tarjeta de memoria.

cause-part-off = La parte “{ $part }” no arrancó.
    .next = Reinicie la unidad. Si la parte sigue apagada, haga revisar la tarjeta de memoria.
cause-https = No se puede usar un certificado o una clave de esta unidad.
    .next = Restaure de una copia de seguridad los archivos https-ca.key, https-ca.pem y https.pem de la carpeta keys, o llévelos a otra parte y reinicie la unidad: entonces crea otros, y hay que configurar los navegadores para que confíen en ellos.
cause-https-renewed = Los archivos de la anterior ya no estaban.
    .next = Instale el certificado nuevo en los navegadores que confiaban en el anterior.
cause-photos-off = No se puede usar la carpeta de las fotos.
    .next = Haga revisar la tarjeta de memoria y reinicie la unidad.
cause-printers-off = No se pudo abrir una impresora o la lista de trabajos de etiquetas.
    .next = Corrija la impresora en el archivo de configuración o configúrela de nuevo en Impresoras.
cause-uplink-off = No se puede usar su archivo de asociación, su certificado o su clave.
    .next = Cree un archivo de asociación nuevo en el servidor central y asocie la unidad con `cleantrack-appliance claim FILE`.
cause-panel-off = No se pudieron abrir sus luces y su botón, o dejaron de funcionar.
    .next = Corrija las líneas del panel en el archivo de configuración como dice docs/panel.md, o ponga su tipo en none, e inicie la unidad de nuevo.
cause-state-lost = El archivo state.redb faltaba, estaba dañado o era de otra unidad. Contenía los PIN, las credenciales, los tokens de API, los registros rechazados, los tiempos de contacto en curso, los paquetes y las claves de confianza: se conservó lo que aún se podía leer. Se perdieron las sesiones, las impresoras y las plantillas de etiquetas configuradas aquí, los trabajos de etiquetas abiertos, el registro de accesos y qué fotos se habían enviado. El archivo anterior, si lo había, está en la carpeta salvage.
    .next = Inicie sesión y revise las personas, los tokens de API, los registros rechazados y los paquetes. Si falta algo, asigne los PIN con `cleantrack-appliance staff pin`, añada las credenciales y cree los tokens de API de nuevo, y pregunte en las plantas qué limpiezas se rechazaron. Configure las impresoras otra vez.
cause-state-disk = El almacenamiento no aceptó o no devolvió el archivo state.redb.
    .next = Si esta alarma sigue ahí pasados unos minutos, reinicie la unidad. Haga revisar la tarjeta de almacenamiento o libere espacio. Mientras no haya espacio para ese archivo no se puede quitar ningún PIN ni credencial. Asigne de nuevo los PIN y las credenciales después de ese reinicio: lo que se cambió mientras estaba esta alarma puede quedar deshecho.
cause-state-rows = No se pueden leer filas del archivo state.redb; el motivo nombra las tablas y cuántas filas de cada una.
    .next = Compruebe si los PIN, las credenciales, los tokens de API y los paquetes siguen ahí, configure de nuevo lo que falte y pregunte en las plantas qué limpiezas se rechazaron. Haga revisar la tarjeta de almacenamiento.
cause-badges-off = Ya no está la clave con la que se añadieron todas las credenciales.
    .next = Restaure keys/badge.key de una copia de seguridad y reinicie la unidad. Sin copia, quite todas las credenciales y añádalas de nuevo.
cause-admin-off = No se puede crear su socket.
    .next = Quite lo que hay en admin.sock en la carpeta de datos y reinicie la unidad.
