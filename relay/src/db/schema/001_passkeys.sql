-- What authenticators know of passkeys, each of which is a factor of its person: name and last use stand there. `credential`: by which
-- an authenticator finds it. `public_key`: as COSE has it. `sign_count`: how often it signed, where it counts. `transports`: how a browser reaches
-- its authenticator, with commas. `is_backup_eligible`: whether it may leave it; `is_backed_up`: whether it had when it was used last.
CREATE TABLE passkeys (
  credential @BLOB@ NOT NULL PRIMARY KEY,
  person BIGINT NOT NULL,
  factor @ID@ NOT NULL,
  public_key @BLOB@ NOT NULL,
  sign_count BIGINT NOT NULL,
  transports TEXT NOT NULL,
  is_backup_eligible BOOLEAN NOT NULL,
  is_backed_up BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX passkeys_factor ON passkeys (person, factor);

-- Challenges that a browser was sent and has not answered. Of no account: it is not known yet who answers. `digest`: SHA-256 of the
-- secret of its cookie. `kind`: add, sign-in, confirm. `session`: digest of that for which it is, absent of sign-in.
CREATE TABLE passkey_ceremonies (
  digest @BLOB@ NOT NULL PRIMARY KEY,
  kind @ID@ NOT NULL,
  challenge @BLOB@ NOT NULL,
  session @BLOB@,
  expires_ms BIGINT NOT NULL
);
CREATE INDEX passkey_ceremonies_session ON passkey_ceremonies (session);
CREATE INDEX passkey_ceremonies_expires ON passkey_ceremonies (expires_ms);

@PLATFORM@ passkeys;
