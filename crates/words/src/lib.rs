//! The words of box, relay and reports in the reader's language, and their numbers and dates: no clock, no file, no HTTP.
//!
//! # Messages
//! A crate that has words holds them as [Fluent](https://projectfluent.org/fluent/guide/) files in
//! `words/<language>/<area>.ftl`, or by subject `words/<language>/<subject>/<area>.ftl`. Its build script is
//! `words::build::generate_words(&["words"])`, which makes of each area a type with a function for each message
//! ([`build`] says what it refuses), for a module of the crate to include:
//! `mod words { include!(concat!(env!("OUT_DIR"), "/words.rs")); }`. What a message needs is an argument:
//!
//! ```
//! # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/example/generated.txt")); }
//! use words::{Locale, WordSet};
//!
//! let w = example::ScanWords::in_locale(Locale::EsUs);
//! assert_eq!(w.scan_overdue(1_241), "1,241 equipos atrasados");
//! ```
//!
//! A missing argument does not compile, nor does a text where a number is counted:
//!
//! ```compile_fail,E0061
//! # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/example/generated.txt")); }
//! # use words::{Locale, WordSet};
//! example::ScanWords::in_locale(Locale::EsUs).scan_overdue();
//! ```
//!
//! ```compile_fail,E0277
//! # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/example/generated.txt")); }
//! # use words::{Locale, WordSet};
//! example::ScanWords::in_locale(Locale::EsUs).scan_overdue("two");
//! ```
//!
//! # Whole pages
//! An area may exist in English only. A page names the areas that it draws from, and gets all of them in one language: the one
//! that its reader likes best of those in which all of it is written.
//!
//! ```
//! # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/example/generated.txt")); }
//! # use example::{ScanWords, StaffWords};
//! use words::{Language, LanguageRequest, Locale, WordSet};
//!
//! let request = LanguageRequest {
//!     chosen: None,
//!     cookie: None,
//!     accept_language: Some(b"es-MX, es;q=0.9, en;q=0.5"),
//!     facility_languages: &Language::ALL,
//!     facility_locale: Locale::EnUs,
//! };
//! let preferences = request.negotiate();
//! let scan = ScanWords::in_best_of(&preferences);
//! assert_eq!(scan.scan_record(), "Registrar limpieza");
//! let (scan, staff) = <(ScanWords, StaffWords)>::in_best_of(&preferences);
//! assert_eq!((scan.scan_record(), staff.staff_sign_in()), ("Record cleaning".into(), "Sign in".into()));
//! ```
//!
//! # Numbers and dates
//! A language alone does not say how a country writes them: Spanish has `41,207` and `vie, 20 de nov` in the United States,
//! `41.207` and `vie, 20 nov` in Spain. Numbers come from CLDR through icu_decimal. Dates are messages of this crate, names
//! and patterns by country, which a test holds against what ICU4X wrote from CLDR 49.
//! ICU4X's own dates were ten crates more, took three times as long to compile as all other crates that languages brought, and
//! were 0.44 MB of the one megabyte that languages may cost a box. A new language has to be translated anyway; its dates are
//! 30 lines of it. jiff knows the zones. Reports, exports and the API write ISO 8601 instead, so that no change of words ever
//! changes evidence.

#[cfg(feature = "build")]
pub mod build;
#[cfg(feature = "catalog")]
mod catalog;
#[cfg(feature = "catalog")]
mod dates;
mod locale;
#[cfg(feature = "catalog")]
mod money;
mod negotiate;
#[cfg(feature = "catalog")]
mod pseudo;
#[cfg(feature = "catalog")]
mod slots;
#[cfg(feature = "catalog")]
mod value;

pub use locale::{Language, Locale};
pub use negotiate::{LanguageRequest, LocalePreferences};
#[cfg(feature = "catalog")]
pub use {
    catalog::{Catalog, WordArea, WordSet},
    dates::{Dates, Moment},
    money::format_money,
    pseudo::{PSEUDO_CLOSE, PSEUDO_OPEN},
    slots::{S0, S1, S2, S3, SafeHtml, Slot, fill_slots},
    value::{Number, Value},
};
