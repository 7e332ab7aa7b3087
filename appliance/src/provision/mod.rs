//! First boot of the image: a claim file on the card becomes files of the data partition, once and whole.
//!
//! [`plan`] says, purely, which files follow from a claim file; [`files`] how each reads; [`apply`] writes them so that a power cut at
//! any moment leaves each of them old or new; [`card`] reads the claim file, reports on the card and wipes it, last of all. The same
//! command takes what the set-up page asks for: then the “card” is a folder of the service's own, of which nothing is trusted.

mod apply;
mod card;
mod error;
mod files;
mod owner;
mod plan;

use std::path::PathBuf;

use firmware_config::ClaimFile;
use record::compliance::zone_name;
use service::random::RandomSource;
use sha2::{Digest as _, Sha256};

use self::apply::{DataFolder, SettledClaim};
use self::card::{CardFolder, ClaimSource};
use self::plan::{BoxPlan, PlanInputs, RetainedParts};
use crate::setup::{
    ProvisionOutcome, SetupNote, SetupOrigin, SetupStage, SetupState, list_rows, make_code, read_state,
};

pub use self::apply::{OpenGate, StepGate};
pub use self::error::ProvisionError;

#[derive(Debug, Clone)]
pub struct ProvisionPaths {
    /// The card's FAT partition, or the folder in which the set-up page leaves its file.
    pub card: PathBuf,
    pub data: PathBuf,
    /// Where the machine's users are listed: `/`.
    pub root: PathBuf,
}

/// Words how far the set-up is, for a person who puts the card into a laptop; it contains the code where the box created it.
pub type ReportWorder = fn(&SetupState, Option<&str>) -> String;

/// Does what there is to do; run again after a power cut it continues where it was.
///
/// # Errors
/// The data partition cannot be written. The box starts all the same, with what it had.
pub fn provision_box(
    paths: &ProvisionPaths,
    random: &dyn RandomSource,
    words: ReportWorder,
    gate: &mut dyn StepGate,
) -> Result<ProvisionOutcome, ProvisionError> {
    let card = CardFolder::of(&paths.card, &paths.data);
    let folder = DataFolder::open(&paths.data, &paths.root)?;
    let mut run = ProvisionRun { card, folder, random, words, gate };
    run.mend_settings()?;
    let before = read_state(Some(run.folder.setup_folder()));
    match run.card.read_claim() {
        ClaimSource::Absent => run.finish_without(&before),
        ClaimSource::Unreadable(why) => {
            tracing::warn!(why, "the claim file cannot be read");
            run.card.drop_unreadable();
            run.finish_without(&before)
        }
        ClaimSource::Bytes(bytes) if run.is_half_wiped(&bytes) => {
            run.wipe_card(&before).map(|_| ProvisionOutcome::Unchanged)
        }
        ClaimSource::Bytes(bytes) => run.take_claim(&bytes, before),
    }
}

struct ProvisionRun<'a> {
    card: CardFolder,
    folder: DataFolder,
    random: &'a dyn RandomSource,
    words: ReportWorder,
    gate: &'a mut dyn StepGate,
}

