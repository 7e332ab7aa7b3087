//! A PostgreSQL server for a test: Debian's binaries, a temporary folder, a socket and no port.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const OWNER: &str = "cleantrack";

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Postgres {
    child: Child,
    dir: tempfile::TempDir,
    durable: bool,
    network: Option<ServerNetwork>,
}

#[derive(Debug, Clone, Copy)]
struct ServerNetwork {
    port: u16,
    tls: bool,
}

/// The server's TLS certificate and key, PEM.
#[derive(Debug)]
pub struct ServerIdentity {
    pub chain: String,
    pub key: String,
}

fn programs() -> PathBuf {
    let found = std::fs::read_dir("/usr/lib/postgresql").map(|dir| dir.flatten().collect::<Vec<_>>());
    let mut versions: Vec<PathBuf> =
        found.unwrap_or_default().iter().map(|v| v.path().join("bin")).filter(|p| p.is_dir()).collect();
    versions.sort();
    versions.pop().expect("PostgreSQL is needed for this test: apt-get install postgresql")
}

/// PostgreSQL refuses to run as root: then as the user that its package made.
fn unprivileged(command: &mut Command) -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let passwd = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let line = passwd.lines().find_map(|l| l.strip_prefix("postgres:"));
    let mut ids = line.expect("the user `postgres` exists").split(':').skip(1).flat_map(str::parse::<u32>);
    let (uid, gid) = (ids.next().expect("a user id"), ids.next().expect("a group id"));
    command.uid(uid).gid(gid);
    Some((uid, gid))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn serve(dir: &Path, durable: bool, network: Option<ServerNetwork>) -> Child {
    let mut server = Command::new(programs().join("postgres"));
    unprivileged(&mut server);
    let log = std::fs::File::options().create(true).append(true).open(dir.join("log")).expect("a log file");
    server.arg("-D").arg(dir.join("data")).arg("-k").arg(dir).args(["-c", "listen_addresses="]);
    if let Some(ServerNetwork { port, tls }) = network {
        let port = format!("port={port}");
        server.args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            &port,
            "-c",
            if tls { "ssl=on" } else { "ssl=off" },
        ]);
    }
    if !durable {
        server.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    }
    server
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("postgres starts")
}

impl Postgres {
    /// `durable`: flushes like a real one. Panics where PostgreSQL is missing: a test that needs it must not
    /// pass without it.
    pub fn start(durable: bool) -> Self {
        Self::start_on(durable, None, None)
    }

    /// As [`Postgres::start`], and reached over TCP at a free port of this machine, with TLS where it has an
    /// identity.
    pub fn start_at_port(identity: Option<&ServerIdentity>) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = free.local_addr().expect("it has a number").port();
        drop(free);
        Self::start_on(false, Some(ServerNetwork { port, tls: identity.is_some() }), identity)
    }

    fn start_on(durable: bool, network: Option<ServerNetwork>, identity: Option<&ServerIdentity>) -> Self {
        let dir = tempfile::Builder::new().prefix("ct-pg-").tempdir_in("/tmp").expect("a temporary folder");
        let programs = programs();
        let mut initdb = Command::new(programs.join("initdb"));
        if let Some((uid, gid)) = unprivileged(&mut initdb) {
            chown(dir.path(), Some(uid), Some(gid)).expect("the folder can be given away");
        }
        let data = dir.path().join("data");
        let made =
            initdb.args(["-A", "trust", "-U", "postgres", "--locale=C", "-E", "UTF8", "-D"]).arg(&data);
        let made = made.current_dir("/").output().expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        if let Some(ServerIdentity { chain, key }) = identity {
            for (name, text) in [("server.crt", chain), ("server.key", key)] {
                let file = data.join(name);
                std::fs::write(&file, text).expect("the folder can be written");
                let private = std::fs::Permissions::from_mode(0o600);
                std::fs::set_permissions(&file, private).expect("the file can be made private");
                if let Some((uid, gid)) = unprivileged(&mut Command::new("true")) {
                    chown(&file, Some(uid), Some(gid)).expect("the file can be given away");
                }
            }
        }
        let child = serve(dir.path(), durable, network);
        let mut this = Self { child, dir, durable, network };
        this.wait();
        this.make_owner();
        this
    }

    /// No more rights than a relay's role: a superuser would bypass row-level security.
    fn make_owner(&self) {
        let sql = format!("CREATE ROLE {OWNER} LOGIN CREATEDB; ALTER DATABASE postgres OWNER TO {OWNER}");
        self.command_as_superuser("postgres", &sql);
    }

    /// Runs statements that the relay's own role may not.
    pub fn command_as_superuser(&self, database: &str, sql: &str) {
        let mut psql = Command::new(programs().join("psql"));
        unprivileged(&mut psql);
        psql.arg("-h").arg(self.dir.path()).args(["-p", &self.port().to_string()]);
        psql.args(["-U", "postgres", "-d", database, "-qc", sql]);
        let made = psql.current_dir("/").output().expect("psql runs");
        assert!(made.status.success(), "psql: {}", String::from_utf8_lossy(&made.stderr));
    }

    /// Ends it at once, as a crash would: the next start recovers. Its helper processes end with it.
    pub fn crash(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let pid = pid.expect("a process has a number");
        rustix::process::kill_process(pid, rustix::process::Signal::QUIT).expect("it can be told");
        self.child.wait().expect("the server ends");
    }

    pub fn start_again(&mut self) {
        self.child = serve(self.dir.path(), self.durable, self.network);
        self.wait();
    }

    fn wait(&mut self) {
        let since = Instant::now();
        // The postmaster writes its number first, and this line last, when it takes connections.
        let own = format!("{}\n", self.child.id());
        let file = self.dir.path().join("data/postmaster.pid");
        while !std::fs::read_to_string(&file)
            .is_ok_and(|text| text.starts_with(&own) && text.contains("ready"))
        {
            let ended = self.child.try_wait().expect("the server can be asked");
            let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            assert!(
                ended.is_none() && Instant::now().duration_since(since) < Duration::from_secs(60),
                "postgres did not start: {log}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// For the relay's `--database`.
    pub fn url(&self, database: &str) -> String {
        let port = self.port();
        format!("postgres://{OWNER}@localhost:{port}/{database}?host={}", self.dir.path().display())
    }

    /// The same over TCP, by this name of the machine.
    pub fn url_at(&self, host: &str, database: &str) -> String {
        format!("postgres://{OWNER}@{host}:{}/{database}", self.port())
    }

    fn port(&self) -> u16 {
        self.network.map_or(5432, |network| network.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Nothing in it is needed again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
