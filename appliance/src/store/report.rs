//! What a start found and did, in words for people.

use super::chain::MissingEntries;

/// What a start found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartReport {
    /// Entries of the epoch when it was ready.
    pub size: u64,
    /// Why a new epoch had to begin, where one did and it was not the first.
    pub new_epoch: Option<String>,
    /// Whether the log was begun from nothing.
    pub created: bool,
    /// Why the database was built anew from the journal, where it was.
    pub rebuilt: Option<String>,
    /// What was healed in the journal.
    pub healed: Option<String>,
    /// Bytes behind the log that nobody had been told of; they are kept in a file of this name.
    pub cut: Option<String>,
    /// Whether sessions, PINs and tokens were lost with a damaged or missing `state.redb`.
    pub state_lost: bool,
    /// Entries that the database took over from the journal.
    pub replayed: u64,
    /// Cut files that lie in the folder.
    pub cut_files: u64,
    /// Entries that count and are in no copy that could be read.
    pub missing: Vec<MissingEntries>,
    /// Entries that were recorded anew, because nothing in the log can have them at their place.
    pub carried: u64,
    /// Why a database that was built anew did not take the place of the one that is there.
    pub refused: Option<String>,
    /// Databases that were set aside and could not be read to their end.
    pub unread_copies: Vec<String>,
}

impl StartReport {
    /// What somebody should look at, in words.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(why) = &self.new_epoch {
            notes.push(format!("a new epoch of the log was begun: {why}"));
        }
        notes.extend(self.missing.iter().map(missing_words));
        if let Some(why) = &self.healed {
            notes.push(format!("the log was damaged and was healed from another copy: {why}"));
        }
        if let Some(why) = &self.rebuilt {
            notes.push(format!("the database was built anew from the log: {why}"));
        }
        notes.extend(self.refused.clone());
        if self.carried > 0 {
            notes.push(format!(
                "{} entries that had no place in the log any more were recorded anew",
                self.carried
            ));
        }
        if !self.unread_copies.is_empty() {
            notes.push(format!(
                "copies that were set aside cannot be read now and are kept: {}",
                self.unread_copies.join(", ")
            ));
        }
        if self.state_lost {
            notes.push("sessions, PINs and tokens were lost with a damaged file: set them again".to_owned());
        }
        notes
    }
}

fn missing_words(missing: &MissingEntries) -> String {
    let MissingEntries { epoch, from, to } = missing;
    let which = match to {
        Some(to) => format!("entries {from} to {} of epoch {epoch} are", to.saturating_sub(1)),
        None => format!("entries of epoch {epoch} are"),
    };
    format!(
        "{which} missing: no copy on this box has them. They come back from the relay, or from a backup, by themselves \
         when one can be read. Recording goes on"
    )
}
