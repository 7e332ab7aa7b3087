//! What people have picked to print: lists in the box's memory, one for each page on which somebody began to pick.
//!
//! A list is at the box and not in its page, so that a scan is safe as soon as it is answered, a page can be left and
//! reloaded, and a page with 5,000 picks is as small as one with none. Each page that begins to pick has a list of its
//! own, named in its address, and a press says what it adds and takes off, never what the whole list is: neither two
//! pages nor one page opened twice undo each other's picks. They are minutes of somebody's work and no record, so they
//! stay in memory: a restart drops them, and the page says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use record::ids::StaffId;
use record::tag::Tag;

use crate::printing::LABELS_MAX;
use crate::web::pages::labels::choices::PrintChoices;

/// Lists that are stored at a time: of 5,000 picks each, and as many to put back, 6 MB.
const LISTS_MAX: usize = 64;
/// Lists of one person, so that nobody pushes out those of everybody else.
const LISTS_EACH_MAX: usize = 8;

/// Names a list in the address of its page. It gives no rights: a list answers to its own person only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PickListId([u8; 8]);

impl PickListId {
    pub(crate) fn from_random(random: [u8; 8]) -> Self {
        Self(random)
    }
}

impl fmt::Display for PickListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for PickListId {
    type Err = PickListGone;
    fn from_str(text: &str) -> Result<Self, PickListGone> {
        let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        number.map(|number| Self(number.to_be_bytes())).ok_or(PickListGone)
    }
}

/// The box keeps no list of this name for this person (any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PickListGone;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PicksAdded {
    pub(crate) new: usize,
    /// Not picked, because one job takes no more.
    pub(crate) over: usize,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct PickList {
    /// In the order in which they were picked, in which they are printed too.
    tags: Vec<Tag>,
    cleared: Vec<Tag>,
    /// Printer, template and copies as they were chosen last.
    pub(crate) chosen: PrintChoices,
}

