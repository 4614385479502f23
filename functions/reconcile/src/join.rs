//! A merge join of two sorted lists that come in pages: it holds a page of each, whatever the lists' length.

use std::cmp::Ordering;
use std::collections::VecDeque;

use shared::hash::ContentHash;

/// What both lists are sorted by: an object's key behind `raw/`, an item's sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// A hash, as it should be.
    Hash(ContentHash),
    /// Anything else.
    Text(String),
}

impl Name {
    /// The name that a text is.
    pub fn of(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Hash)
    }
}

impl Ord for Name {
    /// The order of the texts' bytes, which for two hashes is that of the digests'.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Hash(a), Self::Hash(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Hash(a), Self::Text(b)) => a.to_string().cmp(b),
            (Self::Text(a), Self::Hash(b)) => a.cmp(&b.to_string()),
        }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A list that is not sorted, or has a name twice. A directory bucket lists so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a list is not sorted: {after:?} comes after {before:?}")]
pub struct Disorder {
    before: Name,
    after: Name,
}

/// What the join wants or has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<L, R> {
    /// It needs the next page of the left list.
    NeedLeft,
    /// It needs the next page of the right list.
    NeedRight,
    /// Both entries of a name, or the one that there is.
    Pair(Name, Option<L>, Option<R>),
    /// Both lists have ended.
    Done,
}

/// A join of two lists.
#[derive(Debug)]
pub struct MergeJoin<L, R> {
    left: Side<L>,
    right: Side<R>,
}

#[derive(Debug)]
struct Side<T> {
    waiting: VecDeque<(Name, T)>,
    last: Option<Name>,
    ended: bool,
}

impl<T> Side<T> {
    const fn new() -> Self {
        Self { waiting: VecDeque::new(), last: None, ended: false }
    }

    fn feed(&mut self, page: impl IntoIterator<Item = (Name, T)>, ended: bool) -> Result<(), Disorder> {
        for (name, entry) in page {
            let before = self.waiting.back().map(|(name, _)| name).or(self.last.as_ref());
            if let Some(before) = before
                && *before >= name
            {
                return Err(Disorder { before: before.clone(), after: name });
            }
            self.waiting.push_back((name, entry));
        }
        self.ended = ended;
        Ok(())
    }

    fn is_hungry(&self) -> bool {
        self.waiting.is_empty() && !self.ended
    }

    fn take(&mut self) -> Option<(Name, T)> {
        let (name, entry) = self.waiting.pop_front()?;
        // Only the last name of a page is asked for again: by the first of the next.
        if self.waiting.is_empty() {
            self.last = Some(name.clone());
        }
        Some((name, entry))
    }
}

impl<L, R> Default for MergeJoin<L, R> {
    fn default() -> Self {
        Self { left: Side::new(), right: Side::new() }
    }
}

impl<L, R> MergeJoin<L, R> {
    /// Adds the next page of the left list; `ended` says that no other comes.
    ///
    /// # Errors
    /// [`Disorder`].
    pub fn feed_left(
        &mut self,
        page: impl IntoIterator<Item = (Name, L)>,
        ended: bool,
    ) -> Result<(), Disorder> {
        self.left.feed(page, ended)
    }

    /// Adds the next page of the right list; `ended` says that no other comes.
    ///
    /// # Errors
    /// [`Disorder`].
    pub fn feed_right(
        &mut self,
        page: impl IntoIterator<Item = (Name, R)>,
        ended: bool,
    ) -> Result<(), Disorder> {
        self.right.feed(page, ended)
    }

    /// The next pair, or what is needed to tell it.
    pub fn step(&mut self) -> Step<L, R> {
        if self.left.is_hungry() {
            return Step::NeedLeft;
        }
        if self.right.is_hungry() {
            return Step::NeedRight;
        }
        let order = match (self.left.waiting.front(), self.right.waiting.front()) {
            (None, None) => return Step::Done,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((left, _)), Some((right, _))) => left.cmp(right),
        };
        let left = order.is_le().then(|| self.left.take()).flatten();
        let right = order.is_ge().then(|| self.right.take()).flatten();
        match (left, right) {
            (Some((name, left)), right) => Step::Pair(name, Some(left), right.map(|(_, right)| right)),
            (None, Some((name, right))) => Step::Pair(name, None, Some(right)),
            (None, None) => Step::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn name(number: u8) -> Name {
        // Hashes and other names, mixed.
        if number.is_multiple_of(3) {
            Name::of(&format!("{number:02x}/other"))
        } else {
            let mut digest = [7; 32];
            digest[0] = number;
            Name::Hash(ContentHash::from_bytes(digest))
        }
    }

    fn joined(
        left: &BTreeSet<Name>,
        right: &BTreeSet<Name>,
        pages: (usize, usize),
    ) -> Vec<(Name, bool, bool)> {
        let (left, right): (Vec<_>, Vec<_>) = (left.iter().collect(), right.iter().collect());
        let (mut lefts, mut rights) = (left.chunks(pages.0), right.chunks(pages.1));
        let mut join = MergeJoin::<(), ()>::default();
        let mut pairs = Vec::new();
        let page = |names: Option<&[&Name]>| -> Vec<(Name, ())> {
            names.unwrap_or_default().iter().map(|name| ((*name).clone(), ())).collect()
        };
        loop {
            match join.step() {
                Step::NeedLeft => {
                    let next = lefts.next();
                    join.feed_left(page(next), next.is_none()).unwrap();
                }
                Step::NeedRight => {
                    let next = rights.next();
                    join.feed_right(page(next), next.is_none()).unwrap();
                }
                Step::Pair(name, left, right) => pairs.push((name, left.is_some(), right.is_some())),
                Step::Done => return pairs,
            }
        }
    }

    proptest! {
        #[test]
        fn every_name_of_either_list_comes_once_in_order(
            left: Vec<u8>, right: Vec<u8>, pages in (1_usize..9, 1_usize..9)
        ) {
            let (left, right): (BTreeSet<_>, BTreeSet<_>) =
                (left.into_iter().map(name).collect(), right.into_iter().map(name).collect());
            let mut expected = BTreeMap::<Name, (bool, bool)>::new();
            for name in &left {
                expected.entry(name.clone()).or_default().0 = true;
            }
            for name in &right {
                expected.entry(name.clone()).or_default().1 = true;
            }
            let expected: Vec<_> = expected.into_iter().map(|(name, (l, r))| (name, l, r)).collect();
            prop_assert_eq!(joined(&left, &right, pages), expected);
        }

        #[test]
        fn names_sort_as_their_texts_do(a in "[0-9a-g/]{0,3}", b in "[0-9a-g/]{0,3}", x: bool, y: bool) {
            let full = |text: &str, hash: bool| if hash { format!("{text:0<64}") } else { text.to_owned() };
            let (a, b) = (full(&a, x), full(&b, y));
            prop_assert_eq!(Name::of(&a).cmp(&Name::of(&b)), a.cmp(&b));
        }
    }

    #[test]
    fn a_list_out_of_order_is_an_error_also_over_pages() {
        let mut join = MergeJoin::<(), ()>::default();
        assert!(join.feed_left([(name(4), ()), (name(2), ())], false).is_err());
        let mut join = MergeJoin::<(), ()>::default();
        join.feed_left([(name(4), ())], false).unwrap();
        join.feed_right([], true).unwrap();
        assert!(matches!(join.step(), Step::Pair(..)));
        assert!(join.feed_left([(name(4), ())], true).is_err());
    }
}
