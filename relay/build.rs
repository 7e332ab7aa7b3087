//! Makes the words of the relay's pages out of `words/<language>/<area>.ftl`.

fn main() {
    words::build::generate_words(&["words"]);
}
