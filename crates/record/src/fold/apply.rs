//! What one entry does to the rows of a facility.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::sync::Arc;

use super::notes::note_items;
use super::rows::UseShift;
use super::values::{LineTime, ValueSetter};
use super::{
    AdoptedBy, CleaningRecord, Equipment, EquipmentActivity, EquipmentOutage, EquipmentSchedule,
    EquipmentUse, FacilityState, FoldChanges, FoldEffect, HistoryLookup, LinePlace, PassedOver, RowKey,
    RowVersion, SPANS_MAX, ServiceState, SpotCheck, StaffMember, TagAlias, UseRecord, ZonePeriod,
};
use crate::anchor::{AnchorSource, ClockAnchor, StatedTime, TimeCertainty, corrected_ms, time_certainty};
use crate::entry::{Entry, EntryTime, IdempotencyRecord};
use crate::kinds::{
    CleaningRecorded, ClockAnchored, EntryRef, EquipmentAdded, EquipmentChanged, EquipmentSuspended, Event,
    FacilityChanged, MissingPart, Schedule, ScheduleSet, StaffAdded, StaffChanged, StaffLeft, TagRevoked,
    UseRecorded,
};
use crate::limits::PHOTOS_MAX;
use crate::tree::Hash;
use crate::values::ids::Epoch;
use crate::values::tag::Tag;

fn push_bounded<T>(list: &mut Vec<T>, item: T) {
    list.push(item);
    if list.len() > SPANS_MAX {
        list.remove(0);
    }
}

/// Notes that the line set the value, or that it was ignored.
fn take_value(item: &mut Equipment, name: &str, line: LineTime, changes: &mut FoldChanges) -> bool {
    let (times, changed, made_ms) = (&mut item.set_ms, &mut item.changed, item.added_ms);
    ValueSetter { times, changed, made_ms, line, changes }.take(name)
}

#[derive(Clone, Copy)]
struct FoldedLine {
    of: EntryRef,
    adopted: Option<AdoptedBy>,
    at: EntryTime,
    idem: Option<IdempotencyRecord>,
    time: LineTime,
}

impl FoldedLine {
    fn place(self) -> LinePlace {
        LinePlace { of: self.of, run: self.adopted.map(|adopted| adopted.run) }
    }
}

fn older_value(value: &str) -> PassedOver {
    PassedOver::Older { value: value.to_owned() }
}

impl FacilityState {
    /// Folds in one entry of the chain. Never fails because of an entry's content: an event about an unknown
    /// item changes nothing.
    ///
    /// # Errors
    /// The store's own, from looking history up.
    pub fn apply<H: HistoryLookup>(
        &mut self,
        epoch: Epoch,
        entry: &Entry,
        event: &Event,
        history: &H,
    ) -> Result<FoldChanges, H::Error> {
        self.fold_line(epoch, entry, event, history, None)
    }

    /// Folds in one entry of a run, where it is adopted: as [`FacilityState::apply`], but what was set at a
    /// later time stays, and what does not apply any more is reported in [`FoldChanges::passed`].
    ///
    /// # Errors
    /// The store's own, from looking history up.
    pub fn apply_adopted<H: HistoryLookup>(
        &mut self,
        epoch: Epoch,
        entry: &Entry,
        event: &Event,
        history: &H,
        by: AdoptedBy,
    ) -> Result<FoldChanges, H::Error> {
        self.fold_line(epoch, entry, event, history, Some(by))
    }

