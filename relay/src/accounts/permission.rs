//! What a role lets somebody do: the one table from which the rows of the pages and their links take it.

use super::UserRole;

/// Something that somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See all of the account but who signs in and which programs read it.
    Read,
    /// See who signs in, sign them out, keep them out and let them in.
    ManagePeople,
    /// See which programs read the account, make tokens and end them.
    ManagePrograms,
    /// Make claim files.
    AddBoxes,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 4] = [Self::Read, Self::ManagePeople, Self::ManagePrograms, Self::AddBoxes];

    /// Its name in the table of routes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "account.read",
            Self::ManagePeople => "people.manage",
            Self::ManagePrograms => "programs.manage",
            Self::AddBoxes => "boxes.add",
        }
    }
}

impl UserRole {
    /// Whether somebody of this role may do it.
    pub fn holds(self, permission: Permission) -> bool {
        match self {
            Self::SuperAdmin | Self::AccountAdmin => true,
            Self::Auditor => permission == Permission::Read,
        }
    }
}