impl PickList {
    pub(crate) fn tags(&self) -> &[Tag] {
        &self.tags
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    pub(crate) fn cleared(&self) -> usize {
        self.cleared.len()
    }

    pub(crate) fn add(&mut self, tags: impl IntoIterator<Item = Tag>) -> PicksAdded {
        let mut on: BTreeSet<Tag> = self.tags.iter().copied().collect();
        let mut added = PicksAdded::default();
        for tag in tags {
            if on.contains(&tag) {
                continue;
            }
            if self.tags.len() >= LABELS_MAX {
                added.over += 1;
                continue;
            }
            on.insert(tag);
            self.tags.push(tag);
            added.new += 1;
        }
        added
    }

    pub(crate) fn remove(&mut self, tags: &BTreeSet<Tag>) {
        self.tags.retain(|tag| !tags.contains(tag));
    }

    /// A job was created for these: what was picked meanwhile stays, and nothing is put back.
    fn take_printed(&mut self, printed: &BTreeSet<Tag>) {
        self.remove(printed);
        self.cleared.clear();
    }

    /// Takes everything off; this can be undone until the next time.
    pub(crate) fn clear(&mut self) -> usize {
        if !self.tags.is_empty() {
            self.cleared = std::mem::take(&mut self.tags);
        }
        self.cleared.len()
    }

    pub(crate) fn put_back(&mut self) -> PicksAdded {
        let cleared = std::mem::take(&mut self.cleared);
        self.add(cleared)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnprintedList {
    pub(crate) id: PickListId,
    pub(crate) picked: usize,
}

#[derive(Debug, Default)]
pub(crate) struct PickLists {
    stored: Mutex<PickListTable>,
}

#[derive(Debug, Default)]
struct PickListTable {
    lists: BTreeMap<PickListId, StoredPickList>,
    uses: u64,
}

#[derive(Debug)]
struct StoredPickList {
    staff: StaffId,
    used: u64,
    list: PickList,
}

impl PickLists {
    fn stored(&self) -> MutexGuard<'_, PickListTable> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, staff: StaffId, id: PickListId) -> Result<PickList, PickListGone> {
        let mut stored = self.stored();
        stored.of(staff, id).map(|list| list.clone())
    }

    pub(crate) fn change<T>(
        &self,
        staff: StaffId,
        id: PickListId,
        change: impl FnOnce(&mut PickList) -> T,
    ) -> Result<T, PickListGone> {
        let mut stored = self.stored();
        stored.of(staff, id).map(change)
    }

    /// A job was created for these items of somebody's list: they are removed from it. Another list of that person without any other
    /// item, as of a scan whose answer was lost, is emptied too: it must not suggest that nothing was printed.
    pub(crate) fn take_printed(&self, staff: StaffId, id: Option<PickListId>, printed: &BTreeSet<Tag>) {
        let mut stored = self.stored();
        let own = stored.lists.iter_mut().filter(|(_, stored)| stored.staff == staff);
        for (other, StoredPickList { list, .. }) in own {
            if Some(*other) == id || list.tags.iter().all(|tag| printed.contains(tag)) {
                list.take_printed(printed);
            }
        }
    }

    /// Stores a new list. Past the limits, an empty one is evicted for it, else the one that nobody used for longest.
    pub(crate) fn insert(&self, staff: StaffId, id: PickListId, list: PickList) {
        let mut stored = self.stored();
        while stored.lists.values().filter(|other| other.staff == staff).count() >= LISTS_EACH_MAX {
            stored.drop_one(|other| other.staff == staff);
        }
        while stored.lists.len() >= LISTS_MAX {
            stored.drop_one(|_| true);
        }
        stored.uses += 1;
        let used = stored.uses;
        stored.lists.insert(id, StoredPickList { staff, used, list });
    }

    pub(crate) fn unprinted(&self, staff: StaffId) -> Option<UnprintedList> {
        let stored = self.stored();
        let own = stored.lists.iter().filter(|(_, stored)| stored.staff == staff);
        let open = own.filter(|(_, stored)| !stored.list.is_empty());
        let last = open.max_by_key(|(_, stored)| stored.used);
        last.map(|(id, stored)| UnprintedList { id: *id, picked: stored.list.tags.len() })
    }
}

impl PickListTable {
    fn of(&mut self, staff: StaffId, id: PickListId) -> Result<&mut PickList, PickListGone> {
        self.uses += 1;
        let stored = self.lists.get_mut(&id).filter(|stored| stored.staff == staff).ok_or(PickListGone)?;
        stored.used = self.uses;
        Ok(&mut stored.list)
    }

    fn drop_one(&mut self, among: impl Fn(&StoredPickList) -> bool) {
        let candidates = self.lists.iter().filter(|(_, stored)| among(stored));
        let least = candidates.min_by_key(|(_, stored)| (!stored.list.is_empty(), stored.used));
        if let Some(id) = least.map(|(id, _)| *id) {
            self.lists.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(n: u8) -> Tag {
        Tag::from_random([n, 1, 2, 3, 4])
    }

    fn id(n: u8) -> PickListId {
        PickListId::from_random([n; 8])
    }

    fn list(n: u8) -> PickList {
        let mut list = PickList::default();
        list.add([tag(n)]);
        list
    }

    fn staff(n: u8) -> StaffId {
        StaffId::new(0, [n; 10])
    }

    #[test]
    fn a_list_keeps_its_order_each_item_once_and_its_bound() {
        let mut list = PickList::default();
        assert_eq!(list.add([tag(2), tag(1), tag(2)]), PicksAdded { new: 2, over: 0 });
        assert_eq!(list.add([tag(1), tag(3)]), PicksAdded { new: 1, over: 0 });
        assert_eq!(list.tags(), [tag(2), tag(1), tag(3)]);
        list.remove(&BTreeSet::from([tag(1), tag(9)]));
        assert_eq!(list.tags(), [tag(2), tag(3)]);
        assert_eq!((list.clear(), list.is_empty()), (2, true));
        assert_eq!(list.clear(), 2, "clearing an empty list keeps what can be put back");
        list.add([tag(3)]);
        assert_eq!(list.put_back(), PicksAdded { new: 1, over: 0 });
        assert_eq!((list.tags(), list.cleared()), (&[tag(3), tag(2)][..], 0));
        let many = (0..6_000u16).map(|n| Tag::from_random([9, (n >> 8) as u8, n as u8, 0, 0]));
        assert_eq!(list.add(many), PicksAdded { new: 4_998, over: 1_002 });
        assert_eq!(list.add([tag(2)]), PicksAdded::default(), "what is on it is not too much");
    }

    #[test]
    fn a_list_answers_to_its_own_person_only() {
        let lists = PickLists::default();
        lists.insert(staff(1), id(1), list(1));
        assert_eq!(lists.get(staff(1), id(1)).unwrap().tags(), [tag(1)]);
        assert_eq!(lists.get(staff(2), id(1)).unwrap_err(), PickListGone);
        assert_eq!(lists.change(staff(2), id(1), PickList::clear), Err(PickListGone));
        assert_eq!((lists.unprinted(staff(2)), lists.get(staff(1), id(2)).is_err()), (None, true));
    }

    #[test]
    fn what_was_printed_is_off_the_list_and_what_came_meanwhile_is_not() {
        let lists = PickLists::default();
        lists.insert(staff(1), id(1), list(1));
        lists.insert(staff(1), id(2), list(1));
        lists.insert(staff(1), id(3), list(3));
        lists.insert(staff(2), id(4), list(1));
        lists.change(staff(1), id(1), |list| list.add([tag(2)])).unwrap();
        lists.take_printed(staff(1), Some(id(1)), &BTreeSet::from([tag(1)]));
        let tags = |staff, id| lists.get(staff, id).unwrap().tags().to_vec();
        assert_eq!(tags(staff(1), id(1)), [tag(2)], "picked while it was printed");
        assert_eq!(tags(staff(1), id(2)), [], "the same item on another page");
        assert_eq!(tags(staff(1), id(3)), [tag(3)]);
        assert_eq!(tags(staff(2), id(4)), [tag(1)], "somebody else’s");
    }

    #[test]
    fn bounds_drop_printed_lists_first_and_then_the_one_unused_for_longest() {
        let lists = PickLists::default();
        for n in 1..=8 {
            lists.insert(staff(1), id(n), list(n));
        }
        lists.take_printed(staff(1), Some(id(3)), &BTreeSet::from([tag(3)]));
        lists.get(staff(1), id(1)).unwrap();
        lists.insert(staff(1), id(9), list(9));
        lists.insert(staff(1), id(10), list(10));
        let gone = (1..=10).filter(|n| lists.get(staff(1), id(*n)).is_err()).collect::<Vec<_>>();
        assert_eq!(gone, [2, 3], "3 was printed, 2 is the oldest");
        assert_eq!(lists.unprinted(staff(1)), Some(UnprintedList { id: id(10), picked: 1 }));
        for n in 11..=200 {
            lists.insert(staff(n), id(n), list(n));
        }
        assert_eq!(lists.stored().lists.len(), LISTS_MAX);
        assert!(lists.get(staff(200), id(200)).is_ok(), "the newest is kept");
    }

    #[test]
    fn ids_go_through_an_address_and_back() {
        let id = PickListId::from_random([0, 1, 2, 3, 0xfe, 5, 6, 7]);
        assert_eq!(id.to_string(), "00010203fe050607");
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "00010203fe05060", "+0010203fe050607", "g0010203fe050607", "00010203fe0506070"] {
            assert_eq!(text.parse::<PickListId>(), Err(PickListGone), "{text}");
        }
    }
}
