//! `cleantrack-relay`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    relay::run_program(std::env::args_os())
}
