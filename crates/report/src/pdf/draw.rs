//! Pages that were laid out, written as PDF.

use std::num::NonZeroU16;

use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder, PdfVersion};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};
use krilla::{Document, SerializeSettings};
use record::tree::Hash;

use super::font::FontFaces;
use super::layout::{Layout, PHOTO, PageBookmark, PageMark, PageMarks, TagRole, TagStructure};
use crate::ReportError;

/// A file that the document carries.
pub(super) struct AttachedFile {
    pub(super) name: &'static str,
    pub(super) mime: &'static str,
    pub(super) about: String,
    pub(super) bytes: Vec<u8>,
}

impl AttachedFile {
    pub(super) fn new(name: &'static str, mime: &'static str, about: String, mut bytes: Vec<u8>) -> Self {
        // Megabytes of each wait until the document is whole.
        bytes.shrink_to_fit();
        Self { name, mime, about, bytes }
    }
}

/// What the document says of itself.
pub(super) struct DocumentFacts {
    pub(super) title: String,
    pub(super) language: String,
    pub(super) made_ms: i64,
    /// The same for the same document.
    pub(super) id: String,
}

fn rule_error(why: impl std::fmt::Debug) -> ReportError {
    ReportError::Rule(format!("{why:?}"))
}

/// UTC.
fn civil_date(ms: i64) -> DateTime {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    DateTime::new(at.year().unsigned_abs())
        .month(at.month().unsigned_abs())
        .day(at.day().unsigned_abs())
        .hour(at.hour().unsigned_abs())
        .minute(at.minute().unsigned_abs())
        .second(at.second().unsigned_abs())
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// Writes the document; `pictures` gives the JPEG of a photo.
pub(super) fn write_document(
    layout: Layout<'_>,
    faces: &FontFaces,
    about: &DocumentFacts,
    files: Vec<AttachedFile>,
    pictures: &mut dyn FnMut(&Hash) -> Option<Vec<u8>>,
) -> Result<Vec<u8>, ReportError> {
    let configuration = ConfigurationBuilder::new()
        .with_version(PdfVersion::Pdf17)
        .with_archival_validator(Archival::A3_B)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(rule_error)?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut leaves: Vec<Option<Identifier>> = vec![None; layout.leaves];
    let (width, height) = layout.size;
    let settings = PageSettings::from_wh(width, height).ok_or_else(|| rule_error("paper"))?;
    for page in &layout.pages {
        draw_page(&mut document, page, settings.clone(), faces, &mut leaves, pictures)?;
    }
    let mut tree = TagTree::new().with_lang(Some(about.language.clone()));
    for part in layout.structure {
        tree.push(tag_structure(part, &mut leaves)?);
    }
    document.set_tag_tree(tree);
    document.set_outline(write_outline(&layout.bookmarks));
    let made = civil_date(about.made_ms);
    document.set_metadata(
        Metadata::new()
            .title(about.title.clone())
            .language(about.language.clone())
            .creator("CleanTrack".to_owned())
            .producer("CleanTrack, krilla".to_owned())
            .document_id(about.id.clone())
            .creation_date(made),
    );
    for file in files {
        let embedded = EmbeddedFile {
            path: file.name.to_owned(),
            mime_type: MimeType::new(file.mime),
            description: Some(file.about),
            association_kind: AssociationKind::Data,
            data: file.bytes.into(),
            modification_date: Some(made),
            compress: Some(true),
            location: None,
        };
        document.embed_file(embedded).ok_or_else(|| rule_error(file.name))?;
    }
    document.finish().map_err(rule_error)
}

fn draw_page(
    document: &mut Document,
    page: &PageMarks,
    settings: PageSettings,
    faces: &FontFaces,
    leaves: &mut [Option<Identifier>],
    pictures: &mut dyn FnMut(&Hash) -> Option<Vec<u8>>,
) -> Result<(), ReportError> {
    let mut drawn = document.start_page_with(settings);
    let mut surface = drawn.surface();
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    for (_, mark) in page.marks.iter().filter(|(leaf, _)| leaf.is_none()) {
        draw_mark(&mut surface, mark, faces, pictures)?;
    }
    surface.end_tagged();
    // Marks of one leaf are one piece, whatever lies between them.
    let mut at = 0;
    while let Some((leaf, _)) = page.marks.get(at) {
        let before = page.marks[..at].iter().any(|(other, _)| other == leaf);
        if let Some(leaf) = leaf.filter(|_| !before) {
            let identifier = surface.start_tagged(ContentTag::Other);
            for (_, mark) in page.marks[at..].iter().filter(|(other, _)| *other == Some(leaf)) {
                draw_mark(&mut surface, mark, faces, pictures)?;
            }
            surface.end_tagged();
            *leaves.get_mut(leaf).ok_or_else(|| rule_error(leaf))? = Some(identifier);
        }
        at += 1;
    }
    surface.finish();
    drawn.finish();
    Ok(())
}

fn draw_mark(
    surface: &mut Surface<'_>,
    mark: &PageMark,
    faces: &FontFaces,
    pictures: &mut dyn FnMut(&Hash) -> Option<Vec<u8>>,
) -> Result<(), ReportError> {
    match mark {
        PageMark::Text { x, y, style, text } => {
            surface.set_fill(Some(fill_with(style.colour)));
            let face = faces.of(style.weight);
            let glyphs = face.glyphs(text);
            surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, face.font.clone(), text, style.size, false);
        }
        PageMark::Fill { x, y, width, height, colour } => {
            surface.set_fill(Some(fill_with(*colour)));
            surface.draw_path(&make_rectangle(*x, *y, *width, *height)?);
        }
        PageMark::Photo { x, y, picture } => draw_photo(surface, Point::from_xy(*x, *y), pictures(picture))?,
    }
    Ok(())
}

