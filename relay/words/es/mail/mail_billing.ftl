### Mails over billing.

mail-payment-failed = Un pago de { $account } falló
    .what = Un pago de { $amount } de { $account } no se pudo hacer.
    .next = Se intenta de nuevo el { $next }.
    .do = Revise la tarjeta o use otra.
    .button = Abrir la facturación
    .safe = El registro sigue: un pago nunca detiene un escaneo, una etiqueta ni una unidad.

mail-payment-ok = Se recibió el pago de { $account }
    .what = Se pagaron { $amount } de la factura { $number }. Gracias.
    .button = Ver las facturas

mail-invoice-ready = Factura { $number } de { $account }
    .what = La factura { $number } por { $amount } está lista.
    .button = Ver las facturas

mail-refunded = Un reembolso para { $account }
    .what = En total se devolvió { $amount } de un pago. Su banco puede tardar unos días en mostrarlo.
    .button = Ver las facturas

mail-plan-changed = { $account } tiene ahora el plan { $plan }
    .what = El plan de { $account } se cambió a { $plan }.
    .button = Abrir la facturación
    .hint = La página muestra lo que cuesta. Si no lo hizo nadie que administre su cuenta, pregunte a quien administra este servidor central.

mail-cancelled = La suscripción de { $account } termina
    .what = La suscripción de { $account } se canceló. Lo pagado dura hasta el { $until }.
    .after = Todo funciona durante 14 días más. Después no se añade nada, hasta que se suscriba de nuevo.
    .button = Abrir la facturación
    .safe = El registro sigue en todo caso, y lo registrado se puede leer y exportar.

mail-grace-over = { $account } se puede leer, y no se añade nada
    .what = Ya no se paga nada por { $account }, y pasaron los 14 días siguientes. No se pueden añadir centros, unidades ni personas, y los programas no cambian nada.
    .stays = Las unidades registran y envían como siempre. Las páginas, los informes y las exportaciones funcionan.
    .button = Suscribirse
    .hint = En cuanto se suscriba, todo funciona de nuevo.

mail-trial-ending = La prueba de { $account } termina pronto
    .what = Hasta el { $until } CleanTrack no le cuesta nada a { $account }.
    .do = Para seguir después, suscríbase a un plan. Se paga desde el final de la prueba.
    .button = Elegir un plan
    .safe = El registro sigue en todo caso.

mail-first-payment = La prueba de { $account } termina pronto
    .what = La prueba de { $account } termina el { $until }. Entonces se hace el primer pago, de { $amount }.
    .button = Abrir la facturación
    .hint = Si no quiere seguir, cancele antes en la página.

mail-trial-ended = La prueba de { $account } terminó
    .what = La prueba de { $account } terminó. Todo funciona hasta el { $until }; después no se pueden añadir centros, unidades ni personas.
    .do = Suscríbase a un plan para seguir.
    .button = Elegir un plan
    .safe = El registro sigue en todo caso, y lo registrado se puede leer y exportar.

# $what: facilities or people.
mail-limit-near = { $what ->
    [facilities] { $account } tiene casi tantos centros como permite su plan
   *[people] { $account } tiene casi tantas personas como permite su plan
}
    .used = { $what ->
    [facilities] Se usan { NUMBER($count) } de { NUMBER($limit) } centros.
   *[people] Hay { NUMBER($count) } de { NUMBER($limit) } personas.
}
    .button = Ver los planes
    .safe = En el límite solo se detiene añadir uno más.

mail-limit-over = { $what ->
    [facilities] { $account } tiene tantos centros como permite su plan
   *[people] { $account } tiene tantas personas como permite su plan
}
    .used = { $what ->
    [facilities] Se usan los { NUMBER($limit) } centros del plan. Todos funcionan.
   *[people] Están las { NUMBER($limit) } personas del plan. Todas pueden trabajar.
}
    .do = Para añadir más, elija un plan mayor.
    .button = Ver los planes
    .safe = El registro sigue: un plan nunca detiene un escaneo, una etiqueta ni una unidad.
