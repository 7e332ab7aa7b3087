### Every table by number or id, for whoever runs the platform.

records-title = Records
records-link = Records: every table by number or id
records-lead = Rows of every table that have what you look for, and those that refer to it. Nothing can be changed, and nothing secret is shown. Rows of an account are shown while it is open to you; each look stands in its access log.
records-find = Number, id or e-mail address
records-account = Account
    .none = Rows of no account
records-table = Table
    .all = All but the large ones
records-button = Show
records-none = Nothing found
    .hint = What an account recorded is found only while it is open to you, and in large tables only where you name one.
records-rows = { $table }, { $count ->
    [one] { $count } row
   *[other] { $count } rows
}
