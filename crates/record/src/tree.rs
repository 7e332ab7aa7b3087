//! The Merkle tree of RFC 6962 §2.1: hashes, the compact range that a verifier keeps, and both kinds of proof.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A SHA-256 value; as text 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// SHA-256 of some bytes, with no domain in front: photos, keys, requests.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The same of several parts, one behind the other.
    pub(crate) fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(write_hex(&self.0, &mut [0; 64]))
    }
}

/// Lower-case hex of `bytes` into `digits`, which holds two a byte. Faster than formatting each byte: every
/// entry has hundreds of them.
pub(crate) fn write_hex<'a>(bytes: &[u8], digits: &'a mut [u8]) -> &'a str {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    std::str::from_utf8(digits).unwrap_or_default()
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text that is not 64 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 value is 64 lower-case hex digits")]
pub struct HashError;

impl FromStr for Hash {
    type Err = HashError;
    fn from_str(text: &str) -> Result<Self, HashError> {
        hex_bytes(text).map(Self).ok_or(HashError)
    }
}

fn hex_digit(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    }
}

pub(crate) fn hex_bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    let mut out = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (o, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *o = (hex_digit(pair[0])? << 4) | hex_digit(pair[1])?;
    }
    Some(out)
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(write_hex(&self.0, &mut [0; 64]))
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Hash of one entry: `SHA-256(0x00 ‖ entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// Hash of two subtrees: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The compact range of a tree: its size and the roots of its perfect subtrees, largest first. With it a verifier
/// appends at the cost of the new entries alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// From a stored frontier. `None` when the number of nodes does not fit the size.
    pub fn from_parts(size: u64, nodes: Vec<Hash>) -> Option<Self> {
        (nodes.len() == size.count_ones() as usize).then_some(Self { size, nodes })
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the perfect subtrees, largest first.
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _, _| ());
    }

    /// Appends a leaf and reports each perfect subtree that it completes: its level (0 is the leaf), its
    /// index among those of that level, its hash.
    pub fn push_with(&mut self, leaf: Hash, mut completed: impl FnMut(u32, u64, Hash)) {
        let mut hash = leaf;
        completed(0, self.size, hash);
        for level in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                hash = node_hash(&left, &hash);
                completed(level + 1, self.size >> (level + 1), hash);
            }
        }
        self.nodes.push(hash);
        self.size += 1;
    }

    /// The root hash; of the empty tree, SHA-256 of nothing.
    pub fn root(&self) -> Hash {
        let mut from_the_right = self.nodes.iter().rev();
        match from_the_right.next() {
            None => Hash::of(&[]),
            Some(&last) => from_the_right.fold(last, |right, left| node_hash(left, &right)),
        }
    }
}

/// Where the hashes of perfect subtrees come from: `level` 0 is leaves, `index` counts subtrees of that level.
pub trait TreeNodes {
    /// What reading can fail with.
    type Error;
    /// The hash of leaves `index << level .. (index + 1) << level`.
    ///
    /// # Errors
    /// The store's own.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// All perfect subtrees over leaves that are in memory: for the tree of a run, which has 65,536 leaves at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafTree(Vec<Vec<Hash>>);

impl LeafTree {
    /// Over these leaves.
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(last) = levels.last().filter(|level| level.len() > 1) {
            let above = last.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
            levels.push(above);
        }
        Self(levels)
    }

    /// The path from leaf `index` to the root; empty unless there is such a leaf.
    pub fn path(&self, index: u64) -> Vec<Hash> {
        let size = self.0.first().map_or(0, Vec::len) as u64;
        // Every node that a path within `size` asks for is there.
        inclusion_proof(self, index, size).unwrap_or_default()
    }
}

/// A node that lies beyond the leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree does not reach that far")]
pub struct NoNode;

impl TreeNodes for LeafTree {
    type Error = NoNode;
    fn node(&self, level: u32, index: u64) -> Result<Hash, NoNode> {
        let level = usize::try_from(level).ok().and_then(|level| self.0.get(level));
        let node = level.zip(usize::try_from(index).ok()).and_then(|(level, at)| level.get(at));
        node.copied().ok_or(NoNode)
    }
}

/// The hash of leaves `lo..hi` as the recursion of RFC 6962 forms it; `lo` is a multiple of the largest power of two
/// that is at most `hi - lo`.
fn range_hash<N: TreeNodes>(nodes: &N, lo: u64, hi: u64) -> Result<Hash, N::Error> {
    let width = hi - lo;
    if width == 0 {
        return Ok(Hash::of(&[]));
    }
    if width.is_power_of_two() {
        let level = width.trailing_zeros();
        return nodes.node(level, lo >> level);
    }
    let middle = lo + split_point(width);
    Ok(node_hash(&range_hash(nodes, lo, middle)?, &range_hash(nodes, middle, hi)?))
}

fn split_point(width: u64) -> u64 {
    1 << (63 - (width - 1).leading_zeros())
}

/// The root of the first `size` leaves.
///
/// # Errors
/// The store's own.
pub fn root_at<N: TreeNodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    range_hash(nodes, 0, size)
}

/// The frontier of the first `size` leaves.
///
/// # Errors
/// The store's own.
pub fn frontier_at<N: TreeNodes>(nodes: &N, size: u64) -> Result<Frontier, N::Error> {
    let mut frontier = Frontier { size, nodes: Vec::new() };
    let mut lo = 0;
    for level in (0..64).rev().filter(|level| size >> level & 1 == 1) {
        frontier.nodes.push(nodes.node(level, lo >> level)?);
        lo += 1 << level;
    }
    Ok(frontier)
}

/// RFC 6962 §2.1.1: the path from leaf `index` to the root of `size` leaves, lowest first. Empty unless
/// `index < size`.
///
/// # Errors
/// The store's own.
pub fn inclusion_proof<N: TreeNodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    let (mut lo, mut hi) = (0, size);
    while hi - lo > 1 && index < size {
        let middle = lo + split_point(hi - lo);
        if index < middle {
            path.push(range_hash(nodes, middle, hi)?);
            hi = middle;
        } else {
            path.push(range_hash(nodes, lo, middle)?);
            lo = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The hashes that lead from several leaves to the root of `size` leaves, in the order in which [`root_from_leaves`] takes
/// them: of each subtree without one of the leaves, from the left. `indices` ascend, are distinct and below `size`.
///
/// # Errors
/// The store's own.
pub fn leaves_proof<N: TreeNodes>(nodes: &N, indices: &[u64], size: u64) -> Result<Vec<Hash>, N::Error> {
    fn collect_path<N: TreeNodes>(
        nodes: &N,
        lo: u64,
        hi: u64,
        indices: &[u64],
        path: &mut Vec<Hash>,
    ) -> Result<(), N::Error> {
        if indices.is_empty() {
            path.push(range_hash(nodes, lo, hi)?);
        } else if hi - lo > 1 {
            let middle = lo + split_point(hi - lo);
            let (left, right) = indices.split_at(indices.partition_point(|index| *index < middle));
            collect_path(nodes, lo, middle, left, path)?;
            collect_path(nodes, middle, hi, right, path)?;
        }
        Ok(())
    }
    let mut path = Vec::new();
    if size > 0 {
        collect_path(nodes, 0, size, indices, &mut path)?;
    }
    Ok(path)
}

/// The root of `size` leaves that these lead to by `path`, see [`leaves_proof`]; `None` where the leaves do not ascend, lie outside
/// of the tree, or the path has another length.
pub fn root_from_leaves(leaves: &[(u64, Hash)], size: u64, path: &[Hash]) -> Option<Hash> {
    fn range_root(
        lo: u64,
        hi: u64,
        leaves: &[(u64, Hash)],
        path: &mut std::slice::Iter<'_, Hash>,
    ) -> Option<Hash> {
        match leaves {
            [] => path.next().copied(),
            [(_, leaf)] if hi - lo == 1 => Some(*leaf),
            _ if hi - lo <= 1 => None,
            _ => {
                let middle = lo + split_point(hi - lo);
                let (left, right) = leaves.split_at(leaves.partition_point(|(index, _)| *index < middle));
                let left = range_root(lo, middle, left, path)?;
                Some(node_hash(&left, &range_root(middle, hi, right, path)?))
            }
        }
    }
    let ascend = leaves.is_sorted_by(|a, b| a.0 < b.0) && leaves.last().is_none_or(|(last, _)| *last < size);
    let mut path = path.iter();
    let found = range_root(0, size, leaves, &mut path).filter(|_| ascend && size > 0)?;
    path.next().is_none().then_some(found)
}

/// RFC 6962 §2.1.2: that the tree of `old` leaves is a beginning of the tree of `new` leaves. Empty unless
/// `0 < old < new`.
///
/// # Errors
/// The store's own.
pub fn consistency_proof<N: TreeNodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    if old == 0 || old >= new {
        return Ok(path);
    }
    let (mut lo, mut hi) = (0, new);
    // The old tree's own root need not be sent while its left edge is the whole tree's.
    let mut whole = true;
    while hi != old {
        let middle = lo + split_point(hi - lo);
        if old <= middle {
            path.push(range_hash(nodes, middle, hi)?);
            hi = middle;
        } else {
            path.push(range_hash(nodes, lo, middle)?);
            lo = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range_hash(nodes, lo, hi)?);
    }
    path.reverse();
    Ok(path)
}

/// The root that leaf `index` of `size` leads to by `path`; `None` when the path has the wrong length.
pub fn root_from_inclusion(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut fnode, mut snode, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if snode == 0 {
            return None;
        }
        if fnode & 1 == 1 || fnode == snode {
            hash = node_hash(sibling, &hash);
            while fnode & 1 == 0 && fnode != 0 {
                fnode >>= 1;
                snode >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    (snode == 0).then_some(hash)
}

/// Whether `path` proves that the tree `(old, old_root)` is a beginning of `(new, new_root)`.
pub fn verify_consistency(old: u64, old_root: Hash, new: u64, new_root: Hash, path: &[Hash]) -> bool {
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 || old > new {
        return false;
    }
    let mut path = path.iter();
    let (mut fnode, mut snode) = (old - 1, new - 1);
    while fnode & 1 == 1 {
        fnode >>= 1;
        snode >>= 1;
    }
    let start = if old.is_power_of_two() { Some(&old_root) } else { path.next() };
    let Some(&start) = start else { return false };
    let (mut from_old, mut from_new) = (start, start);
    for sibling in path {
        if snode == 0 {
            return false;
        }
        if fnode & 1 == 1 || fnode == snode {
            from_old = node_hash(sibling, &from_old);
            from_new = node_hash(sibling, &from_new);
            while fnode & 1 == 0 && fnode != 0 {
                fnode >>= 1;
                snode >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, sibling);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    snode == 0 && from_old == old_root && from_new == new_root
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use super::*;

    #[derive(Default)]
    struct StoredNodes(HashMap<(u32, u64), Hash>);

    impl TreeNodes for StoredNodes {
        type Error = Infallible;
        fn node(&self, level: u32, index: u64) -> Result<Hash, Infallible> {
            Ok(self.0[&(level, index)])
        }
    }

    fn entry(i: u64) -> Vec<u8> {
        format!("entry {i}").into_bytes()
    }

    fn build(size: u64) -> (StoredNodes, Vec<Frontier>) {
        let mut stored = StoredNodes::default();
        let mut frontiers = vec![Frontier::default()];
        for i in 0..size {
            let mut next = frontiers.last().cloned().unwrap();
            next.push_with(leaf_hash(&entry(i)), |level, index, hash| {
                stored.0.insert((level, index), hash);
            });
            frontiers.push(next);
        }
        (stored, frontiers)
    }

    /// Somebody else's tree, which keeps its hashes in its own order.
    struct Oracle(Vec<tlog_tiles::Hash>);

    impl tlog_tiles::HashReader for Oracle {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
            Ok(indexes.iter().map(|&i| self.0[usize::try_from(i).unwrap()]).collect())
        }
    }

    proptest::proptest! {
        #[test]
        fn several_leaves_lead_to_the_root_and_no_other_set_does(
            size in 1_u64..200,
            picked in proptest::collection::btree_set(0_u64..200, 0..40),
        ) {
            let (stored, frontiers) = build(size);
            let root = frontiers[usize::try_from(size).unwrap()].root();
            let picked: Vec<u64> = picked.into_iter().filter(|index| *index < size).collect();
            let path = leaves_proof(&stored, &picked, size).unwrap();
            let leaves: Vec<(u64, Hash)> =
                picked.iter().map(|index| (*index, leaf_hash(&entry(*index)))).collect();
            proptest::prop_assert_eq!(root_from_leaves(&leaves, size, &path), Some(root));
            if let [one] = picked[..] {
                let mut alone = inclusion_proof(&stored, one, size).unwrap();
                let mut several = path.clone();
                alone.sort_unstable_by_key(|hash| hash.0);
                several.sort_unstable_by_key(|hash| hash.0);
                proptest::prop_assert_eq!(alone, several);
            }
            for wrong in 0..leaves.len() {
                let mut changed = leaves.clone();
                changed[wrong].1 = leaf_hash(b"another");
                proptest::prop_assert_ne!(root_from_leaves(&changed, size, &path), Some(root));
                let mut missing = leaves.clone();
                missing.remove(wrong);
                proptest::prop_assert_ne!(root_from_leaves(&missing, size, &path), Some(root));
            }
            let more = [&path[..], &[root]].concat();
            proptest::prop_assert_eq!(root_from_leaves(&leaves, size, &more), None);
        }
    }

    #[test]
    fn leaves_out_of_order_or_outside_prove_nothing() {
        let (stored, _) = build(8);
        let leaf = |index| (index, leaf_hash(&entry(index)));
        let path = leaves_proof(&stored, &[2, 5], 8).unwrap();
        assert!(root_from_leaves(&[leaf(2), leaf(5)], 8, &path).is_some());
        for wrong in
            [vec![leaf(5), leaf(2)], vec![leaf(2), leaf(2), leaf(5)], vec![leaf(2), leaf(5), leaf(9)]]
        {
            assert_eq!(root_from_leaves(&wrong, 8, &path), None);
        }
        assert_eq!(root_from_leaves(&[], 0, &[]), None);
    }

    #[test]
    fn agrees_with_another_implementation() {
        let last = 130;
        let (stored, frontiers) = build(last);
        let mut oracle = Oracle(Vec::new());
        for size in 1..=last {
            let more = tlog_tiles::stored_hashes(size - 1, &entry(size - 1), &oracle).unwrap();
            oracle.0.extend(more);
            let root = root_at(&stored, size).unwrap();
            assert_eq!(root.0, tlog_tiles::tree_hash(size, &oracle).unwrap().0);
            assert_eq!(root, frontiers[usize::try_from(size).unwrap()].root());
            for index in (0..size).step_by(7) {
                let path = inclusion_proof(&stored, index, size).unwrap();
                let theirs = tlog_tiles::prove_record(size, index, &oracle).unwrap();
                assert_eq!(
                    path.iter().map(|h| h.0).collect::<Vec<_>>(),
                    theirs.iter().map(|h| h.0).collect::<Vec<_>>()
                );
                assert_eq!(root_from_inclusion(leaf_hash(&entry(index)), index, size, &path), Some(root));
                let leaves = (0..size).map(|i| leaf_hash(&entry(i))).collect();
                assert_eq!(LeafTree::new(leaves).path(index), path);
            }
            for old in 1..size {
                let path = consistency_proof(&stored, old, size).unwrap();
                let theirs = tlog_tiles::prove_tree(size, old, &oracle).unwrap();
                assert_eq!(
                    path.iter().map(|h| h.0).collect::<Vec<_>>(),
                    theirs.iter().map(|h| h.0).collect::<Vec<_>>()
                );
                assert!(verify_consistency(
                    old,
                    frontiers[usize::try_from(old).unwrap()].root(),
                    size,
                    root,
                    &path
                ));
            }
        }
    }

    #[test]
    fn frontiers_can_be_taken_up_again() {
        let (stored, frontiers) = build(70);
        for (size, frontier) in (0u64..).zip(&frontiers) {
            assert_eq!(&frontier_at(&stored, size).unwrap(), frontier);
            let parts = Frontier::from_parts(frontier.size(), frontier.nodes().to_vec());
            assert_eq!(parts.as_ref(), Some(frontier));
        }
        assert_eq!(Frontier::from_parts(3, vec![Hash::default()]), None);
        assert_eq!(
            frontiers[0].root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn a_wrong_proof_proves_nothing() {
        let (stored, frontiers) = build(40);
        let root = frontiers[40].root();
        let leaf = leaf_hash(&entry(11));
        let path = inclusion_proof(&stored, 11, 40).unwrap();
        assert_ne!(root_from_inclusion(leaf, 12, 40, &path), Some(root));
        assert_eq!(root_from_inclusion(leaf, 11, 40, &path[1..]), None);
        assert_eq!(root_from_inclusion(leaf, 40, 40, &path), None);
        assert_ne!(root_from_inclusion(leaf_hash(b"other"), 11, 40, &path), Some(root));
        let path = consistency_proof(&stored, 17, 40).unwrap();
        assert!(!verify_consistency(17, frontiers[16].root(), 40, root, &path));
        assert!(!verify_consistency(17, frontiers[17].root(), 40, root, &path[1..]));
        assert!(!verify_consistency(40, root, 17, frontiers[17].root(), &path));
    }
}
