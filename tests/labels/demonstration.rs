//! The demo with a printer of each language: one label of each comes out and reads.

use std::time::{Duration, Instant};

use labels::PrinterLanguage;
use serde_json::{Value, json};

use crate::demo::Demo;
use crate::oracles::check;
use crate::print_server::SOON;
use crate::readers::{zbar, zxing};

#[tokio::test]
async fn a_printer_of_each_language() {
    // The demo is a process of its own; this client is here. Another test may have installed it already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let names: Vec<&str> = PrinterLanguage::all().map(PrinterLanguage::name).collect();
    let demo = Demo::start(&["--bare", "--no-relay", "--printers", &names.join(",")]);
    let output = &demo.output;
    let reported: Vec<_> = output.printers.iter().map(|p| (p.name.as_str(), p.language.as_str())).collect();
    assert_eq!(reported, names.iter().map(|name| (*name, *name)).collect::<Vec<_>>());
    let ca = reqwest::Certificate::from_pem(&std::fs::read(&output.ca).unwrap()).unwrap();
    let client =
        reqwest::Client::builder().tls_certs_only([ca]).timeout(Duration::from_secs(30)).build().unwrap();
    let url = |path: &str| format!("{}{path}", output.r#box.https);
    for printer in &output.printers {
        let expected = json!({ "blank": 2, "printer": printer.name });
        let requested =
            client.post(url("/api/v1/labels")).bearer_auth(&output.r#box.api_token).json(&expected);
        let answer = requested.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 202, "{}", printer.name);
        let job: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let id = job["id"].as_str().unwrap().to_owned();
        let deadline = Instant::now() + SOON;
        let done = loop {
            let requested =
                client.get(url(&format!("/api/v1/labels/{id}"))).bearer_auth(&output.r#box.api_token);
            let job: Value =
                serde_json::from_str(&requested.send().await.unwrap().text().await.unwrap()).unwrap();
            if job["state"] == "done" {
                break job;
            }
            assert!(Instant::now() < deadline, "{}: {job}", printer.name);
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let pictures = ["0001.png", "0002.png"].map(|name| printer.spool.join(name)).to_vec();
        let tags = done["labels"].as_array().unwrap().iter().map(|l| l["tag"].as_str().unwrap());
        for (read, tag) in zbar(&pictures).iter().zip(tags.clone()) {
            assert!(read.ends_with(&format!("/{tag}")), "{}: {read} and not {tag}", printer.name);
        }
        assert_eq!(zxing(&pictures), zbar(&pictures), "{}", printer.name);
        // The same bytes by decoders that do not share code with the virtual printer, which drew the
        // pictures.
        for (picture, tag) in pictures.iter().zip(tags.clone()) {
            let address = format!("{}/{tag}", output.r#box.http.trim_end_matches('/')).to_uppercase();
            std::fs::write(picture.with_extension("txt"), address).unwrap();
        }
        check(&printer.language, &printer.spool, &[]).all(2);
        assert_eq!(tags.count(), 2);
    }
}
