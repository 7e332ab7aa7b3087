//! Which lines count, and in which order, where entries adopt runs (FORMAT.md, section 11).
//!
//! The chain's own lines (the *base*) are folded by epoch and number. Wherever one of them is a `log.adopted`, an
//! [`AdoptionWalk`] says what comes next: the lines of its run, and of the runs that those adopt in turn. It reads nothing
//! itself, so that the box asks a database and the relay waits for one:
//!
//! ```text
//! walk.pass_base(epoch, &entry);                     // for each entry of the base, behind folding it
//! while let Some(place) = walk.next_lines() {
//!     match page_of_run(place)? {                   // lines of that run from that number on, some of them
//!         Some(page) => for line in walk.take_lines(&page) { fold(line) },
//!         None => walk.lack_run(),                  // it is not here: reported, and folded again when it comes
//!     }
//! }
//! ```
//!
//! [`assemble_base`] puts together the branch of an epoch that its successor names, from its log and from runs.

mod base;
mod walk;

pub use self::base::{BasePart, LeafRange, assemble_base};
pub use self::walk::{AdoptedLine, AdoptionWalk, LineId, OfferedLine, RunPlace, adopted_run};
