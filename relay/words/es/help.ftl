### Las páginas de ayuda y el camino a ellas.

help-title = Ayuda
help-lead = Guías para quienes administran y para las personas que trabajan con las unidades. Vienen con este servidor central.
help-all = Todas las guías
