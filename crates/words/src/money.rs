//! Amounts of money as a country writes them.

use crate::locale::Locale;
use crate::value::Number;

/// Currencies without a smaller unit, as Stripe counts them (<https://docs.stripe.com/currencies>).
const WHOLE: [&str; 15] =
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];
const THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];
/// Dollars, which other countries than the reader's have too.
const DOLLAR: &str = "usd";
const SIGNS: [(&str, &str); 3] = [("eur", "€"), ("gbp", "£"), ("inr", "₹")];
/// Between a number and what stands at it: they stay on one line.
const NO_BREAK: char = '\u{a0}';

/// An amount of a currency's smallest unit: `$1,200.00`, in Spain `1200,00 US$`. A currency without a sign here has its three letters.
pub fn format_money(locale: Locale, amount: i64, currency: &str) -> String {
    let digits = if WHOLE.contains(&currency) {
        0
    } else if THOUSANDTHS.contains(&currency) {
        3
    } else {
        2
    };
    let number = Number::from_units(amount.saturating_abs(), digits).format_in(locale);
    let minus = if amount < 0 { "-" } else { "" };
    let sign = match SIGNS.into_iter().find(|(known, _)| *known == currency) {
        Some((_, sign)) => sign.to_owned(),
        None if currency == DOLLAR => match locale {
            Locale::EnUs | Locale::EsUs | Locale::Pseudo => "$".to_owned(),
            Locale::EnGb | Locale::EsEs => "US$".to_owned(),
            Locale::EsMx => format!("USD{NO_BREAK}"),
        },
        None => format!("{}{NO_BREAK}", currency.to_uppercase()),
    };
    if locale == Locale::EsEs {
        format!("{minus}{number}{NO_BREAK}{}", sign.trim_end_matches(NO_BREAK))
    } else {
        format!("{minus}{sign}{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_country_writes_money_its_way() {
        for (locale, amount, currency, written) in [
            (Locale::EnUs, 10_000, "usd", "$100.00"),
            (Locale::EnUs, -5, "usd", "-$0.05"),
            (Locale::EsUs, 123_456_789, "usd", "$1,234,567.89"),
            (Locale::EnGb, 10_000, "usd", "US$100.00"),
            (Locale::EsMx, 10_000, "usd", "USD\u{a0}100.00"),
            (Locale::EsEs, 1_234_567, "eur", "12.345,67\u{a0}€"),
            (Locale::EsEs, -100, "xts", "-1,00\u{a0}XTS"),
            (Locale::EnUs, 850_000, "inr", "₹8,500.00"),
            (Locale::EnUs, 1_200, "jpy", "JPY\u{a0}1,200"),
            (Locale::EnGb, 1_234, "kwd", "KWD\u{a0}1.234"),
            (Locale::EnGb, i64::MIN, "gbp", "-£92,233,720,368,547,758.07"),
        ] {
            assert_eq!(format_money(locale, amount, currency), written, "{locale:?}");
        }
    }
}
