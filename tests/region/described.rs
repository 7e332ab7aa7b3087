//! The API against its own description, by a tool that knows nothing else: schemathesis generates requests of all kinds from it.

use std::path::Path;
use std::process::Command;

use super::Region;
use super::demo::Demo;

/// Requests that it generates for an operation, beside those that bounds and links call for.
const EXAMPLES: u32 = 4;
/// The members of a path that are operations (OpenAPI 3.1, path item).
const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];
/// Below a program's rate limit.
const RATE: &str = "9/s";

async fn make_token(region: &Region<'_>) -> String {
    let relay = region.relay;
    let form = [("email", relay.login.email.as_str()), ("password", relay.login.password.as_str())];
    let signed_in = region.client.post(format!("{}/login", relay.https)).form(&form).send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let programs = format!("{}/app/programs", relay.https);
    let page = region.client.get(&programs).header("cookie", &cookie).send().await.unwrap();
    let page = page.text().await.unwrap();
    let hidden = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("a form");
        rest.split('"').next().unwrap().to_owned()
    };
    let fields = [
        ("csrf", hidden("csrf")),
        ("id", hidden("id")),
        ("name", "schemathesis".to_owned()),
        ("days", "1".to_owned()),
        ("scope", "write".to_owned()),
    ];
    let made = region.client.post(&programs).header("cookie", &cookie).header("origin", &relay.https);
    let made = made.form(&fields).send().await.unwrap().text().await.unwrap();
    let words = made.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    let token = words.filter(|word| word.starts_with("ct_")).max_by_key(|word| word.len());
    token.unwrap_or_else(|| panic!("no token: {made}")).to_owned()
}

/// What it knows beside the document: a token, and ids of things that are there. It makes the same requests in each run, as what
/// one run finds by chance nobody finds again.
async fn write_settings(region: &Region<'_>, ca: &Path) -> String {
    let first = async |path: &str| region.json(path).await["items"][0].clone();
    let cleaning = first("/api/v1/cleanings?limit=1").await;
    let old = first("/api/cleaning-logs/?limit=1").await;
    let parameters = [
        ("path.facility", cleaning["facility"].clone()),
        ("path.box_id", cleaning["box"].clone()),
        ("query.box", cleaning["box"].clone()),
        ("path.epoch", cleaning["epoch"].clone()),
        ("path.seq", cleaning["seq"].clone()),
        ("path.tag", cleaning["tag"].clone()),
        ("path.item", cleaning["tag"].clone()),
        ("path.scanned", cleaning["tag"].clone()),
        ("path.cleaning", old["id"].clone()),
    ];
    let mut text = format!(
        "base-url = \"{}\"\ntls-verify = \"{}\"\nrate-limit = \"{RATE}\"\nrequest-timeout = 20\n\
         headers = {{ Authorization = \"Bearer {}\" }}\n[generation]\nmax-examples = {EXAMPLES}\n\
         deterministic = true\ndatabase = \"none\"\n[parameters]\n",
        region.relay.https,
        ca.display(),
        make_token(region).await
    );
    for (name, value) in parameters {
        // JSON’s texts and numbers are TOML’s, too.
        text.push_str(&format!("\"{name}\" = {value}\n"));
    }
    text
}

#[tokio::test]
async fn the_api_answers_as_its_document_says() {
    let demo = Demo::start(&[]);
    let region = Region::of(&demo.output);
    region.facilities(&[12, 40, 300]).await;
    let folder = tempfile::tempdir().unwrap();
    let (settings, document) = (folder.path().join("settings.toml"), folder.path().join("openapi.json"));
    std::fs::write(&settings, write_settings(&region, &demo.output.ca).await).unwrap();
    let described = region.json("/api/openapi.json").await;
    std::fs::write(&document, described.to_string()).unwrap();
    let mut program = Command::new(harness::tools::python());
    program.args(["-m", "schemathesis.cli", "--config-file"]).arg(&settings).arg("run").arg(&document);
    // A well-formed request may be refused all the same, as is a cursor that belongs to another list. DELETE of a report that is
    // not made yet cancels it, and what became of it can still be asked.
    program.args(["--exclude-checks", "positive_data_acceptance,use_after_free"]).current_dir(folder.path());
    let ran = program.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    let paths = described["paths"].as_object().unwrap().values();
    let operations =
        paths.flat_map(|path| path.as_object().unwrap().keys()).filter(|key| METHODS.contains(&key.as_str()));
    assert!(
        said.contains(&format!("Tested: {}\n", operations.count())),
        "every operation was tested: {said}"
    );
}
