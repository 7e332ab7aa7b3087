//! What all bodies have: a kind, and members that are left out.

/// The types of bodies, each with the name of its kind in front of its members.
macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident = $kind:literal { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }

            impl super::body::EventBody for $name {
                const KIND: &'static str = $kind;
            }
        )*
    };
}

pub(super) trait EventBody {
    const KIND: &'static str;
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if takes a reference")]
pub(super) fn is_false(flag: &bool) -> bool {
    !*flag
}
