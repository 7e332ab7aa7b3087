//! The list that Raspberry Pi Imager reads: an image's address, sizes and sums.

use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::FlashError;
use crate::image::{ImageReader, sum_text};
use crate::progress::{FlashPhase, FlashProgress};

const DEVICES: [&str; 2] = ["pi3-64bit", "pi4-64bit"];

#[derive(Debug, Clone)]
pub(crate) struct ManifestFacts {
    pub(crate) url: String,
    pub(crate) icon: String,
    pub(crate) name: String,
    pub(crate) release_date: String,
}

#[derive(Serialize)]
struct ManifestList {
    os_list: [ManifestImage; 1],
}

/// By Imager's schema. Without `init_format` it offers no settings, which this image would ignore.
#[derive(Serialize)]
struct ManifestImage {
    name: String,
    description: &'static str,
    icon: String,
    url: String,
    extract_size: u64,
    extract_sha256: String,
    image_download_size: u64,
    image_download_sha256: String,
    release_date: String,
    devices: [&'static str; 2],
}

pub(crate) fn write_manifest(
    image: &Path,
    facts: ManifestFacts,
    progress: &mut dyn FlashProgress,
) -> Result<String, FlashError> {
    let mut reader = ImageReader::open(image, None)?;
    progress.begin_phase(FlashPhase::Checking, reader.total);
    let (mut block, mut sum, mut bytes) = (Vec::new(), Sha256::new(), 0);
    loop {
        reader.read_block(&mut block)?;
        if block.is_empty() {
            break;
        }
        sum.update(&block);
        bytes += block.len() as u64;
        progress.advance_to(bytes);
    }
    let summary = reader.finish()?;
    progress.end_phases();
    let entry = ManifestImage {
        name: facts.name,
        description: "Equipment cleaning records. Add the claim file with cleantrack-flash inject afterwards.",
        icon: facts.icon,
        url: facts.url,
        extract_size: bytes,
        extract_sha256: sum_text(&sum.finalize()),
        image_download_size: summary.file_bytes,
        image_download_sha256: summary.file_sum,
        release_date: facts.release_date,
        devices: DEVICES,
    };
    // Texts and numbers: serialization cannot fail.
    Ok(serde_json::to_string_pretty(&ManifestList { os_list: [entry] }).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NotedProgress, pack_zstd, patterned};

    #[test]
    fn sizes_and_sums_are_those_of_the_image() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("box.img.zst");
        let bytes = patterned(5_000_192);
        let packed = pack_zstd(&bytes);
        std::fs::write(&path, &packed).unwrap();
        let facts = ManifestFacts {
            url: "https://example.org/box.img.zst".into(),
            icon: "https://example.org/icon.png".into(),
            name: "CleanTrack box".into(),
            release_date: "2026-11-23".into(),
        };
        let text = write_manifest(&path, facts, &mut NotedProgress::default()).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let entry = &read["os_list"][0];
        assert_eq!(entry["extract_size"], 5_000_192);
        assert_eq!(entry["extract_sha256"], sum_text(&Sha256::digest(&bytes)));
        assert_eq!(entry["image_download_size"], packed.len());
        assert_eq!(entry["image_download_sha256"], sum_text(&Sha256::digest(&packed)));
        for key in ["name", "description", "icon", "url", "release_date"] {
            assert!(entry[key].is_string(), "{key} is required");
        }
        assert!(entry.get("init_format").is_none());
    }
}
