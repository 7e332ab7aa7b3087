-- The platform's work: who of it sees an account and why, what is switched, what is announced, which processes serve.

-- That whoever runs the platform may see an account, until a time. `granted_by`: the e-mail address of the admin who gave it; absent where
-- nobody did and `opened_by`, of the platform, opened the account all the same. `read_only`: always so far.
CREATE TABLE support_grants (
  account BIGINT NOT NULL,
  grant_id @ID@ NOT NULL,
  granted_by TEXT,
  opened_by TEXT,
  reason TEXT NOT NULL,
  read_only BOOLEAN NOT NULL,
  from_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  ended_by TEXT,
  used_ms BIGINT,
  PRIMARY KEY (account, grant_id)
);

-- Sessions of the platform's people in an account that they are no members of. `home`: the account that they came from and go back to.
CREATE TABLE support_sessions (
  account BIGINT NOT NULL,
  digest @BLOB@ NOT NULL,
  grant_id @ID@ NOT NULL,
  home BIGINT NOT NULL,
  PRIMARY KEY (account, digest)
);

-- What is switched otherwise than it is by itself: of an account, or of all of them (0). `switch`: as `accounts::switches` names it.
CREATE TABLE switches (
  account BIGINT NOT NULL,
  switch @ID@ NOT NULL,
  is_on BOOLEAN NOT NULL,
  set_ms BIGINT NOT NULL,
  set_by TEXT NOT NULL,
  PRIMARY KEY (account, switch)
);

-- What stands on every page for a time. `texts`: JSON, a text by locale.
CREATE TABLE announcements (
  announcement @ID@ NOT NULL PRIMARY KEY,
  texts TEXT NOT NULL,
  from_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  made_by TEXT NOT NULL
)@ROWLESS@;

-- Processes that serve this database, as each says of itself.
CREATE TABLE processes (
  process @ID@ NOT NULL PRIMARY KEY,
  host TEXT NOT NULL,
  pid BIGINT NOT NULL,
  roles TEXT NOT NULL,
  version TEXT NOT NULL,
  started_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL
)@ROWLESS@;

@WALL@ support_grants, support_sessions;
@PLATFORM@ switches;
