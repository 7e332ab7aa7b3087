//! What a scan page carries hidden and sealed: which item, since when it is open, and the stored photo.

use record::ids::BootId;
use record::tag::Tag;
use record::tree::Hash;
use service::clock::Now;
use web::argument::FormFields;

use crate::identity::PageKey;
use crate::phones::count_cleanings;
use crate::web::context::AppState;

/// How long a page can be used; past the end of a running contact time as well.
pub(crate) const PAGE_MS: u64 = 5 * 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageToken {
    pub(crate) tag: Tag,
    pub(crate) boot: BootId,
    pub(crate) made_ms: u64,
    /// When this phone first saw the item, milliseconds since that boot: carried over to each page that follows.
    pub(crate) opened_ms: u64,
    pub(crate) photo: Option<Hash>,
    /// The random draw that decides whether a photo is required, where only some cleanings need one; `None`: never shown.
    pub(crate) draw: Option<u32>,
}

/// The draw of an item's pages: the same however often they are loaded, until its next cleaning is recorded.
fn draw_photo(key: &PageKey, tag: Tag, cleanings: u64) -> u32 {
    let drawn = key.seal(&format!("photo draw {tag} {cleanings}"));
    drawn.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or_default()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StaleToken {
    Foreign,
    OtherItem,
    /// Older than it may be, or from before the box restarted. The page that replaces it keeps what is still valid.
    Old(PageToken),
}

impl PageToken {
    pub(crate) fn new(tag: Tag, now: &Now) -> Self {
        let (made_ms, opened_ms) = (now.up_ms, now.up_ms);
        Self { tag, boot: now.boot, made_ms, opened_ms, photo: None, draw: None }
    }

    /// Of a page that is shown now, with the draw that decides whether it asks for a photo.
    pub(crate) fn drawn(state: &AppState, tag: Tag, now: &Now) -> Self {
        let cleanings = count_cleanings(tag, &state.store.snapshot());
        let draw = draw_photo(&state.identity.page_key, tag, cleanings);
        Self { draw: Some(draw), ..Self::new(tag, now) }
    }

    /// For a page that replaces one that is too old: its photo is kept, and so is when this phone first saw the item,
    /// as long as it is the same clock.
    pub(crate) fn renewed(self, state: &AppState, now: &Now) -> Self {
        let new = Self::drawn(state, self.tag, now);
        let opened_ms = if self.boot == new.boot { self.opened_ms.min(new.opened_ms) } else { new.opened_ms };
        Self { photo: self.photo, opened_ms, ..new }
    }

    pub(crate) fn text(&self, key: &PageKey) -> String {
        let photo = self.photo.map_or_else(|| "-".to_owned(), |hash| hash.to_string());
        let draw = self.draw.map_or_else(|| "-".to_owned(), |draw| draw.to_string());
        let Self { tag, boot, made_ms, opened_ms, .. } = self;
        let facts = format!("{tag}.{boot}.{made_ms}.{opened_ms}.{photo}.{draw}");
        let seal = key.seal(&facts);
        format!("{facts}.{seal}")
    }

    /// Reads what a page sent back. `wet_over_ms` is when a contact time of the item is over, milliseconds since the boot.
    pub(crate) fn read(
        text: &str,
        key: &PageKey,
        tag: Tag,
        now: &Now,
        wet_over_ms: Option<u64>,
    ) -> Result<Self, StaleToken> {
        let token = Self::open(text, key).ok_or(StaleToken::Foreign)?;
        if token.tag != tag {
            return Err(StaleToken::OtherItem);
        }
        token.check(now, wet_over_ms)
    }

    pub(crate) fn check(self, now: &Now, wet_over_ms: Option<u64>) -> Result<Self, StaleToken> {
        let fresh =
            self.boot == now.boot && self.made_ms <= now.up_ms && now.up_ms <= self.until_ms(wet_over_ms);
        if fresh { Ok(self) } else { Err(StaleToken::Old(self)) }
    }

    /// The tag of any token that this box made, old or not: for the old app's path.
    pub(crate) fn tag_of(text: &str, key: &PageKey) -> Option<Tag> {
        Self::open(text, key).map(|token| token.tag)
    }

    fn open(text: &str, key: &PageKey) -> Option<Self> {
        if text.len() > 300 {
            return None;
        }
        let (facts, seal) = text.rsplit_once('.')?;
        // A seal is 128 bits of a keyed hash: the timing of its comparison reveals nothing of use.
        if key.seal(facts) != seal {
            return None;
        }
        let mut parts = facts.split('.');
        let token = Self {
            tag: parts.next()?.parse().ok()?,
            boot: parts.next()?.parse().ok()?,
            made_ms: parts.next()?.parse().ok()?,
            opened_ms: parts.next()?.parse().ok()?,
            photo: parts.next().and_then(|hash| hash.parse().ok()),
            draw: parts.next().and_then(|draw| draw.parse().ok()),
        };
        Some(token)
    }

    /// Until when the page can be used, milliseconds since the boot: past the end of a contact time as well.
    pub(crate) fn until_ms(&self, wet_over_ms: Option<u64>) -> u64 {
        wet_over_ms.map_or(self.made_ms, |over| over.max(self.made_ms)).saturating_add(PAGE_MS)
    }
}

pub(crate) fn carried_photo(state: &AppState, tag: Tag, form: &FormFields) -> Option<Hash> {
    photo_of_page(state, tag, form.get("page")?)
}

pub(crate) fn photo_of_page(state: &AppState, tag: Tag, page: &str) -> Option<Hash> {
    let now = state.clock.now();
    match PageToken::read(page, &state.identity.page_key, tag, &now, None) {
        Ok(token) | Err(StaleToken::Old(token)) => token.photo,
        Err(StaleToken::Foreign | StaleToken::OtherItem) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::entry::ClockState;

    #[test]
    fn what_was_given_comes_back_or_nothing() {
        let key = PageKey::new([7; 32]);
        let boot = BootId::new(0, [1; 10]);
        let at = |up_ms| Now { wall_ms: 0, boot, up_ms, state: ClockState::Synced };
        let tag: Tag = "7QK3M9X2W".parse().unwrap();
        let plain = PageToken::new(tag, &at(1_000));
        let full = PageToken { opened_ms: 900, photo: Some(Hash::of(b"jpeg")), draw: Some(7), ..plain };
        for token in [plain, full] {
            assert_eq!(PageToken::read(&token.text(&key), &key, tag, &at(1_000), None), Ok(token));
        }
        let text = plain.text(&key);
        assert_eq!(PageToken::read(&text, &key, tag, &at(1_000 + PAGE_MS), None), Ok(plain));
        assert_eq!(
            PageToken::read(&text, &key, tag, &at(1_001 + PAGE_MS), None),
            Err(StaleToken::Old(plain))
        );
        let long = full.text(&key);
        assert_eq!(PageToken::read(&long, &key, tag, &at(380_000 + PAGE_MS), Some(380_000)), Ok(full));
        assert_eq!(
            PageToken::read(&long, &key, tag, &at(380_001 + PAGE_MS), Some(380_000)),
            Err(StaleToken::Old(full))
        );
        let other = Now { boot: BootId::new(0, [2; 10]), ..at(1_000) };
        assert_eq!(PageToken::read(&text, &key, tag, &other, None), Err(StaleToken::Old(plain)));
        assert_eq!(
            PageToken::read(&text, &key, "ABCDEFGH3".parse().unwrap(), &at(1_000), None),
            Err(StaleToken::OtherItem)
        );
        for forged in
            ["", ".", "x.y", &text.replace("1000", "9999"), &format!("{text}0"), &"7".repeat(100_000)]
        {
            assert_eq!(
                PageToken::read(forged, &key, tag, &at(1_000), None),
                Err(StaleToken::Foreign),
                "{forged:.40}"
            );
        }
        assert_eq!(PageToken::tag_of(&text, &key), Some(tag));
    }

    #[test]
    fn a_draw_is_one_for_each_cleaning() {
        let (key, tag) = (PageKey::new([7; 32]), "7QK3M9X2W".parse().unwrap());
        let draw = |cleanings| draw_photo(&key, tag, cleanings);
        assert_eq!(draw(5), draw(5));
        let picked = (0..10_000).filter(|cleanings| draw(*cleanings) % 10 == 0).count();
        assert!((850..1_150).contains(&picked), "{picked} of 10,000 by one in ten");
        let other = "ABCDEFGH3".parse().unwrap();
        assert_ne!(
            (0..4).map(draw).collect::<Vec<_>>(),
            (0..4).map(|n| draw_photo(&key, other, n)).collect::<Vec<_>>()
        );
    }
}