    fn fold_line<H: HistoryLookup>(
        &mut self,
        epoch: Epoch,
        entry: &Entry,
        event: &Event,
        history: &H,
        adopted: Option<AdoptedBy>,
    ) -> Result<FoldChanges, H::Error> {
        let late = adopted.is_some();
        let mut changes = FoldChanges::default();
        let head = entry.head();
        let anchor = self.boots.get(&head.at.boot).copied();
        let ms = corrected_ms(&head.at, anchor);
        let is_unsure = time_certainty(&head.at, anchor) == TimeCertainty::Uncertain;
        let of = EntryRef { epoch, seq: entry.seq() };
        let line = FoldedLine {
            of,
            adopted,
            at: head.at,
            idem: head.idem,
            time: LineTime { ms, late, is_unsure, version: version_of(of, entry, event) },
        };
        let mut named = self.items_named(event);
        match event {
            Event::FacilityChanged(b) => self.facility_changed(b, line.time, &mut changes),
            Event::EquipmentAdded(b) => self.equipment_added(b, line.time, &mut changes),
            Event::EquipmentChanged(b) => self.equipment_changed(b, line.time, &mut changes),
            Event::EquipmentRetired(b) => {
                let reason = b.reason.map(|r| r.hash);
                self.service(b.tag, ServiceState::Retired, reason, line.time, &mut changes);
            }
            Event::EquipmentSuspended(b) => self.suspended(b, line.time, &mut changes),
            Event::EquipmentResumed(b) => {
                self.service(b.tag, ServiceState::In, None, line.time, &mut changes)
            }
            Event::TagAssigned(b) => self.tag_set(b.tag, Some(b.equipment), line.time, &mut changes),
            Event::TagRevoked(b) => self.tag_revoked(b, line.time, &mut changes),
            Event::ProtocolPublished(b) => self.protocol_published(b, of, line.time, &mut changes),
            Event::ScheduleSet(b) => self.planned(b, line.time, &mut changes),
            Event::StaffAdded(b) => self.staff_added(b, line.time, &mut changes),
            Event::StaffChanged(b) => self.staff_changed(b, line.time, &mut changes),
            Event::StaffLeft(b) => self.staff_left(b, line.time, &mut changes),
            Event::CleaningRecorded(b) => self.cleaned(b, line, history, &mut changes)?,
            Event::CleaningVoided(b) => {
                let cleaning = history.cleaning(b.of, line.place().run)?;
                self.recleaned(cleaning, late, &mut changes, |c| c.voided = Some(of));
            }
            Event::PhotoAttached(b) => {
                let cleaning = history.cleaning(b.of, line.place().run)?;
                self.recleaned(cleaning, late, &mut changes, |c| attach_photo(c, b.photo));
            }
            Event::UseRecorded(b) => self.used(b, line, history, &mut changes)?,
            Event::ClockAnchored(b) => self.anchored(b, late, history, &mut changes)?,
            Event::TextErased(b) => changes.effects.push(FoldEffect::Erased(b.hash)),
            Event::CheckRecorded(b) => {
                let cleaning = history.cleaning(b.of, line.place().run)?;
                named.extend(cleaning.as_ref().map(|cleaning| cleaning.tag));
                let checked = SpotCheck { of, result: b.result.clone() };
                self.recleaned(cleaning, late, &mut changes, |c| c.checked = Some(checked));
            }
            _ => self.fold_register(event, line, &mut changes),
        }
        note_items(named, of, event, ms, &mut changes);
        Ok(changes)
    }

    fn fold_register(&mut self, event: &Event, line: FoldedLine, changes: &mut FoldChanges) {
        let (of, run, time) = (line.of, line.place().run, line.time);
        match event {
            Event::LocationSet(b) => self.location_set(b, time, changes),
            Event::LabelPrinted(b) => self.labels_printed(b, changes),
            Event::CategorySet(b) => self.category_set(b, time, changes),
            Event::AliasAdded(b) => self.alias_added(b, time, changes),
            Event::AliasRemoved(b) => self.alias_removed(b, time, changes),
            Event::EquipmentMerged(b) => self.merged(b, time, changes),
            Event::ProtocolRetired(b) => self.protocol_retired(b, time, changes),
            Event::ProblemReported(b) => self.problem_reported(b, of, run, time, changes),
            Event::ProblemClosed(b) => self.problem_closed(b, run, time, changes),
            Event::CompetencyGranted(b) => self.competency_granted(b, of, time, changes),
            Event::CompetencyEnded(b) => self.competency_ended(b, of, time, changes),
            Event::AccessChanged(b) => self.access_changed(b, of, time, changes),
            Event::LotOpened(b) => self.lot_opened(b, time, changes),
            Event::LotClosed(b) => self.lot_closed(b, time, changes),
            Event::LoadStarted(b) => self.load_started(b, of, time, changes),
            Event::LoadFinished(b) => self.load_ended(b.load, time, changes),
            Event::LoadFailed(b) => self.load_ended(b.load, time, changes),
            Event::UpkeepPlanned(b) => self.upkeep_planned(b, time, changes),
            Event::UpkeepDone(b) => self.upkeep_done(b, time, changes),
            Event::HistoryImported(b) => self.history_imported(b, time, changes),
            Event::HistoryRemoved(b) => self.history_removed(b, time, changes),
            // These say something about the log, or appear in a history, and change no row.
            _ => {}
        }
    }

