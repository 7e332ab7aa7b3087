//! One look at the machine.

use std::path::Path;

use service::clock::Now;

use super::facts::MachineFacts;
use super::machine::{MachineRoot, read_memory, read_power, read_storage, read_temperature, read_wear};
use super::wifi::read_wifi;
use crate::identity::own_addresses;

/// All that the machine reports. `data` is the folder whose storage counts.
pub fn look_at_machine(root: &MachineRoot, data: &Path, now: &Now) -> MachineFacts {
    MachineFacts {
        clock: Some(now.state),
        power: read_power(root),
        celsius: read_temperature(root),
        memory: read_memory(root),
        storage: read_storage(root, data),
        wear: read_wear(root),
        wifi: read_wifi(root),
        addresses: own_addresses().iter().map(ToString::to_string).collect(),
    }
}
