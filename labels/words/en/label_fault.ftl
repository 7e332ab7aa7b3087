### What a person is told of a label that cannot be made.

## Why a label cannot be made, inside a sentence. $field: one of label-field, or what the template says.

label-field = { $field ->
    [url] label address
    [tag] tag
    [name] name
    [asset_number] asset number
    [serial] serial number
    [maker] manufacturer
    [model] model
    [category] category
    [location] location
    [facility] facility
    [protocol] protocol
    [protocol_version] protocol version
    [steps] steps
    [agent] disinfectant
    [contact_time] contact time
    [ppe] protective equipment
    [ifu] reference to the instructions
    [load] load
    [load_lot] lot of the load
    [load_expires] expiry of the load
    [machine] machine
    [cleaned_at] time of cleaning
    [cleaned_by] person who cleaned
    [clean_until] time until which it is clean
    [until] end
    [reason] reason
    [person] person
    [role] role
    [staff_id] staff number
    [position] position
   *[date] date
}
label-template-text = template’s text “{ $text }”
label-text = the { $field } cannot be printed: { $why }
    .or-number = the { $field } cannot be printed: { $why }; or print the asset number instead
label-character = the character “{ $character }” ({ $code }) cannot be printed; write it with Latin, Greek or Cyrillic letters
label-accent = the accent { $code } on “{ $letter }” cannot be printed on that letter; use the letter alone or another spelling
label-invisible = the invisible character { $code } cannot be printed; remove it
label-text-long = the text has { $chars } characters; at most { $max } are allowed
label-text-lines = the text has { $lines } lines; at most { $max } are allowed
label-no-room = the { $field } has { $chars } characters, too many for this label; shorten it or choose a larger label
label-missing = this label needs the { $field }, which is empty; fill it in or choose another template
label-no-tag = “{ $tag }” is not a tag: a tag is letters and digits only
label-other-tag = the label address “{ $url }” does not end with the tag “{ $tag }”; nothing was printed
label-no-number = this equipment has no asset number to print instead of its name; give it one, or enter a name with Latin, Greek or Cyrillic letters
label-code-character = the label address has a “{ $character }”, which the compact form of a code cannot hold; use a label host of letters, digits, dots and hyphens
label-code-long = the label address has { $chars } characters, more than a code on this label holds; choose a shorter label host
label-code-empty = the label has no address for its code; give it one
# Squares of a code, in millimetres.
label-code-small = the label address makes squares of { $module } mm on this label, and phones need { $least } mm; make the code at least { $needs } mm wide, shorten the label host or choose a larger label
    .close-up = the label address makes squares of { $module } mm on this label, and phones held close need { $least } mm; make the code at least { $needs } mm wide, shorten the label host or choose a larger label
