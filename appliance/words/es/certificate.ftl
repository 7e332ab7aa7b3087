### How a phone or computer comes to trust this box: its certificate, and the steps for each system.

certificate-title = Cómo confiar en esta unidad
certificate-why = Esta unidad firma ella misma sus páginas seguras. Mientras un teléfono no tenga el certificado de la unidad, avisa que la conexión no es privada. Instale el certificado una vez en cada teléfono en el que alguien inicie sesión.
certificate-not-needed = Para registrar una limpieza con un nombre no hace falta nada de esto.
certificate-fingerprint = Huella digital del certificado (SHA-256)
certificate-compare = Antes de instalarlo, compárela con la misma página en un dispositivo que ya confíe en la unidad. Si no coinciden, no lo instale y avise a { $contact }.
certificate-until = Es válido hasta el { $day }.
# Buttons.
certificate-get-profile = Descargar el perfil
certificate-get-certificate = Descargar el certificado
certificate-apple = iPhone y iPad
    .first = Abra esta página en Safari, toque “Descargar el perfil” y permítalo.
    .second = Abra Ajustes, toque “Perfil descargado” y luego “Instalar”.
    .third = En Ajustes abra General, Información, Ajustes de confianza de los certificados, y active { $name }.
certificate-android = Teléfonos Android
    .first = Toque “Descargar el certificado”. El navegador guarda el archivo { $file }.
    .second = Abra Ajustes, busque “certificado de CA”, tóquelo y luego “Instalar de todos modos”.
    .third = Elija el archivo { $file }.
certificate-computer = Windows, Mac y Firefox
    .first = Windows: abra el archivo { $file }, elija “Instalar certificado”, “Equipo local” y el almacén “Entidades de certificación raíz de confianza”.
    .second = Mac: abra el archivo { $file } en Acceso a Llaveros, abra allí el certificado y en “Confiar” elija “Confiar siempre”.
    .third = Firefox: busque “certificados” en sus ajustes, luego “Ver certificados”, “Autoridades”, “Importar” y el archivo { $file }.
certificate-test = ¿Funcionó?
    .what = Abra la página segura. Si no aparece ningún aviso, este dispositivo confía en la unidad.
    .link = Abrir la página segura
certificate-none = Esta unidad no tiene páginas seguras ahora
    .what = No hay ningún certificado que instalar. Las limpiezas se registran en las páginas simples.
