//! The box's program.

fn main() -> std::process::ExitCode {
    appliance::run_program(&appliance::ProgramSetup::default(), std::env::args_os().skip(1))
}
