//! People of the old web app, from a dump of its database.

use serde_json::{Value, json};

use super::{Relay, field, order};

fn lines(answer: &str) -> Vec<Value> {
    answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn people_of_a_dump_come_into_an_account_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    let account = field(&order(&data, &["account", "create", "--name", "North"], ""), "account");
    // More than one order takes.
    let facility =
        json!({"model": "facilities.facility", "pk": 3, "fields": {"name": "General", "account": 1}});
    let mut rows: Vec<Value> = (0..250).map(|at: usize| {
        json!({"model": "accounts.user", "pk": at, "fields": {
            "email": format!("person{at}@north.example"), "first_name": "Person", "last_name": at.to_string(),
            "password": "pbkdf2_sha256$600000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=",
            "role": if at == 0 { "super_admin" } else { "technician" }, "account": 1, "facility": 3,
        }})
    }).collect();
    rows.push(facility);
    rows.push(json!({"model": "accounts.user", "pk": 999, "fields": {"username": "root", "account": 1}}));
    let dump = dir.path().join("dump.json");
    std::fs::write(&dump, Value::from(rows).to_string()).unwrap();
    let import =
        ["import", "django", dump.to_str().unwrap(), "--account", &account, "--zone", "Europe/Berlin"];

    // Directly, then by the relay that runs: the second time everybody is there.
    let done = lines(&order(&data, &import, ""));
    let counts =
        |done: &[Value]| done.iter().filter_map(|line| line["imported"].as_u64()).collect::<Vec<_>>();
    assert_eq!(counts(&done), [0, 200, 50]);
    assert_eq!((&done[0]["facilities"], &done[1]["facilities"]), (&json!(1), &json!(0)));
    assert_eq!(done.last(), Some(&json!({"left_out": ["root"]})));
    let relay = Relay::start(&data).await;
    let again = lines(&order(&data, &import, ""));
    assert_eq!(counts(&again), [0, 0, 0]);
    assert_eq!(again[1]["known"].as_array().unwrap().len(), 200);
    let people: Value =
        serde_json::from_str(&order(&data, &["admin", "list", "--account", &account], "")).unwrap();
    let people = people["people"].as_array().unwrap();
    assert_eq!(people.len(), 250);
    let admins: Vec<_> = people.iter().filter(|person| person["role"] == "account_admin").collect();
    assert_eq!((admins.len(), &admins[0]["owner"]), (1, &json!(true)));
    assert!(people.iter().all(|person| person["role"] != "super_admin"));
    relay.stop().await;
}
