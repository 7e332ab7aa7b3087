### Las regiones, una junto a otra.

compare-title = Comparar regiones
compare-caption = Primero el valor más bajo de 30 días
compare-no-regions = Todavía no hay regiones: quien administra la cuenta las crea en la página Personas.
compare-region = Región
compare-none = en ninguna región
compare-facilities = Centros
compare-items = Equipos
compare-month = 30 días
compare-week = 7 días
compare-today = Hoy
compare-overdue = Vencidos
compare-silent = Unidades sin conexión
compare-back = Todos los centros
