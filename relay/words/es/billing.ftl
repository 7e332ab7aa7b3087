### Lo que paga una cuenta, y lo que pagan todas.

billing-title = Facturación
billing-open = Facturación
billing-lead = Lo que esta cuenta paga por CleanTrack. Se deba lo que se deba, el registro sigue: nada de ello detiene un escaneo, una etiqueta ni una unidad.
billing-off = La facturación está apagada en este servidor central: no se cobra nada y no se limita nada.
billing-notice = { $state ->
    [past-due] Un pago falló y se intenta de nuevo. Todo funciona como siempre.
    [grace] Ya no se paga nada por esta cuenta. Todo funciona hasta el { $until }; después no se pueden añadir centros, unidades ni personas.
   *[other] Ya no se paga nada por esta cuenta, así que no se pueden añadir centros, unidades ni personas. Registrar, leer y exportar sigue igual.
}
billing-present = Su plan
billing-state = { $state ->
    [trial] Prueba
    [active] Activa
    [past-due] Pago pendiente
    [grace] Terminada
   *[other] Solo lectura
}
billing-state-line = { $state ->
    [trial] No hay que pagar nada hasta el { $at }.
    [active] La suscripción está activa.
    [past-due] Un pago falló y se intenta de nuevo. Todo funciona como siempre.
    [grace] Ya no se paga nada. Todo funciona hasta el { $at }.
   *[other] Desde el { $at } no se añade nada: pague o suscríbase y se podrá de inmediato.
}
billing-plan = Plan
billing-month = Al mes
billing-renews = Se renueva
billing-ends = Termina
billing-due = Por pagar
billing-next-try = Próximo intento
billing-fetched = Según Stripe
billing-manage = Tarjetas, facturas, cancelación
    .hint = En páginas de Stripe, que cobra. Nosotros nunca vemos una tarjeta.
billing-choose = Suscribirse a un plan
billing-change = Cambiar el plan
    .button = Cambiar
    .hint = Cambia de inmediato. Lo pagado por el plan actual se descuenta en la próxima factura.
billing-currency = Moneda
    .hint = La que elija ahora se mantiene
billing-subscribe = Suscribirse
    .hint = La tarjeta, la dirección y el identificador fiscal (IVA, GSTIN) se introducen en una página de Stripe. Lo que queda de la prueba se conserva.
billing-plan-about = { $price } al mes: { $facilities }, { $people }
billing-facilities-any = cualquier número de centros
billing-facilities-most = { $most ->
    [one] { $most } centro
   *[other] { $most } centros
}
billing-people-any = cualquier número de personas
billing-people-most = { $most ->
    [one] { $most } persona
   *[other] { $most } personas
}
billing-limits = Lo que usa
    .hint = En un límite solo se detiene añadir uno más. Cuentan los miembros y las invitaciones abiertas.
billing-facilities = Centros
billing-people = Personas
billing-used = { $count } de { $limit }
billing-used-unlimited = { $count }, sin límite
billing-near = casi todo
billing-reached = todo
billing-items = Equipos en servicio: { $today } hoy, { $peak } el día más alto del periodo.
billing-item-price = Un equipo en servicio cuesta { $price } al mes, según el día más alto del periodo.
billing-limit-facilities = { $limit ->
    [one] Su plan tiene { $limit } centro. Elija un plan mayor en la página Facturación para añadir otro
   *[other] Su plan tiene { $limit } centros. Elija un plan mayor en la página Facturación para añadir otro
}
billing-limit-people = { $limit ->
    [one] Su plan tiene { $limit } persona. Elija un plan mayor en la página Facturación para invitar a otra
   *[other] Su plan tiene { $limit } personas, con las invitaciones abiertas. Elija un plan mayor en la página Facturación para invitar a otra
}
billing-adds-nothing = Ya no se paga nada por esta cuenta, así que no se puede añadir nada. Quien la administra se suscribe en la página Facturación
billing-invoices = Facturas
    .none = Todavía no hay facturas.
billing-pdf = PDF
billing-number = Número
billing-made = Fecha
billing-amount = Importe
billing-status = Estado
billing-invoice-status = { $status ->
    [draft] en preparación
    [open] por pagar
    [paid] pagada
    [uncollectible] no cobrada
    [void] anulada
   *[other] { $status }
}
billing-subscribed = Ya está suscrito. Gracias.
billing-waits = Stripe todavía no nos ha dicho cómo terminó. Tarda unos segundos; no se pierde nada si sale de la página.
billing-look-again = Mirar de nuevo
billing-back = Lo que cambió se ve aquí en menos de un minuto.
billing-leave = Continuar en Stripe
    .title = Suscribirse en Stripe
    .lead = Eligió el plan { $plan }. En la página de Stripe ve otra vez lo que cuesta y lo confirma allí.
billing-stay = Volver a la facturación
billing-portal = Su suscripción en Stripe
    .lead = Allí cambia la tarjeta y la dirección, paga lo pendiente o cancela. El enlace sirve una vez, durante unos minutos.
billing-no-price = Este plan no se ofrece en esta moneda. Elija otra o pregunte a quien administra este servidor central
billing-no-portal = Stripe todavía no tiene nada de esta cuenta. Suscríbase primero a un plan
billing-foreign = Stripe conoce esta cuenta con otro cliente. No se cobró nada. Pregunte a quien administra este servidor central
billing-busy = Stripe no lo aceptó ahora. No se cobró nada. Inténtelo de nuevo en un minuto
billing-unanswered = Stripe no respondió. Lo que resultó se ve aquí en menos de un minuto. Inténtelo entonces: lo mismo nunca se hace dos veces
billing-refused = Stripe lo rechazó. No se cobró nada. Pregunte a quien administra este servidor central

revenue-title = Ingresos
revenue-link = Ingresos
revenue-lead = Lo que las cuentas pagan al mes después de cupones, cada moneda por separado. Los cambios son frente al final del mes pasado.
revenue-figures = Este mes
revenue-figure = Cifra
revenue-accounts = Cuentas
revenue-amount = Importe
revenue-group = { $group ->
    [paying] Ingresos mensuales recurrentes
    [new] Nuevos
    [expansion] Aumentos
    [contraction] Reducciones
    [churned] Bajas
    [trial] En prueba
    [unconverted] Prueba terminada, sin suscripción
    [past-due] Pago pendiente, con lo que se debe
   *[other] Solo lectura
}
revenue-usage = Equipos en el último periodo cerrado
revenue-churn = Bajas, como parte del mes pasado
revenue-converted = Cuentas que pagan, de todas con la prueba terminada
revenue-none = ninguno
revenue-no-account = No hay ninguna.
revenue-account = Cuenta
revenue-state = Estado
revenue-differences = Diferencias con Stripe
    .none = La última revisión no encontró ninguna. Se revisa cada noche.
    .lead = Stripe tiene esto de otra forma que este servidor central. Cada una se consulta de inmediato; lo que queda no pertenece a ninguna cuenta de aquí.
revenue-customer = Cliente
revenue-ours = Aquí
revenue-theirs = En Stripe
revenue-since = Desde
revenue-nothing = nada
revenue-lasting = dos noches
