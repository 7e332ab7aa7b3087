### El aspecto de una cuenta: su nombre y su color en la parte superior de sus páginas.

brand-title = Nombre, color y logotipo
brand-lead = Lo que las personas de esta cuenta ven en la parte superior de cada página. Las hojas de etiquetas quedan como están.
brand-name = Nombre de la cuenta
brand-name-bad = Escriba un nombre de 1 a 120 caracteres
brand-accent = Color de la franja
    .hint = Seis dígitos hexadecimales, por ejemplo #0c3a2d. Las letras blancas deben leerse bien sobre él. Vacío: el de CleanTrack.
    .bad = Escriba un color con seis dígitos hexadecimales, por ejemplo #0c3a2d, o nada.
    .pale = Las letras blancas se leen mal sobre este color: su contraste es menor que 4.5 a 1. Elija uno más oscuro.
brand-save = Guardar
brand-logo = Logotipo
    .hint = Un PNG, JPEG o WebP de 1 MB y 8 millones de píxeles como máximo. Va al comienzo de las páginas en lugar de la marca de CleanTrack, con 96 píxeles de alto como máximo
    .present = El logotipo actual
    .save = Subir el logotipo
    .remove = Quitar el logotipo
    .missing = Elija primero un archivo
    .large = Este archivo ocupa más de 1 MB o tiene más de 8 millones de píxeles. Elija uno más pequeño
    .bad = Este archivo no es PNG, JPEG ni WebP, o está dañado. Elija otro
brand-slug = Nombre corto en direcciones
    .hint = De 3 a 40 letras de la a a la z, dígitos o guiones. El actual sigue funcionando durante un año
    .address = Dé a su personal esta dirección para iniciar sesión:
    .address-name = Dirección para iniciar sesión
    .save = Cambiar el nombre corto
    .bad = Escriba de 3 a 40 letras de la a a la z, dígitos o guiones
    .taken = Otra cuenta tiene este nombre corto. Elija otro
    .often = El nombre corto se cambió cinco veces en un año. Vuelva a uno anterior, o espere
