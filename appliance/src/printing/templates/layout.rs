//! From what a label is to say to the dots that a printer gets: one code path for submission, preview and printing.

use labels::calibration::AssumedSettings;
use labels::media::PrintWindow;
use labels::sheet::{FirstLabel, LabelSheet, PrintOffset, SheetError};
use labels::{Bitmap, Drawing, LabelError, Typesetter, calibration, layout, media, readback};

use crate::printing::model::design::JobTemplate;
use crate::printing::model::job::USUAL_TEMPLATE;
use crate::printing::model::make_error::MakeError;
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::model::request::{JobKind, LabelRequest, NameStyle};
use crate::printing::templates::slips::{check_slip, draw_slip, prints_text};

/// Templates of equipment, the best first: with no template named, the first that fits the roll.
const EQUIPMENT: &[&str] =
    &[USUAL_TEMPLATE, "equipment-62x29", "equipment-66x25", "equipment-47x22", "micro"];
const BLANK: &[&str] = &["blank-tag", "blank-tag-62x29", "blank-tag-47x22", "micro"];

#[derive(Debug, Clone, Copy)]
pub(crate) struct RenderStyle<'a> {
    pub(crate) kind: JobKind,
    pub(crate) design: &'a JobTemplate,
    pub(crate) names: NameStyle,
}

/// A label, drawn, checked and put onto the roll.
#[derive(Debug)]
pub(crate) struct RenderedLabel {
    pub(crate) drawing: Drawing,
    pub(crate) dots: Bitmap,
}

/// The templates that come into question, in the order in which they are tried.
pub(crate) fn name_candidates(expected: Option<&str>, labels: &[LabelRequest]) -> Vec<String> {
    let usual = if labels.iter().all(|label| label.blank) { BLANK } else { EQUIPMENT };
    expected.map_or_else(|| usual.iter().map(|&name| name.to_owned()).collect(), |name| vec![name.to_owned()])
}

/// Lays label `n` of `of` out.
pub(crate) fn draw_label(
    t: &Typesetter,
    manner: RenderStyle<'_>,
    config: &PrinterConfig,
    label: &LabelRequest,
    (n, of): (u32, u32),
) -> Result<Drawing, MakeError> {
    if manner.kind == JobKind::Test {
        let assumed = AssumedSettings {
            printer: &config.name,
            language: config.speaks(),
            dpi: config.dpi,
            head_dots: config.head_dots,
            media: &config.media,
        };
        return Ok(calibration::draw_test(t, &assumed)?);
    }
    if let Some(slip) = &label.slip {
        return draw_slip(t, config, manner.kind, slip);
    }
    Ok(lay_out(t, manner.design, manner.names, label, (n, of), config.dpi)?)
}

pub(crate) fn lay_out(
    t: &Typesetter,
    design: &JobTemplate,
    names: NameStyle,
    label: &LabelRequest,
    (n, of): (u32, u32),
    dpi: labels::Dpi,
) -> Result<Drawing, LabelError> {
    let fields = label.fields(n, of);
    match layout::lay_out_label(t, &design.template, &fields, design.logo(), dpi) {
        Err(LabelError::Text { asset_number_instead: true, .. }) if names == NameStyle::AssetNumber => {
            layout::lay_out_label(t, &design.template, &fields.without_name()?, design.logo(), dpi)
        }
        drawn => drawn,
    }
}

/// Makes label `n` of `of` whole: drawn, placed on the roll, and read back from the very dots that are sent.
pub(crate) fn render_label(
    t: &mut Typesetter,
    manner: RenderStyle<'_>,
    config: &PrinterConfig,
    label: &LabelRequest,
    at: (u32, u32),
) -> Result<RenderedLabel, MakeError> {
    let drawing = draw_label(t, manner, config, label, at)?;
    if let Some(sheet) = config.sheet {
        check_sheet(&drawing, sheet)?;
        let dots = drawing.bitmap(t);
        readback::check_drawing(&dots, &drawing)?;
        return Ok(RenderedLabel { drawing, dots });
    }
    let placed = media::place_label(&drawing, &drawing.bitmap(t), &config.media, config.head_dots)?;
    readback::check_placed(&placed, &drawing)?;
    Ok(RenderedLabel { drawing, dots: placed.dots })
}

fn check_sheet(drawing: &Drawing, sheet: &LabelSheet) -> Result<(), SheetError> {
    let size_mm = (drawing.dpi.mm(drawing.width), drawing.dpi.mm(drawing.height));
    sheet.places(FirstLabel::FIRST, PrintOffset::default())?.at(0, size_mm).map(drop)
}

