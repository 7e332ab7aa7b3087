-box = equipo CleanTrack

scan-record = Registrar limpieza
scan-wet-until = Mantenga { $item } mojado hasta { $time } y luego regístrelo
scan-overdue = { $count ->
    [one] Un equipo atrasado
   *[other] { $count } equipos atrasados
}
scan-named = { $proof ->
    [pin] { $name }, con PIN
    [badge] { $name }, con credencial
   *[none] { $name }, sin comprobar
}
scan-rate = { NUMBER($rate) } % de las ventanas cumplidas
scan-unreachable = El { -box } no responde
scan-note = Nota
    .placeholder = Lo que { $name } debe saber
