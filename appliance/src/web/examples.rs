//! What the rows' examples name: things of one facility, which the tests of the table create.

use web::route::Example;

pub(crate) const TAG: &str = "ABCDEFGH3";
pub(crate) const SUSPENDED_TAG: &str = "7QK3M9X2W";
/// The place `ICU East` and the category `Bed`, by the digests of their names.
pub(crate) const LOCATION: &str = "8a435c8a90f781f14f3fc847fd41204c";
pub(crate) const CATEGORY: &str = "f816a74c2310179d8785838dfadd3f6f";
pub(crate) const SPARE_TAG: &str = "000000001";
/// The code `BME-004711`, by its digest.
pub(crate) const CODE: &str = "d8509a73528c775b623d835229e8d64e";
/// An item with a maintenance task.
pub(crate) const UPKEPT_TAG: &str = TAG;
pub(crate) const UPKEEP: &str = "01J00000000000000000000VPK";
pub(crate) const PROTOCOL: &str = "01J00000000000000000000PRT";
pub(crate) const REPORT: &str = "01J00000000000000000000RPT";
pub(crate) const STAFF: &str = "01J00000000000000000000STF";
pub(crate) const PIN: &str = "471147";
pub(crate) const NEW_PIN: &str = "839204";
pub(crate) const BADGE: &str = "0badge00";
#[cfg(test)]
pub(crate) const STAFF_BADGE: &str = "0004711-WARD-7";
pub(crate) const NEW_BADGE: &str = "0004712-WARD-7";
pub(crate) const BACKUP_KEY: &str =
    "AGE-SECRET-KEY-175P35XRRGTP7EYKDGGXFWPWDFLC8AG49G4PAU0NGAKD6S9S3A0KQ0NFEHR";
/// A job of one label that a person is asked about.
pub(crate) const JOB: &str = "01J00000000000000000000J0B";
pub(crate) const PRINTER: &str = "Desk";
pub(crate) const TEMPLATE: &str = "ward-label";
/// Of a cleaning; which it is follows from its hash.
pub(crate) const RECEIPT: &str = "1-1-0000000000";
/// The same cleaning's id, which follows from the key of the log.
pub(crate) const CLEANING: &str = "1-00000000.0";
/// An open report; its id follows from the key of the log.
pub(crate) const PROBLEM: &str = "1-00000000.1";
pub(crate) const PHONE_COOKIE: &str = "device=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
/// A photo's file; its name follows from its content.
pub(crate) const PHOTO_FILE: &str = "photo.jpg";
/// Of a record that waited in a phone.
pub(crate) const SUBMISSION: &str = "01J00000000000000000000SBM";
pub(crate) const REFUSED: &str = "01J00000000000000000000RFS";
pub(crate) const WAITING_PHONE: &str = "01J00000000000000000000PHN";
pub(crate) const TOKEN: &str = "A2B3C4D5";
pub(crate) const REMINDER: &str = "1a2b3c4d";
pub(crate) const ALARM: &str = "0a1b2c3d";
pub(crate) const TEMPLATE_FILE: &str = r#"name = "ward-label"
title = "Ward label, 1 × 0.5 in"
width_mm = 25.4
height_mm = 12.7

[[code]]
x = 0.0
y = 0.0
width = 14.2
height = 12.7
align = "left"
close_up = true

[[column]]
x = 12.0
y = 0.8
width = 10.6
height = 11.1
beside_code = true

[[column.text]]
text = "{tag}"
bold = true
size = 9.5
size_min = 7
lines = 3
caps = true
priority = 1
"#;
/// A pack that nobody signed, by which the fixture's own protocols stay as they are.
pub(crate) const PACK_CONTENT: &str = r#"name = "Acme Imaging"
version = "3"

[[draft]]
id = "probe"
name = "Probe after a patient"
steps = ["Take the cover off", "Wipe off gel"]
"#;
pub(crate) const PACK_KEY: &str = "acme.example+94ab9541+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
pub(crate) const LOGO_FILE: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00(\x00\x00\x00\x14\x08\x00\x00\x00\x00\xda- g\
    \x00\x00\x00\x10IDATx\xdac`\x18\x05\xa3`\x14\x90\x02\x00\x034\x00\x01\x86t\x22\xe3\x00\x00\x00\x00IEND\xaeB`\x82";

pub(crate) fn pack_file() -> Vec<u8> {
    let file = record::pack::PackFile::new(PACK_CONTENT, None);
    file.map(|file| file.to_string().into_bytes()).unwrap_or_default()
}

pub(crate) fn tag_example() -> Example {
    Example::default().part("tag", TAG)
}

pub(crate) fn code_example() -> Example {
    tag_example().part("code", CODE)
}

pub(crate) fn staff_example() -> Example {
    Example::default().part("staff", STAFF)
}

pub(crate) fn receipt_example() -> Example {
    Example::default().part("receipt", RECEIPT)
}

pub(crate) fn cleaning_example() -> Example {
    Example::default().part("id", CLEANING)
}

pub(crate) fn button_example() -> Example {
    Example::default().field("submission", "example")
}
