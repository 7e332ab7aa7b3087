//! The README's first command.

fn main() -> std::process::ExitCode {
    harness::demo::main(std::env::args_os().skip(1))
}
