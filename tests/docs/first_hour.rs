//! Somebody who has only the README: a relay and a box with settings files of their own, a claim, a label that comes out of a virtual
//! printer, and back out again. The commands are the README's own lines; only folders, ports and ids are substituted.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use harness::process::{Program, ProgramHandle};
use harness::world::{own_port, provide_cryptography, until};
use serde_json::{Value, json};

use super::{shell_lines, words_of};

const PROGRAM: &str = env!("CARGO_BIN_EXE_demo");
const PIN: &str = "48151623";
const PASSWORD: &str = "correct horse battery staple";

struct Reader {
    folder: tempfile::TempDir,
    ids: BTreeMap<&'static str, String>,
}

impl Reader {
    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn program(&self, role: &str, args: &[String]) -> Program {
        let own = self.path(&format!("{role}.toml"));
        let all: Vec<&str> =
            [role, "--config", own.as_str()].into_iter().chain(args.iter().map(String::as_str)).collect();
        Program::new(PROGRAM, &all)
    }

    /// Runs a line: the same words, with this reader's folders and ids in them.
    async fn follow(&mut self, line: &str) -> Value {
        let (words, output) = words_of(line);
        let role = match words[0].as_str() {
            "cleantrack-relay" => "relay",
            "cleantrack-appliance" => "box",
            other => panic!("{other} is no program of ours: {line}"),
        };
        let mut args: Vec<String> = Vec::new();
        for (n, word) in words.iter().enumerate().skip(1) {
            let before = words[n - 1].trim_start_matches("--");
            args.push(match word.as_str() {
                "/var/lib/cleantrack-relay" | "/var/lib/cleantrack" => self.path(&format!("{role}-data")),
                "ID" => {
                    self.ids.get(before).unwrap_or_else(|| panic!("no id for --{before} yet: {line}")).clone()
                }
                file if file.ends_with(".claim") || file.ends_with(".age") => self.path(file),
                // Labels carry an address that the box has.
                "HTTP://10.0.0.5" => "HTTP://127.0.0.1".to_owned(),
                word => word.to_owned(),
            });
        }
        let is_secret = ["admin create", "keys export", "keys import"].iter().any(|act| line.contains(act));
        let input = if is_secret { PASSWORD } else { PIN };
        let done = self.program(role, &args).run(&format!("{input}\n")).await.unwrap();
        let message = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        if let Some(file) = output {
            std::fs::write(self.path(&file), &message).unwrap();
        }
        let answer: Value =
            serde_json::from_str(&message).unwrap_or_else(|_| Value::String(message.trim().to_owned()));
        for name in ["account", "facility"] {
            if let Some(id) = answer.get(name).and_then(Value::as_str) {
                self.ids.insert(name, id.to_owned());
            }
        }
        answer
    }

    async fn start(&self, role: &str) -> ProgramHandle {
        self.program(role, &["serve".to_owned()]).start().await.unwrap()
    }
}

fn write(path: &str, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|e| panic!("{path}: {e}"));
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn client(ca: &Path) -> reqwest::Client {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
    reqwest::Client::builder().timeout(Duration::from_secs(30)).tls_certs_only([ca]).build().unwrap()
}

fn ours(document: &str, program: &str) -> Vec<String> {
    shell_lines(document).into_iter().filter(|line| line.starts_with(&format!("{program} --data"))).collect()
}

