//! The command `fenchel`.

fn main() -> std::process::ExitCode {
    fenchel::cli::main()
}
