### Packs of protocols from manufacturers and other facilities, and whose signature the facility trusts.

pack-title = { $name }, versión { $version }
pack-brought = Agregado { $time }
pack-categories = Categorías
pack-protocols = Protocolos
pack-category-fields = { $count ->
    [0] Sin campos propios
    [one] { $count } campo propio
   *[other] { $count } campos propios
}
pack-category-there = Ya existe
pack-agents = Desinfectantes que el borrador nombra como ejemplo: { $agents }. Escriba el que usted usa, después de comparar lo que dice el borrador con la etiqueta del producto y las instrucciones del fabricante.
pack-unsigned = Sin firma: nadie responde por su origen
pack-unknown = Firmado por { $name }, en quien este centro no confía
pack-trusted = Firmado por { $name }
pack-wrong = Nombra a { $name }, y la firma no coincide: no lo use
pack-remove = Quitar este paquete
pack-unchanged = No se agregó ningún paquete. Los de abajo siguen como estaban.
pack-bring = Agregar un paquete de un archivo
pack-bring-hint = Un archivo .ctpack de un fabricante o de otro centro. Llega como borradores: nada de él cuenta hasta que alguien complete y apruebe un borrador aquí.
pack-file = Archivo
pack-bring-button = Agregar como borradores
pack-missing = Elija primero un archivo .ctpack
pack-too-long = El archivo ocupa más de { $max } KB, que es lo máximo de un paquete. Elija otro archivo
pack-no-pack = Este archivo no es un paquete de protocolos, o está cortado. Pídalo otra vez a quien lo hizo
pack-altered = El archivo se cambió después de hacerse, o se dañó en el camino. No lo use; pídalo otra vez a quien lo hizo
pack-empty = En este paquete no hay ningún protocolo. Pida otro a quien lo hizo
pack-unreadable = La unidad no puede leer lo que contiene este paquete. Puede ser de una versión más nueva
pack-value = Un valor de este paquete no sirve ({ $what }): falta, es demasiado largo o está dos veces. Pida otro a quien lo hizo
pack-too-many = La unidad ya guarda tantos como admite. Quite uno primero
pack-refused = Este paquete no se aceptó
pack-refused-next = Corríjalo y envíelo otra vez.
pack-own = Compartir sus propios protocolos
pack-own-hint = Todos los protocolos en uso, en un solo archivo .ctpack. Los desinfectantes van como ejemplo, con su número EPA y su dilución. El tiempo de contacto, la referencia del fabricante y la aprobación se quedan aquí: quien adopte un protocolo pone los suyos.
pack-own-unsigned = Descargar sin firma
pack-own-signed = Firmar y descargar
pack-keys-title = En qué paquetes confía
pack-keys-what = Un fabricante firma sus paquetes con una clave. Si usted ha escrito su mitad pública, la unidad puede comprobar que un paquete viene de él y no se ha cambiado. Compare la clave por teléfono o en papel antes de escribirla.
pack-keys-none = Todavía no se confía en ninguna clave.
pack-keys-unchanged = No se agregó ninguna clave.
pack-keys-back = Volver a los paquetes
pack-key-added = Agregada { $time }
pack-key-remove = Dejar de confiar
pack-key-add = Confiar en una clave
pack-key-field = Clave pública
pack-key-hint = Como la entrega su dueño: nombre+8 dígitos+letras
pack-key-button = Confiar en esta clave
pack-key-wrong = Esto no es una clave pública para paquetes. Cópiela entera, como la entrega su dueño
pack-key-own = Su propia clave pública
pack-key-own-hint = Entréguela a quienes adopten sus protocolos, por otra vía que el archivo.
pack-key-own-none = Todavía no hay: se crea cuando firma sus protocolos por primera vez.
