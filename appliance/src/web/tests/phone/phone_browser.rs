//! A phone as a person holds it: sends what its page shows, follows where it is led, and counts presses and pages.

use std::collections::BTreeMap;

use crate::web::tests::*;

pub(in crate::web::tests) struct PhoneBrowser<'a> {
    world: &'a World,
    cookies: BTreeMap<String, String>,
    /// Touched since the page came: in the place of what it shows.
    touched: Vec<(String, String)>,
    pub(in crate::web::tests) page: Answer,
    pub(in crate::web::tests) path: String,
    pub(in crate::web::tests) presses: usize,
    /// Pages that came since the label was scanned.
    pub(in crate::web::tests) pages: usize,
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let from = tag.split(&format!(" {name}=\"")).nth(1)?;
    from.split('"').next().map(str::to_owned)
}

impl<'a> PhoneBrowser<'a> {
    pub(in crate::web::tests) async fn open(world: &'a World, path: &str) -> Self {
        let page = world.get(path).await;
        Self {
            world,
            cookies: BTreeMap::new(),
            touched: Vec::new(),
            page,
            path: path.to_owned(),
            presses: 0,
            pages: 1,
        }
    }

    /// Another label, with presses and pages counted from zero.
    pub(in crate::web::tests) async fn scan(&mut self, tag: Tag) {
        self.path = format!("/t/{tag}");
        self.load().await;
        (self.presses, self.pages) = (0, 1);
    }

    pub(in crate::web::tests) fn enter(&mut self, name: &str, value: &str) {
        self.touched.push((name.to_owned(), value.to_owned()));
    }

    pub(in crate::web::tests) fn tick(&mut self, name: &str, value: &str) {
        self.presses += 1;
        self.enter(name, value);
    }

    pub(in crate::web::tests) async fn load(&mut self) {
        let request = Request::get(&self.path).body(Body::empty()).unwrap();
        self.send(request).await;
        self.pages += 1;
    }

    async fn send(&mut self, mut request: Request<Body>) {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        self.page = self.world.send(request, false).await;
        self.touched.clear();
        for cookie in self.page.cookies().split("; ").filter(|cookie| !cookie.is_empty()) {
            let (name, value) = cookie.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    fn form_of(&self, words: &str) -> (String, String) {
        let text = self.page.text();
        let forms = text.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap().to_owned());
        let buttons = forms.flat_map(|form| {
            let of_form = form.clone();
            let starts =
                of_form.split("<button").skip(1).map(|button| button.split("</button>").next().unwrap());
            let found: Vec<String> =
                starts.filter(|button| button.contains(words)).map(str::to_owned).collect();
            found.into_iter().map(move |button| (form.clone(), button))
        });
        buttons
            .filter(|button: &(String, String)| !button.1.contains("class=\"away\""))
            .last()
            .unwrap_or_else(|| panic!("no button “{words}”: {text}"))
    }

    fn fields_of(&self, form: &str) -> Vec<(String, String)> {
        let entered = |name: &str| self.touched.iter().any(|(touched, _)| touched == name);
        let inputs = form.split("<input").skip(1).map(|input| input.split('>').next().unwrap());
        let shown = inputs.filter_map(|input| {
            let (name, value) = (attribute(input, "name")?, attribute(input, "value").unwrap_or_default());
            let is_sent = match attribute(input, "type").as_deref() {
                Some("checkbox" | "radio") => input.contains(" checked"),
                Some("file") => false,
                _ => !entered(&name),
            };
            is_sent.then_some((name, value))
        });
        shown.chain(self.touched.iter().cloned()).collect()
    }

    pub(in crate::web::tests) async fn press(&mut self, words: &str) {
        let (form, button) = self.form_of(words);
        let action = attribute(&form, "action").unwrap().replace("&#38;", "&");
        let mut fields = self.fields_of(&form);
        fields.extend(attribute(&button, "name").map(|name| (name, attribute(&button, "value").unwrap())));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.send(posted(&action, &fields)).await;
        self.presses += 1;
        if self.page.status == 303 {
            self.path = self.page.location().split('#').next().unwrap().to_owned();
            self.load().await;
        }
    }
}
