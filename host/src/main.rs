//! The command `fenchel`.

fn main() -> std::process::ExitCode {
    fenchel::command::main()
}
