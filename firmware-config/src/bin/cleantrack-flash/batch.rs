//! Many cards in a row: prompts for each, writes it, marks it, and resumes where it stopped.

use crate::batch_list::{BatchCard, BatchList};
use crate::card::CardDevice;
use crate::console::OperatorConsole;
use crate::error::FlashError;
use crate::image::ImageReader;
use crate::inspect::{CardReport, inspect_card};
use crate::progress::FlashProgress;
use crate::writer::write_card;

pub(crate) trait BatchStation {
    fn open_card(&mut self, card: &BatchCard) -> Result<Box<dyn CardDevice>, FlashError>;

    fn open_image(&mut self) -> Result<ImageReader, FlashError>;

    fn begin_progress(&mut self) -> Box<dyn FlashProgress>;

    fn place(&self) -> BatchPlace;
}

pub(crate) enum BatchPlace {
    Reader(String),
    /// As files, with nobody to change cards.
    Folder,
}

enum CardAnswer {
    Write,
    Skip,
    Stop,
}

fn read_card_answer(console: &mut dyn OperatorConsole, question: &str) -> CardAnswer {
    match console.read_answer(question).map(|answer| answer.trim().to_lowercase()).as_deref() {
        Some("") => CardAnswer::Write,
        Some("s" | "skip") => CardAnswer::Skip,
        _ => CardAnswer::Stop,
    }
}

pub(crate) fn write_batch(
    list: &mut BatchList,
    station: &mut dyn BatchStation,
    console: &mut dyn OperatorConsole,
) -> Result<(), FlashError> {
    let all = list.cards.len();
    for nth in 0..all {
        let Some(card) = list.cards.get(nth).filter(|card| !card.is_done).cloned() else { continue };
        let head = format!("Card {} of {all}, {}", nth + 1, card.name);
        let BatchPlace::Reader(reader) = station.place() else {
            console.print_note(&head);
            write_one(list, &card, station)?;
            mark_card(list, nth)?;
            continue;
        };
        let mut question = format!("{head}: put it into {reader}, then Enter (s: skip, q: stop) ");
        loop {
            match read_card_answer(console, &question) {
                CardAnswer::Skip => break,
                CardAnswer::Stop => return Err(FlashError::BatchStopped { done: list.count_done(), all }),
                CardAnswer::Write => {}
            }
            match write_one(list, &card, station) {
                Ok(()) => {
                    mark_card(list, nth)?;
                    console.print_note(&format!("{} is done: take the card out and label it.", card.name));
                    break;
                }
                Err(error) => console.print_note(&error.to_string()),
            }
            question =
                format!("{} was not written. Put in a card, then Enter (s: skip, q: stop) ", card.name);
        }
    }
    let done = list.count_done();
    if done == all { Ok(()) } else { Err(FlashError::BatchStopped { done, all }) }
}

