### Packs of protocols from manufacturers and other facilities, and whose signature the facility trusts.

# $name: of the pack; $version: as its maker numbers it.
pack-title = { $name }, version { $version }
# $time: when somebody brought the file, such as “today 14:04”.
pack-brought = Brought { $time }
pack-categories = Categories
pack-protocols = Protocols
pack-category-fields = { $count ->
    [0] No own fields
    [one] { $count } own field
   *[other] { $count } own fields
}
pack-category-there = There already
# $agents: products, each as it is entered: name | EPA number | dilution.
pack-agents = Disinfectants that the draft names as examples: { $agents }. Enter the one that you use, after you have compared what the draft says with its label and the manufacturer’s instructions.
pack-unsigned = Not signed: nobody vouches for where it comes from
# $name: under which the pack was signed.
pack-unknown = Signed by { $name }, whom this facility does not trust
pack-trusted = Signed by { $name }
pack-wrong = It names { $name }, and the signature does not fit: do not use it
pack-remove = Remove this pack
pack-unchanged = No pack was added. Those below are as they were.
pack-bring = Add a pack from a file
pack-bring-hint = A .ctpack file of a manufacturer or another facility. It comes as drafts: nothing of it counts before somebody has completed and approved a draft here.
pack-file = File
pack-bring-button = Add as drafts
pack-missing = Choose a .ctpack file first
pack-too-long = The file is larger than { $max } KB, which is the most that a pack has. Choose another file
pack-no-pack = This file is no pack of protocols, or it was cut. Ask whoever made it for it once more
pack-altered = The file was changed after it was made, or damaged on its way. Do not use it; ask whoever made it for it once more
pack-empty = There is no protocol in this pack. Ask whoever made it for another one
pack-unreadable = The box cannot read what this pack holds. It may be made for a newer version
# $what: the name of the value in the pack, such as “steps”.
pack-value = A value in this pack does not fit ({ $what }): it is missing, too long, or there twice. Ask whoever made it for another one
pack-too-many = The box holds as many as it takes. Remove one first
pack-refused = This pack was not taken
pack-refused-next = Correct it, then send it again.
pack-own = Hand on your own protocols
pack-own-hint = All protocols in use, as one .ctpack file. Disinfectants go along as examples, with EPA number and dilution. Contact time, the manufacturer’s reference and the approval stay here: whoever takes a protocol over fills in their own.
pack-own-unsigned = Download unsigned
pack-own-signed = Sign and download
pack-keys-title = Whose packs you trust
pack-keys-what = A manufacturer signs packs with a key. Where you have entered its public half, the box can tell that a pack comes from them and is unchanged. Compare the key over the phone or on paper before you enter it.
pack-keys-none = No key is trusted yet.
pack-keys-unchanged = No key was added.
pack-keys-back = Back to the packs
# $time: such as “today 14:04”.
pack-key-added = Added { $time }
pack-key-remove = Trust it no more
pack-key-add = Trust a key
pack-key-field = Public key
pack-key-hint = As its owner hands it on: name+8 digits+letters
pack-key-button = Trust this key
pack-key-wrong = This is no public key for packs. Copy it whole, as its owner hands it on
pack-key-own = Your own public key
pack-key-own-hint = Hand it on to those who take over your protocols, over another way than the file.
pack-key-own-none = There is none yet: it is made when you first sign your protocols.