/// Everything about label `n` that can be known to go wrong. The first label is made whole; of the others,
/// dots are drawn only where the outcome depends on them.
pub(crate) fn check_label(
    t: &mut Typesetter,
    manner: RenderStyle<'_>,
    config: &PrinterConfig,
    label: &LabelRequest,
    at: (u32, u32),
) -> Result<Drawing, MakeError> {
    if let Some(slip) = &label.slip {
        check_slip(t, config, manner.kind, slip)?;
        if prints_text(config) {
            return Ok(Drawing::white(config.dpi, config.head_dots, 0));
        }
    }
    if at.0 == 1 {
        let RenderedLabel { drawing, dots } = render_label(t, manner, config, label, at)?;
        if config.sheet.is_some() {
            return Ok(drawing);
        }
        config.language.session(config.profile(), 0).encode(1, &dots)?;
        return Ok(drawing);
    }
    let drawing = draw_label(t, manner, config, label, at)?;
    if let Some(sheet) = config.sheet {
        check_sheet(&drawing, sheet)?;
        return Ok(drawing);
    }
    if PrintWindow::of(&drawing, &config.media, config.head_dots)?.cuts(&drawing) {
        media::place_label(&drawing, &drawing.bitmap(t), &config.media, config.head_dots)?;
    }
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printing::model::printer_settings::PrinterSettings;
    use record::tag::Tag;

    fn design(name: &str) -> JobTemplate {
        let template = std::sync::Arc::new(labels::template::find_builtin(name).unwrap().clone());
        JobTemplate { template, version: 0, logo: None }
    }

    fn label() -> LabelRequest {
        let tag = Tag::from_random([7; 5]);
        LabelRequest {
            tag: Some(tag),
            url: format!("http://b/{tag}"),
            name: "超声".into(),
            asset_number: "BM-1".into(),
            ..LabelRequest::default()
        }
    }

    #[test]
    fn the_asset_number_stands_for_a_name_only_when_asked() {
        let config = PrinterSettings::new("P", "escpos", "tcp://h:1").checked().unwrap();
        let mut t = Typesetter::new().unwrap();
        let design = design(USUAL_TEMPLATE);
        let manner = |names| RenderStyle { kind: JobKind::Labels, design: &design, names };
        let refused = render_label(&mut t, manner(NameStyle::AsTheyAre), &config, &label(), (1, 1))
            .unwrap_err()
            .to_string();
        assert!(refused.contains('超') && refused.contains("asset_number_instead: true"), "{refused}");
        assert!(render_label(&mut t, manner(NameStyle::AssetNumber), &config, &label(), (1, 1)).is_ok());
        let nameless = LabelRequest { asset_number: String::new(), ..label() };
        assert!(render_label(&mut t, manner(NameStyle::AssetNumber), &config, &nameless, (1, 1)).is_err());
    }

    #[test]
    fn what_checks_is_made() {
        let mut t = Typesetter::new().unwrap();
        let pump = LabelRequest { name: "Pump".into(), ..label() };
        let mut refused = 0;
        for language in labels::PrinterLanguage::all() {
            let config = PrinterSettings::new("P", language.name(), "tcp://h:1").checked().unwrap();
            for media in (language.row().media)() {
                let config = PrinterConfig { media, ..config.clone() };
                if config.media.dots_across(config.dpi) > config.head_dots {
                    // Of wider models.
                    continue;
                }
                for name in ["equipment", "equipment-62x29", "equipment-47x22", "micro", "blank-tag-62x29"] {
                    let design = design(name);
                    let manner =
                        RenderStyle { kind: JobKind::Labels, design: &design, names: NameStyle::AsTheyAre };
                    for at in [(1, 2), (2, 2)] {
                        let checked = check_label(&mut t, manner, &config, &pump, at);
                        let made = render_label(&mut t, manner, &config, &pump, at);
                        let on = format!("{} {name} on {}", language.name(), config.media.name);
                        assert_eq!(checked.is_ok(), made.is_ok(), "{on}: {checked:?} {made:?}");
                        refused += usize::from(made.is_err());
                    }
                }
            }
        }
        assert!(refused > 10, "{refused}");
    }

    #[test]
    fn a_small_roll_gets_the_next_smaller_template() {
        let mut t = Typesetter::new().unwrap();
        let config = PrinterSettings::new("P", "zpl", "tcp://h:1").checked().unwrap();
        let rolls = (config.language.row().media)();
        let media = rolls.into_iter().find(|media| media.name == "2.25x1.25in").unwrap();
        let config = PrinterConfig { media, ..config };
        for (blank, usual) in [(false, "equipment-47x22"), (true, "blank-tag-47x22")] {
            let tag = label().tag.unwrap();
            let url = format!("https://st-olaf.boxes.example/{tag}");
            let label = LabelRequest { name: "Pump".into(), url, blank, ..label() };
            let first =
                name_candidates(None, std::slice::from_ref(&label)).into_iter().find(|name: &String| {
                    let design = design(name);
                    let manner =
                        RenderStyle { kind: JobKind::Labels, design: &design, names: NameStyle::AsTheyAre };
                    render_label(&mut t, manner, &config, &label, (1, 1)).is_ok()
                });
            assert_eq!(first.as_deref(), Some(usual));
        }
        let design = design("equipment");
        let manner = RenderStyle { kind: JobKind::Labels, design: &design, names: NameStyle::AsTheyAre };
        let pump = LabelRequest { name: "Pump".into(), ..label() };
        let message =
            render_label(&mut t, manner, &config, &pump, (1, 1)).map(|_| ()).unwrap_err().to_string();
        assert!(message.contains("DoesNotFit"), "{message}");
    }
}
