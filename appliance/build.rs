//! Makes the words of the box's pages out of `words/<language>/<area>.ftl`.

fn main() {
    words::build::generate_words(&["words"]);
}
