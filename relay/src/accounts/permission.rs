//! What a role lets somebody do: the one table from which the rows of the pages, their links and the tests take it.

use super::UserRole;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    Read,
    ReadNames,
    PrintLabels,
    /// See who signs in, invite people, sign them out, keep them out and let them in.
    ManagePeople,
    ManagePrograms,
    AddBoxes,
    /// Name boxes, replace them, hold them apart and release them, and take them out of use.
    ManageBoxes,
    ManageRegions,
    ReadAccess,
    ExportAccess,
    ManageSecurity,
    ManageBrand,
    ManageFacilities,
    /// Subscribe, pay, and see the invoices.
    ManageBilling,
    /// Acknowledge alerts, and put them off.
    ManageAlerts,
    /// See all accounts and the relay's own work, and try again what failed.
    ManagePlatform,
    ManageOwn,
    /// Open the account to whoever runs the platform, for a time, and end that.
    ManageSupport,
    /// Go back from an account that is none of theirs.
    LeaveSupport,
}

impl Permission {
    pub const ALL: [Self; 19] = [
        Self::Read,
        Self::ReadNames,
        Self::PrintLabels,
        Self::ManagePeople,
        Self::ManagePrograms,
        Self::AddBoxes,
        Self::ManageBoxes,
        Self::ManageRegions,
        Self::ReadAccess,
        Self::ExportAccess,
        Self::ManageSecurity,
        Self::ManageBrand,
        Self::ManageFacilities,
        Self::ManageBilling,
        Self::ManageAlerts,
        Self::ManagePlatform,
        Self::ManageOwn,
        Self::ManageSupport,
        Self::LeaveSupport,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "records.read",
            Self::ReadNames => "names.read",
            Self::PrintLabels => "labels.print",
            Self::ManagePeople => "people.manage",
            Self::ManagePrograms => "programs.manage",
            Self::AddBoxes => "boxes.add",
            Self::ManageBoxes => "boxes.manage",
            Self::ManageRegions => "regions.manage",
            Self::ReadAccess => "access.read",
            Self::ExportAccess => "access.export",
            Self::ManageSecurity => "security.manage",
            Self::ManageBrand => "brand.manage",
            Self::ManageFacilities => "facilities.manage",
            Self::ManageBilling => "billing.manage",
            Self::ManageAlerts => "alerts.manage",
            Self::ManagePlatform => "platform.manage",
            Self::ManageOwn => "own.manage",
            Self::ManageSupport => "support.manage",
            Self::LeaveSupport => "support.leave",
        }
    }

    /// Who holds it: a column a role, in the order of [`UserRole::ALL`]. A facility's people hold it for their facilities.
    const fn holders(self) -> [bool; 6] {
        match self {
            //                   platform account facility biomed technician auditor
            Self::Read => [true, true, true, true, true, true],
            Self::ReadNames => [true, true, true, true, false, true],
            Self::PrintLabels => [true, true, true, true, false, false],
            Self::ManagePeople => [true, true, true, false, false, false],
            Self::ManagePrograms => [true, true, false, false, false, false],
            Self::AddBoxes => [true, true, true, false, false, false],
            Self::ManageBoxes => [true, true, true, false, false, false],
            Self::ManageRegions => [true, true, false, false, false, false],
            Self::ReadAccess => [true, true, true, false, false, true],
            Self::ExportAccess => [true, true, false, false, false, true],
            Self::ManageSecurity => [true, true, false, false, false, false],
            Self::ManageBrand => [true, true, false, false, false, false],
            Self::ManageFacilities => [true, true, false, false, false, false],
            Self::ManageBilling => [true, true, false, false, false, false],
            Self::ManageAlerts => [true, true, true, true, false, false],
            Self::ManagePlatform => [true, false, false, false, false, false],
            Self::ManageOwn => [true, true, true, true, true, true],
            Self::ManageSupport => [true, true, false, false, false, false],
            Self::LeaveSupport => [false, false, false, false, false, false],
        }
    }

    /// Whether it is used while people only look: it changes nothing that an account recorded or set.
    pub const fn stays_in_read_only(self) -> bool {
        match self {
            Self::Read
            | Self::ReadNames
            | Self::PrintLabels
            | Self::ReadAccess
            | Self::ExportAccess
            | Self::ManageOwn
            | Self::ManageSupport
            | Self::LeaveSupport
            | Self::ManageBilling
            | Self::ManagePlatform => true,
            Self::ManagePeople
            | Self::ManagePrograms
            | Self::AddBoxes
            | Self::ManageRegions
            | Self::ManageBoxes
            | Self::ManageSecurity
            | Self::ManageBrand
            | Self::ManageFacilities
            | Self::ManageAlerts => false,
        }
    }

    /// What whoever runs the platform may in an account that is open to them: look.
    const fn is_of_support(self) -> bool {
        matches!(self, Self::Read | Self::ReadNames | Self::LeaveSupport)
    }
}

impl UserRole {
    pub fn holds(self, permission: Permission) -> bool {
        if self == Self::Support {
            return permission.is_of_support();
        }
        let column = Self::ALL.iter().position(|role| *role == self);
        column.is_some_and(|column| permission.holders()[column])
    }

    /// Whether somebody of this role may grant another one: never more than their own, and nobody the platform's.
    pub fn may_grant(self, granted: Self) -> bool {
        self.holds(Permission::ManagePeople)
            && !matches!(granted, Self::SuperAdmin | Self::Support)
            && match self {
                Self::SuperAdmin | Self::AccountAdmin => true,
                Self::FacilityAdmin => {
                    matches!(granted, Self::FacilityAdmin | Self::Biomed | Self::Technician)
                }
                Self::Biomed | Self::Technician | Self::Auditor | Self::Support => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_grants_more_than_they_hold() {
        for role in UserRole::ALL {
            for granted in UserRole::ALL.into_iter().filter(|&granted| role.may_grant(granted)) {
                for permission in Permission::ALL {
                    assert!(role.holds(permission) || !granted.holds(permission), "{role} grants {granted}");
                }
                assert!(role.holds(Permission::ManagePeople) && granted != UserRole::SuperAdmin);
            }
        }
    }

    #[test]
    fn support_looks_and_goes_back_and_nobody_grants_it() {
        let held = Permission::ALL.into_iter().filter(|permission| UserRole::Support.holds(*permission));
        let looks = [Permission::Read, Permission::ReadNames, Permission::LeaveSupport];
        assert_eq!(held.collect::<Vec<_>>(), looks);
        assert!(UserRole::ALL.iter().all(|role| !role.may_grant(UserRole::Support)));
        assert!("support".parse::<UserRole>().is_err(), "no order and no form names it");
    }

    #[test]
    fn whoever_does_anything_reads() {
        for role in UserRole::ALL {
            assert!(role.holds(Permission::Read), "{role}");
        }
    }
}