    pub(super) fn item_mut(&mut self, tag: Tag) -> Option<&mut Equipment> {
        self.equipment.get_mut(&tag).map(Arc::make_mut)
    }

    pub(super) fn activity_mut(&mut self, tag: Tag) -> &mut EquipmentActivity {
        Arc::make_mut(self.activity.entry(tag).or_default())
    }

    fn facility_changed(&mut self, b: &FacilityChanged, line: LineTime, changes: &mut FoldChanges) {
        let settings = Arc::make_mut(&mut self.settings);
        let is_other = b.zone.as_ref().is_some_and(|z| *z != settings.zone() || settings.zones.is_empty());
        let (times, changed) = (&mut settings.set_ms, &mut settings.changed);
        let mut setter = ValueSetter { times, changed, made_ms: i64::MIN, line, changes };
        // The same zone again changes nothing, but is stated at that time.
        let zone = b.zone.as_ref().filter(|_| setter.take("zone"));
        if let Some(zone) = zone.filter(|_| is_other) {
            push_bounded(&mut settings.zones, ZonePeriod { from_ms: line.ms, zone: zone.clone() });
            setter.changes.effects.push(FoldEffect::AllWindows);
        }
        setter.set("name", &mut settings.name, b.name.as_ref());
        setter.set("label_host", &mut settings.label_host, b.label_host.as_ref());
        setter.set("contact", &mut settings.contact, b.contact.as_ref());
        setter.set("allow_unattributed", &mut settings.allow_unattributed, b.allow_unattributed.as_ref());
        setter.set("undo_min", &mut settings.undo_min, b.undo_min.as_ref());
        setter.set("pin_proof_min", &mut settings.pin_proof_min, b.pin_proof_min.as_ref());
        setter.set("locale", &mut settings.locale, b.locale.as_ref());
        setter.set("languages", &mut settings.languages, b.languages.as_ref());
        setter.set("problem", &mut settings.problem, b.problem.as_ref());
        setter.set("queued", &mut settings.queued, b.queued.as_ref());
        setter.set("competency", &mut settings.competency, b.competency.as_ref());
        setter.set("inspection", &mut settings.inspection, b.inspection.as_ref());
        setter.set("survey", &mut settings.survey, b.survey.map(|survey| survey.0).as_ref());
        setter.set("shifts", &mut settings.shifts, b.shifts.as_ref());
        setter.set("brand", &mut settings.brand, b.brand.as_ref());
        setter.set("retain_years", &mut settings.retain_years, b.retain_years.as_ref());
        setter.set("relay_may", &mut settings.relay_may, b.relay_may.clone().map(Some).as_ref());
        if let Some(who) = &b.who {
            let now = &mut settings.who;
            setter.set("who/noncritical", &mut now.noncritical, who.noncritical.clone().map(Some).as_ref());
            setter.set(
                "who/semicritical",
                &mut now.semicritical,
                who.semicritical.clone().map(Some).as_ref(),
            );
            setter.set("who/critical", &mut now.critical, who.critical.clone().map(Some).as_ref());
        }
        changes.row(RowKey::Settings);
        if let Some(host) = &b.label_host {
            self.host_set(host, line, changes);
        }
    }

