//! The `kerbwatch` binary: reads the command line, hands over to one file per subcommand, turns errors into exit codes.

use std::process::ExitCode;

fn main() -> ExitCode {
    kerbwatch::cmd::main()
}
