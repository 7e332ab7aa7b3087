//! Makes the words of the relay's pages out of `words/<language>`, and its help pages out of `docs`.

#[path = "build/help.rs"]
mod help;

fn main() {
    words::build::generate_words(&["words"]);
    help::generate_help();
}
