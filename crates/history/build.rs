//! Makes the words of an item's history out of `words/<language>/<area>.ftl`.

fn main() {
    words::build::generate_words(&["words"]);
}
