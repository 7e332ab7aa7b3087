//! People at the facility, as commands name and list them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use record::anchor::corrected_ms;
use record::compliance::find_zone;
use record::ids::StaffId;
use record::kinds::StaffRole;

use super::AdminContext;
use crate::identity::LockedUntil;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StaffMember {
    pub(super) id: StaffId,
    pub(super) name: String,
    pub(super) role: StaffRole,
}

/// Everybody who works here, by name.
fn read_members(context: &AdminContext) -> Result<Vec<StaffMember>, String> {
    let reader = context.store.reader().map_err(|e| e.to_string())?;
    let facility = context.store.facility();
    let here = facility.staff.iter().filter(|(_, person)| !person.left);
    let mut members = here
        .map(|(id, person)| {
            let name = reader.text(&person.name).map_err(|e| e.to_string())?;
            Ok(StaffMember { id: *id, name: name.unwrap_or_else(|| "erased".to_owned()), role: person.role })
        })
        .collect::<Result<Vec<_>, String>>()?;
    members.sort_by_cached_key(|member| (member.name.to_lowercase(), member.id));
    Ok(members)
}

/// The one person with this name or id.
pub(super) fn find_member(context: &AdminContext, who: &str) -> Result<StaffMember, String> {
    choose_member(read_members(context)?, who)
}

/// An id names one person; a name does so only where nobody else has it.
fn choose_member(members: Vec<StaffMember>, who: &str) -> Result<StaffMember, String> {
    let who = who.trim();
    let mut meant: Vec<StaffMember> = members
        .into_iter()
        .filter(|member: &StaffMember| match who.parse::<StaffId>() {
            Ok(id) => member.id == id,
            Err(_) => member.name.trim().to_lowercase() == who.to_lowercase(),
        })
        .collect();
    match (meant.len(), meant.pop()) {
        (1, Some(one)) => Ok(one),
        (0, _) | (_, None) => Err(format!(
            "nobody here has the name or id {who:?}. `cleantrack-appliance staff list` shows who works here"
        )),
        (many, Some(last)) => {
            let ids: Vec<String> = meant.iter().chain([&last]).map(|member| member.id.to_string()).collect();
            Err(format!("{many} people are called {who:?}. Name one by id: {}", ids.join(", ")))
        }
    }
}

/// A table of everybody who works here: id, name, role, whether they have a PIN, until when they wait after wrong ones.
pub(super) fn list_members(context: &AdminContext) -> Result<String, String> {
    let holders = context.identity.pins.holders().map_err(|e| e.to_string())?;
    let now = context.clock.now();
    let (zone, correction_ms) = {
        let facility = context.store.facility();
        let corrected = corrected_ms(&now.entry_time(), facility.boots.get(&now.boot).copied());
        (find_zone(facility.settings.zone()).unwrap_or(TimeZone::UTC), corrected - now.wall_ms)
    };
    let mut rows = vec![["ID", "NAME", "ROLE", "PIN", "LOCKED UNTIL"].map(str::to_owned)];
    for member in read_members(context)? {
        let locked = context.identity.pins.locked(member.id, now.wall_ms).map_err(|e| e.to_string())?;
        rows.push([
            member.id.to_string(),
            member.name,
            role_word(member.role).to_owned(),
            if holders.contains(&member.id) { "yes" } else { "no" }.to_owned(),
            locked_words(locked, |ms: i64| {
                let at = Timestamp::from_millisecond(ms.saturating_add(correction_ms)).unwrap_or_default();
                at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
            }),
        ]);
    }
    Ok(align_rows(&rows))
}

fn locked_words(locked: LockedUntil, until: impl Fn(i64) -> String) -> String {
    let own = locked.own_device_ms.map(|ms| format!("{} on one of their devices", until(ms)));
    let new = locked.new_devices_ms.map(|ms| format!("{} on new devices", until(ms)));
    let words: Vec<String> = own.into_iter().chain(new).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

/// As `staff add --role` takes it.
fn role_word(role: StaffRole) -> &'static str {
    match role {
        StaffRole::Technician => "technician",
        StaffRole::Biomed => "biomed",
        StaffRole::FacilityAdmin => "facility_admin",
        StaffRole::Auditor => "auditor",
    }
}

fn align_rows(rows: &[[String; 5]]) -> String {
    let widths: [usize; 5] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    rows.iter()
        .map(|row: &[String; 5]| {
            let cells: Vec<String> =
                row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(n: u8, name: &str) -> StaffMember {
        StaffMember { id: StaffId::new(0, [n; 10]), name: name.into(), role: StaffRole::Biomed }
    }

    #[test]
    fn names_are_taken_where_they_name_one_person() {
        let all = || vec![member(1, "Tom Nguyen"), member(2, "Zoë Ødegård"), member(3, "Tom Nguyen")];
        assert_eq!(choose_member(all(), " zoë ødegård "), Ok(member(2, "Zoë Ødegård")));
        assert_eq!(choose_member(all(), &member(3, "").id.to_string()), Ok(member(3, "Tom Nguyen")));
        let two = choose_member(all(), "tom nguyen").unwrap_err();
        for n in [1, 3] {
            assert!(two.contains(&member(n, "").id.to_string()), "{two}");
        }
        assert!(!two.contains(&member(2, "").id.to_string()), "{two}");
        for nobody in ["", "Tom", &member(9, "").id.to_string()] {
            assert!(choose_member(all(), nobody).unwrap_err().contains("staff list"), "{nobody}");
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let row = |cells: [&str; 5]| cells.map(str::to_owned);
        let table = align_rows(&[
            row(["ID", "NAME", "ROLE", "PIN", "LOCKED UNTIL"]),
            row(["1", "Zoë Ø", "biomed", "no", "-"]),
        ]);
        assert_eq!(table, "ID  NAME   ROLE    PIN  LOCKED UNTIL\n1   Zoë Ø  biomed  no   -");
        let both = LockedUntil { new_devices_ms: Some(1), own_device_ms: Some(2) };
        assert_eq!(locked_words(both, |ms| ms.to_string()), "2 on one of their devices, 1 on new devices");
        assert_eq!(locked_words(LockedUntil::default(), |ms| ms.to_string()), "-");
    }
}
