//! The parts of a message: texts, numbers as the locale writes them, and slots for markup.

use std::borrow::Cow;
use std::sync::OnceLock;

use fluent_bundle::FluentValue;
use fluent_bundle::types::{FluentNumber, FluentNumberOptions};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_decimal::options::DecimalFormatterOptions;
use icu_locale_core::Locale as CldrLocale;

use crate::locale::Locale;
use crate::slots::{Slot, without_slots};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text of no language: a name, a code, a time that was worded before.
    Text(Cow<'a, str>),
    Number(Number),
    /// A place that markup is put into later.
    Slot(Slot),
}

impl Value<'_> {
    pub(crate) fn push_to(&self, message: &mut String, locale: Locale) {
        match self {
            Self::Text(text) => message.push_str(&without_slots(text)),
            Self::Number(number) => message.push_str(&number.format_in(locale)),
            Self::Slot(slot) => message.push(slot.0),
        }
    }

    pub(crate) fn to_fluent(&self) -> FluentValue<'_> {
        match self {
            Self::Text(text) => FluentValue::String(without_slots(text)),
            Self::Number(number) => number.to_fluent(),
            Self::Slot(slot) => FluentValue::String(slot.0.to_string().into()),
        }
    }
}

macro_rules! values_of {
    ($variant:ident($convert:path): $($kind:ty),*) => {$(
        impl<'a> From<$kind> for Value<'a> {
            fn from(value: $kind) -> Self {
                Self::$variant($convert(value))
            }
        }
    )*};
}
// Templates pass references to their fields, and references to these in loops.
values_of!(Slot(Slot::from): Slot);
values_of!(Text(Cow::Owned): String);
values_of!(Text(Cow::Borrowed): &'a str, &'a &str, &'a String, &'a &String);
values_of!(Number(Number::from): Number, u8, u16, u32, u64, usize, i32, i64);
values_of!(Number(Number::from): &Number, &u8, &u16, &u32, &u64, &usize, &i32, &i64);
values_of!(Number(Number::from): &&Number, &&u8, &&u16, &&u32, &&u64, &&usize, &&i32, &&i64);

/// A number of things, a measure with one decimal, or an amount of money. Exact up to nine quadrillion (2^53), counted in its last digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    units: i64,
    fraction_digits: u8,
}

impl Number {
    /// A number with one decimal, from tenths: 975 is 97.5.
    pub const fn from_tenths(tenths: i64) -> Self {
        Self { units: tenths, fraction_digits: 1 }
    }

    /// A number with so many decimals, from units of its last one: an amount of money.
    pub(crate) const fn from_units(units: i64, fraction_digits: u8) -> Self {
        Self { units, fraction_digits }
    }

    /// As a locale writes it outside a message: `1,241,207`, in Spain `1.241.207`.
    pub fn format_in(self, locale: Locale) -> String {
        if self.fraction_digits == 0 && (0..1_000).contains(&self.units) {
            // Every locale writes these alike.
            return self.units.to_string();
        }
        let mut decimal = Decimal::from(self.units);
        decimal.multiply_pow10(-i16::from(self.fraction_digits));
        match number_format(locale) {
            Some(format) => format.format(&decimal).to_string(),
            None => decimal.to_string(),
        }
    }

    fn to_fluent(self) -> FluentValue<'static> {
        // A whole number has no decimals, like a literal: `[0]` would otherwise never be chosen.
        let digits = (self.fraction_digits > 0).then_some(usize::from(self.fraction_digits));
        let options = FluentNumberOptions { minimum_fraction_digits: digits, ..Default::default() };
        let value = self.units as f64 / 10_f64.powi(i32::from(self.fraction_digits));
        FluentValue::Number(FluentNumber::new(value, options))
    }

    fn from_fluent(number: &FluentNumber) -> Self {
        let fraction_digits = number.options.minimum_fraction_digits.unwrap_or(0).min(9) as u8;
        let units = (number.value * 10_f64.powi(i32::from(fraction_digits))).round();
        Self { units: units as i64, fraction_digits }
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Number {
            fn from(integer: $integer) -> Self {
                Self { units: i64::try_from(integer).unwrap_or(i64::MAX), fraction_digits: 0 }
            }
        }
    )*};
}
from_integers!(u8, u16, u32, u64, usize, i32, i64);

