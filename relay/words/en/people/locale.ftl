### The language and time zone of a person, and of an account.

locale-own = Language and time zone
    .lead = In these you read pages and mails. Times of a facility stay in its own zone.
locale-account = Language and time zone of the account
    .lead = For people who have chosen none, and for mails to the account.
locale-language = Language
# Of a person: what the browser asks for, then the account’s.
locale-none = As the browser asks
    .account = English, where the browser asks for nothing
locale-name = { $tag ->
    [en-US] English (United States)
    [en-GB] English (United Kingdom)
    [es-US] Spanish (United States)
    [es-MX] Spanish (Mexico)
   *[es-ES] Spanish (Spain)
}
locale-zone = Time zone
    .hint = Such as America/Chicago. Empty: the account’s, or else UTC.
    .unknown = This is no time zone: enter one such as America/Chicago or Europe/Madrid
locale-save = Save