async fn write_settings(reader: &Reader) -> ProgramHandle {
    let [https, photos, mqtt, health] = [(); 4].map(|()| own_port());
    write(
        &reader.path("relay.toml"),
        &format!(
            "public_url = \"https://localhost:{https}\"\nmqtt_url = \"mqtts://localhost:{mqtt}\"\nphotos_url = \"https://localhost:{photos}\"\n\
             data = {:?}\n[https]\nlisten = \"127.0.0.1:{https}\"\n[photos]\nlisten = \"127.0.0.1:{photos}\"\n\
             [mqtt]\nlisten = \"127.0.0.1:{mqtt}\"\n[health]\nlisten = \"127.0.0.1:{health}\"\n",
            reader.path("relay-data")
        ),
    );
    let spool = reader.path("labels");
    let printer =
        Program::new(env!("CARGO_BIN_EXE_virtual-printer"), &["--listen", "127.0.0.1:0", "--spool", &spool]);
    let printer = printer.start().await.unwrap();
    write(
        &reader.path("box.toml"),
        &format!(
            "data = {:?}\n[http]\nlisten = \"127.0.0.1:0\"\n[https]\nlisten = \"127.0.0.1:0\"\n\
             [[printers]]\nname = \"Ward 3\"\nlanguage = \"escpos\"\naddress = \"tcp://{}\"\n",
            reader.path("box-data"),
            printer.reported("/addr")
        ),
    );
    printer
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_readme_alone_to_a_label_and_back() {
    provide_cryptography();
    let mut reader = Reader { folder: tempfile::tempdir().unwrap(), ids: BTreeMap::new() };
    let _printer = write_settings(&reader).await;
    let relay = reader.start("relay").await;
    let the_box = reader.start("box").await;

    let lines = ours("README.md", "cleantrack-relay");
    assert!(lines.len() >= 4, "{lines:?}");
    for line in &lines {
        reader.follow(line).await;
    }
    let lines = ours("README.md", "cleantrack-appliance");
    assert!(lines.iter().any(|l| l.contains(" claim ")), "{lines:?}");
    for line in &lines {
        reader.follow(line).await;
    }

    // An item, and its label out of the printer that the settings file names.
    let mut token = Value::Null;
    let (of_stopped, of_running): (Vec<_>, Vec<_>) = ours("docs/install.md", "cleantrack-appliance")
        .into_iter()
        .partition(|line| line.contains(" log import "));
    for line in of_running {
        let answer = reader.follow(&line).await;
        if line.contains("token create") {
            token = answer;
        }
    }
    // That token is revoked by now, as the document says; the next one is for writing.
    let data = reader.path("box-data");
    let writing = format!("cleantrack-appliance --data {data} token create --name press --scope write");
    let spent = token.as_str().unwrap().to_owned();
    let token = reader.follow(&writing).await;
    let token = token.as_str().unwrap();
    let box_url = the_box.reported("/https");
    let http = client(Path::new(&the_box.reported("/ca")));
    let refused = http.get(format!("{box_url}/api/v1/equipment")).bearer_auth(&spent).send().await.unwrap();
    assert_eq!(refused.status(), 401, "a revoked token");
    let item = http
        .post(format!("{box_url}/api/v1/equipment"))
        .bearer_auth(token)
        .json(&json!({"name": "Infusion pump 7"}));
    let item: Value = item.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    let job = http
        .post(format!("{box_url}/api/v1/labels"))
        .bearer_auth(token)
        .json(&json!({"tags": [item["tag"]]}));
    let job: Value = job.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    let job_url = format!("{box_url}/api/v1/labels/{}", job["id"].as_str().unwrap());
    let printed = until("the label", async || {
        let job: Value = http.get(&job_url).bearer_auth(token).send().await.ok()?.json().await.ok()?;
        (job["state"] == "done").then_some(())
    })
    .await;
    assert!(printed.is_some(), "{}", the_box.log());
    assert!(
        Path::new(&reader.path("labels")).join("0001.png").exists(),
        "the label lies in the printer's folder"
    );

    // The relay has the item, so the box was claimed and sent its log.
    let account = reader.ids["account"].clone();
    let data = reader.path("relay-data");
    let made = format!("cleantrack-relay --data {data} token create --account {account} --name reader");
    let token = reader.follow(&made).await["token"].as_str().unwrap().to_owned();
    let http = client(Path::new(&relay.reported("/ca")));
    let url = format!("{}/api/v1/equipment", relay.reported("/https"));
    let arrived = until("the item at the relay", async || {
        let list: Value = http.get(&url).bearer_auth(&token).send().await.ok()?.json().await.ok()?;
        list["items"].as_array()?.iter().any(|i| i["name"] == "Infusion pump 7").then_some(())
    })
    .await;
    assert!(arrived.is_some(), "{}", the_box.log());

    reader.ids.insert("box", the_box.reported("/box"));
    for line in ours("docs/install.md", "cleantrack-relay") {
        reader.follow(&line).await;
    }
    let (status, log) = the_box.stop().await.unwrap();
    assert!(status.success(), "{log}");
    // Commands that need a stopped box, from a copy as the document says to make one.
    let copied = reader.path("copy");
    copy_folder(&Path::new(&reader.path("box-data")).join("log"), &Path::new(&copied).join("log"));
    assert_eq!(of_stopped.len(), 1, "{of_stopped:?}");
    for line in of_stopped {
        let words = reader.follow(&line.replace("/media/copy", &copied)).await;
        assert!(words.as_str().is_some_and(|words| words.contains("entries of 1 log.")), "{words}");
    }
    let (status, log) = relay.stop().await.unwrap();
    assert!(status.success(), "{log}");
}
