//! One page of the table in one state: how it is reached, and whether it is the expected one.

use reqwest::Url;

use super::acts::type_into;
use super::browser::Browser;
use super::pseudo;

pub(crate) enum Act {
    Press(&'static str),
    Type(&'static str, &'static str),
    /// The same with a value that only this demo knows.
    Enter(&'static str, String),
    /// Sets a hidden field, as if the page were older.
    Set(&'static str, &'static str),
}

pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) url: String,
    pub(crate) acts: Vec<Act>,
    /// Words that only this page and state has.
    pub(crate) says: &'static str,
}

impl Page {
    pub(crate) fn at(name: &'static str, url: String, says: &'static str) -> Self {
        Self::after(name, url, Vec::new(), says)
    }

    pub(crate) fn after(name: &'static str, url: String, acts: Vec<Act>, says: &'static str) -> Self {
        Self { name, url, acts, says }
    }

    pub(crate) fn unnamed(origin: &str, (name, path): (&'static str, &'static str)) -> Self {
        Self::at(name, format!("{origin}{path}"), "")
    }

    /// Shows it, and checks that it is the right one. The addresses that it came by, the first and the last.
    pub(crate) async fn open(&self, browser: &Browser) -> [Url; 2] {
        let requested = self.act(browser).await;
        browser.shows(self.says).await;
        self.check_answer(browser).await;
        [requested, browser.client.current_url().await.expect("a page")]
    }

    pub(crate) async fn open_in_pseudo(&self, browser: &Browser) -> [Url; 2] {
        let requested = self.act(browser).await;
        pseudo::shows(browser, self.says).await;
        self.check_answer(browser).await;
        [requested, browser.client.current_url().await.expect("a page")]
    }

    /// A page without words of its own must not be an error page.
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
