//! Pages in the pseudo locale: all visible text is in the brackets of messages, or is what somebody entered.

use serde_json::{Value, json};

use super::browser::{Browser, TIME_LIMIT};
use super::checks;

/// Pages of which not all words are messages yet; one that has become so is a finding. Only their frame is
/// checked.
const NOT_WORDED: &[&str] = &["api", "relay-api"];

/// English words in the form in which they can be found in a page of either locale: without diacritics,
/// doubled letters and brackets.
const PLAIN: &str =
    "const plain = (text) => text.normalize('NFD').replace(/\\p{M}/gu, '').replace(/[⟦⟧]/gu, '')
  .replace(/(\\p{L})\\1+/gu, '$1').replace(/\\s+/gu, ' ');";

/// Texts with letters outside brackets, and accessible names that begin with none. What nobody translates and
/// what somebody types is skipped.
const BARE: &str = "const bare = [];
if (document.documentElement.lang !== 'en-XA') bare.push(`its language is ${document.documentElement.lang}`);
const skipped = '[translate=no], script, style, noscript, textarea, svg.mark';
let depth = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  if (node.parentElement.closest(skipped)) continue;
  let outside = '';
  for (const character of node.data) {
    if (character === '⟦') depth += 1;
    else if (character === '⟧') depth -= 1;
    else if (depth === 0) outside += character;
  }
  if (/\\p{L}/u.test(outside.replace('CleanTrack', ''))) bare.push(outside.trim());
}
if (depth !== 0) bare.push(`${depth} brackets stay open`);
for (const name of ['aria-label', 'alt', 'placeholder', 'data-l', 'data-pad', 'data-delete']) {
  for (const element of document.querySelectorAll(`[${name}]`)) {
    const value = element.getAttribute(name);
    if (/\\p{L}/u.test(value) && !value.startsWith('⟦') && !element.closest('[translate=no]')) bare.push(`${name}: ${value}`);
  }
}
return bare;";

/// Switches the browser to the pseudo locale, which no page offers.
pub(crate) async fn choose(browser: &Browser, url: &str) {
    let set =
        browser.devtools("Network.setCookie", json!({"name": "language", "value": "xx", "url": url})).await;
    assert_eq!(set["success"], true, "{set}");
}

/// Waits until a page shows these English words, as messages or not.
pub(crate) async fn shows(browser: &Browser, words: &str) {
    let words = Value::from(words);
    let shown =
        format!("(() => {{ {PLAIN} return plain(document.body.innerText).includes(plain({words})); }})()");
    browser.until(&shown, TIME_LIMIT).await;
}

pub(crate) async fn check_words(browser: &Browser, name: &str) -> Vec<String> {
    let bare = checks::texts(browser.script(BARE).await);
    match NOT_WORDED.contains(&name) {
        true if bare.is_empty() => vec![format!("{name} is worded whole: take it off the list")],
        true => Vec::new(),
        false => bare.into_iter().map(|text| format!("{name} is not worded: {text}")).collect(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_that_are_no_messages_are_found() {
    const PAGE: &str = "data:text/html;charset=utf-8,<html lang=en-XA><title>Bed</title><p>⟦OOpén <b translate=no>Bed 7</b> nnów⟧ 12:30</p>\
        <p>Plain</p><p translate=no>Pump</p><img alt=Photo src='data:image/gif,x'><p aria-label='⟦NNóté⟧'>⟦ópén</p>";
    let browser = Browser::open(super::browser::Kind::Desk, true).await;
    browser.goto(PAGE).await;
    shows(&browser, "Open Bed 7 now").await;
    let found = check_words(&browser, "planted").await;
    let left = check_words(&browser, "api").await;
    browser.close().await;
    assert_eq!(
        found,
        ["Plain", "1 brackets stay open", "alt: Photo"].map(|text| format!("planted is not worded: {text}"))
    );
    assert!(left.is_empty(), "{left:?}");
}
