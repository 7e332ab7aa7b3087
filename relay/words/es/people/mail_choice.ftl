### Qué correos recibe una persona y la página del enlace de un correo que detiene algunos.

mail-choice-title = Correos que recibe
mail-choice-lead = De { $account }. Lo que debe saber de su acceso o de su cuenta llega siempre: un inicio de sesión en un dispositivo nuevo, una contraseña cambiada, una invitación, un pago que falló.
mail-choice-topic = { $topic ->
    [alerts] Alertas
    [digest] Alertas en un solo correo
    [weekly] Resumen semanal
    [reminders] Recordatorios
   *[onboarding] Primeros pasos
}
mail-choice-what = { $topic ->
    [alerts] Lo que está vencido, una unidad que no responde y lo demás que necesita a alguien ahora
    [digest] Una vez al día, lo que está abierto
    [weekly] Cada lunes: qué se limpió, cuánto a tiempo, y una inspección que se acerca
    [reminders] Al comenzar un turno: lo que vence hasta que termine
   *[onboarding] En la primera semana: lo que falta por configurar
}
mail-choice-save = Guardar
mail-choice-done = Guardado. Vale desde el próximo correo.

mail-stop-title = ¿Dejar de recibir estos correos?
    .lead = “{ $topic }” de { $account } ya no llegarán a esta dirección. Lo que debe saber de su acceso sigue llegando.
    .button = Dejar de recibirlos
mail-stop-done = Ya no los recibirá
    .what = “{ $topic }” de { $account } ya no llegarán. Lo que ya salió todavía puede llegar.
mail-stop-over = Este enlace no detiene nada
    .what = No está completo, o el correo es más antiguo que lo que este servidor central recuerda. No se cambió nada. Inicie sesión para elegir qué correos recibe.
mail-stop-choose = Iniciar sesión y elegir sus correos
