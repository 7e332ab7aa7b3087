//! Packet ids of what we send: 1 to 65,535 in turn, none used again before it is acknowledged.

/// The ids of one connection. What is unacknowledged is only counted: nothing is sent twice on one connection, and
/// what a box missed it asks for when it connects again.
#[derive(Debug, Default)]
pub(super) struct PacketIds {
    last: u16,
    unacknowledged: Vec<u16>,
}

impl PacketIds {
    /// The next free id; `None` where `waiting_max` are unacknowledged.
    pub(super) fn take(&mut self, waiting_max: u16) -> Option<u16> {
        if !self.has_capacity(waiting_max) {
            return None;
        }
        // Fewer than 65,535 are taken, so this ends.
        loop {
            self.last = self.last % u16::MAX + 1;
            if !self.unacknowledged.contains(&self.last) {
                self.unacknowledged.push(self.last);
                return Some(self.last);
            }
        }
    }

    pub(super) fn has_capacity(&self, waiting_max: u16) -> bool {
        self.unacknowledged.len() < usize::from(waiting_max.min(u16::MAX - 1))
    }

    /// The peer has acknowledged it; an id that is not waiting is ignored.
    pub(super) fn acknowledge(&mut self, id: u16) {
        self.unacknowledged.retain(|waiting| *waiting != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_round_past_what_is_waiting() {
        let mut ids = PacketIds::default();
        let (first, second) = (ids.take(4).unwrap(), ids.take(4).unwrap());
        assert_eq!((first, second), (1, 2));
        ids.acknowledge(first);
        for expected in 3..=u16::MAX {
            let id = ids.take(4).unwrap();
            assert_eq!(id, expected);
            ids.acknowledge(id);
        }
        assert_eq!(ids.take(4), Some(1), "0 is no id");
        assert_eq!(ids.take(4), Some(3), "2 is still waiting");
    }

    #[test]
    fn no_more_than_the_peer_takes() {
        let mut ids = PacketIds::default();
        assert_eq!([ids.take(2), ids.take(2), ids.take(2)], [Some(1), Some(2), None]);
        ids.acknowledge(7);
        assert!(!ids.has_capacity(2));
        ids.acknowledge(1);
        assert_eq!(ids.take(2), Some(3));
    }
}
