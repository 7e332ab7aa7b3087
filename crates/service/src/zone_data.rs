//! Newer zone data than the bundled ones, from a folder such as the system's: rules of time change sooner than programs do.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use record::compliance::ZoneData;

/// Where a system has its zone data.
pub const ZONE_FOLDER: &str = "/usr/share/zoneinfo";

/// Its first line names the release.
const SOURCE_FILE: &str = "tzdata.zi";
/// `America/Argentina/Buenos_Aires`
const DEPTH_MAX: usize = 3;
const FILES_MAX: usize = 2_000;
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// The same zones once more by other rules of seconds, and this machine's own.
const NO_ZONES: [&str; 4] = ["localtime", "posix", "posixrules", "right"];

/// Takes up the zone data of a folder for the rest of the process, where they are newer than the bundled ones. A program calls it
/// when it starts, before anything asks for a zone. `false`: it goes on with those that it has.
pub fn take_newer_zones(folder: &Path) -> bool {
    let Some(release) = read_release(folder).filter(|release| ZoneData::is_newer(release)) else {
        return false;
    };
    let mut files = Vec::new();
    read_zones(folder, "", DEPTH_MAX, &mut files);
    ZoneData::of(&release, files).take_up()
}

/// `# version 2026f`
fn read_release(folder: &Path) -> Option<String> {
    let mut head = Vec::new();
    File::open(folder.join(SOURCE_FILE)).ok()?.take(64).read_to_end(&mut head).ok()?;
    let text = String::from_utf8_lossy(&head);
    text.lines().next()?.strip_prefix("# version ").map(str::to_owned)
}

fn read_zones(folder: &Path, above: &str, depth: usize, files: &mut Vec<(String, Vec<u8>)>) {
    let Ok(there) = folder.read_dir() else { return };
    for path in there.flatten().map(|found| found.path()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if files.len() >= FILES_MAX || NO_ZONES.contains(&name) {
            continue;
        }
        let zone = format!("{above}{name}");
        if path.is_dir() {
            if depth > 1 {
                read_zones(&path, &format!("{zone}/"), depth - 1, files);
            }
            continue;
        }
        let mut data = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut data));
        if read.is_ok() && data.starts_with(b"TZif") {
            files.push((zone, data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_broken_or_no_folder_of_zones_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!take_newer_zones(folder.path()) && !take_newer_zones(&folder.path().join("none")));
        for head in ["# version 2020a", "# version ", "R d 1916", "\u{feff}# version 2099a"] {
            std::fs::write(folder.path().join(SOURCE_FILE), head).unwrap();
            assert!(!take_newer_zones(folder.path()), "{head}");
        }
    }

    #[test]
    fn zones_are_read_by_their_names_below_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        for zone in
            ["UTC", "America/Havana", "America/Argentina/Salta", "right/UTC", "localtime", "a/b/c/Deep"]
        {
            write(zone, b"TZif2");
        }
        write("zone.tab", b"CU");
        write(SOURCE_FILE, b"# version 2026f\n# more\n");
        assert_eq!(read_release(folder.path()).as_deref(), Some("2026f"));
        let mut files = Vec::new();
        read_zones(folder.path(), "", DEPTH_MAX, &mut files);
        let mut names: Vec<_> = files.into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        assert_eq!(names, ["America/Argentina/Salta", "America/Havana", "UTC"]);
    }
}
