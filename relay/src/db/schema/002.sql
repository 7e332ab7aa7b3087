-- Signed-in browsers. `digest` is the SHA-256 of the cookie's secret.
CREATE TABLE sessions (
  account @ID@ NOT NULL,
  digest @BLOB@ NOT NULL,
  user_id @ID@ NOT NULL,
  created_ms BIGINT NOT NULL,
  used_ms BIGINT NOT NULL,
  PRIMARY KEY (account, digest)
);
CREATE INDEX sessions_user ON sessions (account, user_id);

-- Failed sign-ins by hashed e-mail address and by network. Of no account: it is not known yet whose they are.
CREATE TABLE login_failures (
  name @ID@ NOT NULL PRIMARY KEY,
  tries BIGINT NOT NULL,
  last_ms BIGINT NOT NULL
);
CREATE INDEX login_failures_last ON login_failures (last_ms);
