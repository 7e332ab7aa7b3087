### El idioma y la zona horaria de una persona y de una cuenta.

locale-own = Idioma y zona horaria
    .lead = Así lee usted las páginas y los correos. Las horas de un centro quedan en su propia zona.
locale-account = Idioma y zona horaria de la cuenta
    .lead = Para quienes no eligieron nada y para los correos a la cuenta.
locale-language = Idioma
locale-none = Como lo pide el navegador
    .account = Inglés, si el navegador no pide nada
locale-name = { $tag ->
    [en-US] Inglés (Estados Unidos)
    [en-GB] Inglés (Reino Unido)
    [es-US] Español (Estados Unidos)
    [es-MX] Español (México)
   *[es-ES] Español (España)
}
locale-zone = Zona horaria
    .hint = Por ejemplo, America/Chicago. Vacío: la de la cuenta o, si no hay, UTC.
    .unknown = Esta no es una zona horaria: ingrese una como America/Chicago o Europe/Madrid
locale-save = Guardar
