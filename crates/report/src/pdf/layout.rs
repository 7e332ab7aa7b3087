//! Where things stand on pages, and what they are: made once, drawn once, so that drawing and tags cannot differ.

use record::tree::Hash;

use super::font::{FontFaces, FontWeight};

/// Points: 1/72 inch.
pub(super) const MARGIN: f32 = 45.0;
const FOOT: f32 = 40.0;
/// Distance of base lines, as a share of the size.
const LEADING: f32 = 1.32;
/// Lines that a cell has at most, so that a row fits on a page.
const CELL_LINES_MAX: usize = 30;
const PADDING: f32 = 4.0;
/// A photo's box: 25 mm.
pub(super) const PHOTO: f32 = 71.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextStyle {
    pub(super) weight: FontWeight,
    pub(super) size: f32,
    pub(super) colour: [u8; 3],
}

pub(super) const INK: [u8; 3] = [0x1c, 0x23, 0x2b];
pub(super) const SOFT: [u8; 3] = [0x51, 0x5c, 0x66];
const RULE: [u8; 3] = [0xc9, 0xd1, 0xd8];
pub(super) const BODY: TextStyle = TextStyle { weight: FontWeight::Regular, size: 9.0, colour: INK };
pub(super) const SMALL: TextStyle = TextStyle { weight: FontWeight::Regular, size: 8.0, colour: SOFT };
pub(super) const STRONG: TextStyle = TextStyle { weight: FontWeight::Bold, size: 9.0, colour: INK };

/// What is drawn.
#[derive(Debug)]
pub(super) enum PageMark {
    /// A line of text, with its base line's begin.
    Text { x: f32, y: f32, style: TextStyle, text: String },
    /// A filled box, from its upper left corner.
    Fill { x: f32, y: f32, width: f32, height: f32, colour: [u8; 3] },
    /// A small picture, scaled into a box of [`PHOTO`].
    Photo { x: f32, y: f32, picture: Hash },
}

/// A number of a leaf of the tree of tags; marks without one are decoration.
pub(super) type TagLeaf = Option<usize>;

#[derive(Debug, Default)]
pub(super) struct PageMarks {
    pub(super) marks: Vec<(TagLeaf, PageMark)>,
}

