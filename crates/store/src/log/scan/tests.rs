//! Long files, places that are gone to, and frames that are read back.

use record::checkpoint::LogOrigin;
use record::ids::BoxId;
use record::tree::{Frontier, Hash};

use super::*;
use crate::io::system_disk::SystemDisk;
use crate::log::segment::GroupWriter;

#[test]
fn the_first_line_of_a_long_file_is_read_without_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let disk = SystemDisk::take(dir.path()).unwrap();
    let origin = LogOrigin::new(BoxId::new(5, [1; 10]), 3, &[7; 32]);
    let header = SegmentHeader { origin, frontier: Frontier::default() };
    let write = |segment: &SegmentFile, bytes: &[u8]| {
        std::fs::write(dir.path().join(&segment.path), bytes).unwrap();
        segment.read_header(&disk).unwrap()
    };
    // What hardly packs, so that the frame has blocks behind the first.
    let mut noise = (0_u32..).flat_map(|n| Hash::of(&n.to_be_bytes()).to_string().into_bytes());
    let mut plain = header.encode_bare();
    plain.extend(noise.by_ref().take(400 << 10));
    let sealed = SegmentFile { path: "sealed".to_owned(), ..SegmentFile::sealed("log", 0) };
    let mut packed = pack_lines(&plain).unwrap();
    assert!(packed.len() > FIRST_BLOCK_BYTES, "{}", packed.len());
    assert_eq!(write(&sealed, &packed), Some(header.clone()));
    let last = packed.len() - 1;
    packed[last] ^= 1;
    assert_eq!(write(&sealed, &packed), Some(header.clone()), "the rest is not read");
    plain[30] ^= 1;
    assert_eq!(write(&sealed, &pack_lines(&plain).unwrap()), None, "the first line is");
    let open = SegmentFile { path: "open".to_owned(), ..SegmentFile::plain("log", 0) };
    let mut bytes = header.encode();
    bytes.extend(noise.take(100));
    assert_eq!(write(&open, &bytes), Some(header));
    bytes[30] ^= 1;
    assert_eq!(write(&open, &bytes), None);
}

#[test]
fn a_reader_goes_to_a_group_only_where_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let disk = SystemDisk::take(dir.path()).unwrap();
    let origin = LogOrigin::new(BoxId::new(5, [1; 10]), 3, &[7; 32]);
    let mut bytes = SegmentHeader { origin, frontier: Frontier::default() }.encode();
    let mut places = Vec::new();
    for first in 0..3 {
        places.push(bytes.len() as u64);
        let mut group = GroupWriter::default();
        group.entry(b"{}");
        bytes.extend_from_slice(group.close(first, first + 1, &Hash::of(b"root")));
    }
    let segment = SegmentFile { path: "open".to_owned(), ..SegmentFile::plain("log", 0) };
    std::fs::write(dir.path().join(&segment.path), &bytes).unwrap();
    let seek = |at: u64, seq: u64| {
        let mut reader = SegmentReader::open(&disk, &segment).unwrap();
        reader.seek_entry(at, seq).unwrap().then(|| reader.step().unwrap())
    };
    let Some(ReadStep::Group { at, group }) = seek(places[1], 1) else { panic!("it stands there") };
    assert_eq!((at, group.first), (places[1], 1));
    assert_eq!(seek(places[1], 2), None, "another group's");
    assert_eq!(seek(places[1] + 8, 1), None, "inside of it");
    assert_eq!(seek(bytes.len() as u64, 3), None, "behind the end");
}

#[test]
fn frames_that_are_read_back_otherwise_do_not_hold() {
    let dir = tempfile::tempdir().unwrap();
    let disk = SystemDisk::take(dir.path()).unwrap();
    let segment = SegmentFile { path: "sealed".to_owned(), ..SegmentFile::sealed("log", 0) };
    let plain: [Vec<u8>; 2] = [b"{\"seq\":0}\n".repeat(900), b"{\"seq\":1}\n".repeat(70)];
    let packed = plain.each_ref().map(|frame| pack_lines(frame).unwrap());
    let frames = [0, 1].map(|i| (packed[i].len(), plain[i].len()));
    let bytes = packed.concat();
    let holds = |bytes: &[u8], frames: &[FrameBytes]| {
        std::fs::write(dir.path().join("sealed"), bytes).unwrap();
        frames_hold(&disk, &segment, frames)
    };
    assert!(holds(&bytes, &frames).unwrap());
    for at in [5, packed[0].len() / 2, bytes.len() - 1] {
        let mut other = bytes.clone();
        other[at] ^= 0x10;
        assert!(!holds(&other, &frames).unwrap(), "a bit of byte {at}");
    }
    assert!(!holds(&[&bytes[..], b"x"].concat(), &frames).unwrap(), "more than was written");
    assert!(holds(&bytes[..bytes.len() - 1], &frames).is_err(), "less than was written");
    assert!(!holds(&bytes, &[frames[0], (frames[1].0, frames[1].1 + 1)]).unwrap(), "other lines");
}
