//! Phones that are asked for photos and seldom give one.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use record::entry::Entry;
use record::ids::{DeviceId, Epoch};
use record::kinds::{Event, MissingPart};

/// The last times that a phone was asked, by which it is judged.
const ASKS: usize = 20;
const MISSING_MIN: usize = ASKS / 5 + 1;
/// Entries at the end of the log that are looked at after a start; what is older says little about today's phones.
const ENTRIES_MAX: u64 = 5_000;
const DEVICES_MAX: usize = 2_000;

/// A cleaning for which a photo was due, or came; one that the box had no space for counts as missing.
#[derive(Debug, Clone, Copy)]
struct PhotoAsk {
    seq: u64,
    has_photo: bool,
}

/// What became of each phone's last asks. It is rebuilt from the log's end after a start.
#[derive(Debug, Default)]
pub struct PhotoAsks {
    next: u64,
    devices: BTreeMap<DeviceId, VecDeque<PhotoAsk>>,
}

impl PhotoAsks {
    /// The entries of a log of this size that are still to be noted.
    pub fn unseen(&self, size: u64) -> Range<u64> {
        self.next.max(size.saturating_sub(ENTRIES_MAX))..size
    }

    pub fn note(&mut self, epoch: Epoch, entry: &Entry) {
        self.next = entry.head().seq + 1;
        match entry.event() {
            Event::CleaningRecorded(cleaning) => {
                let has_photo = !cleaning.photos.is_empty();
                let counts = has_photo || cleaning.incomplete.contains(&MissingPart::Photo);
                if let Some(device) = entry.head().by.device.filter(|_| counts) {
                    let asks = self.devices.entry(device).or_default();
                    asks.push_back(PhotoAsk { seq: entry.head().seq, has_photo });
                    if asks.len() > ASKS {
                        asks.pop_front();
                    }
                    self.drop_oldest();
                }
            }
            Event::PhotoAttached(attached) if attached.of.epoch == epoch => {
                let asks = self.devices.values_mut().flatten().find(|ask| ask.seq == attached.of.seq);
                if let Some(ask) = asks {
                    ask.has_photo = true;
                }
            }
            _ => {}
        }
    }

    fn drop_oldest(&mut self) {
        if self.devices.len() > DEVICES_MAX {
            let oldest = self.devices.iter().min_by_key(|(_, asks)| asks.back().map(|ask| ask.seq));
            let oldest = oldest.map(|(device, _)| *device);
            oldest.map(|device| self.devices.remove(&device));
        }
    }

    /// Phones that gave too few, each with how many of its last asks it left without a photo.
    pub fn lacking(&self) -> BTreeMap<String, u32> {
        let counted = self
            .devices
            .iter()
            .map(|(device, asks)| (device, asks.iter().filter(|ask| !ask.has_photo).count()));
        let lacking = counted.filter(|(_, missing)| *missing >= MISSING_MIN);
        lacking
            .map(|(device, missing)| (device.to_string(), u32::try_from(missing).unwrap_or(u32::MAX)))
            .collect()
    }
}
