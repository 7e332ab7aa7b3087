### Reports of a facility.

reports-title = Report of { $facility }
reports-what = A report on paper (PDF) has every record and its proof attached: whoever gets it can check it without us. Tables have the same records.
reports-from = First day
reports-to = Last day
reports-format = As
reports-pdf = PDF: on paper, with its proof
reports-csv = CSV: a table
reports-xlsx = XLSX: a spreadsheet
reports-json = JSON: for programs
reports-make = Make the report
reports-wait = It is made while you wait: thousands of cleanings take some seconds.
reports-back = The facility’s page
