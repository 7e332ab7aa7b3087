### Programas que leen la cuenta con un token, y la página de la API.

programs-title = Programas
programs-lead = Un programa lee esta cuenta por la { $api } con un token propio.
    .api = API
programs-made = Copie el token ahora
    .hint = Se muestra solo esta vez. Quien lo tenga puede hacer lo que el token permite.
programs-made-token = El token
programs-webhooks = Webhooks: lo que este servidor central envía a programas suyos
programs-none = Todavía no hay programas
    .hint = Cree un token para cada programa que lea esta cuenta, para que cada uno se pueda revocar por separado.
programs-caption = { $count ->
    [one] { $count } programa
   *[other] { $count } programas
}
programs-name = Nombre
programs-id = Identificador
programs-state = Estado
programs-made-on = Creado
    .by = { $day } por { $name }
programs-last-used = Último uso
    .from = { $day } desde { $network }
programs-new = Crear un token
programs-make = Crear token

token-revoked = Revocado
token-no-end = No termina
token-expired = Caducado
token-left = Vale { $span } más

program-may = Puede
    .read = leer
    .write = leer, agregar y cambiar centros
program-sees = Ve
    .all = todos los centros
program-origins = Páginas que pueden leer con él
program-ends = Termina
program-revoked = Revocado
    .by = { $time } por { $name }
program-revoke = Revocar el token
    .hint = El programa no lee nada más desde su próxima solicitud. Esto no se puede deshacer; si fue un error, cree un token nuevo.
program-revoke-button = Revocar

api-title = API
api-lead = Con { $header }, por HTTPS. Un token lee una sola cuenta; quien administra la cuenta lo crea en la página Programas.
api-whole = Descripción completa, como OpenAPI
api-operations = Operaciones
api-path = Ruta
api-method = Método
api-what = Qué hace
