//! Own templates and the logo: stored, changed, removed, and what jobs print meanwhile.

use record::ids::JobId;
use record::tag::Tag;
use redb::Database;
use redb::backends::InMemoryBackend;
use service::clock::boot_id;
use service::random::{RandomSource, SeededRandom};
use tokio::sync::mpsc;

use super::*;
use crate::clock::system_clock;
use crate::printing::templates::layout;
use crate::printing::templates::layout::RenderStyle;
use crate::printing::{
    JobRequest, LabelRequest, MediaChoice, NameStyle, PreviewRequest, PrinterSettings, ReprintRequest,
};

fn db() -> Arc<Database> {
    Arc::new(Database::builder().create_with_backend(InMemoryBackend::new()).unwrap())
}

fn service(db: &Arc<Database>, folder: &tempfile::TempDir) -> PrintService {
    let address = format!("dir:{}", folder.path().display());
    let media = Some(MediaChoice::Named("4x3in".into()));
    let settings = PrinterSettings { media, ..PrinterSettings::new("Desk", "zpl", &address) };
    let config = settings.checked().unwrap();
    let clock = Arc::new(system_clock(boot_id([1; 10])));
    let random: Arc<dyn RandomSource> = Arc::new(SeededRandom::new(7));
    PrintService::open(db.clone(), vec![config], clock, &random, mpsc::channel(64).0).unwrap()
}

fn file(name: &str, words: &str) -> Vec<u8> {
    format!(
        "name = \"{name}\"\ntitle = \"Mine\"\nwidth_mm = 50\nheight_mm = 25\n\n[[text]]\ntext = \"{words}\"\nx = 2\n\
         y = 2\nwidth = 40\nheight = 8\nsize = 12\n"
    )
    .into_bytes()
}

fn picture(black: bool) -> Vec<u8> {
    let mut dots = labels::Bitmap::white(200, 80);
    if black {
        dots.blacken_rect(0, 0, 200, 80);
    }
    dots.to_png().unwrap()
}

fn pump() -> LabelRequest {
    let tag = Tag::from_random([7; 5]);
    LabelRequest {
        tag: Some(tag),
        url: format!("http://b/{tag}"),
        name: "Pump".into(),
        ..LabelRequest::default()
    }
}

fn badge() -> LabelRequest {
    LabelRequest { more: [("person".to_owned(), "Ada".to_owned())].into(), ..LabelRequest::default() }
}

fn request(n: u8, template: &str, label: LabelRequest) -> JobRequest {
    JobRequest { template: Some(template.to_owned()), ..JobRequest::new(JobId::new(1, [n; 10]), vec![label]) }
}

fn looked(service: &PrintService, template: &str, label: LabelRequest) -> labels::Bitmap {
    let template = Some(template.to_owned());
    let names = NameStyle::default();
    service.preview(&PreviewRequest { printer: None, template, names, label, at: (1, 1) }).unwrap().dots
}

/// The dots that a job's first label is made of, whatever counts now.
fn dots_of(service: &PrintService, id: JobId) -> labels::Bitmap {
    let job = service.ledger.job(id).unwrap().unwrap();
    let design = service.ledger.design_of(&job.head).unwrap().unwrap();
    let label = service.ledger.label(job.seq, 1).unwrap().unwrap();
    let config = service.printer_for(None).unwrap();
    let manner = RenderStyle { kind: job.head.kind, design: &design, names: job.head.names };
    let mut t = Typesetter::new().unwrap();
    layout::render_label(&mut t, manner, &config, &label, (1, 1)).unwrap().dots
}

#[test]
fn own_templates_are_kept_over_a_restart() {
    let (db, folder) = (db(), tempfile::tempdir().unwrap());
    let first = service(&db, &folder);
    let built_in = first.templates().len();
    assert!(first.templates().iter().all(|t| !t.own));
    let (stored, new) = first.keep_template(Some("mine"), &file("mine", "{name}")).unwrap();
    assert_eq!((stored.name.as_str(), stored.own, new), ("mine", true, true));
    assert!(!first.keep_template(None, &file("mine", "{name} again")).unwrap().1, "replaced");
    first.keep_logo(&picture(true)).unwrap();
    drop(first);
    let second = service(&db, &folder);
    assert_eq!(second.templates().len(), built_in + 1);
    assert!(second.template_file("mine").unwrap().contains("again"));
    assert_eq!((second.logo().unwrap().size, second.logo().unwrap().kind), ((200, 80), "image/png"));
    second.remove_template("mine").unwrap();
    second.remove_logo().unwrap();
    drop(second);
    let third = service(&db, &folder);
    assert_eq!((third.templates().len(), third.logo().is_none()), (built_in, true));
    assert!(third.ledger.design_file(1).unwrap().is_none(), "nothing names the first version");
    assert!(third.ledger.design_file(2).unwrap().is_none(), "nor the second");
}

