//! The box's program.

fn main() -> std::process::ExitCode {
    appliance::run(&appliance::Program::default(), std::env::args_os().skip(1))
}
