//! Formats errors as the command prints them: the library names its settings' fields, the command its options.

use clap::CommandFactory;

/// Returns `error` and its causes in one line. A field in backticks, such as `` `weight_clip` ``, is
/// printed as the option that sets it, `--weight-clip`, if there is one.
pub fn line(error: &anyhow::Error) -> String {
    let options = options(&super::Cli::command());
    let text = format!("{error:#}");
    let mut parts = text.split('`');
    let mut line = parts.next().unwrap_or_default().to_string();
    let mut quoted = true;
    for part in parts {
        let option = part.replace('_', "-");
        if quoted && options.contains(&option) {
            line += &format!("--{option}");
            quoted = false;
            continue;
        }
        // After an option, this backtick was the one that closed it.
        if quoted {
            line.push('`');
        }
        line += part;
        quoted = true;
    }
    line
}

/// Returns the long names of all options of `command` and its subcommands.
fn options(command: &clap::Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_long().map(str::to_string));
    own.chain(command.get_subcommands().flat_map(options)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_options() {
        for (error, printed) in [
            ("`weight_clip`: expected more", "--weight-clip: expected more"),
            ("x: what `fenchel train` writes (`beta`)", "x: what `fenchel train` writes (--beta)"),
            ("a `b` and `gamma`, `skip` 1:2", "a `b` and --gamma, --skip 1:2"),
            ("one ` alone", "one ` alone"),
        ] {
            assert_eq!(line(&anyhow::anyhow!(error.to_string())), printed);
        }
    }
}
