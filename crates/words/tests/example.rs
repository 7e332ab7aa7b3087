//! The example's generated words: each language, plurals, numbers, terms, attributes, the pseudo locale, whole pages.

mod example {
    include!("example/generated.txt");
}

use std::thread;

use example::{ScanWords, StaffWords};
use words::{
    Language, Locale, LocalePreferences, Number, PSEUDO_CLOSE, PSEUDO_OPEN, S0, S1, SafeHtml, WordSet,
    fill_slots,
};

fn in_locale(locale: Locale) -> ScanWords {
    ScanWords::in_locale(locale)
}

fn wet_until(locale: Locale) -> String {
    in_locale(locale).scan_wet_until("Probe 7", "14:04")
}

#[test]
fn messages_come_in_their_language() {
    assert_eq!(wet_until(Locale::EnUs), "Keep Probe 7 wet until 14:04, then record it");
    assert_eq!(wet_until(Locale::EsMx), "Mantenga Probe 7 mojado hasta 14:04 y luego regístrelo");
    assert_eq!(in_locale(Locale::EnGb).scan_named("Maria", "badge"), "Maria, by badge");
    assert_eq!(in_locale(Locale::EsEs).scan_named("Maria", "pin"), "Maria, con PIN");
    assert_eq!(in_locale(Locale::EnUs).scan_named("Maria", "telepathy"), "Maria, not proven");
    assert_eq!(in_locale(Locale::EsUs).scan_unreachable(), "El equipo CleanTrack no responde");
    assert_eq!(
        (in_locale(Locale::EnUs).scan_record(), in_locale(Locale::EsUs).scan_note()),
        ("Record cleaning".into(), "Nota".into())
    );
    assert_eq!(in_locale(Locale::EnUs).scan_note_placeholder("Ana"), "What Ana should know");
    assert_eq!(in_locale(Locale::EsUs).catalog().locale(), Locale::EsUs);
}

#[test]
fn words_alone_are_those_of_the_catalogue() {
    for locale in Locale::ALL {
        let w = in_locale(locale);
        assert_eq!(w.scan_record(), w.catalog().format("scan-record", &[]), "{locale:?}");
        assert_eq!(w.scan_unreachable(), w.catalog().format("scan-unreachable", &[]), "{locale:?}");
    }
}

fn full_rate(locale: Locale) -> String {
    in_locale(locale).scan_rate(Number::from_tenths(1_000))
}

#[test]
fn plurals_and_groups_are_those_of_the_locale() {
    for (locale, many) in [
        (Locale::EnUs, "1,241,207 items are overdue"),
        (Locale::EnGb, "1,241,207 items are overdue"),
        (Locale::EsUs, "1,241,207 equipos atrasados"),
        (Locale::EsMx, "1,241,207 equipos atrasados"),
        (Locale::EsEs, "1.241.207 equipos atrasados"),
    ] {
        let one =
            if locale.language() == Language::Spanish { "Un equipo atrasado" } else { "One item is overdue" };
        assert_eq!(in_locale(locale).scan_overdue(1), one);
        assert_eq!(in_locale(locale).scan_overdue(1_241_207_u64), many);
    }
    assert_eq!(
        [0, 1, 2, 4_200].map(|count: usize| StaffWords::in_locale(Locale::EnUs).staff_boxes(count)),
        ["No boxes", "1 box", "2 boxes", "4,200 boxes"]
    );
    assert_eq!(full_rate(Locale::EnUs), "100.0% of windows met");
    assert_eq!(full_rate(Locale::EsEs), "100,0 % de las ventanas cumplidas");
}

#[test]
fn the_pseudo_locale_leaves_arguments_alone() {
    let text = in_locale(Locale::Pseudo).scan_wet_until("Probe aeiou", 1_241);
    assert_eq!(text, "⟦KKééép Probe aeiou wwétt únttíll 1,241, tthéén réécóórd íít⟧");
    assert!(text.starts_with(PSEUDO_OPEN) && text.ends_with(PSEUDO_CLOSE));
    assert_eq!(
        in_locale(Locale::Pseudo).scan_unreachable(),
        "⟦TThéé CClééánTTrááck bbóxx ddóéés nóót áánswwérr⟧"
    );
    assert_eq!(StaffWords::in_locale(Locale::Pseudo).catalog().locale(), Locale::Pseudo);
}

#[test]
fn markup_and_entered_text_meet_in_a_sentence() {
    let w = in_locale(Locale::EsUs);
    let sentence = w.scan_wet_until(S0, S1);
    let html =
        fill_slots(sentence, [SafeHtml::entered("<Probe>"), SafeHtml::element("strong", &[], "14:04")]);
    let probe = "<bdi translate=\"no\">&#60;Probe&#62;</bdi>";
    assert_eq!(
        html.to_string(),
        format!("Mantenga {probe} mojado hasta <strong>14:04</strong> y luego regístrelo")
    );
    // A slot in a name is none.
    let sentence = w.scan_wet_until("\u{E001}", S1);
    assert_eq!(sentence.matches('\u{E001}').count(), 1, "{sentence:?}");
}

#[test]
#[expect(clippy::needless_borrows_for_generic_args, reason = "what templates do")]
fn values_come_by_reference_too() {
    let w = in_locale(Locale::EnUs);
    let (name, count) = (String::from("Ana"), 1_241_u64);
    assert_eq!(w.scan_overdue(&&count), w.scan_overdue(count));
    assert_eq!(w.scan_named(&&name, &name), w.scan_named("Ana", "Ana"));
    assert_eq!(w.scan_wet_until(&count, name.clone()), w.scan_wet_until(&&count, &name.as_str()));
}

#[test]
fn a_page_is_in_one_language() {
    assert!(Language::ALL.into_iter().all(ScanWords::has_language));
    assert!(StaffWords::has_language(Language::English) && !StaffWords::has_language(Language::Spanish));
    assert!(!<(ScanWords, StaffWords)>::has_language(Language::Spanish));
    assert_eq!(StaffWords::in_locale(Locale::EsMx).staff_sign_in(), "Sign in");
    let preferences = LocalePreferences::of_locale(Locale::EsEs);
    assert_eq!(ScanWords::in_best_of(&preferences).catalog().locale(), Locale::EsEs);
    for (scan, staff) in [
        <(ScanWords, StaffWords)>::in_best_of(&preferences),
        <(ScanWords, StaffWords)>::in_locale(Locale::EsEs),
    ] {
        assert_eq!((scan.catalog().locale(), staff.catalog().locale()), (Locale::EnGb, Locale::EnGb));
    }
}

#[test]
fn keys_that_are_not_there_are_their_own_text() {
    let catalog = in_locale(Locale::EnUs).catalog();
    assert!(catalog.has_message("scan-note.placeholder") && catalog.has_message("scan-record"));
    for key in ["scan-absent", "scan-note.absent", ".", "-box", ""] {
        assert!(!catalog.has_message(key));
        assert_eq!(catalog.format(key, &[]), key);
    }
    assert_eq!(catalog.format("scan-wet-until", &[]), "Keep {$item} wet until {$time}, then record it");
}

#[test]
fn threads_share_a_catalogue() {
    let counted =
        || (0..200).map(|count: u32| in_locale(Locale::EsMx).scan_overdue(count)).collect::<Vec<_>>();
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(counted)).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), counted());
    }
}
