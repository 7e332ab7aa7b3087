-- One text for SQLite and PostgreSQL; the runner replaces the words between @ signs. Each key begins with the account.
-- Times are milliseconds since 1970 UTC, days are civil days of the facility counted from 1970-01-01.

CREATE TABLE accounts (
  account @ID@ NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);

-- People who sign in. `email` is in lower case; `password_hash` is a PHC string of argon2id.
CREATE TABLE users (
  account @ID@ NOT NULL,
  user_id @ID@ NOT NULL,
  email @ID@ NOT NULL,
  name TEXT NOT NULL,
  role @ID@ NOT NULL,
  password_hash TEXT NOT NULL,
  disabled BOOLEAN NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (account, user_id)
);
CREATE UNIQUE INDEX users_email ON users (email);

-- `digest` is the SHA-256 of the whole token.
CREATE TABLE api_tokens (
  account @ID@ NOT NULL,
  token_id @ID@ NOT NULL,
  name TEXT NOT NULL,
  digest @BLOB@ NOT NULL,
  scope @ID@ NOT NULL,
  created_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  PRIMARY KEY (account, token_id)
);
CREATE UNIQUE INDEX api_tokens_digest ON api_tokens (digest);

-- Every act of an administrator.
CREATE TABLE audit (
  account @ID@ NOT NULL,
  audit_id @ID@ NOT NULL,
  at_ms BIGINT NOT NULL,
  who TEXT NOT NULL,
  act TEXT NOT NULL,
  about TEXT NOT NULL,
  PRIMARY KEY (account, audit_id)
);

-- `known_ms`: until when this relay knows what happened there. `changes` counts commits that a page could show.
-- `refold`: rows and index must be rebuilt from the entries.
CREATE TABLE facilities (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  known_ms BIGINT NOT NULL,
  changes BIGINT NOT NULL,
  refold BOOLEAN NOT NULL,
  PRIMARY KEY (account, facility)
);

-- One-time codes of claim files; `code` is the SHA-256. `answer` is what the box got, for when it asks again.
CREATE TABLE claims (
  account @ID@ NOT NULL,
  code @BLOB@ NOT NULL,
  facility @ID@ NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT,
  box @ID@,
  csr_key @BLOB@,
  answer TEXT,
  PRIMARY KEY (account, code)
);
CREATE UNIQUE INDEX claims_code ON claims (code);

-- `epoch`, `told_size`, `told_cursor`, `hello`, `health`: what the box said last. `connection`: the one that is open.
CREATE TABLE boxes (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  claimed_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  quarantined_ms BIGINT,
  quarantine TEXT,
  epoch @ID@ NOT NULL,
  told_size BIGINT NOT NULL,
  told_cursor BIGINT NOT NULL,
  heard_ms BIGINT,
  connection @ID@,
  gone_ms BIGINT,
  clock @ID@ NOT NULL,
  clock_ahead_ms BIGINT NOT NULL,
  refusals BIGINT NOT NULL,
  hello TEXT,
  health TEXT,
  PRIMARY KEY (account, box)
);
CREATE UNIQUE INDEX boxes_box ON boxes (box);

CREATE TABLE certificates (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  serial @ID@ NOT NULL,
  issued_ms BIGINT NOT NULL,
  not_after_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  PRIMARY KEY (account, box, serial)
);

-- One log. `frontier` holds the 32-byte nodes of its compact range. `apart`: it goes on from where another epoch goes on
-- already, and is not folded. `cosigned` is the newest checkpoint with the relay's cosignature. `witness`: a cosigned
-- checkpoint of more entries than are held, which a box showed to a relay that was restored from a backup.
CREATE TABLE epochs (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  n BIGINT NOT NULL,
  log_key @BLOB@ NOT NULL,
  known_ms BIGINT NOT NULL,
  size BIGINT NOT NULL,
  frontier @BLOB@ NOT NULL,
  prev_epoch @ID@,
  prev_size BIGINT,
  prev_root @BLOB@,
  apart BOOLEAN NOT NULL,
  cosigned TEXT,
  cosigned_ms BIGINT,
  witness TEXT,
  PRIMARY KEY (account, box, epoch)
);

-- Every checkpoint that was cosigned, as the whole note.
CREATE TABLE checkpoints (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  size BIGINT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (account, box, epoch, size)
)@ROWLESS@;

-- The log itself: the exact bytes of each line.
CREATE TABLE entries (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  line @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, epoch, seq)
)@ROWLESS@;

