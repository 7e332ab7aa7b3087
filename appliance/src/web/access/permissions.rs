//! Permissions and scopes as types, so that a handler's first argument states which callers its row admits.

use crate::identity::ApiTokenScope;
use crate::intake::Permission;

pub(crate) trait StaffPermission: Send + Sync + 'static {
    const PERMISSION: Permission;
}

pub(crate) trait TokenScope: Send + Sync + 'static {
    const SCOPE: ApiTokenScope;
}

macro_rules! named_by_types {
    ($named:ident, $constant:ident: $value:ident = $($name:ident)*) => {$(
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name;

        impl $named for $name {
            const $constant: $value = $value::$name;
        }
    )*};
}

named_by_types!(StaffPermission, PERMISSION: Permission =
    View EditEquipment Print EditPrinters SignOff SeePeople EditPeople EditSettings ManageTokens ReadAudit
    MakeReports);
// A scope has the same name.
impl StaffPermission for Record {
    const PERMISSION: Permission = Permission::Record;
}
named_by_types!(TokenScope, SCOPE: ApiTokenScope = Read Record Write);

/// To record under one's own name: a scope of tokens has the shorter name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordWork;

impl StaffPermission for RecordWork {
    const PERMISSION: Permission = Permission::Record;
}
