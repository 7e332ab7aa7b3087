//! A real Chromium for the suites that look at pages: started with its driver, and gone with the suite, even a failed one.

pub(crate) mod demo;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// How long a page may take to show what it must; a loaded machine with two cores needs its time.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(240);
const PERIOD: Duration = Duration::from_millis(50);

struct Driver {
    process: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        // It takes its free port twice, for both families of addresses; the second may be gone by then.
        (0..5).find_map(|_| Self::try_start()).expect("chromedriver says its port")
    }

    fn try_start() -> Option<Self> {
        let process = Command::new(harness::tools::program("chromedriver"))
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut driver = Self { process, url: String::new() };
        let mut lines = BufReader::new(driver.process.stdout.take()?).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        driver.url = format!("http://127.0.0.1:{}", port?);
        // Its later output must be read, or it stops when the pipe is full.
        std::thread::spawn(move || lines.count());
        Some(driver)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The browser's own process: the driver leaves it behind when it is killed.
struct Chromium(Option<rustix::process::Pid>);

impl Drop for Chromium {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // After a good end it is gone already.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 390 × 844, the layout size of a phone; pressed as with a mouse, for the driver waits for ever on some touches.
    Phone,
    Desk,
}

/// One browser with one window, which accepts the facility's own authority as a person would.
pub(crate) struct Browser {
    pub(crate) client: Client,
    session: String,
    http: reqwest::Client,
    _chromium: Chromium,
    _driver: Driver,
}

impl Browser {
    /// Without `script` no page of it runs any.
    pub(crate) async fn open(kind: Kind, script: bool) -> Self {
        // Debian's command of that name is a shell that waits for it: to end that one would leave the browser behind.
        Self::start("/usr/lib/chromium/chromium-headless-shell", kind, script, &[]).await
    }

    /// The same with a given Chromium program and flags: what a headless shell lacks needs `chromium` itself.
    pub(crate) async fn start(program: &str, kind: Kind, script: bool, flags: &[&str]) -> Self {
        let driver = Driver::start();
        let fixed = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--window-size=1280,800",
        ];
        let args = [&fixed[..], flags].concat();
        let mut options = json!({
            "binary": harness::tools::program(program),
            "args": args,
            "prefs": {"profile.managed_default_content_settings.javascript": if script { 1 } else { 2 }},
        });
        if kind == Kind::Phone {
            let metrics =
                json!({"width": 390, "height": 844, "pixelRatio": 2, "mobile": true, "touch": false});
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let wishes = json!({
            "acceptInsecureCerts": true,
            "timeouts": {"script": TIME_LIMIT.as_millis(), "pageLoad": TIME_LIMIT.as_millis()},
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": options,
        });
        let wishes = wishes.as_object().expect("an object").clone();
        let client = ClientBuilder::new(HttpConnector::new()).capabilities(wishes).connect(&driver.url).await;
        let client = client.expect("Chromium starts");
        let pid = client.capabilities().and_then(|has| has.get("goog:processID")?.as_i64());
        let chromium = Chromium(pid.and_then(|pid| rustix::process::Pid::from_raw(pid.try_into().ok()?)));
        let id = client.session_id().await.expect("a session").expect("a session");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(TIME_LIMIT).build().expect("an HTTP client");
        let session = format!("{}/session/{id}", driver.url);
        let browser = Self { client, session, http, _chromium: chromium, _driver: driver };
        if kind == Kind::Desk {
            browser.resize(1280, 800).await;
        }
        browser
    }

    pub(crate) async fn driver(&self, command: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}/{command}", self.session)).json(&body).send().await;
        let mut answer: Value = answer.expect("the driver answers").json().await.expect("JSON of the driver");
        assert!(answer["value"].get("error").is_none(), "{command} {body}: {answer}");
        answer["value"].take()
    }

    /// A command of Chromium's own protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    /// Narrow windows behave as phones do.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// What the browser complained about since the last call. A page itself may answer with 404 or 422; a
    /// file or photo that a page needs may not.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let message = self.driver("se/log", json!({"type": "browser"})).await;
        let bad = |message: &&Value| {
            let text = message["message"].as_str().unwrap_or_default();
            let file = [".css", ".js", ".svg", "/photos/"].iter().any(|part| text.contains(part));
            // The browser's own page around a picture, which styles itself.
            let picture = text.contains("/photos/") && text.contains("Applying inline style");
            // The checker of accessibility speaks to all frames; one of a sandbox has no origin to be spoken to.
            let own = picture || text.contains("Failed to execute 'postMessage'");
            (message["level"] == "SEVERE" || message["level"] == "WARNING")
                && !own
                && (file || message["source"] != "network" || !text.contains("status of 4"))
        };
        message.as_array().into_iter().flatten().filter(bad).map(ToString::to_string).collect()
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|e| panic!("{url}: {e}"));
    }

    /// Runs a function body in the page.
    pub(crate) async fn script(&self, body: &str) -> Value {
        self.client.execute(body, vec![]).await.unwrap_or_else(|e| panic!("{body}: {e}"))
    }

    /// Waits until a JavaScript expression about the page is true, and returns its value. The driver runs it,
    /// so it also works where pages may run none.
    pub(crate) async fn until(&self, expression: &str, within: Duration) -> Value {
        let body = format!("return {expression}");
        let found = tokio::time::timeout(within, async {
            loop {
                // A page that is loading has no answer yet.
                match self.client.execute(&body, vec![]).await {
                    Ok(Value::Null | Value::Bool(false)) | Err(_) => tokio::time::sleep(PERIOD).await,
                    Ok(value) => return value,
                }
            }
        });
        match found.await {
            Ok(value) => value,
            Err(_) => panic!("not within {within:?}: {expression}\n{}", self.page().await),
        }
    }

    /// Waits until the page shows these words.
    pub(crate) async fn shows(&self, words: &str) {
        let words = Value::from(words);
        self.until(&format!("document.body.innerText.includes({words})"), TIME_LIMIT).await;
    }

    /// The first element of a selector, as soon as there is one.
    pub(crate) async fn find(&self, css: &str) -> Element {
        match self.client.wait().at_most(TIME_LIMIT).every(PERIOD).for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(e) => panic!("no {css}: {e}\n{}", self.page().await),
        }
    }

    /// Where the first link inside `within` leads that has these words, as soon as there is one.
    pub(crate) async fn link(&self, within: &str, words: &str) -> String {
        let link = format!(
            "[...document.querySelectorAll(`{within} a`)].find(a => a.innerText.includes(`{words}`))?.href"
        );
        let href = self.until(&link, TIME_LIMIT).await;
        href.as_str().expect("a link").to_owned()
    }

    /// Presses what the page may move at that very moment: a pointer would hit whatever took its place.
    pub(crate) async fn press_moving(&self, css: &str) {
        self.until(&format!("document.querySelector('{css}') !== null"), TIME_LIMIT).await;
        self.script(&format!("document.querySelector('{css}').click()")).await;
    }

    /// Presses the first element of a selector; one that the page replaces meanwhile is looked up again.
    pub(crate) async fn press(&self, css: &str) {
        let pressed = tokio::time::timeout(TIME_LIMIT, async {
            loop {
                match self.try_press(css).await {
                    Err(e) if e.is_stale_element_reference() => {}
                    pressed => return pressed,
                }
            }
        });
        match pressed.await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => panic!("pressing {css}: {e}\n{}", self.page().await),
            Err(_) => panic!("pressing {css}: no answer within {TIME_LIMIT:?}"),
        }
    }

    async fn try_press(&self, css: &str) -> Result<(), CmdError> {
        let element = self.find(css).await;
        // Out from under the bar that sticks to a phone's foot.
        let arguments = vec![serde_json::to_value(&element).expect("an element")];
        self.client.execute("arguments[0].scrollIntoView({block: 'center'})", arguments).await?;
        element.click().await
    }

    /// The page's text, for a person who reads a failure.
    async fn page(&self) -> String {
        let url = self.client.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        let text =
            self.client.execute("return document.title + '\\n' + document.body.innerText", vec![]).await;
        let text = text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default();
        format!("at {url}: {text}")
    }

    pub(crate) async fn close(self) {
        self.client.close().await.expect("the browser ends");
    }
}
