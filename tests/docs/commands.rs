//! Every command that a document names is one, with these very options.

use clap::Command;

use super::{shell_lines, words_of};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/api.md",
    "docs/backup.md",
    "docs/install.md",
    "docs/operations.md",
    "docs/settings.md",
    "docs/panel.md",
    "docs/printers.md",
    "systemd/README.md",
];

/// Walks the words of a line through a program's commands; what does not fit.
fn misfit(program: &Command, words: &[String]) -> Option<String> {
    let mut command = program;
    let mut options: Vec<&clap::Arg> = program.get_arguments().filter(|a| a.is_global_set()).collect();
    let mut takes_value = false;
    for word in words {
        if std::mem::take(&mut takes_value) {
            continue;
        }
        if let Some(name) = word.strip_prefix("--") {
            let known =
                command.get_arguments().chain(options.iter().copied()).find(|a| a.get_long() == Some(name));
            let Some(option) = known else {
                return Some(format!("--{name} is no option of `{}`", command.get_name()));
            };
            takes_value = option.get_action().takes_values();
        } else if let Some(next) = command.find_subcommand(word) {
            command = next;
            options.extend(command.get_arguments().filter(|a| a.is_global_set()));
        } else if command.get_positionals().next().is_none() {
            return Some(format!("`{word}` is no command of `{}`", command.get_name()));
        }
    }
    (command.has_subcommands() && !command.get_name().starts_with("cleantrack-"))
        .then(|| format!("`{}` needs a command", command.get_name()))
}

fn program_of(word: &str) -> Option<Command> {
    match word {
        "cleantrack-appliance" => Some(appliance::command_line()),
        "cleantrack-relay" => Some(relay::command_line()),
        _ => None,
    }
}

/// Lines of `sh` blocks, and code spans of the text, that begin with one of our programs.
fn commands_of(document: &str) -> Vec<String> {
    let text = super::read(document);
    let spans = text.split('`').skip(1).step_by(2).filter(|span| !span.contains('\n') && span.contains(' '));
    let spans: Vec<String> = spans.map(str::to_owned).collect();
    let ours =
        |line: &String| line.starts_with("cleantrack-appliance ") || line.starts_with("cleantrack-relay ");
    shell_lines(document).into_iter().chain(spans).filter(ours).collect()
}

#[test]
fn every_command_in_the_documents_is_one() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for document in DOCUMENTS {
        for line in commands_of(document) {
            let (words, _) = words_of(&line);
            let Some((program, rest)) = words.split_first() else { continue };
            let Some(program) = program_of(program) else { continue };
            seen += 1;
            faults.extend(misfit(&program, rest).map(|why| format!("{document}: {line}: {why}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seen > 15, "only {seen} commands were found in the documents");
}

#[test]
fn commands_that_are_none_are_found() {
    let relay = relay::command_line();
    fn words(line: &str) -> Vec<String> {
        words_of(line).0
    }
    assert_eq!(misfit(&relay, &words("--data DIR account create --name X")), None);
    assert!(misfit(&relay, &words("account create --colour red")).is_some());
    assert!(misfit(&relay, &words("account destroy")).is_some());
    assert!(misfit(&relay, &words("account")).is_some());
}
