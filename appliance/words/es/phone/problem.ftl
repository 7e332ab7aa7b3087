### Algo está mal en un equipo: los avisos abiertos en sus páginas y la página en la que cualquiera avisa.

# Enlace en la página de un equipo.
problem-link = Algo está mal en este equipo
problem-used = Uso registrado: { $when }
loan-overdue = Este equipo prestado debía devolverse el { $day }
used-link = Se usó
problem-open-title = Avisos abiertos
# $what: one of line-problem-word in history.ftl; $when: such as “today 13:02”.
problem-line = Aviso { $when }: { $what }
# $who: who reported it, and how that is proven.
problem-line-by = Aviso { $when } de { $who }: { $what }
problem-line-added = Añadido { $when }: { $what }
problem-line-added-by = Añadido { $when } por { $who }: { $what }
problem-added-earlier = { $count ->
    [one] Hay un añadido anterior en el historial del equipo.
   *[other] Hay { NUMBER($count) } añadidos anteriores en el historial del equipo.
}
# Link for biomed.
problem-close = Cerrar el aviso

## La página en la que alguien avisa.

problem-title = ¿Qué está mal?
# $name: the item’s.
problem-title-of = ¿Qué está mal en { $name }?
problem-choose = Elija una opción
problem-kind = { $word ->
    [broken] Está roto o no funciona
    [part-missing] Falta una pieza
    [can-not-be-cleaned] No se puede limpiar tal como está
    [soiled] Se guardó sucio
    [wrong-label] La etiqueta es de otro equipo
   *[other] Otra cosa
}
problem-text = Con sus palabras
    .hint = Lo que ve, opcional
problem-photo = Foto
    .hint = Opcional. Sin personas ni nombres de pacientes.
    .own = Su foto
    .stored = Foto guardada
    .another = Tomar otra foto
    .alt = Foto de { $name }
problem-name = Su nombre
    .hint = Opcional
problem-send = Enviar el aviso
problem-back = Volver al equipo
problem-nothing = No se envió nada.
problem-told = Biomédica ve su aviso de inmediato.
problem-added = Ya hay varios avisos abiertos sobre este equipo, así que el suyo se añadió al más reciente. Biomédica lo ve allí.
problem-without-photo = Su aviso se envió, pero su foto no se guardó: el espacio para fotos está lleno. Cuente a { $contact } lo que mostraba.
