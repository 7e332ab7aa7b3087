### Regiones: centros que van juntos.

regions-title = Regiones
regions-lead = Una región es un grupo de centros. Quien recibe una región ve todos sus centros, también los que usted agregue después.
regions-none = Todavía no hay regiones. Una cuenta sin regiones también funciona: asigne a las personas centros sueltos, o todos.
regions-count = { $count ->
    [one] { $count } centro
   *[other] { $count } centros
}
regions-name = Nombre
regions-new = Región nueva
regions-make = Crear la región
regions-save = Guardar
regions-delete = Eliminar la región
    .hint = Sus centros se conservan. Quienes los ven solo por esta región dejan de verlos.
regions-facilities = Centros que incluye
regions-named-hint = Uno por línea, por su nombre. Uno que está en otra región pasa a esta
regions-changed = Mientras tanto, otra persona cambió la región { $name } o movió uno de sus centros. No se guardó nada: así está ahora, y lo que usted escribió está debajo
regions-entered = Lo que usted escribió
regions-unknown = En la región { $name } no se cambió nada: no hay un único centro con el nombre { $lines }
regions-elsewhere = ahora en { $region }
regions-bad-name = Escriba un nombre de 1 a 120 caracteres
regions-taken = Ya hay otra región con el nombre { $name }
regions-too-many = Esta cuenta tiene { NUMBER($max) } regiones, y ese es el máximo
