//! The user that the service runs as: it becomes the owner of what it alone must read.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The image's name for it.
const SERVICE_USER: &str = "cleantrack";

/// The service's data folder, on the data partition.
pub(super) const SERVICE_FOLDER: &str = "appliance";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileOwner {
    pub(super) user: u32,
    pub(super) group: u32,
}

/// The owner of the service's data folder; before it exists, the user that the machine lists under the service's name.
pub(super) fn find_service(data: &Path, root: &Path) -> Option<FileOwner> {
    let folder = std::fs::metadata(data.join(SERVICE_FOLDER)).ok();
    let of_folder = folder.map(|meta| FileOwner { user: meta.uid(), group: meta.gid() });
    of_folder.filter(|owner| owner.user != 0).or_else(|| {
        let users = std::fs::read_to_string(root.join("etc/passwd")).ok()?;
        find_user(&users)
    })
}

fn find_user(users: &str) -> Option<FileOwner> {
    users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let is_it = parts.next() == Some(SERVICE_USER);
        let (user, group) = (parts.nth(1)?.parse().ok()?, parts.next()?.parse().ok()?);
        is_it.then_some(FileOwner { user, group })
    })
}

#[test]
fn a_user_is_found_by_name() {
    let users =
        "root:x:0:0:root:/:/bin/sh\nbroken\ncleantrack:x:990:989::/data/appliance:/usr/sbin/nologin\n";
    assert_eq!(find_user(users), Some(FileOwner { user: 990, group: 989 }));
    assert_eq!(find_user("cleantrack2:x:1:1::/:/bin/sh\n"), None);
}
