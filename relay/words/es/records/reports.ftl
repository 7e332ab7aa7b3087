### Reports of a facility.

reports-title = Informe de { $facility }
reports-what = Un informe en papel (PDF) lleva adjuntos todos los registros y su prueba: quien lo reciba puede comprobarlo sin nosotros. Las tablas tienen los mismos registros.
reports-from = Primer día
reports-to = Último día
reports-format = Como
reports-pdf = PDF: en papel, con su prueba
reports-csv = CSV: una tabla
reports-xlsx = XLSX: una hoja de cálculo
reports-json = JSON: para programas
reports-make = Hacer el informe
reports-wait = Se hace mientras espera: miles de limpiezas tardan unos segundos.
reports-back = La página del centro
