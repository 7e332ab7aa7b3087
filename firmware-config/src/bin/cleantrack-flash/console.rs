//! The operator's terminal: messages and answers.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// The person at the terminal; tests answer from a list.
pub(crate) trait OperatorConsole {
    fn print_line(&mut self, line: &str);

    fn print_note(&mut self, line: &str);

    /// Without its line end; `None` where nobody answers.
    fn read_answer(&mut self, question: &str) -> Option<String>;

    fn read_secret(&mut self, question: &str) -> Option<String>;
}

pub(crate) struct StandardConsole;

const ANSWER_BYTES_MAX: u64 = 4_096;

fn read_line() -> Option<String> {
    let mut line = String::new();
    let read = std::io::Read::take(std::io::stdin().lock(), ANSWER_BYTES_MAX).read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned())
}

impl OperatorConsole for StandardConsole {
    fn print_line(&mut self, line: &str) {
        // Where nobody reads the output nothing is lost.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn print_note(&mut self, line: &str) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    fn read_answer(&mut self, question: &str) -> Option<String> {
        let _ = write!(std::io::stderr(), "{question}");
        let _ = std::io::stderr().flush();
        read_line()
    }

    fn read_secret(&mut self, question: &str) -> Option<String> {
        let hidden = std::io::stdin().is_terminal().then(crate::system::hide_input).flatten();
        let answer = self.read_answer(question);
        if let Some(hidden) = hidden {
            crate::system::show_input(&hidden);
            let _ = writeln!(std::io::stderr());
        }
        answer
    }
}

#[cfg(test)]
#[derive(Default)]
pub(crate) struct ScriptedConsole {
    pub(crate) answers: std::collections::VecDeque<String>,
    pub(crate) lines: Vec<String>,
    pub(crate) notes: Vec<String>,
}

#[cfg(test)]
impl ScriptedConsole {
    pub(crate) fn answering(answers: &[&str]) -> Self {
        Self { answers: answers.iter().map(ToString::to_string).collect(), ..Self::default() }
    }

    pub(crate) fn shown(&self) -> String {
        [self.lines.join("\n"), self.notes.join("\n")].join("\n")
    }
}

#[cfg(test)]
impl OperatorConsole for ScriptedConsole {
    fn print_line(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    fn print_note(&mut self, line: &str) {
        self.notes.push(line.to_owned());
    }

    fn read_answer(&mut self, question: &str) -> Option<String> {
        self.notes.push(question.to_owned());
        self.answers.pop_front()
    }

    fn read_secret(&mut self, question: &str) -> Option<String> {
        self.read_answer(question)
    }
}
