starting-title = La unidad está arrancando
starting-why = Está revisando sus registros, lo que tarda un momento; si su almacenamiento sufrió daños, puede tardar unos minutos.
starting-safe = Ahora no se registró nada; lo registrado antes está a salvo.
starting-looks-again = Esta página vuelve a intentarlo automáticamente.
starting-send-again = Vuelva atrás y envíe de nuevo en unos segundos lo que ingresó.