/// What things are.
#[derive(Debug)]
pub(super) enum TagStructure {
    Leaf(usize),
    Group(TagRole, Vec<TagStructure>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TagRole {
    Heading(u16, String),
    Paragraph,
    Table,
    Row,
    HeadCell,
    Cell,
    /// With what it shows, in words.
    Figure(String),
}

/// A place that the outline leads to.
#[derive(Debug)]
pub(super) struct PageBookmark {
    pub(super) level: u16,
    pub(super) text: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// Pages that grow downwards.
pub(super) struct Layout<'a> {
    faces: &'a FontFaces,
    pub(super) size: (f32, f32),
    pub(super) pages: Vec<PageMarks>,
    pub(super) structure: Vec<TagStructure>,
    pub(super) bookmarks: Vec<PageBookmark>,
    pub(super) leaves: usize,
    /// Whether some text had letters that no typeface has.
    pub(super) lacks_letters: bool,
    y: f32,
}

/// A cell's content: lines of text, and photos below them.
#[derive(Debug, Default)]
pub(super) struct CellText {
    pub(super) lines: Vec<(TextStyle, String)>,
    /// Pictures, each with what it shows in words.
    pub(super) photos: Vec<(Hash, String)>,
    pub(super) is_struck: bool,
}

impl CellText {
    pub(super) fn of(style: TextStyle, lines: impl IntoIterator<Item = String>) -> Self {
        Self { lines: lines.into_iter().map(|line| (style, line)).collect(), ..Self::default() }
    }
}

/// A table with fixed columns, whose head is drawn on each page and tagged once.
pub(super) struct TableLayout {
    widths: Vec<f32>,
    head: Vec<String>,
    rows: Vec<TagStructure>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(faces: &'a FontFaces, width: f32, height: f32) -> Self {
        Self {
            faces,
            size: (width, height),
            pages: vec![PageMarks::default()],
            structure: Vec::new(),
            bookmarks: Vec::new(),
            leaves: 0,
            lacks_letters: false,
            y: MARGIN,
        }
    }

    pub(super) fn width(&self) -> f32 {
        self.size.0 - 2.0 * MARGIN
    }

    fn mark(&mut self, leaf: TagLeaf, mark: PageMark) {
        if let Some(page) = self.pages.last_mut() {
            page.marks.push((leaf, mark));
        }
    }

    fn new_leaf(&mut self) -> usize {
        self.leaves += 1;
        self.leaves - 1
    }

    /// Begins a page where less than this is left.
    pub(super) fn make_room(&mut self, height: f32) -> bool {
        let is_full = self.y + height > self.size.1 - MARGIN - FOOT && self.y > MARGIN;
        if is_full {
            self.pages.push(PageMarks::default());
            self.y = MARGIN;
        }
        is_full
    }

    pub(super) fn skip(&mut self, height: f32) {
        self.y += height;
    }

    fn lines(&mut self, text: &str, style: TextStyle, width: f32) -> Vec<String> {
        let (printed, lacks) = self.faces.printable(text, style.weight);
        self.lacks_letters |= lacks;
        self.faces.wrap(&printed, style.weight, style.size, width)
    }

    pub(super) fn heading(&mut self, level: u16, text: &str) {
        let size = match level {
            1 => 20.0,
            2 => 14.0,
            _ => 10.5,
        };
        let style = TextStyle { weight: FontWeight::Bold, size, colour: INK };
        // Not alone at the end of a page.
        self.make_room(size * LEADING + if level < 3 { 180.0 } else { 130.0 });
        if self.y > MARGIN {
            self.skip(size * 0.7);
        }
        let (page, y) = (self.pages.len() - 1, self.y);
        let (printed, _) = self.faces.printable(text, style.weight);
        self.bookmarks.push(PageBookmark { level, text: printed.clone(), page, y });
        self.block(TagRole::Heading(level, printed), text, style);
    }

    pub(super) fn paragraph(&mut self, text: &str, style: TextStyle) {
        self.block(TagRole::Paragraph, text, style);
    }

    fn block(&mut self, role: TagRole, text: &str, style: TextStyle) {
        let lines = self.lines(text, style, self.width());
        let mut leaves = Vec::new();
        for line in lines {
            self.make_room(style.size * LEADING);
            let leaf = self.new_leaf();
            self.y += style.size * LEADING;
            self.mark(
                Some(leaf),
                PageMark::Text { x: MARGIN, y: self.y - style.size * 0.3, style, text: line },
            );
            leaves.push(TagStructure::Leaf(leaf));
        }
        self.skip(3.0);
        self.structure.push(TagStructure::Group(role, leaves));
    }

    /// A bar of a share of the width, with what it shows in words.
    pub(super) fn bar(&mut self, share: f32, colour: [u8; 3], alt: String) {
        self.make_room(10.0);
        let (x, y, width) = (MARGIN, self.y, self.width());
        self.mark(None, PageMark::Fill { x, y, width, height: 5.0, colour: [0xe6, 0xea, 0xee] });
        let leaf = self.new_leaf();
        // Of nothing there is still something to point at.
        let width = (width * share).max(0.5);
        self.mark(Some(leaf), PageMark::Fill { x, y, width, height: 5.0, colour });
        self.structure.push(TagStructure::Group(TagRole::Figure(alt), vec![TagStructure::Leaf(leaf)]));
        self.skip(9.0);
    }

    /// `shares` of the width, one a column.
    pub(super) fn begin_table(&mut self, shares: &[f32], head: Vec<String>) -> TableLayout {
        let widths = shares.iter().map(|share| share * self.width()).collect();
        let mut table = TableLayout { widths, head, rows: Vec::new() };
        self.make_room(90.0);
        let cells = self.draw_head(&table, true);
        table.rows.push(TagStructure::Group(TagRole::Row, cells));
        table
    }

    /// The head again, on a further page, is decoration.
    fn draw_head(&mut self, table: &TableLayout, is_first: bool) -> Vec<TagStructure> {
        let style = TextStyle { weight: FontWeight::Bold, size: 8.0, colour: SOFT };
        let mut cells = Vec::new();
        let mut x = MARGIN;
        let mut deepest = self.y;
        for (head, width) in table.head.iter().zip(&table.widths) {
            let leaf = is_first.then(|| self.new_leaf());
            let mut y = self.y;
            for line in self.lines(head, style, width - PADDING) {
                y += style.size * LEADING;
                self.mark(leaf, PageMark::Text { x, y, style, text: line });
            }
            deepest = deepest.max(y);
            x += width;
            cells.push(TagStructure::Group(
                TagRole::HeadCell,
                leaf.map(TagStructure::Leaf).into_iter().collect(),
            ));
        }
        self.y = deepest + 4.0;
        self.rule();
        cells
    }

    fn rule(&mut self) {
        let (x, y, width) = (MARGIN, self.y, self.width());
        self.mark(None, PageMark::Fill { x, y, width, height: 0.6, colour: RULE });
        self.y += 1.0;
    }

    pub(super) fn row(&mut self, table: &mut TableLayout, cells: Vec<CellText>) {
        let mut wrapped = Vec::new();
        let mut height: f32 = 0.0;
        for (cell, width) in cells.into_iter().zip(table.widths.clone()) {
            let mut lines: Vec<(TextStyle, String)> = Vec::new();
            for (style, text) in &cell.lines {
                lines
                    .extend(self.lines(text, *style, width - PADDING).into_iter().map(|line| (*style, line)));
            }
            if lines.len() > CELL_LINES_MAX {
                lines.truncate(CELL_LINES_MAX);
                lines.push((SMALL, "…".to_owned()));
            }
            let text_height: f32 = lines.iter().map(|(style, _)| style.size * LEADING).sum();
            let a_row = ((width / (PHOTO + PADDING)) as usize).max(1);
            let photo_rows = cell.photos.len().div_ceil(a_row);
            height = height.max(text_height + photo_rows as f32 * (PHOTO + PADDING));
            wrapped.push((cell, lines, a_row));
        }
        if self.make_room(height + 8.0) {
            self.draw_head(table, false);
        }
        let top = self.y;
        let mut groups = Vec::new();
        let mut x = MARGIN;
        for ((cell, lines, a_row), width) in wrapped.into_iter().zip(table.widths.clone()) {
            groups.push(self.draw_cell(x, top, cell, lines, a_row));
            x += width;
        }
        table.rows.push(TagStructure::Group(TagRole::Row, groups));
        self.y = top + height + 5.0;
        self.rule();
    }

    fn draw_cell(
        &mut self,
        x: f32,
        top: f32,
        cell: CellText,
        lines: Vec<(TextStyle, String)>,
        a_row: usize,
    ) -> TagStructure {
        let mut parts = Vec::new();
        let mut y = top;
        if !lines.is_empty() {
            let leaf = self.new_leaf();
            for (style, text) in lines {
                y += style.size * LEADING;
                let width = self.faces.width(text.trim_end(), style.weight, style.size);
                self.mark(Some(leaf), PageMark::Text { x, y, style, text });
                if cell.is_struck {
                    let y = y - style.size * 0.3;
                    self.mark(None, PageMark::Fill { x, y, width, height: 0.7, colour: style.colour });
                }
            }
            parts.push(TagStructure::Leaf(leaf));
        }
        for (at, (picture, alt)) in cell.photos.into_iter().enumerate() {
            let leaf = self.new_leaf();
            let place = (
                x + (at % a_row) as f32 * (PHOTO + PADDING),
                y + PADDING + (at / a_row) as f32 * (PHOTO + PADDING),
            );
            self.mark(Some(leaf), PageMark::Photo { x: place.0, y: place.1, picture });
            parts.push(TagStructure::Group(TagRole::Figure(alt), vec![TagStructure::Leaf(leaf)]));
        }
        TagStructure::Group(TagRole::Cell, parts)
    }

    pub(super) fn end_table(&mut self, table: TableLayout) {
        self.structure.push(TagStructure::Group(TagRole::Table, table.rows));
        self.skip(6.0);
    }

    /// Adds to each page what all have below.
    pub(super) fn write_feet(&mut self, left: &str, right: impl Fn(usize, usize) -> String) {
        let pages = self.pages.len();
        let y = self.size.1 - MARGIN + 6.0;
        let (left, _) = self.faces.printable(left, SMALL.weight);
        for (at, page) in (1..).zip(&mut self.pages) {
            let (right, _) = self.faces.printable(&right(at, pages), SMALL.weight);
            let width = self.faces.width(&right, SMALL.weight, SMALL.size);
            let left = PageMark::Text { x: MARGIN, y, style: SMALL, text: left.clone() };
            page.marks.push((None, left));
            let x = self.size.0 - MARGIN - width;
            page.marks.push((None, PageMark::Text { x, y, style: SMALL, text: right }));
        }
    }
}
