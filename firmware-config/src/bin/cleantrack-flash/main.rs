//! `cleantrack-flash`: writes cards for boxes, checks them, and puts claim files onto them.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place of this crate that touches files, drives and the clock"
)]

mod arguments;
mod batch;
mod batch_list;
mod card;
mod commands;
mod console;
mod drives;
mod edits;
mod error;
mod exit;
mod fat_guard;
mod file_card;
mod image;
mod inspect;
mod manifest;
mod partitions;
mod place;
mod progress;
mod sizes;
mod system;
#[cfg(test)]
mod testing;
mod volume;
mod writer;

use std::process::ExitCode;

use clap::Parser as _;

use self::arguments::FlashArguments;
use self::commands::run_command;
use self::console::{OperatorConsole as _, StandardConsole};
use self::drives::DriveTree;
use self::exit::FlashExit;

fn main() -> ExitCode {
    let arguments = match FlashArguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where it cannot be written there is nobody to read it.
            let _ = error.print();
            let exit = if error.use_stderr() { FlashExit::Usage } else { FlashExit::Success };
            return exit.into();
        }
    };
    let mut console = StandardConsole;
    match run_command(arguments.command, &DriveTree::of_machine(), &mut console) {
        Ok(()) => FlashExit::Success.into(),
        Err(error) => {
            console.print_note(&format!("cleantrack-flash: {error}"));
            error.exit().into()
        }
    }
}