fn mark_card(list: &mut BatchList, nth: usize) -> Result<(), FlashError> {
    let now = jiff::Timestamp::now();
    list.mark_done(nth, &now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn write_one(list: &BatchList, card: &BatchCard, station: &mut dyn BatchStation) -> Result<(), FlashError> {
    let mut device = station.open_card(card)?;
    refuse_done_card(list, device.as_mut())?;
    let image = station.open_image()?;
    let mut progress = station.begin_progress();
    write_card(device.as_mut(), image, Some(&card.claim), progress.as_mut()).map(drop)
}

fn refuse_done_card(list: &BatchList, device: &mut dyn CardDevice) -> Result<(), FlashError> {
    if device.is_blank() {
        return Ok(());
    }
    let mut report = CardReport::default();
    // A card that cannot be read is not one of the batch.
    if inspect_card(device, &mut report).is_err() {
        return Ok(());
    }
    let claim = report.claim;
    let own = list.cards.iter().find(|card| card.is_done && claim.as_ref() == Some(&card.claim));
    match own {
        Some(card) => Err(FlashError::CardDone { name: card.name.clone(), line: card.line }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::console::ScriptedConsole;
    use crate::file_card::FileCard;
    use crate::testing::{CLAIM, MemoryCard, NotedProgress, box_image, claim_on, pack_zstd};

    struct FileStation {
        folder: tempfile::TempDir,
        /// How many cards fail at first.
        dead: usize,
        opened: Vec<String>,
    }

    impl FileStation {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("claim.toml"), CLAIM).unwrap();
            std::fs::write(folder.path().join("box.img.zst"), pack_zstd(&box_image())).unwrap();
            Self { folder, dead: 0, opened: Vec::new() }
        }

        fn list(&self) -> PathBuf {
            let path = self.folder.path().join("cards.csv");
            if !path.exists() {
                std::fs::write(&path, "hostname,claim\nor-1,claim.toml\nor-2,claim.toml\nor-3,claim.toml\n")
                    .unwrap();
            }
            path
        }

        fn card(&self, name: &str) -> PathBuf {
            self.folder.path().join(format!("{name}.img"))
        }

        fn run(&mut self, answers: &[&str]) -> (Result<(), FlashError>, ScriptedConsole) {
            let mut console = ScriptedConsole::answering(answers);
            let mut list = BatchList::read(&self.list()).unwrap();
            let outcome = write_batch(&mut list, self, &mut console);
            (outcome, console)
        }
    }

    impl BatchStation for FileStation {
        fn open_card(&mut self, card: &BatchCard) -> Result<Box<dyn CardDevice>, FlashError> {
            self.opened.push(card.name.clone());
            if self.dead > 0 {
                self.dead -= 1;
                let mut dead = MemoryCard::used(30_000_000);
                dead.write_fault = Some((9_000_000, 5));
                return Ok(Box::new(dead));
            }
            let path = self.card(&card.name);
            std::fs::write(&path, vec![0x77; 20_000_000]).unwrap();
            Ok(Box::new(FileCard::open_writable(&path)?))
        }

        fn open_image(&mut self) -> Result<ImageReader, FlashError> {
            ImageReader::open(&self.folder.path().join("box.img.zst"), None)
        }

        fn begin_progress(&mut self) -> Box<dyn FlashProgress> {
            Box::new(NotedProgress::default())
        }

        fn place(&self) -> BatchPlace {
            BatchPlace::Reader("the reader".to_owned())
        }
    }

    #[test]
    fn a_batch_goes_on_where_it_stopped() {
        let mut station = FileStation::new();
        let (outcome, console) = station.run(&["", "s", "q"]);
        assert!(matches!(outcome, Err(FlashError::BatchStopped { done: 1, all: 3 })), "{outcome:?}");
        assert!(console.shown().contains("Card 2 of 3, or-2: put it into the reader"), "{}", console.shown());
        // The second was skipped, and is asked for again; the first is not.
        let (outcome, _) = station.run(&["", ""]);
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(station.opened, ["or-1", "or-2", "or-3"]);
        let (outcome, console) = station.run(&[]);
        assert!(outcome.is_ok() && console.notes.is_empty());
        for name in ["or-1", "or-2", "or-3"] {
            let mut card = FileCard::open(&station.card(name)).unwrap();
            let claim = claim_on(&mut card).unwrap();
            assert!(claim.contains(&format!("hostname = \"{name}\"")), "{claim}");
        }
    }

    #[test]
    fn a_dead_card_is_replaced_by_another() {
        let mut station = FileStation::new();
        station.dead = 2;
        let (outcome, console) = station.run(&["", "", "", "q"]);
        assert!(matches!(outcome, Err(FlashError::BatchStopped { done: 1, all: 3 })));
        assert_eq!(station.opened, ["or-1", "or-1", "or-1"]);
        assert!(console.shown().contains("takes no more writes"), "{}", console.shown());
        // Without an answer the list still records what is done.
        let (outcome, _) = station.run(&[]);
        assert!(matches!(outcome, Err(FlashError::BatchStopped { done: 1, all: 3 })));
    }

    #[test]
    fn the_card_before_is_not_written_over() {
        let mut station = FileStation::new();
        let (_, _) = station.run(&["", "q"]);
        let mut list = BatchList::read(&station.list()).unwrap();
        assert_eq!(list.count_done(), 1);
        let mut first = FileCard::open_writable(&station.card("or-1")).unwrap();
        let error = refuse_done_card(&list, &mut first).unwrap_err();
        assert!(error.to_string().contains("or-1"), "{error}");
        assert!(refuse_done_card(&list, &mut MemoryCard::used(1_000)).is_ok());
        list.cards[0].is_done = false;
        assert!(refuse_done_card(&list, &mut first).is_ok());
    }
}