/// A picture that is not here, or none, leaves its frame.
fn draw_photo(surface: &mut Surface<'_>, place: Point, picture: Option<Vec<u8>>) -> Result<(), ReportError> {
    let image = picture.and_then(|bytes| Image::from_jpeg(bytes.into(), false).ok());
    let Some(image) = image else {
        surface.set_fill(Some(fill_with([0xe6, 0xea, 0xee])));
        surface.draw_path(&make_rectangle(place.x, place.y, PHOTO, PHOTO)?);
        return Ok(());
    };
    let (wide, high) = image.size();
    let scale = PHOTO / wide.max(high).max(1) as f32;
    let size =
        Size::from_wh(wide as f32 * scale, high as f32 * scale).ok_or_else(|| rule_error("picture"))?;
    surface.push_transform(&Transform::from_translate(place.x, place.y));
    surface.draw_image(image, size);
    surface.pop();
    Ok(())
}

fn fill_with([red, green, blue]: [u8; 3]) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }
}

fn make_rectangle(x: f32, y: f32, width: f32, height: f32) -> Result<Path, ReportError> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height).ok_or_else(|| rule_error("box"))?);
    path.finish().ok_or_else(|| rule_error("box"))
}

fn tag_structure(part: TagStructure, leaves: &mut [Option<Identifier>]) -> Result<Node, ReportError> {
    match part {
        TagStructure::Leaf(leaf) => {
            let identifier = leaves.get_mut(leaf).and_then(Option::take);
            Ok(Node::Leaf(identifier.ok_or_else(|| rule_error(leaf))?))
        }
        TagStructure::Group(role, parts) => {
            let mut group = TagGroup::new(tag_of(role));
            for part in parts {
                group.push(tag_structure(part, leaves)?);
            }
            Ok(Node::Group(group))
        }
    }
}

fn tag_of(role: TagRole) -> TagKind {
    match role {
        TagRole::Heading(level, title) => {
            Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(title)).into()
        }
        TagRole::Paragraph => Tag::P.into(),
        TagRole::Table => Tag::Table.into(),
        TagRole::Row => Tag::TR.into(),
        TagRole::HeadCell => Tag::TH(TableHeaderScope::Column).into(),
        TagRole::Cell => Tag::TD.into(),
        TagRole::Figure(alt) => Tag::Figure(Some(alt)).into(),
    }
}

/// Headings of the second level below that of the first, those of the third below these.
fn write_outline(bookmarks: &[PageBookmark]) -> Outline {
    fn make_nodes(bookmarks: &[PageBookmark], level: u16) -> Vec<OutlineNode> {
        let mut found = Vec::new();
        let mut rest = bookmarks;
        while let Some((first, after)) = rest.split_first() {
            let below = after.iter().take_while(|mark| mark.level > level).count();
            let place = XyzDestination::new(first.page, Point::from_xy(0.0, first.y));
            let mut node = OutlineNode::new(first.text.clone(), place).with_open(level == 1);
            make_nodes(&after[..below], level + 1).into_iter().for_each(|child| node.push_child(child));
            found.push(node);
            rest = &after[below..];
        }
        found
    }
    let mut outline = Outline::new();
    make_nodes(bookmarks, 1).into_iter().for_each(|node| outline.push_child(node));
    outline
}
