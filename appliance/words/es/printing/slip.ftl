slip-setup-title = Hoja de configuración
slip-receipt-title = Comprobante: { $name }
slip-self-test-title = Prueba de la impresora

slip-box = Unidad CleanTrack
slip-open = Escanee este código con un teléfono de la misma red o escriba la dirección:
slip-also = También: { $address }
slip-no-address = La unidad todavía no tiene dirección de red. Conéctela a la red e imprima esta hoja de nuevo.
slip-code = Código de configuración
slip-code-used = No hay código de configuración que mostrar: ya se usó o no se definió ninguno.
slip-own-wifi = Contraseña de la wifi de la unidad
slip-state = Estado
slip-state-open = sin configurar
slip-state-mistakes =
    { $count ->
        [one] { $count } error en el archivo de asociación
       *[other] { $count } errores en el archivo de asociación
    }
slip-state-mistakes-where = Los errores están en la página de configuración y en un archivo de la tarjeta de memoria.
slip-state-claimed = asociada al servidor central
slip-state-alone = trabaja sola
slip-secret = El código y la contraseña son secretos. Destruya esta hoja cuando la unidad esté configurada o guárdela donde no la lea nadie ajeno.
    .code = El código es secreto. Destruya esta hoja cuando la unidad esté configurada o guárdela donde no la lea nadie ajeno.
    .passphrase = La contraseña es secreta. Destruya esta hoja o guárdela donde no la lea nadie ajeno.
slip-box-id = Unidad
slip-version = Versión
slip-printed = Impreso

slip-cleaning = Registro de limpieza
slip-equipment = Equipo
slip-tag = Código
slip-done = Limpiado
slip-by = Por
slip-entry = Entrada
slip-hash = Hash
slip-receipt = Comprobante
slip-check = Este registro se puede comprobar en { $address }
slip-incomplete = Incompleto: { $missing }
slip-late = Registro tardío
slip-voided = Anulado: este registro no cuenta.

slip-printer = Impresora
slip-language = Lenguaje
slip-resolution = Puntos por pulgada
slip-head = Puntos de ancho
slip-roll = Rollo
slip-columns-hint = Los dígitos llenan una línea de borde a borde. Si pasan a la siguiente, indique menos puntos de ancho.
slip-letters-hint = Las letras que salgan mal no están en esta impresora; las hojas muestran entonces otras parecidas.
