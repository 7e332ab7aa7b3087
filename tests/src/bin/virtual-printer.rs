//! A label printer on loopback, without the demo around it.

fn main() -> std::process::ExitCode {
    match harness::virtual_printer::main(std::env::args().skip(1)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("virtual-printer: {why}");
            std::process::ExitCode::FAILURE
        }
    }
}
