### What a phone is told while the box starts.

starting-title = The box is starting
starting-why = It checks its records, which takes a moment; after damage to its card it can take some minutes.
starting-safe = Nothing was recorded now; what was recorded before is kept.
starting-looks-again = This page looks again by itself.
# Of a form, which is not sent again by itself.
starting-send-again = Go back, and send what you entered again in a few seconds.