impl ProvisionRun<'_> {
    /// Settings that cannot be read would keep the service from starting until somebody brings another claim file: they are made
    /// again of what was settled, and where that cannot be read either, as on a box without a claim. The damaged ones stay beside.
    fn mend_settings(&mut self) -> Result<(), ProvisionError> {
        if !self.folder.has_damaged_settings() {
            return Ok(());
        }
        tracing::error!(
            "the settings cannot be read: they are made again, and the damaged file stays as appliance.toml.bad"
        );
        self.folder.put_settings_aside(self.gate)?;
        // Before the first state all is written anyway, and one that was written here would keep the box from its first Wi-Fi.
        if matches!(self.folder.read_settled(), SettledClaim::Absent) && !self.folder.has_state() {
            return Ok(());
        }
        let mut state = read_state(Some(self.folder.setup_folder()));
        if !state.notes.contains(&SetupNote::SettingsMade) {
            state.notes.push(SetupNote::SettingsMade);
        }
        // The state may be lost with them.
        state.access_point |= self.folder.has_file("access-point");
        state.has_passphrase |= self.folder.has_closed_network();
        // Where what was settled is damaged too, nothing else knows the name.
        let known = ClaimFile { hostname: state.host_name.clone(), ..ClaimFile::default() };
        self.write_plan(&known, &state)
    }

    /// No claim file: the first time the box becomes a network of its own.
    fn finish_without(&mut self, before: &SetupState) -> Result<ProvisionOutcome, ProvisionError> {
        // A claim file that was being wiped is gone, and the report after it may be missing.
        if self.folder.has_file(card::WIPE_MARKER) && before.stage == SetupStage::Done {
            let _ = self.report_on_card(before);
        }
        self.folder.remove_file(card::WIPE_MARKER, self.gate)?;
        if self.folder.has_state() || self.card.origin() == SetupOrigin::Page {
            return Ok(ProvisionOutcome::Unchanged);
        }
        let state = SetupState { access_point: true, ..before.clone() };
        let claim = ClaimFile::default();
        self.write_plan(&claim, &state)?;
        let _ = self.report_on_card(&state);
        Ok(ProvisionOutcome::AccessPoint)
    }

    /// Whether the bytes are what a power cut left of a claim file that was being wiped: text has no zeros, and a file of
    /// UTF-16, which has, is another one than the one that was applied.
    fn is_half_wiped(&self, bytes: &[u8]) -> bool {
        self.folder.has_file(card::WIPE_MARKER)
            && !self.is_applied(bytes)
            && bytes.contains(&0)
            && ClaimFile::parse(bytes).is_err()
    }

    /// Whether this very claim file was applied.
    fn is_applied(&self, bytes: &[u8]) -> bool {
        self.folder.applied_digest() == Some(digest_claim(bytes))
    }

    fn take_claim(&mut self, bytes: &[u8], before: SetupState) -> Result<ProvisionOutcome, ProvisionError> {
        if before.stage == SetupStage::Done && self.is_applied(bytes) {
            // It was applied, and could not be wiped, or the power was cut before it was.
            let state = self.wipe_card(&before)?;
            return Ok(if state == before {
                ProvisionOutcome::Unchanged
            } else {
                ProvisionOutcome::Applied(state)
            });
        }
        match ClaimFile::parse(bytes) {
            Ok(claim) => self.apply_claim(&claim, &digest_claim(bytes), before),
            Err(error) => self.refuse_claim(&error, before),
        }
    }

    fn apply_claim(
        &mut self,
        claim: &ClaimFile,
        digest: &str,
        before: SetupState,
    ) -> Result<ProvisionOutcome, ProvisionError> {
        // A person who puts a card in has physical access to the box; a user of the page may not.
        if claim.setup_code.is_some() && self.card.origin() == SetupOrigin::Card {
            self.folder.renew_code_list(self.random);
        }
        let is_access_point = match self.folder.read_settled() {
            SettledClaim::Valid(settled) => plan::choose_access_point(&settled, claim).is_some(),
            SettledClaim::Absent => claim.wifi.is_none() && claim.access_point.is_some(),
            // A network with a password is one that somebody chose.
            SettledClaim::Damaged => {
                claim.wifi.is_none() && (claim.access_point.is_some() || self.folder.has_closed_network())
            }
        };
        let state = SetupState {
            stage: SetupStage::Done,
            origin: Some(self.card.origin()),
            rows: Vec::new(),
            notes: Vec::new(),
            parts: plan::list_parts(claim),
            access_point: is_access_point,
            has_passphrase: is_access_point,
            host_name: claim.hostname.clone().or(before.host_name),
            time_zone: claim.time_zone.as_deref().and_then(zone_name).or(before.time_zone),
            label_host: claim.label_host.clone().or(before.label_host),
        };
        self.write_plan(claim, &state)?;
        // Behind the state: a cut between them has the same file applied once more.
        self.folder.write_digest(digest, self.gate)?;
        let state = self.wipe_card(&state)?;
        Ok(ProvisionOutcome::Applied(state))
    }

    /// Nothing of it is applied; a box that has no network yet becomes one of its own, so that its page can be reached.
    fn refuse_claim(
        &mut self,
        error: &firmware_config::ClaimFileError,
        before: SetupState,
    ) -> Result<ProvisionOutcome, ProvisionError> {
        let is_first = before.stage != SetupStage::Done && self.folder.applied_digest().is_none();
        let state = SetupState {
            stage: SetupStage::Mistakes,
            origin: Some(self.card.origin()),
            rows: list_rows(error),
            notes: Vec::new(),
            access_point: is_first || before.access_point,
            ..before
        };
        if is_first {
            self.write_plan(&ClaimFile::default(), &state)?;
        } else {
            self.folder.write_state(&state, self.gate)?;
        }
        match self.card.origin() {
            SetupOrigin::Card => {
                let _ = self.report_on_card(&state);
            }
            // What the page left holds secrets and is of no use to anybody.
            SetupOrigin::Page => drop(self.card.wipe_claim(self.gate)?),
        }
        Ok(ProvisionOutcome::Refused(state))
    }

    /// All files that follow from a claim file over what was applied before it; the state last.
    fn write_plan(&mut self, claim: &ClaimFile, state: &SetupState) -> Result<(), ProvisionError> {
        let (settled, retained) = match self.folder.read_settled() {
            SettledClaim::Absent => (ClaimFile::default(), None),
            SettledClaim::Valid(settled) => (*settled, None),
            SettledClaim::Damaged => {
                tracing::error!(
                    "what was settled before cannot be read: what this claim file does not name stays as it is"
                );
                let is_in_wifi = claim.wifi.is_none()
                    && claim.access_point.is_none()
                    && self.folder.has_file(plan::WIRELESS_FILE);
                let link = if is_in_wifi { plan::WIRELESS_FILE } else { plan::WIRED_FILE };
                let known = ClaimFile { network: self.folder.read_link(link), ..ClaimFile::default() };
                (known, Some(RetainedParts { settings: self.folder.read_settings(), is_in_wifi }))
            }
        };
        let inputs = PlanInputs {
            claim,
            before: settled,
            retained,
            data: self.folder.data(),
            is_access_point: state.access_point,
            has_claim: self.folder.has_claim(),
            new_code: (!self.folder.has_code()).then(|| make_code(self.random)),
        };
        let plan = BoxPlan::of(&inputs)?;
        for change in &plan.changes {
            self.folder.apply_change(change, self.gate)?;
        }
        self.folder.write_state(state, self.gate)
    }

    /// Last of all: what was applied is durable. The state as it is then.
    fn wipe_card(&mut self, state: &SetupState) -> Result<SetupState, ProvisionError> {
        self.folder.mark_file(card::WIPE_MARKER, self.gate)?;
        // What concerns the card is determined again.
        let notes = state.notes.iter().copied().filter(|note| *note == SetupNote::SettingsMade).collect();
        let mut after = SetupState { notes, ..state.clone() };
        if let Err(why) = self.card.wipe_claim(self.gate)? {
            tracing::warn!(why, "the claim file was not wiped from the card");
            after.notes.push(SetupNote::NotWiped);
        }
        if !self.report_on_card(&after) {
            after.notes.push(SetupNote::NoReport);
        }
        if after != *state {
            self.folder.write_state(&after, self.gate)?;
        }
        self.folder.remove_file(card::WIPE_MARKER, self.gate)?;
        Ok(after)
    }

    fn report_on_card(&self, state: &SetupState) -> bool {
        let text = (self.words)(state, self.folder.made_code().as_deref());
        match self.card.write_report(state.stage, &text) {
            Ok(()) => true,
            Err(why) => {
                tracing::warn!(why, "the card took no report");
                false
            }
        }
    }
}

fn digest_claim(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
