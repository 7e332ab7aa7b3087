//! Whether a cleaning needs a photo: the stricter of what its protocol and its item ask for.

use std::cmp::Reverse;

use record::fold::Equipment;
use record::kinds::{PhotoPolicy, ProtocolPublished};

/// What is asked of a cleaning, the stricter the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PhotoRule {
    None,
    Optional,
    /// One cleaning in this many is asked for one.
    OneIn(Reverse<u32>),
    Required,
}

impl PhotoRule {
    pub(crate) fn of(item: &Equipment, protocol: Option<&ProtocolPublished>) -> Self {
        let of_item = Self::stated(item.facts.photo, item.facts.photo_one_in);
        let of_protocol = protocol.and_then(|p| p.photo.map(|photo| Self::stated(photo, p.photo_one_in)));
        of_protocol.map_or(of_item, |rule| rule.max(of_item))
    }

    /// Whether a cleaning needs one. `draw`: a number that was drawn for its page; without one no cleaning is picked.
    pub(crate) fn asks(self, draw: Option<u32>) -> bool {
        match self {
            Self::None | Self::Optional => false,
            Self::OneIn(_) => self.picks(draw),
            Self::Required => true,
        }
    }

    /// Whether a cleaning needs one because it was picked.
    pub(crate) fn picks(self, draw: Option<u32>) -> bool {
        match self {
            Self::OneIn(Reverse(n)) => draw.is_some_and(|draw| draw.is_multiple_of(n)),
            Self::None | Self::Optional | Self::Required => false,
        }
    }

    fn stated(photo: PhotoPolicy, one_in: Option<u32>) -> Self {
        match (photo, one_in) {
            (PhotoPolicy::None, _) => Self::None,
            (PhotoPolicy::Optional, None) => Self::Optional,
            (PhotoPolicy::Optional, Some(n)) => Self::OneIn(Reverse(n)),
            (PhotoPolicy::Required, _) => Self::Required,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_of_protocol_and_item_holds() {
        let one_in = |n| PhotoRule::OneIn(Reverse(n));
        let item = |photo: &str, rest: &str| -> Equipment {
            let body = format!(
                r#"{{"tag":"7QK3M9X2W","facts":{{"name":"","asset_number":"","serial":"","maker":"","model":"","category":"","location":"","class":"noncritical","photo":"{photo}","single_use":false,"protocols":[],"custom":{{}}{rest}}},"service":"in","plans":[],"out":[],"added_ms":0}}"#
            );
            serde_json::from_str(&body).unwrap()
        };
        let protocol = |rest: &str| -> ProtocolPublished {
            let id = "01KAFJWQ400000000000000003";
            let body = format!(r#"{{"protocol":"{id}","version":1,"name":"Wipe","steps":[]{rest}}}"#);
            serde_json::from_str(&body).unwrap()
        };
        let (optional, in_ten) = (item("optional", ""), item("optional", r#","photo_one_in":10"#));
        for (item, rest, expected) in [
            (&item("none", ""), "", PhotoRule::None),
            (&item("none", ""), r#","photo":"optional""#, PhotoRule::Optional),
            (&optional, r#","photo":"none""#, PhotoRule::Optional),
            (&optional, r#","photo":"optional","photo_one_in":5"#, one_in(5)),
            (&in_ten, "", one_in(10)),
            (&in_ten, r#","photo":"optional""#, one_in(10)),
            (&in_ten, r#","photo":"optional","photo_one_in":5"#, one_in(5)),
            (&in_ten, r#","photo":"optional","photo_one_in":20"#, one_in(10)),
            (&in_ten, r#","photo":"required""#, PhotoRule::Required),
            (&item("required", ""), r#","photo":"none""#, PhotoRule::Required),
        ] {
            assert_eq!(PhotoRule::of(item, Some(&protocol(rest))), expected, "{:?} {rest}", item.facts.photo);
        }
        assert_eq!(PhotoRule::of(&in_ten, None), one_in(10));
    }

    #[test]
    fn one_in_some_is_picked_by_its_draw() {
        let one_in_ten = PhotoRule::OneIn(Reverse(10));
        let draws = [None, Some(0), Some(7), Some(40), Some(u32::MAX)];
        assert_eq!(draws.map(|draw| one_in_ten.asks(draw)), [false, true, false, true, false]);
        assert!(
            draws.iter().all(|draw| PhotoRule::Required.asks(*draw) && !PhotoRule::Required.picks(*draw))
        );
        assert!(draws.iter().all(|draw| !PhotoRule::Optional.asks(*draw) && !PhotoRule::None.asks(*draw)));
    }
}
