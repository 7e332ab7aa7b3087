### What a phone is told while the box starts.

starting-title = The box is starting
starting-why = It checks its records, which takes a moment; after damage to its storage it can take some minutes.
starting-safe = Nothing was recorded now; what was recorded before is safe.
starting-looks-again = This page checks again automatically.
# Of a form, which is not sent again automatically.
starting-send-again = Go back, and send what you entered again in a few seconds.
