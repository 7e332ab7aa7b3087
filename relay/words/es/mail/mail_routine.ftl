### Correos que llegan según el calendario.

mail-welcome = Le damos la bienvenida a CleanTrack
    .what = { $name }: la cuenta de { $account } está abierta y le pertenece.
    .plan = Su plan es { $plan }, hasta el { $ends }: { $facilities ->
        [one] un centro
       *[other] { NUMBER($facilities) } centros
    } y { $people ->
        [one] una persona
       *[other] { NUMBER($people) } personas
    }. Pase lo que pase con un pago, los teléfonos siguen registrando.
    .first = Primero agregue un centro y después su unidad: desde entonces todo lo que se limpia ahí se ve aquí.
    .button = Abrir su cuenta
    .help = La ayuda está en “Ayuda”, al pie de cada página.

mail-weekly = La semana de { $account }
    .rate = Del { $from } al { $to }, { $rate } de lo que vencía en { $account } se limpió a tiempo: { NUMBER($met) } de { NUMBER($closed) }.
    .no-rate = Del { $from } al { $to } no venció nada en { $account }: no hay porcentaje, y eso no es ni bueno ni malo.
    .counts = { $cleanings ->
        [one] Se registró una limpieza
       *[other] Se registraron { NUMBER($cleanings) } limpiezas
    }, de { $items ->
        [one] un equipo
       *[other] { NUMBER($items) } equipos
    } en total. Vencidos ahora: { NUMBER($overdue) }.
    .use = En promedio, un equipo se limpió { NUMBER($cleaned) } veces y se usó { NUMBER($used) } veces al día.
    .time = La mitad de las limpiezas se registró en { NUMBER($seconds) } segundos o menos, sin el tiempo de contacto.
    .unknown = { $unknown ->
        [one] La unidad de un centro no responde
       *[other] Las unidades de { NUMBER($unknown) } centros no responden
    }: lo que pasó ahí desde entonces no está en estos números.
    .trend = A tiempo, semana por semana
    .week = Semana desde
    .column-rate = A tiempo
    .places = Por centro, el más bajo primero
    .place = Centro
    .column-cleanings = Limpiezas
    .column-overdue = Vencidos ahora
    .button = Abrir el resumen

mail-inspection-30 = { $facility } se inspecciona en { NUMBER($days) } días
    .what = La inspección es el { $day }. En los últimos 30 días, { $rate } de lo que vencía ahí se limpió a tiempo.
    .button = Ver lo que falta
mail-inspection-7 = { $facility } se inspecciona en { NUMBER($days) } días: vea lo que falta
    .what = La inspección es el { $day }. En los últimos 30 días, { $rate } de lo que vencía ahí se limpió a tiempo.
    .button = Ver lo que falta
mail-inspection-1 = { $facility } se inspecciona { $days ->
        [0] hoy
       *[other] mañana
    }
    .what = El { $day } se inspecciona { $facility }. En los últimos 30 días, { $rate } de lo que vencía ahí se limpió a tiempo.
    .button = Ver lo que falta
mail-inspection = Inspección
    .title = Está anunciada como: { $title }
    .overdue = { $overdue ->
        [one] Un equipo está vencido
       *[other] { NUMBER($overdue) } equipos están vencidos
    } ahora. Empiece por ahí.
    .no-gaps = En estos días no faltó nada y nada está vencido.
    .gaps = Lo que faltó en los últimos 30 días, lo más frecuente primero
    .item = Equipo
    .place = Lugar
    .missed = Veces
    .last = Última vez

mail-reminder = { $count ->
        [one] Un equipo vence en este turno
       *[other] { NUMBER($count) } equipos vencen en este turno
    }
    .what = En { $facility }, hasta el { $ends }, hay que limpiar esto.
    .items = Lo que vence, lo más próximo primero
    .item = Equipo
    .place = Lugar
    .by = Antes del
    .button = Abrir el centro

mail-onboarding-1 = Próximo paso: la unidad de su primer centro
    .what = { $account } todavía no tiene ninguna unidad. Una unidad es una computadora pequeña en el edificio: los teléfonos registran ahí las limpiezas, con o sin internet.
    .how = Agregue un centro, descargue el archivo de activación de su unidad y cópielo en la tarjeta. Quien la instala no necesita nada más.
    .button = Agregar una unidad

mail-onboarding-3 = Próximo paso: la primera limpieza
    .what = En { $account } todavía no se registró nada. Imprima una etiqueta, péguela en un equipo y escanéela con un teléfono: eso es todo.
    .how = Las etiquetas salen de la página de la unidad o de las hojas de etiquetas en la página del centro.
    .button = Abrir sus centros

mail-onboarding-7 = Próximo paso: una segunda persona
    .what = En { $account } está solo usted. Quien ve los mismos números puede actuar cuando usted no está, y una cuenta con dos administradores nunca queda bloqueada.
    .how = Para invitar bastan un correo electrónico y un rol.
    .button = Invitar a alguien

mail-report-ready = El informe de { $title } está listo
    .what = Es del { $from } al { $to } y tiene { NUMBER($kilobytes) } KB. Se guarda 90 días.
    .button = Abrir sus informes
    .why = Nombra a personas, así que no va adjunto: lo abre quien inicia sesión.
