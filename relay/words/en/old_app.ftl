### Answers to scripts of the app before this one, for what is done at the box.

# $addresses: of boxes, such as https://ct.example, https://north.example.
at-the-box = This is done at the box
    .record = Cleanings are recorded at the box of the facility, which signs them; this relay only receives them.
    .change = Equipment is added, changed and retired at the box of the facility; this relay only receives it.
    .safe = Nothing was changed.
    .next = Send the same request to the box of the facility: { $addresses }
    .scan = Scan the label with a phone in the facility’s network, or send the same request to its box.
    .page = Send the same request to the box of the facility, or use its staff pages.
