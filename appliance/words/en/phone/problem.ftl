### Something is wrong with an item: the open reports on its pages, and the page on which anybody reports.

# Link on an item’s page.
problem-link = Something is wrong with this item
# After “It was used”; $when: such as “today 21:27”.
problem-used = Use recorded: { $when }
# $day: the last day of the loan.
loan-overdue = This loaner was due back on { $day }
# Another link there: nothing is wrong, and it was used on a patient.
used-link = It was used
problem-open-title = Open reports
# $what: one of line-problem-word in history.ftl; $when: such as “today 13:02”.
problem-line = Reported { $when }: { $what }
# $who: who reported it, and how that is proven.
problem-line-by = Reported { $when } by { $who }: { $what }
# The same of what was added to a report that is open.
problem-line-added = Added { $when }: { $what }
problem-line-added-by = Added { $when } by { $who }: { $what }
# $count: what was added before, which is not shown.
problem-added-earlier = { $count ->
    [one] One earlier addition is in the item’s history.
   *[other] { NUMBER($count) } earlier additions are in the item’s history.
}
# Link for biomed.
problem-close = Close the report

## The page on which somebody reports.

problem-title = What is wrong?
# $name: the item’s.
problem-title-of = What is wrong with { $name }?
problem-choose = Choose one
problem-kind = { $word ->
    [broken] It is broken or does not work
    [part-missing] A part is missing
    [can-not-be-cleaned] It cannot be cleaned as it is
    [soiled] It was put away dirty
    [wrong-label] The label is of another item
   *[other] Something else
}
problem-text = In your own words
    .hint = What you see, optional
problem-photo = Photo
    .hint = Optional. No people, no patient names.
    .own = Your photo
    .stored = Photo saved
    .another = Take another photo
    .alt = Photo of { $name }
problem-name = Your name
    .hint = Optional
problem-send = Send the report
problem-back = Back to the item
problem-nothing = Nothing was sent.
problem-told = Biomed sees your report at once.
problem-added = There are several open reports about this item, so yours was added to the newest one. Biomed sees it there.
problem-without-photo = Your report was sent, but your photo was not saved: photo storage is full. Tell { $contact } what it showed.
