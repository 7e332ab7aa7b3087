//! The way from one page of a list to the next.

pub(crate) struct PageTurns {
    pub(crate) before: Option<String>,
    /// Which page of how many; empty where they are not counted.
    pub(crate) place: String,
    pub(crate) after: Option<String>,
}

impl PageTurns {
    /// Of the page with this number, from 1, where `last` is the last one that is known to be there.
    pub(crate) fn of(number: usize, last: usize, link: impl Fn(usize) -> String) -> Self {
        let before = number.checked_sub(1).filter(|before| *before > 0).map(&link);
        Self { before, place: String::new(), after: (number < last).then(|| link(number + 1)) }
    }

    pub(crate) fn is_needed(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_page_has_none_before_it() {
        fn page_link(to: usize) -> String {
            format!("/list?page={to}")
        }
        let first = PageTurns::of(1, 2, page_link);
        assert_eq!((first.before.as_deref(), first.after.as_deref()), (None, Some("/list?page=2")));
        let last = PageTurns::of(2, 2, page_link);
        assert_eq!((last.before.as_deref(), last.after.as_deref()), (Some("/list?page=1"), None));
        assert!(first.is_needed() && last.is_needed() && !PageTurns::of(1, 1, page_link).is_needed());
    }
}
