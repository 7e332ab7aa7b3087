### How an account looks: its name and colour at the top of its pages.

brand-title = Name, color and logo
brand-lead = What people of this account see at the top of every page. Label sheets stay as they are.
brand-name = Name of the account
brand-name-bad = Enter a name of 1 to 120 characters
brand-accent = Color of the band
    .hint = Six hexadecimal digits, such as #0c3a2d. White letters must be readable on it. Leave it empty for CleanTrack’s own.
    .bad = Enter a color as six hexadecimal digits, such as #0c3a2d, or nothing.
    .pale = White letters on this color are hard to read: their contrast is below 4.5 to 1. Choose a darker one.
brand-save = Save
brand-logo = Logo
    .hint = A PNG, JPEG or WebP of at most 1 MB and 8 million pixels. It stands at the head of pages in place of CleanTrack’s mark, 96 pixels high at most
    .present = The present logo
    .save = Upload the logo
    .remove = Remove the logo
    .missing = Choose a file first
    .large = This file is larger than 1 MB, or has more than 8 million pixels. Choose a smaller one
    .bad = This file is no PNG, JPEG or WebP, or is damaged. Choose another one
brand-slug = Short name in addresses
    .hint = 3 to 40 letters a to z, digits or hyphens. The present one leads on for a year
    .address = Give your people this address to sign in at:
    .address-name = Address to sign in at
    .save = Change the short name
    .bad = Enter 3 to 40 letters a to z, digits or hyphens
    .taken = Another account has this short name. Choose another one
    .often = The short name was changed five times in a year. Take an earlier one, or wait
