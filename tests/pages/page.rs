//! One page of the table in one state: how it is come to, and whether it is the one that is meant.

use reqwest::Url;

use super::acts::type_into;
use super::browser::Browser;
use super::pseudo;

/// What is done on a page to come to the state that is meant.
pub(crate) enum Act {
    /// Press the first element of a selector.
    Press(&'static str),
    /// Type into it.
    Type(&'static str, &'static str),
    /// The same with what only this demo knows.
    Enter(&'static str, String),
    /// Give a hidden field another value, as if the page were older.
    Set(&'static str, &'static str),
}

/// One page in one state.
pub(crate) struct Page {
    /// What it is called in findings and pictures.
    pub(crate) name: &'static str,
    pub(crate) url: String,
    pub(crate) acts: Vec<Act>,
    /// Words that only this page and state has.
    pub(crate) says: &'static str,
}

impl Page {
    /// A page that shows these words when it is opened.
    pub(crate) fn at(name: &'static str, url: String, says: &'static str) -> Self {
        Self::after(name, url, Vec::new(), says)
    }

    /// A page that shows these words once this was done on it.
    pub(crate) fn after(name: &'static str, url: String, acts: Vec<Act>, says: &'static str) -> Self {
        Self { name, url, acts, says }
    }

    /// A page that no table here names: that it answers is all that can be known of it.
    pub(crate) fn unnamed(origin: &str, (name, path): (&'static str, &'static str)) -> Self {
        Self::at(name, format!("{origin}{path}"), "")
    }

    /// Shows it, and makes sure that it is the one that is meant. The addresses that it came by, the first and the last.
    pub(crate) async fn open(&self, browser: &Browser) -> [Url; 2] {
        let requested = self.act(browser).await;
        browser.shows(self.says).await;
        self.check_answer(browser).await;
        [requested, browser.client.current_url().await.expect("a page")]
    }

    /// The same in a browser that reads the pseudo locale.
    pub(crate) async fn open_in_pseudo(&self, browser: &Browser) -> [Url; 2] {
        let requested = self.act(browser).await;
        pseudo::shows(browser, self.says).await;
        self.check_answer(browser).await;
        [requested, browser.client.current_url().await.expect("a page")]
    }

    /// A page without words of its own must not be one that says that something went wrong.
    async fn check_answer(&self, browser: &Browser) {
        if self.says.is_empty() {
            let read = "return performance.getEntriesByType('navigation')[0].responseStatus";
            assert_eq!(browser.script(read).await, 200, "{}", self.url);
        }
    }

    async fn act(&self, browser: &Browser) -> Url {
        let requested = Url::parse(&self.url).unwrap_or_else(|e| panic!("{}: {e}", self.url));
        browser.goto(&self.url).await;
        for act in &self.acts {
            match act {
                Act::Press(css) => browser.press(css).await,
                Act::Type(css, text) => type_into(browser, css, text).await,
                Act::Enter(css, text) => type_into(browser, css, text).await,
                Act::Set(css, value) => {
                    browser.script(&format!("document.querySelector('{css}').value = '{value}'")).await;
                }
            }
        }
        requested
    }
}
