//! The box's program.

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    appliance::run_program(&appliance::ProgramSetup::default(), std::env::args_os().skip(1))
}
