//! Forms as data: one definition draws a form, reads it, says all that is wrong with it at once, and sets beside each other
//! what two people made of it.
//!
//! Words are found by their keys in the program's catalogue: `form-<form>-<field>` is a label, `.hint` the text beside
//! it, `.needed` and `.wrong` what is said of a field that is empty or cannot be read, `form-<form>-<field>-<option>`
//! an option and `form-<form>-<section>` the title of a section. [`GENERAL_KEYS`] are those of every form.
//!
//! A form of something that is there already carries `seen`, the version that it was drawn of. Nothing rests on it but
//! whether a conflict is shown first: a forged one harms only its sender.

mod conflict;
mod definition;
mod draw;
mod values;

pub use self::conflict::{ConflictRow, ConflictSide, ConflictValue};
pub use self::definition::{FieldInput, FormDefinition, FormField, FormSection};
pub use self::draw::{FilledSection, FormOption, FormPainter};
pub use self::values::{
    FieldCause, FieldError, FieldFault, FormValues, GENERAL_KEYS, OPENED_FIELD, SEEN_FIELD, read_seen,
};

#[cfg(test)]
mod tests;