    fn equipment_added(&mut self, b: &EquipmentAdded, line: LineTime, changes: &mut FoldChanges) {
        if self.equipment.contains_key(&b.tag) {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        let mut facts = b.facts.clone();
        facts.clear_empty();
        let item = Equipment {
            tag: b.tag,
            facts,
            merged: None,
            service: ServiceState::In,
            plans: Vec::new(),
            out: Vec::new(),
            added_ms: line.ms,
            set_ms: super::ValueTimes::default(),
            changed: line.version,
        };
        self.set_item(b.tag, Some(Arc::new(item)));
        changes.row(RowKey::Equipment(b.tag));
    }

    fn equipment_changed(&mut self, b: &EquipmentChanged, line: LineTime, changes: &mut FoldChanges) {
        let Some(mut changed) = self.equipment.get(&b.tag).cloned() else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        let item = Arc::make_mut(&mut changed);
        let mut setter = ValueSetter {
            times: &mut item.set_ms,
            changed: &mut item.changed,
            made_ms: item.added_ms,
            line,
            changes,
        };
        item.facts.apply(&b.patch, |name| setter.take(name));
        self.set_item(b.tag, Some(changed));
        changes.row(RowKey::Equipment(b.tag));
    }

    pub(super) fn service(
        &mut self,
        tag: Tag,
        to: ServiceState,
        reason: Option<Hash>,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        let Some(item) = self.equipment.get_mut(&tag).filter(|i| i.service != ServiceState::Retired) else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        let item = Arc::make_mut(item);
        if !take_value(item, "service", line, changes) {
            return;
        }
        changes.row(RowKey::Equipment(tag));
        if item.service == to {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        let open = item.out.last_mut().filter(|o| o.until_ms.is_none());
        match (to, open) {
            (ServiceState::In, Some(open)) => open.until_ms = Some(line.ms),
            (ServiceState::In, None) => {}
            (_, Some(open)) => open.reason = reason.or(open.reason),
            (_, None) => push_bounded(
                &mut item.out,
                EquipmentOutage { from_ms: line.ms, until_ms: None, reason, back: None },
            ),
        }
        item.service = to;
        changes.effects.push(FoldEffect::Windows(tag));
    }

    fn suspended(&mut self, b: &EquipmentSuspended, line: LineTime, changes: &mut FoldChanges) {
        if b.again && self.equipment.get(&b.tag).is_some_and(|item| item.service == ServiceState::Out) {
            return self.outage_changed(b, line, changes);
        }
        self.service(b.tag, ServiceState::Out, b.reason.map(|r| r.hash), line, changes);
        let item = self
            .item_mut(b.tag)
            .filter(|item| item.service == ServiceState::Out && item.changed == line.version);
        if let Some(open) = item.and_then(|item| item.out.last_mut()).filter(|open| open.until_ms.is_none()) {
            open.back = b.back.or(open.back);
        }
    }

    /// Another reason or day for an outage that continues.
    fn outage_changed(&mut self, b: &EquipmentSuspended, line: LineTime, changes: &mut FoldChanges) {
        let Some(item) = self.item_mut(b.tag) else { return };
        if !take_value(item, "service", line, changes) {
            return;
        }
        if let Some(open) = item.out.last_mut().filter(|open| open.until_ms.is_none()) {
            (open.reason, open.back) = (b.reason.map(|reason| reason.hash), b.back);
        }
        changes.row(RowKey::Equipment(b.tag));
    }

    fn planned(&mut self, b: &ScheduleSet, line: LineTime, changes: &mut FoldChanges) {
        let Some(item) = self.item_mut(b.tag) else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        let value = b.protocol.map_or_else(|| "schedule".to_owned(), |id| format!("schedule/{id}"));
        if !take_value(item, &value, line, changes) {
            return;
        }
        push_bounded(
            &mut item.plans,
            EquipmentSchedule { from_ms: b.from, protocol: b.protocol, schedule: b.schedule.clone() },
        );
        if let Some(protocol) = b.protocol.filter(|_| matches!(b.schedule, Schedule::Use { .. })) {
            self.activity_mut(b.tag).planned(protocol, b.from);
            changes.row(RowKey::Activity(b.tag));
        }
        changes.row(RowKey::Equipment(b.tag));
        changes.effects.push(FoldEffect::Windows(b.tag));
    }

    /// A further tag leads to an item; with `None` it leads nowhere any more.
    fn tag_set(&mut self, tag: Tag, to: Option<Tag>, line: LineTime, changes: &mut FoldChanges) {
        let before = self.aliases.get(&tag);
        if before.is_some_and(|alias| line.is_behind(alias.set_ms)) {
            return changes.pass(line.late, PassedOver::Older { value: "tag".to_owned() });
        }
        let equipment = to.or(before.map(|alias| alias.equipment)).unwrap_or(tag);
        let alias = TagAlias { equipment, revoked: to.is_none(), set_ms: line.ms, instead: None };
        self.aliases.insert(tag, alias);
        changes.row(RowKey::Alias(tag));
    }

    fn tag_revoked(&mut self, b: &TagRevoked, line: LineTime, changes: &mut FoldChanges) {
        self.tag_set(b.tag, None, line, changes);
        if let Some(alias) = self.aliases.get_mut(&b.tag).filter(|alias| alias.set_ms == line.ms) {
            alias.instead = b.instead;
        }
    }

    fn staff_added(&mut self, b: &StaffAdded, line: LineTime, changes: &mut FoldChanges) {
        match self.staff.entry(b.staff) {
            Place::Occupied(_) => changes.pass(line.late, PassedOver::NotApplicable),
            Place::Vacant(place) => {
                let (name_ms, role_ms) = (line.ms, line.ms);
                let (name, role, changed) = (b.name.hash, b.role, line.version);
                let (locale, number) = (b.locale.clone().unwrap_or_default(), b.number.clone());
                place.insert(StaffMember {
                    name,
                    role,
                    left: false,
                    name_ms,
                    role_ms,
                    locale,
                    number,
                    access: Vec::new(),
                    changed,
                });
            }
        }
        changes.row(RowKey::Staff(b.staff));
    }

    fn staff_changed(&mut self, b: &StaffChanged, line: LineTime, changes: &mut FoldChanges) {
        let Some(staff) = self.staff.get_mut(&b.staff) else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        match b.name {
            Some(_) if line.is_behind(staff.name_ms) => changes.pass(true, older_value("name")),
            Some(name) => (staff.name, staff.name_ms, staff.changed) = (name.hash, line.ms, line.version),
            None => {}
        }
        match b.role {
            Some(_) if line.is_behind(staff.role_ms) => changes.pass(true, older_value("role")),
            Some(role) => (staff.role, staff.role_ms, staff.changed) = (role, line.ms, line.version),
            None => {}
        }
        // These have no times of their own: the line that is folded last wins.
        for (now, stated) in [(&mut staff.locale, &b.locale), (&mut staff.number, &b.number)] {
            if let Some(stated) = stated {
                now.clone_from(stated);
                staff.changed = line.version;
            }
        }
        changes.row(RowKey::Staff(b.staff));
    }

    fn staff_left(&mut self, b: &StaffLeft, line: LineTime, changes: &mut FoldChanges) {
        let Some(staff) = self.staff.get_mut(&b.staff) else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        (staff.left, staff.changed) = (true, line.version);
        changes.row(RowKey::Staff(b.staff));
    }

    fn cleaned<H: HistoryLookup>(
        &mut self,
        b: &CleaningRecorded,
        line: FoldedLine,
        history: &H,
        changes: &mut FoldChanges,
    ) -> Result<(), H::Error> {
        let now_ms = line.time.ms;
        let first = first_of_key(line, history)?;
        if let Some(first) = first {
            let earlier = history.cleaning(first.of, first.run)?.filter(|c| now_ms < c.recorded_ms);
            self.recleaned(earlier, false, changes, |c| {
                (c.at, c.stated) = (line.at, StatedTime::of_cleaning(b, &line.at));
                c.set_recorded(now_ms);
            });
            return Ok(());
        }
        if !self.equipment.contains_key(&b.tag) {
            changes.pass(line.time.late, PassedOver::NotApplicable);
            return Ok(());
        }
        let stated = StatedTime::of_cleaning(b, &line.at);
        let cleaning = CleaningRecord {
            of: line.of,
            tag: b.tag,
            performed_ms: StatedTime::done_ms(stated, now_ms),
            recorded_ms: now_ms,
            stated,
            at: line.at,
            who: b.who,
            protocol: b.protocol.map(|p| p.id),
            took_ms: b.took_ms,
            incomplete: b.incomplete.clone(),
            photos: b.photos.iter().take(PHOTOS_MAX).copied().collect(),
            voided: None,
            flags: b.flags.clone(),
            checked: None,
            adopted: line.adopted,
        };
        let activity = self.activity_mut(b.tag);
        activity.cleanings += 1;
        activity.place(&cleaning);
        changes.row(RowKey::Activity(b.tag));
        changes.effects.push(FoldEffect::Cleaned(cleaning));
        Ok(())
    }

    fn used<H: HistoryLookup>(
        &mut self,
        b: &UseRecorded,
        line: FoldedLine,
        history: &H,
        changes: &mut FoldChanges,
    ) -> Result<(), H::Error> {
        if !self.equipment.contains_key(&b.tag) || first_of_key(line, history)?.is_some() {
            changes.pass(line.time.late, PassedOver::NotApplicable);
            return Ok(());
        }
        let used = UseRecord::of(line.place(), line.at, b);
        let ended_ms = used.ended_ms(self.boots.get(&line.at.boot).copied());
        self.activity_mut(b.tag).used(EquipmentUse { ended_ms, class: b.class });
        changes.row(RowKey::Activity(b.tag));
        changes.effects.push(FoldEffect::Used { used, ended_ms });
        Ok(())
    }

    fn anchored<H: HistoryLookup>(
        &mut self,
        b: &ClockAnchored,
        late: bool,
        history: &H,
        changes: &mut FoldChanges,
    ) -> Result<(), H::Error> {
        let source = AnchorSource::of(&b.source);
        let known = self.boots.get(&b.boot);
        let is_passed = match (known.is_some_and(ClockAnchor::is_bound), source) {
            // Whoever knew the time knows better than the order of the log.
            (true, source) if source != Some(AnchorSource::Order) => false,
            (false, Some(AnchorSource::Order)) => known.is_some(),
            _ => late && known.is_some_and(|known| known.up_ms > b.up),
        };
        if is_passed {
            changes.pass(late, PassedOver::Older { value: "boot".to_owned() });
            return Ok(());
        }
        let anchor = ClockAnchor { up_ms: b.up, wall_ms: b.wall, source };
        let before = self.boots.insert(b.boot, anchor);
        changes.row(RowKey::Boot(b.boot));
        // One whose earlier time is that of another boot has nothing more to do with this one.
        let of_boot = history.unsure(b.boot)?.into_iter().filter(|c| c.at.boot == b.boot);
        for cleaning in of_boot {
            let recorded_ms = corrected_ms(&cleaning.at, Some(anchor));
            self.change_cleaning(cleaning, changes, |c| c.set_recorded(recorded_ms));
        }
        let mut uses = history.unsure_uses(b.boot)?;
        uses.sort_by_key(UseRecord::place);
        self.move_uses(uses, [before, Some(anchor)], changes);
        Ok(())
    }

    /// Puts uses at their true times, which may be after the cleaning that they preceded. A use that was not remembered
    /// may be after the last cleaning now.
    fn move_uses(
        &mut self,
        uses: Vec<UseRecord>,
        anchors: [Option<ClockAnchor>; 2],
        changes: &mut FoldChanges,
    ) {
        let mut of_items: BTreeMap<Tag, Vec<UseShift>> = BTreeMap::new();
        for used in uses {
            let [before_ms, ended_ms] = anchors.map(|anchor| used.ended_ms(anchor));
            let shift = UseShift { used: EquipmentUse { ended_ms, class: used.class }, before_ms };
            of_items.entry(used.tag).or_default().push(shift);
            if before_ms != ended_ms {
                changes.effects.push(FoldEffect::UseMoved { used, before_ms, ended_ms });
            }
        }
        for (tag, shifts) in of_items {
            self.activity_mut(tag).uses_moved(&shifts);
            changes.row(RowKey::Activity(tag));
            changes.effects.push(FoldEffect::Windows(tag));
        }
    }

    /// A cleaning counts differently now: by a void, a late photo, or another line that recorded it.
    fn recleaned(
        &mut self,
        cleaning: Option<CleaningRecord>,
        late: bool,
        changes: &mut FoldChanges,
        change: impl FnOnce(&mut CleaningRecord),
    ) {
        match cleaning.filter(|c| c.voided.is_none()) {
            Some(cleaning) => self.change_cleaning(cleaning, changes, change),
            None => changes.pass(late, PassedOver::NotApplicable),
        }
    }

    /// A recorded cleaning changes, voided or not: true time moves both.
    fn change_cleaning(
        &mut self,
        mut cleaning: CleaningRecord,
        changes: &mut FoldChanges,
        change: impl FnOnce(&mut CleaningRecord),
    ) {
        change(&mut cleaning);
        let tag = cleaning.tag;
        self.activity_mut(tag).place(&cleaning);
        changes.row(RowKey::Activity(tag));
        changes.effects.extend([FoldEffect::Recleaned(cleaning), FoldEffect::Windows(tag)]);
    }
}

fn version_of(of: EntryRef, entry: &Entry, event: &Event) -> RowVersion {
    match event {
        // Nearly all lines of a log are these, and they change no row with a version: hashing each would slow
        // a rebuild.
        Event::CleaningRecorded(_) | Event::UseRecorded(_) => RowVersion::default(),
        _ => RowVersion::of(of, entry.leaf()),
    }
}

fn first_of_key<H: HistoryLookup>(line: FoldedLine, history: &H) -> Result<Option<LinePlace>, H::Error> {
    line.idem.map_or(Ok(None), |idem| history.first_of_key(&idem, line.place()))
}

fn attach_photo(cleaning: &mut CleaningRecord, photo: Hash) {
    // Further photos are in the log only: a row stays small whatever a box writes.
    if cleaning.photos.len() < PHOTOS_MAX {
        cleaning.photos.push(photo);
    }
    cleaning.incomplete.retain(|&m| m != MissingPart::Photo);
}
