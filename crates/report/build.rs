//! Makes the words of reports out of `words/<language>/<area>.ftl`.

fn main() {
    words::build::generate_words(&["words"]);
}