#[test]
fn what_is_not_taken_says_why_and_changes_nothing() {
    let (db, folder) = (db(), tempfile::tempdir().unwrap());
    let service = service(&db, &folder);
    let before = service.templates().len();
    let message =
        |expected: Option<&str>, file: &[u8]| service.keep_template(expected, file).unwrap_err().to_string();
    assert!(message(None, &file("equipment", "x")).contains("BuiltIn(\"equipment\")"));
    assert!(
        message(Some("other"), &file("mine", "x"))
            .contains("OtherName { expected: \"other\", message: \"mine\" }")
    );
    let negative = String::from_utf8(file("mine", "x")).unwrap().replace("width = 40", "width = -40");
    let words = message(None, negative.as_bytes());
    assert!(words.contains("line: Some(6)") && words.contains("key: \"width\", value: -40.0"), "{words}");
    let wide = String::from_utf8(file("mine", "x")).unwrap().replace("width = 40", "width = 60");
    assert!(message(None, wide.as_bytes()).contains("edge: \"right\""));
    let huge = vec![b'#'; TEMPLATE_BYTES_MAX + 1];
    assert!(message(None, &huge).contains("TooLong("));
    assert!(matches!(service.remove_template("mine"), Err(DesignRefusal::Unknown(_))));
    assert!(matches!(service.remove_template("badge"), Err(DesignRefusal::BuiltIn(_))));
    assert!(matches!(service.remove_logo(), Err(DesignRefusal::NoLogo)));
    assert!(matches!(service.keep_logo(b"GIF89a"), Err(DesignRefusal::Logo(LogoError::Format))));
    assert!(matches!(
        service.keep_logo(&vec![0; LOGO_BYTES_MAX + 1]),
        Err(DesignRefusal::Logo(LogoError::File(_)))
    ));
    assert_eq!(service.templates().len(), before);
    for n in 0..OWN_MAX {
        service.keep_template(None, &file(&format!("own-{n}"), "x")).unwrap();
    }
    assert!(message(None, &file("one-more", "x")).contains("TooMany"));
    assert!(service.keep_template(None, &file("own-3", "y")).is_ok(), "an old one is replaced nevertheless");
}

#[test]
fn a_job_prints_with_what_it_was_submitted_with() {
    let (db, folder) = (db(), tempfile::tempdir().unwrap());
    let service = service(&db, &folder);
    service.keep_template(None, &file("mine", "first {name}")).unwrap();
    let shown = looked(&service, "mine", pump());
    let job = service.submit(request(1, "mine", pump())).unwrap();
    service.keep_template(None, &file("mine", "second {name}")).unwrap();
    assert!(looked(&service, "mine", pump()) != shown);
    assert!(dots_of(&service, job.id) == shown, "changed meanwhile");
    service.remove_template("mine").unwrap();
    assert!(dots_of(&service, job.id) == shown, "removed meanwhile");
    let refused = service.submit(request(2, "mine", pump())).unwrap_err();
    assert!(matches!(refused, PrintRefusal::UnknownTemplate { .. }), "{refused}");
    let again = ReprintRequest {
        id: JobId::new(1, [3; 10]),
        key: None,
        of: job.id,
        labels: vec![1],
        reason: "torn".into(),
        printer: None,
    };
    let again = service.reprint(again).unwrap();
    assert!(again.template == "mine" && dots_of(&service, again.id) == shown, "and once more as it was");
}

#[test]
fn the_logo_is_on_previews_jobs_and_sheets_where_a_template_has_room_for_it() {
    let (db, folder) = (db(), tempfile::tempdir().unwrap());
    let service = service(&db, &folder);
    let plain = looked(&service, "badge", badge());
    let usual = looked(&service, "equipment", pump());
    service.keep_logo(&picture(true)).unwrap();
    let shown = looked(&service, "badge", badge());
    assert!(shown.black_dots() > plain.black_dots() + 5_000);
    assert!(looked(&service, "equipment", pump()) == usual, "it has no room for one");
    let job = service.submit(request(1, "badge", badge())).unwrap();
    service.keep_logo(&picture(false)).unwrap();
    assert!(dots_of(&service, job.id) == shown, "with the logo of that time");
    service.remove_logo().unwrap();
    assert!(dots_of(&service, job.id) == shown);
    assert!(looked(&service, "badge", badge()) == plain);
    service.keep_logo(&picture(true)).unwrap();
    let dpi = Dpi::new(600).unwrap();
    let names = NameStyle::default();
    let drawn = service.draw_for_paper(Some("badge"), names, &[badge()], dpi, |_| true).unwrap();
    let picture =
        |mark: &labels::drawing::DrawElement| matches!(mark, labels::drawing::DrawElement::Picture { .. });
    assert!(drawn[0].marks.iter().any(picture));
}

#[test]
fn the_code_of_a_badge_is_what_is_enrolled() {
    let (db, folder) = (db(), tempfile::tempdir().unwrap());
    let service = service(&db, &folder);
    let code = "4QK3M9X2W7TBCDEF";
    let label = LabelRequest { url: code.to_owned(), ..badge() };
    let (dpi, names) = (Dpi::new(600).unwrap(), NameStyle::default());
    let drawn = service.draw_for_paper(Some("badge"), names, &[label], dpi, |_| true).unwrap();
    assert_eq!(drawn[0].codes().map(|barcode| barcode.content()).collect::<Vec<_>>(), [code]);
    let dots = drawn[0].bitmap(&mut Typesetter::new().unwrap());
    labels::readback::check_drawing(&dots, &drawn[0]).unwrap();
}

#[test]
fn every_template_has_a_picture() {
    let (db, folder) = (db(), tempfile::tempdir().unwrap());
    let service = service(&db, &folder);
    let t = Typesetter::new().unwrap();
    for template in service.templates() {
        let drawn = service.sample(&t, &template.name, "", Dpi::D203).unwrap();
        assert!(drawn.is_ok(), "{}: {drawn:?}", template.name);
    }
    assert!(service.sample(&t, "poster", "", Dpi::D203).is_none());
}
