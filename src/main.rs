//! The `lede` command.

use std::process::ExitCode;

use clap::Parser as _;
use lede::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lede::cli::run(Cli::parse())
}
