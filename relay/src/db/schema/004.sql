-- Tries to sign in, as buckets that refill (crate `service`): by a person's hashed e-mail address for all devices that are
-- not known, and by person and device for each that is. Of no account: it is not known yet whose they are.
DROP TABLE login_failures;
CREATE TABLE attempt_buckets (
  name @ID@ NOT NULL PRIMARY KEY,
  missing_ms BIGINT NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX attempt_buckets_at ON attempt_buckets (at_ms);

-- Devices from which a person has signed in. `device` is the SHA-256 of the cookie's secret.
CREATE TABLE known_devices (
  account @ID@ NOT NULL,
  user_id @ID@ NOT NULL,
  device @BLOB@ NOT NULL,
  used_ms BIGINT NOT NULL,
  PRIMARY KEY (account, user_id, device)
);
CREATE INDEX known_devices_device ON known_devices (device);
CREATE INDEX known_devices_used ON known_devices (used_ms);

ALTER TABLE users ADD COLUMN signed_in_ms BIGINT;

-- `token_id` stands in the token's text, `digest` is the SHA-256 of the whole text. `used_day` and `used_from`: the UTC day
-- of the last use, and the network of that day's first.
DROP TABLE api_tokens;
CREATE TABLE api_tokens (
  account @ID@ NOT NULL,
  token_id @ID@ NOT NULL,
  name TEXT NOT NULL,
  digest @BLOB@ NOT NULL,
  scope @ID@ NOT NULL,
  made_ms BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  expires_ms BIGINT,
  revoked_ms BIGINT,
  revoked_by TEXT,
  used_day BIGINT,
  used_from TEXT,
  PRIMARY KEY (account, token_id)
);
CREATE UNIQUE INDEX api_tokens_digest ON api_tokens (digest);

-- Acts of people, programs and the operator, and what was denied to them; of no account ('') are sign-ins at addresses that
-- nobody here has. `fold`: rows of one fold are one row, whose `times` counts them from `at_ms` to `last_ms`.
ALTER TABLE audit ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done';
ALTER TABLE audit ADD COLUMN times BIGINT NOT NULL DEFAULT 1;
ALTER TABLE audit ADD COLUMN last_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN fold TEXT NOT NULL DEFAULT '';
UPDATE audit SET fold = audit_id, last_ms = at_ms;
CREATE UNIQUE INDEX audit_fold ON audit (account, fold);
CREATE INDEX audit_last ON audit (last_ms);
