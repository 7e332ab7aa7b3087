//! Makes the words for what is wrong with a label out of `words/<language>/<area>.ftl`.

fn main() {
    words::build::generate_words(&["words"]);
}
