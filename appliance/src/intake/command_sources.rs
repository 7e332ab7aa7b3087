//! The sources of each command, and the producer of each kind of entry. What has neither yet is listed with the issue that adds it.

use super::Command;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandSources {
    pub command: &'static str,
    pub kinds: &'static [&'static str],
    /// Names of the rows of the table of routes that may give it.
    pub routes: &'static [&'static str],
    pub cli: Option<&'static str>,
    /// The source file of the module that issues it by itself.
    pub made_by_box: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotYet {
    pub name: &'static str,
    pub issue: &'static str,
}

/// A command that comes in by pages or by programs only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneSided {
    pub command: &'static str,
    pub because: &'static str,
}

/// Commands without a page, or without a row for programs.
pub const ONE_SIDED: &[OneSided] = &[
    OneSided { command: "AttachPhoto", because: "the box makes it of a photo that came after its cleaning" },
    OneSided { command: "Reprinted", because: "the box makes it when a job that printed labels again ends" },
    OneSided { command: "SettleDirective", because: "the relay wished something, and the box decided" },
    OneSided { command: "Note", because: "the box says what became of its own acts" },
];

/// Members of `facility.changed` that nothing goes by yet, or that nothing sets. This list may only shrink.
pub const UNREAD_SETTINGS: &[NotYet] = &[
    NotYet { name: "shifts", issue: "14-box-manage: the list of what will be late this shift" },
    NotYet {
        name: "retain_years",
        issue: "14-box-manage: pages say what may be deleted; nothing is deleted by it",
    },
    NotYet { name: "relay_may", issue: "04-relay: no directive is obeyed yet, so nothing sets it either" },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeByBox {
    pub kind: &'static str,
    pub file: &'static str,
}

/// Kinds of entries that the store writes by itself.
pub const MADE_BY_BOX: &[MadeByBox] = &[
    MadeByBox { kind: "log.started", file: "crates/store/src/start/begin.rs" },
    MadeByBox { kind: "log.adopted", file: "crates/store/src/adoption/adopt.rs" },
];

/// This list may only shrink.
pub const NOT_YET: &[NotYet] = &[
    NotYet { name: "lot.opened", issue: "14-box-manage" },
    NotYet { name: "lot.closed", issue: "14-box-manage" },
    NotYet { name: "load.started", issue: "14-box-manage" },
    NotYet { name: "load.finished", issue: "14-box-manage" },
    NotYet { name: "load.failed", issue: "14-box-manage" },
    NotYet { name: "import.ended", issue: "14-box-manage" },
    NotYet { name: "history.imported", issue: "14-box-manage" },
    NotYet { name: "history.removed", issue: "14-box-manage" },
    NotYet { name: "photo.erased", issue: "14-box-manage" },
    NotYet { name: "report.made", issue: "14-box-manage" },
    NotYet { name: "text.erased", issue: "04-relay by directive, 14-box-manage by page" },
];

const NONE: CommandSources =
    CommandSources { command: "", kinds: &[], routes: &[], cli: None, made_by_box: None };

/// Generates the table and the match that keeps it complete: a command without a row here does not compile.
macro_rules! command_sources {
    ($($command:ident => $command_sources:expr,)*) => {
        pub const COMMAND_SOURCES: &[CommandSources] = &[$(CommandSources { command: stringify!($command), ..$command_sources }),*];

        pub fn ways_of(command: &Command) -> CommandSources {
            match command {
                $(Command::$command { .. } => CommandSources { command: stringify!($command), ..$command_sources },)*
            }
        }
    };
}

command_sources! {
    AddEquipment => CommandSources {
        kinds: &["equipment.added", "alias.added", "schedule.set"],
        routes: &["equipment.create", "equipment.add", "old.add-equipment"],
        ..NONE
    },
    ChangeEquipment => CommandSources {
        kinds: &["equipment.changed", "schedule.set"],
        routes: &["equipment.save", "equipment.change", "old.change-equipment", "old.replace-equipment"],
        ..NONE
    },
    RetireEquipment => CommandSources {
        kinds: &["equipment.retired", "problem.closed"],
        routes: &["equipment.retire", "equipment.remove", "old.retire-equipment"],
        ..NONE
    },
    SuspendEquipment => CommandSources {
        kinds: &["equipment.suspended"],
        routes: &["equipment.suspend", "service.set"],
        ..NONE
    },
    ResumeEquipment => CommandSources {
        kinds: &["equipment.resumed", "problem.closed"],
        routes: &["equipment.resume", "service.set"],
        ..NONE
    },
    MergeEquipment => CommandSources {
        kinds: &["equipment.merged"],
        routes: &["equipment.merge", "equipment.join"],
        ..NONE
    },
    ReportProblem => CommandSources {
        kinds: &["problem.reported", "equipment.suspended"],
        routes: &["problem.report", "problem.add", "submission.add", "phone-record.enter", "phone-record.copy", "refused-submission.enter"],
        ..NONE
    },
    CloseProblem => CommandSources {
        kinds: &["problem.closed"],
        routes: &["problem.close", "problem.end"],
        ..NONE
    },
    AssignTag => CommandSources {
        kinds: &["tag.assigned", "tag.revoked"],
        routes: &["tag.create", "tag.assign"],
        ..NONE
    },
    RevokeTag => CommandSources { kinds: &["tag.revoked"], routes: &["tag.revoke", "tag.remove"], ..NONE },
    AddAlias => CommandSources {
        kinds: &["alias.removed", "alias.added"],
        routes: &["code.create", "code.add"],
        ..NONE
    },
    RemoveAlias => CommandSources {
        kinds: &["alias.removed"],
        routes: &["code.take-off", "code.remove"],
        ..NONE
    },
    PublishProtocol => CommandSources {
        kinds: &["protocol.published"],
        routes: &["protocol.publish", "protocol.create", "protocol.save", "pack.adopt"],
        ..NONE
    },
    RetireProtocol => CommandSources {
        kinds: &["protocol.retired", "schedule.set"],
        routes: &["protocol.retire", "protocol.remove"],
        ..NONE
    },
    SetSchedule => CommandSources {
        kinds: &["schedule.set"],
        routes: &["equipment.save", "equipment.schedule", "schedule.set"],
        ..NONE
    },
    AddStaff => CommandSources {
        kinds: &["staff.added"],
        routes: &["pass.make", "person.add", "person.enter", "setup.begin"],
        cli: Some("staff add"),
        ..NONE
    },
    ChangeStaff => CommandSources { kinds: &["staff.changed"], routes: &["person.change", "person.amend"], ..NONE },
    StaffLeft => CommandSources {
        kinds: &["staff.left"],
        routes: &["pass.end", "person.leave", "person.end"],
        ..NONE
    },
    ChangeAccess => CommandSources {
        kinds: &["access.changed"],
        routes: &[
            "own-pin.change", "pass.end", "people.sign-out", "person.leave", "person.end", "person.sign-out", "pin.clear", "pin.set", "program.add",
            "program.revoke", "setup.begin",
        ],
        cli: Some("staff pin"),
        made_by_box: Some("appliance/src/web/commands/access_log.rs"),
        ..NONE
    },
    GrantCompetency => CommandSources {
        kinds: &["competency.granted"],
        routes: &["sign-off.grant", "sign-off.add"],
        ..NONE
    },
    EndCompetency => CommandSources {
        kinds: &["competency.ended"],
        routes: &["sign-off.end", "sign-off.remove"],
        ..NONE
    },
    ChangeFacility => CommandSources {
        kinds: &["facility.changed"],
        routes: &["settings.save", "facility.amend", "setup.begin", "setup.save"],
        cli: Some("facility set"),
        ..NONE
    },
    RecordCleaning => CommandSources {
        kinds: &["cleaning.recorded"],
        routes: &["scan.submit", "cleaning.enter", "cleaning.add", "old.register", "old.register-bare", "old.add-cleaning"],
        ..NONE
    },
    RecordQueued => CommandSources {
        kinds: &["cleaning.recorded", "problem.reported", "equipment.suspended"],
        routes: &["submission.add", "phone-record.enter", "phone-record.copy", "refused-submission.enter"],
        ..NONE
    },
    VoidCleaning => CommandSources {
        kinds: &["cleaning.voided"],
        routes: &["cleaning.void", "receipt.undo", "void.add"],
        ..NONE
    },
    SetLocation => CommandSources {
        kinds: &["location.set"],
        routes: &["location.create", "location.save", "location.set"],
        ..NONE
    },
    SetCategory => CommandSources {
        kinds: &["category.set"],
        routes: &["category.create", "category.save", "category.set"],
        ..NONE
    },
    PlanUpkeep => CommandSources {
        kinds: &["upkeep.planned"],
        routes: &["upkeep.plan", "upkeep.save", "upkeep.add"],
        ..NONE
    },
    RecordUpkeep => CommandSources {
        kinds: &["upkeep.done"],
        routes: &["upkeep-done.record", "upkeep-done.add"],
        ..NONE
    },
    RecordUse => CommandSources {
        kinds: &["use.recorded"],
        routes: &["use.record", "use.add"],
        made_by_box: Some("appliance/src/serve/panel.rs"),
        ..NONE
    },
    RecordCheck => CommandSources {
        kinds: &["check.recorded"],
        routes: &["check.submit", "check.add"],
        ..NONE
    },
    AttachPhoto => CommandSources {
        kinds: &["photo.attached"],
        made_by_box: Some("appliance/src/web/commands/photo_follow.rs"),
        ..NONE
    },
    Reprinted => CommandSources {
        kinds: &["label.printed"],
        made_by_box: Some("appliance/src/prints.rs"),
        ..NONE
    },
    AnchorClock => CommandSources {
        kinds: &["clock.anchored"],
        routes: &["clock.say", "clock.set"],
        made_by_box: Some("appliance/src/anchors.rs"),
        ..NONE
    },
    SettleDirective => CommandSources {
        kinds: &["directive.applied", "directive.refused"],
        made_by_box: Some("appliance/src/uplink/relation/directives.rs"),
        ..NONE
    },
    Note => CommandSources {
        kinds: &["label.printed", "box.claimed"],
        made_by_box: Some("appliance/src/uplink/mod.rs"),
        ..NONE
    },
}

impl CommandSources {
    /// Whether it comes in by something that is no demo and no test.
    pub fn has_any(&self) -> bool {
        !self.routes.is_empty() || self.cli.is_some() || self.made_by_box.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use record::kinds::{Event, FacilityChanged};

    use super::*;

    fn source(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
    }

    fn list_sources(folder: &Path) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "tests" {
                files.extend(list_sources(&path));
            } else if name.ends_with(".rs") && name != "tests.rs" && name != "command_sources.rs" {
                let file = std::fs::read_to_string(&path).unwrap();
                let text = file.split("#[cfg(test)]").next().unwrap().to_owned();
                files.push((path, text));
            }
        }
        files
    }

    fn read_sources(folder: &Path) -> String {
        list_sources(folder).into_iter().map(|(_, text)| text).collect()
    }

    /// Whether a source file reads a setting of the facility: other things have settings of their own.
    fn reads_setting(file: &str, setting: &str) -> bool {
        let is_typed = file.contains("FacilitySettings");
        let read = format!("settings.{setting}");
        file.match_indices(&read).any(|(at, _)| {
            let (before, behind) = (&file[..at], &file[at + read.len()..]);
            let is_whole = !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let of_facility = ["facility.", "facility().", "snapshot.", "snapshot()."];
            is_whole && (is_typed || of_facility.iter().any(|owner| before.ends_with(owner)))
        })
    }

    /// `equipment.added` is the body `EquipmentAdded`.
    fn body_name(kind: &str) -> String {
        let parts = kind.split('.').map(|part| part[..1].to_uppercase() + &part[1..]);
        parts.collect()
    }

    /// Whether a text makes the body of a kind: as a value, not as a pattern.
    fn makes_body(text: &str, kind: &str) -> bool {
        let name = body_name(kind);
        let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == ':');
        text.match_indices(&format!("{name} {{")).any(|(at, _)| begins(at))
    }

    fn is_not_yet(name: &str) -> bool {
        NOT_YET.iter().any(|not_yet| not_yet.name == name)
    }

    #[test]
    fn a_command_finds_its_own_row() {
        let retire =
            Command::RetireEquipment { tag: "ABCDEFGH3".parse().unwrap(), reason: String::new(), seen: None };
        assert_eq!(ways_of(&retire).command, "RetireEquipment");
        for command_sources in COMMAND_SOURCES {
            assert!(!command_sources.kinds.is_empty(), "{} makes no entry", command_sources.command);
        }
    }

    #[test]
    fn every_command_has_a_way_in_or_an_issue_that_makes_it() {
        for command_sources in COMMAND_SOURCES {
            let (named, found) = (is_not_yet(command_sources.command), command_sources.has_any());
            assert_ne!(named, found, "{}: in NOT_YET {named}, has a way in {found}", command_sources.command);
            if let Some(file) = command_sources.made_by_box {
                let text = std::fs::read_to_string(source(file)).unwrap();
                let name = format!("Command::{}", command_sources.command);
                assert!(text.contains(&name), "{file} gives no {name}");
            }
        }
    }

    /// Every member of `facility.changed`, as the log names it.
    fn list_settings() -> Vec<String> {
        let everything = r##"{"name":"A","zone":"UTC","label_host":"HTTP://A","allow_unattributed":true,"undo_min":1,
            "contact":"A","pin_proof_min":1,"locale":"es","languages":["es"],"who":{"critical":["pin"]},
            "problem":"tell","queued":"count","competency":"off","inspection":{"day":"2025-12-01"},
            "survey":"2023-02-14","shifts":["07:00"],"brand":{"name":"A"},"retain_years":1,"relay_may":["name"]}"##;
        let changed: FacilityChanged = serde_json::from_str(everything).unwrap();
        // A member that is new does not compile until it is named here.
        let FacilityChanged {
            name: Some(_),
            zone: Some(_),
            label_host: Some(_),
            allow_unattributed: Some(_),
            undo_min: Some(_),
            contact: Some(_),
            pin_proof_min: Some(_),
            locale: Some(_),
            languages: Some(_),
            who: Some(_),
            problem: Some(_),
            queued: Some(_),
            competency: Some(_),
            inspection: Some(_),
            survey: Some(_),
            shifts: Some(_),
            brand: Some(_),
            retain_years: Some(_),
            relay_may: Some(_),
        } = &changed
        else {
            panic!("a member is missing: {changed:?}");
        };
        serde_json::to_value(&changed).unwrap().as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn settings_of_other_things_are_none_of_the_facility() {
        for (file, is_read) in [
            ("fn a(printer: &PrinterSettings) { settings.name.len() }", false),
            ("fn a(settings: &FacilitySettings) { settings.name.len() }", true),
            ("fn a(settings: &FacilitySettings) { settings.names.len() }", false),
            ("store.facility().settings.name.clone()", true),
            ("self.backup.settings.name.clone()", false),
        ] {
            assert_eq!(reads_setting(file, "name"), is_read, "{file}");
        }
    }

    #[test]
    fn every_setting_has_a_reader_or_an_issue_that_makes_it() {
        // Code that sets settings does not read them.
        let setters =
            ["intake/facility/settings.rs", "web/pages/facility/settings.rs", "web/api/v1/facility.rs"];
        let setters = setters.map(|setter| source("appliance/src").join(setter));
        let mut sources = list_sources(&source("appliance/src"));
        let before = sources.len();
        sources.retain(|(path, _)| !setters.contains(path));
        assert_eq!(sources.len(), before - setters.len());
        for setting in list_settings() {
            let is_read = sources.iter().any(|(_, text)| reads_setting(text, &setting));
            let is_named = UNREAD_SETTINGS.iter().any(|unread| unread.name == setting);
            assert_ne!(is_read, is_named, "{setting}: read {is_read}, in the list {is_named}");
        }
    }

    #[test]
    fn every_kind_has_a_maker() {
        let intake = read_sources(&source("appliance/src/intake"));
        for kind in Event::KINDS {
            let by_command: Vec<_> = COMMAND_SOURCES
                .iter()
                .filter(|command_sources| command_sources.kinds.contains(kind))
                .collect();
            let by_box = MADE_BY_BOX.iter().find(|made| made.kind == *kind);
            match (by_command.as_slice(), by_box) {
                ([], None) => assert!(is_not_yet(kind), "nothing makes {kind}"),
                ([], Some(made)) => {
                    let text = std::fs::read_to_string(source(made.file)).unwrap();
                    assert!(makes_body(&text, kind), "{} makes no {kind}", made.file);
                }
                // What intake passes on as it comes is made where its command is given.
                (commands, None) => {
                    let made = makes_body(&intake, kind)
                        || commands.iter().any(|command_sources: &&CommandSources| {
                            command_sources.made_by_box.is_some_and(|file| {
                                makes_body(&std::fs::read_to_string(source(file)).unwrap(), kind)
                            })
                        });
                    assert!(made, "no command of {commands:?} makes {kind}");
                }
                (_, Some(_)) => panic!("{kind} is made by commands and by the box"),
            }
        }
        for kind in COMMAND_SOURCES
            .iter()
            .flat_map(|command_sources| command_sources.kinds)
            .chain(MADE_BY_BOX.iter().map(|made| &made.kind))
        {
            assert!(Event::KINDS.contains(kind), "{kind} is no kind of entry");
        }
    }

    /// Optional members that nothing sets, of kinds that are made, with the reason. This list may only shrink.
    const UNMADE: &[(&str, &str)] = &[
        ("cleaning.recorded.load", "14-box-manage: made by a load"),
        ("equipment.resumed.checked", "the page of an item names no spot check when it is put back"),
        ("equipment.suspended.load", "14-box-manage: made by a load that failed"),
        ("facility.changed.relay_may", "04-relay: made with directives"),
        ("label.printed.load", "14-box-manage: stickers of a load"),
    ];

    fn optional_members(kinds: &str, kind: &str) -> Vec<String> {
        let opening = format!("{} = \"{kind}\" {{", body_name(kind));
        let body = kinds.split(&opening).nth(1).unwrap().split("\n    }\n").next().unwrap();
        let optional = body.split("#[serde(default").skip(1).filter_map(|member| member.split(")]").nth(1));
        optional.map(|member| member.split(':').next().unwrap().trim().to_owned()).collect()
    }

    /// The text between the braces of each value of a type, one item per member.
    fn values_of(text: &str, name: &str) -> Vec<Vec<String>> {
        let opening = format!("{name} {{");
        let is_value = |at: &usize| {
            let before = &text[..*at];
            !before.ends_with(|c: char| c.is_alphanumeric() || c == ':') && !before.ends_with("let ")
        };
        let places = text.match_indices(&opening).map(|(at, _)| at).filter(is_value);
        places.map(|at| split_members(&text[at + opening.len()..])).collect()
    }

    fn split_members(text: &str) -> Vec<String> {
        let (mut members, mut depth) = (vec![String::new()], 0_i32);
        for c in text.chars() {
            depth += i32::from(matches!(c, '{' | '(' | '[')) - i32::from(matches!(c, '}' | ')' | ']'));
            match c {
                _ if depth < 0 => break,
                ',' if depth == 0 => members.push(String::new()),
                c => members.last_mut().unwrap().push(c),
            }
        }
        members
    }

    fn set_member(part: &str) -> Option<&str> {
        let part = part.trim();
        match part.split_once(':') {
            None => Some(part),
            Some((_, value)) if ["None", "Vec::new()", "String::new()", "false"].contains(&value.trim()) => {
                None
            }
            Some((name, _)) => Some(name),
        }
    }

    #[test]
    fn every_member_has_a_maker() {
        let kinds = read_sources(&source("crates/record/src/kinds"));
        let sources =
            ["appliance/src", "crates/store/src"].map(|folder| read_sources(&source(folder))).concat();
        let code = sources.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.flat_map(|line| [line, "\n"]).collect();
        let mut unmade = Vec::new();
        for kind in Event::KINDS.iter().filter(|kind| !is_not_yet(kind)) {
            let name = body_name(kind);
            // What a body’s own function sets is set too.
            let own =
                kinds.split(&format!("impl {name} {{")).nth(1).and_then(|own| own.split("\n}\n").next());
            let own = own.unwrap_or_default().replace("Self {", &format!("{name} {{"));
            let values = [values_of(&code, &name), values_of(&own, &name)].concat();
            let made: Vec<&str> = values.iter().flatten().filter_map(|part| set_member(part)).collect();
            let members = optional_members(&kinds, kind);
            let missing = members.iter().filter(|member| !made.contains(&member.as_str()));
            unmade.extend(missing.map(|member| format!("{kind}.{member}")));
        }
        unmade.sort();
        let listed: Vec<&str> = UNMADE.iter().map(|(member, _)| *member).collect();
        assert_eq!(unmade, listed, "on the left what nothing sets, on the right the list of it");
    }

    #[test]
    fn what_is_not_yet_made_is_still_missing() {
        let sources =
            ["appliance/src", "crates/store/src"].map(|folder| read_sources(&source(folder))).concat();
        for NotYet { name, issue } in NOT_YET {
            assert!(!issue.is_empty());
            if Event::KINDS.contains(name) {
                assert!(!makes_body(&sources, name), "{name} is made: take it off the list");
            } else {
                let command_sources =
                    COMMAND_SOURCES.iter().find(|command_sources| command_sources.command == *name);
                assert!(
                    command_sources.is_some_and(|command_sources| !command_sources.has_any()),
                    "{name} is made: take it off the list"
                );
            }
        }
    }
}
