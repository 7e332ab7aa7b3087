### Help pages, and the way to them.

help-title = Help
help-lead = Guides for admins, and for the people at the boxes. They come with this relay.
help-all = All guides
