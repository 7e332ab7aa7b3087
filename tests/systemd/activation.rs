//! Sockets that systemd holds: the box serves on them, and no connection is refused while it restarts.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use harness::process::Program;
use harness::world::{Ledger, TheBox, World, check, folder, until};

use crate::demo;

/// Wrong settings: nothing restarts it before a person acts.
const SETTINGS: i32 = 78;

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

/// A connection on which everything was sent, and no answer read yet.
fn connect(port: u16, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request(path).as_bytes()).unwrap();
    stream
}

async fn answer(mut stream: TcpStream) -> String {
    let read = tokio::task::spawn_blocking(move || {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut text = Vec::new();
        // A box that ends may close what it has not answered; clients in the queue are not among them.
        let _ = stream.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    read.await.unwrap()
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

fn port_of(r#box: &TheBox) -> u16 {
    r#box.http("").rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_connects_while_the_box_restarts_is_answered() {
    let dir = folder();
    let mut r#box = TheBox::new(demo(), &dir.path().join("box"));
    r#box.hold_sockets();
    let port = port_of(&r#box);
    // Before the very first start too: systemd listens from the boot on.
    let first = connect(port, "/healthz");
    r#box.start().await;
    let text = answer(first).await;
    assert!(text.contains("\"box\"") || text.contains("starting"), "{text}");
    r#box.found().await;
    let ledger = Ledger::default();
    let phone = r#box.phone("phone", &ledger);
    phone.record(0).await;
    assert!(r#box.log().contains("sockets come from systemd"), "{}", r#box.log());
    r#box.kill().await;
    let waiting: Vec<TcpStream> = (0..20).map(|_| connect(port, "/healthz")).collect();
    let load = tokio::spawn({
        let phone = phone.clone();
        async move { phone.record_all(1..20).await }
    });
    r#box.start().await;
    for stream in waiting {
        let text = answer(stream).await;
        assert!(text.starts_with("HTTP/1.1 "), "{text}");
    }
    assert_eq!(r#box.stop().await.0, Some(0));
    let waiting = connect(port, "/healthz");
    r#box.start().await;
    assert!(answer(waiting).await.starts_with("HTTP/1.1 "));
    load.await.unwrap();
    check::at_box(&r#box, &ledger).await;
}

/// A box that restarts itself under the same process id still has its sockets, though nobody else holds them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_that_starts_itself_anew_keeps_its_sockets() {
    let mut world = World::claimed(demo()).await;
    let (data, backup) = (world.r#box.data().to_owned(), world.r#box.data().with_extension("backup"));
    assert_eq!(world.r#box.stop().await.0, Some(0));
    copy(&data, &backup);
    world.r#box.start().await;
    world.phone("forgotten").record_all(0..10).await;
    world.caught_up().await;
    world.r#box.kill().await;
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::rename(&backup, &data).unwrap();
    world.r#box.hold_sockets();
    let port = port_of(&world.r#box);
    world.r#box.start().await;
    world.r#box.release_sockets();
    let pid = world.r#box.pid();
    // The relay has more of this log than the box: it continues in a new epoch, which takes a start.
    let renewed = until("the box has started itself anew", async || {
        // Were the socket closed in between, this would be refused.
        let text = answer(connect(port, "/healthz")).await;
        let health: serde_json::Value = serde_json::from_str(text.split("\r\n\r\n").nth(1)?).ok()?;
        let renewed = health["whole"] == true && health["epoch"].as_str()?.starts_with("2-");
        renewed.then_some(())
    });
    assert!(renewed.await.is_some(), "{}", world.r#box.log());
    assert_eq!(world.r#box.pid(), pid);
    assert!(world.r#box.log().contains("starts itself anew"), "{}", world.r#box.log());
    assert!(world.r#box.log().matches("sockets come from systemd").count() >= 2, "{}", world.r#box.log());
    world.phone("after").record_all(0..5).await;
    world.r#box.get("/api/v1/equipment").await;
}

/// A box with settings that name a free port of loopback each.
fn unbound(dir: &Path) -> Program {
    let (data, config) = (dir.join("box"), dir.join("box.toml"));
    let text = "[http]\nlisten = \"127.0.0.1:0\"\n[https]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(&config, text).unwrap();
    let (data, config) = (data.to_string_lossy(), config.to_string_lossy());
    Program::new(demo(), &["box", "--data", &data, "--config", &config, "serve"])
}

fn bound(addr: &str) -> Arc<TcpListener> {
    Arc::new(TcpListener::bind(addr).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_of_both_families_or_several_of_one_name_do() {
    let dir = folder();
    let (both, second) = (bound("[::]:0"), bound("127.0.0.1:0"));
    let ports = [&both, &second].map(|socket| socket.local_addr().unwrap().port());
    let program = unbound(dir.path()).socket("http", both).socket("http", second);
    let running = program.start().await.unwrap();
    assert_eq!(running.reported("/http"), format!("http://[::]:{}", ports[0]));
    for port in ports {
        assert!(answer(connect(port, "/healthz")).await.starts_with("HTTP/1.1 200"), "{port}");
        // A client of IPv4 gets addresses of IPv4: no page leads to an address in the form of the other
        // family.
        let front = answer(connect(port, "/")).await;
        assert!(!front.contains("::ffff"), "{front}");
    }
    let mut by_six = TcpStream::connect(("::1", ports[0])).unwrap();
    by_six.write_all(request("/healthz").as_bytes()).unwrap();
    assert!(answer(by_six).await.starts_with("HTTP/1.1 200"));
    // For the name that was not handed over the settings count.
    let https = running.reported("/https_addr");
    assert!(https.starts_with("127.0.0.1:") && !https.ends_with(":0"), "{https}");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_that_mean_nothing_are_refused_before_anything_starts() {
    let dir = folder();
    let program = || unbound(dir.path());
    let connected = {
        let listener = bound("127.0.0.1:0");
        // One that was bound and does not listen: a client's connection.
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        Arc::new(TcpListener::from(std::os::fd::OwnedFd::from(stream)))
    };
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let datagrams = Arc::new(TcpListener::from(std::os::fd::OwnedFd::from(datagrams)));
    let cases = [
        (program().socket("cleantrack-appliance.socket", bound("127.0.0.1:0")), "http, https"),
        (
            program().socket("http", bound("127.0.0.1:0")).env("LISTEN_FDNAMES", ""),
            "1 sockets came with 0 names",
        ),
        (
            program().socket("http", bound("127.0.0.1:0")).env("LISTEN_FDS", "2"),
            "2 sockets came with 1 names",
        ),
        (program().socket("http", bound("127.0.0.1:0")).env("LISTEN_FDS", "many"), "is no number of sockets"),
        (program().socket("http", connected), "it does not listen"),
        (program().socket("https", datagrams), "does not take TCP connections"),
    ];
    for (program, words) in cases {
        let output = program.run("").await.unwrap();
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(SETTINGS), "{words}: {printed}");
        assert!(printed.contains(words) && printed.contains("Nothing was started"), "{words}: {printed}");
        assert!(!dir.path().join("box").exists(), "{words}: it made a data folder");
    }
}
