staff-sign-in = Sign in
staff-boxes = { $count ->
    [0] No boxes
    [one] { $count } box
   *[other] { $count } boxes
}