-- Roots of perfect subtrees from level 8 (256 leaves) up; lower ones are hashed from the lines.
CREATE TABLE nodes (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  level BIGINT NOT NULL,
  place BIGINT NOT NULL,
  hash @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, epoch, level, place)
)@ROWLESS@;

-- Text lines beside entries. `by_hash`: looked up by its hash (names of staff, reasons); those of cleanings never are.
CREATE TABLE texts (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  hash @ID@ NOT NULL,
  line TEXT NOT NULL,
  by_hash BOOLEAN NOT NULL,
  PRIMARY KEY (account, box, epoch, seq, hash)
)@ROWLESS@;
CREATE INDEX texts_by_hash ON texts (account, hash) WHERE by_hash;

-- The facility's state as record::fold keeps it: `room` is settings, equipment, activity, alias, protocol, staff or
-- boot; `id` what follows the slash of its key; `body` JSON.
CREATE TABLE state_rows (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  room @ID@ NOT NULL,
  id @ID@ NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (account, facility, room, id)
);

-- Index of cleanings: `body` is record::fold::Cleaning as JSON, the columns are taken from it.
CREATE TABLE cleanings (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  facility @ID@ NOT NULL,
  tag @ID@ NOT NULL,
  performed_ms BIGINT NOT NULL,
  recorded_ms BIGINT NOT NULL,
  complete BOOLEAN NOT NULL,
  voided BOOLEAN NOT NULL,
  unsure_boot @ID@,
  photo @ID@,
  body TEXT NOT NULL,
  PRIMARY KEY (account, box, epoch, seq)
)@ROWLESS@;
CREATE INDEX cleanings_newest ON cleanings (account, performed_ms, box, epoch, seq);
CREATE INDEX cleanings_facility ON cleanings (account, facility, performed_ms, box, epoch, seq);
CREATE INDEX cleanings_item ON cleanings (account, facility, tag, performed_ms, box, epoch, seq);
CREATE INDEX cleanings_unsure ON cleanings (account, facility, unsure_boot) WHERE unsure_boot IS NOT NULL;

CREATE TABLE uses (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  tag @ID@ NOT NULL,
  performed_ms BIGINT NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (account, facility, tag, performed_ms, box, epoch, seq)
)@ROWLESS@;

-- How each item stands, by record::compliance. `state`: none, out, idle, clean, due, used, overdue. `since_ms` and
-- `by_ms` as the state has them. `next_ms`: when it can change with no new entry. `counted_ms`: windows that closed up to
-- then are in the tallies.
CREATE TABLE items (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  tag @ID@ NOT NULL,
  state @ID@ NOT NULL,
  since_ms BIGINT,
  by_ms BIGINT,
  last_ms BIGINT,
  next_ms BIGINT,
  counted_ms BIGINT NOT NULL,
  PRIMARY KEY (account, facility, tag)
);
CREATE INDEX items_next ON items (account, facility, next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX items_state ON items (account, facility, state, since_ms);

-- Windows that closed in a day.
CREATE TABLE item_days (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  tag @ID@ NOT NULL,
  day BIGINT NOT NULL,
  met BIGINT NOT NULL,
  closed BIGINT NOT NULL,
  PRIMARY KEY (account, facility, tag, day)
)@ROWLESS@;

-- The sums of item_days.
CREATE TABLE facility_days (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  day BIGINT NOT NULL,
  met BIGINT NOT NULL,
  closed BIGINT NOT NULL,
  PRIMARY KEY (account, facility, day)
)@ROWLESS@;

-- Photos that are here whole; `photo` is the SHA-256 of the file.
CREATE TABLE photos (
  account @ID@ NOT NULL,
  photo @ID@ NOT NULL,
  bytes BIGINT NOT NULL,
  received_ms BIGINT NOT NULL,
  PRIMARY KEY (account, photo)
);

-- The last batches of each box that were refused.
CREATE TABLE refused (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  refused_id @ID@ NOT NULL,
  at_ms BIGINT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  payload @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, refused_id)
);

-- What must not be lost when a log contradicts itself. `kind`: fork, epoch clash, data loss. `ours` and `theirs` are
-- notes; `seq` is the first entry that differs, `our_lines` the lines held from there on, `payload` what the box sent.
CREATE TABLE evidence (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  evidence_id @ID@ NOT NULL,
  at_ms BIGINT NOT NULL,
  kind TEXT NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT,
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  our_lines @BLOB@ NOT NULL,
  payload @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, evidence_id)
);
