//! The checks of a page, once for each width and each scheme of colours.

use serde_json::{Value, json};

use super::acts::save_whole_page;
use super::browser::Browser;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    All,
    Colours,
    Fit,
}

/// The widths of a small phone, a phone and a desk. A phone's styles are the same at both widths: what
/// depends on styles is checked where there is less space.
const LOOKS: [(u32, &str, Question); 6] = [
    (320, "light", Question::All),
    (320, "dark", Question::Colours),
    (390, "light", Question::Fit),
    (390, "dark", Question::Fit),
    (1280, "light", Question::All),
    (1280, "dark", Question::Colours),
];

/// Runs axe-core; the tags are those of WCAG 2.2 A and AA. What sticks to the edge of the window covers
/// whatever it is scrolled over, which then counts as too small: it is positioned statically meanwhile.
const AXE: &str = "const callback = arguments[arguments.length - 1];
const sticking = [...document.querySelectorAll('.press, .bar')];
for (const e of sticking) e.style.position = 'static';
const done = (found) => {
  for (const e of sticking) e.style.position = '';
  callback(found);
};
axe.run(document, {
  runOnly: arguments[0] ? { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }
    : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] },
  resultTypes: ['violations'],
}).then(
  (found) => done(found.violations.map((v) => `${v.id} (${v.help}): ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`)),
  (error) => done([`axe did not run: ${error}`]));";

/// Everything that can be pressed and is less than 48 px high or wide. A link inside a sentence is as high as
/// its line; a checkbox is pressed by its whole row.
const SMALL: &str = "const small = [];
for (const e of document.querySelectorAll('a, button, input, select, textarea, summary, label.tick')) {
  if (e.type === 'hidden' || e.closest('.away') || e.matches('label.tick input')) continue;
  const sentence = e.closest('p, small, .hint, .guide li');
  if (e.localName === 'a' && sentence && getComputedStyle(e).display === 'inline'
    && sentence.innerText.trim() !== e.innerText.trim()) continue;
  const parts = [e, ...e.querySelectorAll('*')].map((p) => p.getBoundingClientRect()).filter((r) => r.width > 0);
  if (parts.length === 0) continue;
  const wide = Math.max(...parts.map((r) => r.right)) - Math.min(...parts.map((r) => r.left));
  const high = Math.max(...parts.map((r) => r.bottom)) - Math.min(...parts.map((r) => r.top));
  if (wide < 47.9 || high < 47.9) small.push(`${wide.toFixed(0)} × ${high.toFixed(0)}: ${e.outerHTML.slice(0, 160)}`);
}
return small;";

/// Entries of the main navigation that are not fully visible, a button whose words wrap to one side, and a
/// status line that takes more than two lines.
const LAYOUT: &str = "const bad = [];
for (const entry of document.querySelectorAll('.top nav a')) {
  const [r, nav] = [entry.getBoundingClientRect(), entry.closest('nav').getBoundingClientRect()];
  if (r.left < nav.left - 1 || r.right > nav.right + 1 || r.right > innerWidth) bad.push(`cut off: ${entry.innerText}`);
}
for (const button of document.querySelectorAll('.btn, button')) {
  if (getComputedStyle(button).textAlign !== 'center') bad.push(`not centred: ${button.innerText}`);
}
for (const told of document.querySelectorAll('.told')) {
  const words = document.createRange();
  words.selectNodeContents(told);
  const lines = new Set([...words.getClientRects()].filter((r) => r.width > 0).map((r) => Math.round(r.bottom / 8))).size;
  if (lines > 2) bad.push(`${lines} lines of status: ${told.innerText}`);
}
return bad;";

/// With `PAGES_PICTURES=1` pictures of the page are made too.
pub(crate) async fn check(browser: &Browser, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    browser.script(&harness::tools::axe_source()).await;
    for (width, scheme, question) in LOOKS {
        let is_shown = wants_pictures() && width != 320;
        if !is_shown && (scheme, question) == ("dark", Question::Fit) {
            continue;
        }
        // Both schemes take their colours from one style at all widths: a desk's dark one is checked before a release.
        if !is_shown && !is_long() && (width, question) == (1280, Question::Colours) {
            continue;
        }
        browser.resize(width, height_of(width)).await;
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", media).await;
        let mut found = Vec::new();
        if question != Question::Fit {
            found.extend(find_violations(browser, question).await);
        }
        if question != Question::Colours {
            found.extend(find_misfits(browser, width).await);
        }
        wrong.extend(found.into_iter().map(|what| format!("{name} at {width} {scheme}: {what}")));
        if is_shown {
            picture(browser, &format!("{name}-{width}-{scheme}.png")).await;
        }
    }
    wrong.extend(browser.complaints().await.into_iter().map(|message| format!("{name}: console: {message}")));
    wrong
}

/// What words longer than English could break, on a phone and at a desk.
pub(crate) async fn check_fit(browser: &Browser, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for width in [390, 1280] {
        browser.resize(width, height_of(width)).await;
        let found = find_overflow(browser, width).await;
        wrong.extend(found.into_iter().map(|what| format!("{name} in pseudo at {width}: {what}")));
        if wants_pictures() {
            picture(browser, &format!("{name}-pseudo-{width}.png")).await;
        }
    }
    wrong
}

fn height_of(width: u32) -> u32 {
    if width < 700 { 844 } else { 800 }
}

/// Whether all checks of a release are run.
fn is_long() -> bool {
    std::env::var_os("PAGES_LONG").is_some()
}

fn wants_pictures() -> bool {
    std::env::var_os("PAGES_PICTURES").is_some()
}

async fn find_violations(browser: &Browser, question: Question) -> Vec<String> {
    let only_colours = vec![Value::from(question == Question::Colours)];
    texts(browser.client.execute_async(AXE, only_colours).await.expect("axe-core answers"))
}

async fn find_misfits(browser: &Browser, width: u32) -> Vec<String> {
    let small = texts(browser.script(SMALL).await).into_iter().map(|small| format!("too small, {small}"));
    let mut found: Vec<String> = small.collect();
    found.extend(texts(browser.script(LAYOUT).await));
    found.extend(find_overflow(browser, width).await);
    found
}

async fn find_overflow(browser: &Browser, width: u32) -> Option<String> {
    let across = browser.script("return document.documentElement.scrollWidth").await;
    let is_wider = across.as_u64().is_none_or(|across| across > u64::from(width));
    is_wider.then(|| format!("scrolls sideways: it is {across} wide"))
}

pub(crate) fn texts(list: Value) -> Vec<String> {
    let texts =
        list.as_array().map(|list| list.iter().map(|v| v.as_str().unwrap_or("?").to_owned()).collect());
    texts.unwrap_or_else(|| vec![format!("no list: {list}")])
}

async fn picture(browser: &Browser, name: &str) {
    save_whole_page(browser, &harness::tools::artefacts("pages").join(name)).await;
}
