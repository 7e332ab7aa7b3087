### Cómo se ven los correos y las palabras que una cuenta pone en ellos.

mails-title = Correos
mails-lead = Lo que CleanTrack envía a las personas de { $account }, con datos inventados. En algunos puede poner sus propias palabras.
mails-platform = Todo lo que envía este servidor central, con datos inventados, como lo recibe una cuenta sin imagen ni color.
mails-language = Idioma
mails-forms = Lo que puede decir
mails-form = Ejemplo { NUMBER($number) }
mails-frame = { $scheme ->
    [dark] Oscuro, { NUMBER($width) } píxeles de ancho
   *[light] Claro, { NUMBER($width) } píxeles de ancho
}
mails-text = Como texto
mails-own = Sus propias palabras
    .lead = Van alrededor de lo que escribimos, en el idioma que se muestra. Lo que queda vacío sigue como está. Un nombre entre llaves se reemplaza por lo que representa.
    .names = Aquí hay: { $names }
mails-slot = { $slot ->
    [subject] Asunto, en lugar del nuestro
    [intro] Antes de nuestro texto
   *[closing] Después del botón
}
mails-save = Guardar
mails-try = Mostrarlo abajo
mails-long = Acorte esto a { NUMBER($chars) } caracteres
mails-lines = Un asunto es una sola línea
mails-placeholder = { "{" }{ $name }{ "}" } no representa nada en este correo: corrija el nombre o quite las llaves