impl<N: Copy + Into<Number>> From<&N> for Number {
    fn from(number: &N) -> Self {
        (*number).into()
    }
}

/// Fluent's own writer has no groups and a point for every decimal sign; it takes a plain function, so that
/// each locale has its own.
pub(crate) fn number_writer<Memo>(locale: Locale) -> fn(&FluentValue<'_>, &Memo) -> Option<String> {
    match locale {
        Locale::EnUs => write_number::<{ Locale::EnUs as usize }, Memo>,
        Locale::EnGb => write_number::<{ Locale::EnGb as usize }, Memo>,
        Locale::EsUs => write_number::<{ Locale::EsUs as usize }, Memo>,
        Locale::EsMx => write_number::<{ Locale::EsMx as usize }, Memo>,
        Locale::EsEs => write_number::<{ Locale::EsEs as usize }, Memo>,
        Locale::Pseudo => write_number::<{ Locale::Pseudo as usize }, Memo>,
    }
}

fn write_number<const LOCALE: usize, Memo>(value: &FluentValue<'_>, _: &Memo) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(Number::from_fluent(number).format_in(Locale::ALL[LOCALE])),
        _ => None,
    }
}

/// The data of each locale are in the program, so `None` never comes; numbers would then have no groups.
fn number_format(locale: Locale) -> Option<&'static DecimalFormatter> {
    static FORMATS: [OnceLock<Option<DecimalFormatter>>; Locale::ALL.len()] =
        [const { OnceLock::new() }; Locale::ALL.len()];
    let load = || {
        let tag = if locale == Locale::Pseudo { Locale::EnUs.tag() } else { locale.tag() };
        // Latin digits in every language.
        let cldr = CldrLocale::try_from_str(&format!("{tag}-u-nu-latn")).ok()?;
        DecimalFormatter::try_new(cldr.into(), DecimalFormatterOptions::default()).ok()
    };
    FORMATS[locale as usize].get_or_init(load).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written_in(locale: Locale) -> [String; 4] {
        [1_241_i64, 41_207, 1_241_207, -5].map(|n| Number::from(n).format_in(locale))
    }

    #[test]
    fn each_locale_groups_its_numbers() {
        for locale in [Locale::EnUs, Locale::EnGb, Locale::EsUs, Locale::EsMx, Locale::Pseudo] {
            assert_eq!(written_in(locale), ["1,241", "41,207", "1,241,207", "-5"], "{locale:?}");
        }
        assert_eq!(written_in(Locale::EsEs), ["1241", "41.207", "1.241.207", "-5"]);
    }

    #[test]
    fn decimals_have_the_sign_of_their_locale() {
        assert_eq!(Number::from_tenths(1_000).format_in(Locale::EnUs), "100.0");
        assert_eq!(Number::from_tenths(975).format_in(Locale::EsMx), "97.5");
        assert_eq!(Number::from_tenths(-1).format_in(Locale::EsEs), "-0,1");
        assert_eq!(Number::from_tenths(12_345).format_in(Locale::EsEs), "1234,5");
        assert_eq!(Number::from_units(123_450, 2).format_in(Locale::EnUs), "1,234.50");
    }

    #[test]
    fn numbers_stay_what_they_are_on_their_way_through_fluent() {
        let most = 1_i64 << 53;
        for number in
            [Number::from(0_u8), Number::from(most), Number::from(-most), Number::from_tenths(most - 1)]
        {
            let FluentValue::Number(on_its_way) = number.to_fluent() else { panic!("{number:?}") };
            assert_eq!(Number::from_fluent(&on_its_way), number);
        }
        assert_eq!(Number::from(u64::MAX), Number::from(i64::MAX));
    }
}
