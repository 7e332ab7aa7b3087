-- One text for SQLite and PostgreSQL; the runner replaces the words between @ signs. Each key begins with the account.
-- Times are milliseconds since 1970 UTC, days are civil days of the facility counted from 1970-01-01.

-- Every table that has an `account` is behind the wall at the end of this file. `id` is the ULID that leaves the relay. `owner`: the
-- person who answers for it, one of its admins. `second_factor`: whether all of its members need one. `accent`: the colour of its pages; `logo`:
-- SHA-256 of the picture at their head.
CREATE TABLE accounts (
  account @SERIAL@,
  id @ID@ NOT NULL UNIQUE,
  name TEXT NOT NULL,
  owner BIGINT,
  second_factor BOOLEAN NOT NULL DEFAULT FALSE,
  accent TEXT,
  logo @BLOB@,
  locale @ID@,
  zone TEXT,
  created_ms BIGINT NOT NULL
);

-- `closed_ms`: since when it is closed, and in no list; what was recorded there stays. `known_ms`: until when its boxes have told what happened there. `projection`: the one that pages read. `rebuilds` counts what asked for another one, `rebuilt` is that count when the present one was begun.
CREATE TABLE facilities (
  account BIGINT NOT NULL,
  facility @ID@ NOT NULL,
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  region @ID@,
  created_ms BIGINT NOT NULL,
  closed_ms BIGINT,
  known_ms BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  rebuilds BIGINT NOT NULL,
  rebuilt BIGINT NOT NULL,
  PRIMARY KEY (account, facility)
);
CREATE INDEX facilities_projection ON facilities (account, projection);

-- Everything that is a fold over a facility's entries carries the number of its projection; another one is made beside the live one
-- and takes its place. `version`: of the code that folds. `state`: building, live, dropped. `rebuilds`: the facility's when it was
-- begun. `newest_ms`: when the newest folded entry was written. `error`: why it does not go on.
CREATE TABLE projections (
  projection @SERIAL@,
  account BIGINT NOT NULL,
  facility @ID@ NOT NULL,
  version BIGINT NOT NULL,
  state @ID@ NOT NULL,
  rebuilds BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  newest_ms BIGINT NOT NULL,
  error TEXT
);
CREATE INDEX projections_facility ON projections (account, facility);
CREATE INDEX projections_state ON projections (state) WHERE state <> 'live';

-- Up to which line each log is folded in a projection.
CREATE TABLE positions (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  log BIGINT NOT NULL,
  next_seq BIGINT NOT NULL,
  PRIMARY KEY (account, projection, log)
);

-- How many lines of each box are folded while a projection is built; -1: all of them.
CREATE TABLE box_positions (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  box @ID@ NOT NULL,
  folded BIGINT NOT NULL,
  PRIMARY KEY (account, projection, box)
);

-- One-time codes of claim files; `code` is the SHA-256. `answer` is what the box got, for when it asks again. A box that is known
-- by another log, as one is that was restored from before its claim: `epoch` and `log_key` of the log with which it came. Its code
-- is used and has no answer until a person has admitted that log (`admitted_ms`), or the code has expired. `replaces`: the box whose
-- certificates end once another one has claimed with the code.
CREATE TABLE claims (
  account BIGINT NOT NULL,
  code @BLOB@ NOT NULL,
  facility @ID@ NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT,
  box @ID@,
  csr_key @BLOB@,
  answer TEXT,
  epoch @ID@,
  log_key @BLOB@,
  admitted_ms BIGINT,
  replaces @ID@,
  PRIMARY KEY (account, code)
);
CREATE UNIQUE INDEX claims_code ON claims (code);

-- `version`: as it was claimed. `name`: what people call it, where they call it anything. `quarantine`: why nothing is taken of it.
CREATE TABLE boxes (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  name TEXT,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  claimed_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  quarantined_ms BIGINT,
  quarantine TEXT,
  refusals BIGINT NOT NULL,
  run_count BIGINT NOT NULL DEFAULT 0,
  run_lines BIGINT NOT NULL DEFAULT 0,
  run_bytes BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account, box)
);
CREATE UNIQUE INDEX boxes_box ON boxes (box);
CREATE INDEX boxes_facility ON boxes (account, facility);
CREATE INDEX boxes_revoked ON boxes (revoked_ms) WHERE revoked_ms IS NOT NULL;

-- What a box says of itself, gathered by the process that it speaks to and written every few seconds; one row a box, and no index but
-- the key, so that on a server an update stays within its page. `connection`: the one that is open. `state`: as pages show it, in
-- words of relay's `projections::box_state`.
CREATE TABLE box_now (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  version TEXT,
  epoch @ID@,
  reported_size BIGINT NOT NULL,
  reported_cursor BIGINT NOT NULL,
  last_seen_ms BIGINT,
  connection @ID@,
  disconnected_ms BIGINT,
  clock @ID@ NOT NULL,
  clock_ahead_ms BIGINT NOT NULL,
  state @ID@ NOT NULL,
  hello TEXT,
  health TEXT,
  PRIMARY KEY (account, box)
);
@SERVER@ ALTER TABLE box_now SET (fillfactor = 60);

-- A facility as pages of many show it. `sort_name`: in lower case. `zoneless`: its box told no zone, so days are cut in UTC. `rev_counts`,
-- `rev_feed`, `rev_box`: each raised by every change that a page could show of its numbers, its latest entries, its box.
-- `as_of_ms`: of when the numbers are; `day`: the civil day that `today_` speaks of, and `day_ends_ms` when it is over. `spark`: the 30 days
-- to `day`, met and closed of each as little-endian u16, saturating. `next_ms`: when time alone changes an item. `box`: the newest that
-- is not revoked. `alerts_ms`: when its alerts are looked at next; `alerts_notified_ms` and `overdue_notified_ms`: when somebody was told of any, or of
-- overdue items, last.
CREATE TABLE facility_now (
  account BIGINT NOT NULL,
  facility @ID@ NOT NULL,
  name TEXT NOT NULL,
  sort_name @ID@ NOT NULL,
  zone TEXT NOT NULL,
  zoneless BOOLEAN NOT NULL,
  closed BOOLEAN NOT NULL DEFAULT FALSE,
  rev_counts BIGINT NOT NULL, rev_feed BIGINT NOT NULL, rev_box BIGINT NOT NULL,
  as_of_ms BIGINT NOT NULL,
  day BIGINT NOT NULL, day_ends_ms BIGINT NOT NULL,
  items BIGINT NOT NULL,
  scheduled BIGINT NOT NULL,
  out_of_service BIGINT NOT NULL,
  due BIGINT NOT NULL,
  overdue BIGINT NOT NULL, overdue_since_ms BIGINT,
  today_met BIGINT NOT NULL, today_closed BIGINT NOT NULL,
  week_met BIGINT NOT NULL, week_closed BIGINT NOT NULL,
  month_met BIGINT NOT NULL, month_closed BIGINT NOT NULL,
  spark @BLOB@ NOT NULL,
  cleanings_today BIGINT NOT NULL,
  last_cleaning_ms BIGINT,
  next_ms BIGINT,
  box @ID@, box_state @ID@ NOT NULL,
  alerts_ms BIGINT NOT NULL DEFAULT 0, alerts_notified_ms BIGINT, overdue_notified_ms BIGINT,
  PRIMARY KEY (account, facility)
);
@SERVER@ ALTER TABLE facility_now SET (fillfactor = 60);

CREATE TABLE certificates (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  serial @ID@ NOT NULL,
  issued_ms BIGINT NOT NULL,
  not_after_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  returned_ms BIGINT,
  PRIMARY KEY (account, box, serial)
);
CREATE INDEX certificates_revoked ON certificates (revoked_ms) WHERE revoked_ms IS NOT NULL;

-- One log. `frontier` holds the 32-byte nodes of its compact range. `apart`: it goes on from where another epoch goes on
-- already, and is not folded. `cosigned` is the newest checkpoint with the relay's cosignature. `witness`: a cosigned
-- checkpoint of more entries than are held, which a box showed to a relay that was restored from a backup. `after_epoch`: the epoch
-- that it follows, where its first entry does not say how much of it there is. `key_known`: the log's key came with a claim, a key
-- that did vouches for it, or a person admitted it; only then its entries count and its key renews certificates.
-- `replaced_ms`: another machine has taken the place of the one that has its key, which renews no certificate since.
-- `sealed`: lines before this one stand in sealed segments; `tail`: segments behind those; `rewrites` counts merges and erasures.
CREATE TABLE logs (
  log @SERIAL@,
  account BIGINT NOT NULL,
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
  after_epoch @ID@,
  key_known BOOLEAN NOT NULL,
  sealed BIGINT NOT NULL,
  tail BIGINT NOT NULL,
  rewrites BIGINT NOT NULL,
  replaced_ms BIGINT,
  UNIQUE (account, box, epoch)
);
CREATE INDEX logs_facility ON logs (account, facility);
CREATE INDEX logs_tail ON logs (account) WHERE tail > 1;

-- Checkpoints that were cosigned, as whole notes; of each UTC day but the newest the last one is kept.
CREATE TABLE checkpoints (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  size BIGINT NOT NULL,
  note TEXT NOT NULL,
  day BIGINT NOT NULL,
  PRIMARY KEY (account, box, epoch, size)
)@ROWLESS@;

-- The log itself: a row is a verified batch, later up to 1,024 entries. `lines`: zstd of the entry lines, each with its newline;
-- `texts`: the same of the text lines beside them that were not erased. `plain_bytes`: of the lines before compression.
CREATE TABLE segments (
  account BIGINT NOT NULL,
  log BIGINT NOT NULL,
  first_seq BIGINT NOT NULL,
  next_seq BIGINT NOT NULL,
  lines @BLOB@ NOT NULL,
  texts @BLOB@,
  plain_bytes BIGINT NOT NULL,
  PRIMARY KEY (account, log, first_seq)
);
@SERVER@ ALTER TABLE segments ALTER COLUMN lines SET STORAGE EXTERNAL;
@SERVER@ ALTER TABLE segments ALTER COLUMN texts SET STORAGE EXTERNAL;

-- Roots of perfect subtrees from level 8 (256 leaves) up; lower ones are hashed from the lines.
CREATE TABLE nodes (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  level BIGINT NOT NULL,
  place BIGINT NOT NULL,
  hash @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, epoch, level, place)
)@ROWLESS@;

-- Texts that are looked up by their hash: names of staff, reasons; of cleanings none ever is.
CREATE TABLE names (
  account BIGINT NOT NULL,
  hash @BLOB@ NOT NULL,
  box @ID@ NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (account, hash, box)
)@ROWLESS@;

-- Text lines beside the lines of runs, under the epoch that wrote them.
CREATE TABLE run_texts (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  hash @ID@ NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (account, box, epoch, seq, hash)
)@ROWLESS@;

-- The facility's state as record::fold keeps it: `room` is settings, equipment, activity, alias, protocol, staff or
-- boot; `id` what follows the slash of its key; `body` JSON.
CREATE TABLE state_rows (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  room @ID@ NOT NULL,
  id @ID@ NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (account, projection, room, id)
);

-- How each item stands, by record::compliance. `state`: none, out, idle, clean, due, used, overdue. `since_ms` and
-- `by_ms` as the state has them. `next_ms`: when it can change with no new entry. `counted_ms`: windows that closed up to
-- then are in the tallies. `last_boot`: the boot of the newest cleaning, where its clock was not set. `cause`: JSON of record::compliance::DueCause, where a recorded cleaning leaves it due.
CREATE TABLE items (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  tag @ID@ NOT NULL,
  state @ID@ NOT NULL,
  since_ms BIGINT,
  by_ms BIGINT,
  last_ms BIGINT,
  last_boot @ID@,
  next_ms BIGINT,
  counted_ms BIGINT NOT NULL,
  cause TEXT,
  PRIMARY KEY (account, projection, tag)
);
CREATE INDEX items_next ON items (account, projection, next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX items_state ON items (account, projection, state, since_ms);

-- Windows that closed in a day.
CREATE TABLE item_days (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  tag @ID@ NOT NULL,
  day BIGINT NOT NULL,
  met BIGINT NOT NULL,
  closed BIGINT NOT NULL,
  PRIMARY KEY (account, projection, tag, day)
)@ROWLESS@;

-- The sums of item_days.
CREATE TABLE facility_days (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  day BIGINT NOT NULL,
  met BIGINT NOT NULL,
  closed BIGINT NOT NULL,
  PRIMARY KEY (account, projection, day)
)@ROWLESS@;

-- Photos that are here whole, by the facilities whose boxes brought them; `photo` is the SHA-256 of the file.
CREATE TABLE photos (
  account BIGINT NOT NULL,
  photo @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  bytes BIGINT NOT NULL,
  received_ms BIGINT NOT NULL,
  PRIMARY KEY (account, photo, facility)
);

-- The last batches of each box that were refused; `payload` without texts of people, empty where it was no batch.
CREATE TABLE refused (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  refused_id @ID@ NOT NULL,
  at_ms BIGINT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  payload @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, refused_id)
);

-- What must not be lost when a log contradicts itself. `kind`: fork, epoch clash, data loss. `ours` and `theirs` are
-- notes; `seq` is the first entry that differs, `our_lines` the lines held from there on, `payload` what the box sent, without
-- texts of people.
CREATE TABLE evidence (
  account BIGINT NOT NULL,
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

-- The days on which an item was cleaned: the way to them in `cleanings_item`.
CREATE TABLE clean_days (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  tag @ID@ NOT NULL,
  day BIGINT NOT NULL,
  PRIMARY KEY (account, projection, tag, day)
)@ROWLESS@;

-- `token_id` stands in the token's text, `digest` is the SHA-256 of the whole text. `used_day` and `used_from`: the UTC day of the
-- last use, and the network of that day's first. `viewer`: where it sees only some facilities, a number below 0 under which
-- `member_places` has them.
CREATE TABLE api_tokens (
  account BIGINT NOT NULL,
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
  viewer BIGINT,
  PRIMARY KEY (account, token_id)
);
CREATE UNIQUE INDEX api_tokens_digest ON api_tokens (digest);
CREATE UNIQUE INDEX api_tokens_viewer ON api_tokens (account, viewer);

-- Index of cleanings: all that a list shows. `run`: the run by which the line counts, empty for a line of the chain; `held_in`: the run
-- that its line stands in, empty where its log has it. `who` and `note`: texts that were
-- typed, with the first bytes of their hashes, by which an erasure finds them. `body`: the rest of record::fold::CleaningRecord, packed.
-- The index by items begins with the UTC day: then a batch, which is of a day or two and of many items, writes to few pages.
CREATE TABLE cleanings (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  log BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  run @ID@ NOT NULL,
  tag @ID@ NOT NULL,
  day BIGINT NOT NULL,
  performed_ms BIGINT NOT NULL,
  recorded_ms BIGINT NOT NULL,
  complete BOOLEAN NOT NULL,
  voided BOOLEAN NOT NULL,
  protocol @ID@,
  unsure_boot @ID@,
  who TEXT,
  who_mark BIGINT,
  note TEXT,
  note_mark BIGINT,
  body @BLOB@ NOT NULL,
  held_in @ID@ NOT NULL,
  took_ms BIGINT,
  PRIMARY KEY (account, projection, log, seq, run)
)@ROWLESS@;
CREATE INDEX cleanings_newest ON cleanings (account, performed_ms, log, seq);
CREATE INDEX cleanings_facility ON cleanings (account, projection, performed_ms, log, seq);
-- With `run` it is in the order of a history's page.
CREATE INDEX cleanings_item ON cleanings
  (account, projection, day, tag, performed_ms, log, seq, run, recorded_ms, complete, voided, protocol);
CREATE INDEX cleanings_unsure ON cleanings (account, projection, unsure_boot) WHERE unsure_boot IS NOT NULL;

-- The first line, in the order of folding, that recorded a cleaning or a use under an idempotency key of a box. `idem` and
-- `req` are 32 hex digits each.
CREATE TABLE command_keys (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  box @ID@ NOT NULL,
  idem @ID@ NOT NULL,
  req @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  run @ID@ NOT NULL,
  PRIMARY KEY (account, projection, box, idem)
)@ROWLESS@;

-- Runs: unbroken pieces of epochs that their chain left behind. `run` is the name, which says epoch, first line, the one past
-- the last, and root. `notes`: JSON list of signed checkpoints of the epoch that came with it. `bytes`: of its lines and texts.
-- `blocks`: roots over 256 lines each, in order, for proofs.
CREATE TABLE runs (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  run @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  from_seq BIGINT NOT NULL,
  to_seq BIGINT NOT NULL,
  known_ms BIGINT NOT NULL,
  notes TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  blocks @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, run)
);
CREATE INDEX runs_epoch ON runs (account, box, epoch, from_seq);

-- Which runs count in a projection. `place`: the how many-eth run of its box it is that a line which counts adopts, and `by_` that line
-- (`by_run` is the run that it stands in, empty for a line of the chain).
CREATE TABLE run_places (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  box @ID@ NOT NULL,
  run @ID@ NOT NULL,
  place BIGINT NOT NULL,
  by_epoch @ID@ NOT NULL,
  by_seq BIGINT NOT NULL,
  by_run @ID@ NOT NULL,
  PRIMARY KEY (account, projection, box, run)
)@ROWLESS@;

-- Their lines, also of a run that is not here whole yet; the texts beside them stand in `run_texts`.
CREATE TABLE run_lines (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  run @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  line @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, run, seq)
)@ROWLESS@;

-- Which line adopts which run; `by_run` is the run that the adopting line stands in itself, empty for a line of an epoch.
CREATE TABLE adoptions (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  run @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  by_run @ID@ NOT NULL,
  PRIMARY KEY (account, box, run, epoch, seq, by_run)
)@ROWLESS@;

-- Those of them that are not here. `refused`: it came, and is more than is taken of a box; it is not asked for again.
CREATE TABLE lacking_runs (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  run @ID@ NOT NULL,
  refused BOOLEAN NOT NULL,
  PRIMARY KEY (account, box, run)
)@ROWLESS@;
CREATE INDEX lacking_runs_asked ON lacking_runs (account, box, refused, run);

-- Lines that record once more what another line recorded, and that one; a fold.
CREATE TABLE repeated_lines (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  run @ID@ NOT NULL,
  first_epoch @ID@ NOT NULL,
  first_seq BIGINT NOT NULL,
  first_run @ID@ NOT NULL,
  PRIMARY KEY (account, projection, box, epoch, seq, run)
)@ROWLESS@;

-- Texts that were erased, by hash: none of them comes back with a batch or a run. Made anew by the fold, and never emptied.
-- `swept`: no segment has it any more.
CREATE TABLE erased_texts (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  hash @ID@ NOT NULL,
  swept BOOLEAN NOT NULL,
  PRIMARY KEY (account, box, hash)
)@ROWLESS@;
CREATE INDEX erased_texts_left ON erased_texts (account, box) WHERE NOT swept;

-- What entries say of an item apart from its cleanings and uses: further lines of its history. `held_in`: the run that the line
-- stands in; empty where its log has it.
CREATE TABLE item_notes (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  tag @ID@ NOT NULL,
  at_ms BIGINT NOT NULL,
  log BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  held_in @ID@ NOT NULL,
  PRIMARY KEY (account, projection, tag, at_ms, log, seq, held_in)
)@ROWLESS@;

-- A use stands where it ended: from then on a cleaning is due. `unsure_boot` and `body`: of a use under a clock that nobody vouched
-- for, which moves when its boot's true time is known.
CREATE TABLE uses (
  account BIGINT NOT NULL,
  projection BIGINT NOT NULL,
  tag @ID@ NOT NULL,
  ended_ms BIGINT NOT NULL,
  log BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  held_in @ID@ NOT NULL,
  unsure_boot @ID@,
  body TEXT,
  PRIMARY KEY (account, projection, tag, ended_ms, log, seq, held_in)
)@ROWLESS@;
CREATE INDEX uses_unsure ON uses (account, projection, unsure_boot) WHERE unsure_boot IS NOT NULL;

-- Work of any account, which the platform claims: not behind the wall. Work that is done outside the request that asks for it. A row waits, and runs while it is leased; or it is dead: out of tries.
CREATE TABLE jobs (
  job @ID@ NOT NULL PRIMARY KEY,
  -- Absent of what concerns the relay itself.
  account BIGINT,
  kind @ID@ NOT NULL,
  key @ID@ NOT NULL,
  body TEXT NOT NULL,
  -- 0 a person waits, 1 soon, 2 bulk, 3 what is sent to webhooks, 4 a mail for which somebody waits, 5 any other mail.
  lane BIGINT NOT NULL,
  -- When it runs; of a dead one, when it died.
  run_ms BIGINT NOT NULL,
  -- Before this moment it does not run, whoever asks: it failed, or took long.
  rest_ms BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  -- Leased until, and under which lease: each claim makes one. 0 and absent: nobody has it.
  lease_ms BIGINT NOT NULL,
  lease_by @ID@,
  -- wait, dead
  state @ID@ NOT NULL,
  -- Raised by each request while it waits or runs.
  asked BIGINT NOT NULL,
  -- The earliest moment that was asked for while it runs.
  again_ms BIGINT,
  error TEXT,
  made_ms BIGINT NOT NULL,
  -- What the clock read when its other times were written: one that lies ahead shows that the clock was set back.
  set_ms BIGINT NOT NULL
)@ROWLESS@;
CREATE UNIQUE INDEX jobs_key ON jobs (kind, key) WHERE state = 'wait';
CREATE UNIQUE INDEX jobs_dead ON jobs (kind, key) WHERE state = 'dead';
-- One a lane: with the lane as a column PostgreSQL, where it knows nothing of the table yet, would take it for the next one's too.
CREATE INDEX jobs_lane_0 ON jobs (run_ms, job) WHERE state = 'wait' AND lane = 0;
CREATE INDEX jobs_lane_1 ON jobs (run_ms, job) WHERE state = 'wait' AND lane = 1;
CREATE INDEX jobs_lane_2 ON jobs (run_ms, job) WHERE state = 'wait' AND lane = 2;
CREATE INDEX jobs_lane_3 ON jobs (run_ms, job) WHERE state = 'wait' AND lane = 3;
CREATE INDEX jobs_lane_4 ON jobs (run_ms, job) WHERE state = 'wait' AND lane = 4;
CREATE INDEX jobs_lane_5 ON jobs (run_ms, job) WHERE state = 'wait' AND lane = 5;
CREATE INDEX jobs_lane_6 ON jobs (run_ms, job) WHERE state = 'wait' AND lane = 6;
CREATE INDEX jobs_lane_7 ON jobs (run_ms, job) WHERE state = 'wait' AND lane = 7;
CREATE INDEX jobs_account ON jobs (account, lane, run_ms, job) WHERE state = 'wait';
CREATE INDEX jobs_leased ON jobs (account, lease_ms) WHERE lease_by IS NOT NULL;
-- What was done in the last 14 days.
CREATE TABLE jobs_done (
  job @ID@ NOT NULL,
  account BIGINT,
  kind @ID@ NOT NULL,
  key @ID@ NOT NULL,
  tries BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  done_ms BIGINT NOT NULL,
  -- How long its last run took.
  ms BIGINT NOT NULL
);
CREATE INDEX jobs_done_ms ON jobs_done (done_ms);

-- Which keys this relay is known by: their public halves. The private ones are in the folders of the processes that need them, and a
-- process whose folder has not the current one of a kind does not start. `public` is a verifier key as text, of an authority its PEM.
CREATE TABLE authority (
  kind @ID@ NOT NULL, -- ca, cosign, directive
  n BIGINT NOT NULL,
  public TEXT NOT NULL,
  fingerprint @ID@ NOT NULL, -- SHA-256: of the text of a verifier key, of the DER of a certificate
  state @ID@ NOT NULL, -- next, current, retired, revoked
  from_ms BIGINT NOT NULL,
  until_ms BIGINT,
  exported_ms BIGINT, -- when the private half last went into a sealed file
  PRIMARY KEY (kind, n)
)@ROWLESS@;
CREATE UNIQUE INDEX authority_current ON authority (kind) WHERE state = 'current';
-- The newest key of each kind that a box knows; a box without a row was claimed when there were only the first.
CREATE TABLE box_keys (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  ca_n BIGINT NOT NULL,
  cosign_n BIGINT NOT NULL,
  directive_n BIGINT NOT NULL,
  announced @ID@, -- SHA-256 of what it was told of last
  PRIMARY KEY (account, box)
)@ROWLESS@;
-- What a box was asked, signed: numbers from 1 for each box, no gaps, for ever. The outcome comes from its log alone. ca_n, cosign_n and
-- directive_n: what it knows once it has applied it.
CREATE TABLE directives (
  account BIGINT NOT NULL,
  box @ID@ NOT NULL,
  number BIGINT NOT NULL,
  directive @ID@ NOT NULL,
  verb @ID@ NOT NULL,
  json TEXT NOT NULL,
  hash @BLOB@ NOT NULL,
  note TEXT NOT NULL,
  ca_n BIGINT NOT NULL,
  cosign_n BIGINT NOT NULL,
  directive_n BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  state @ID@ NOT NULL, -- queued, sent, applied, refused
  sent_ms BIGINT,
  outcome_epoch @ID@,
  outcome_seq BIGINT,
  reason TEXT,
  PRIMARY KEY (account, box, number)
);
CREATE INDEX directives_waiting ON directives (account, box) WHERE state IN ('queued', 'sent');

-- Backups that were made of this database, and where it was restored from one. `sha256`: of the list of what is in it.
CREATE TABLE backups (
  backup @SERIAL@,
  at_ms BIGINT NOT NULL,
  act @ID@ NOT NULL, -- made, restored
  place TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  sha256 @BLOB@ NOT NULL
);

@WALL@ accounts, facilities, projections, positions, box_positions, claims, boxes, box_now, facility_now, certificates, logs, checkpoints, segments, nodes, names, run_texts, state_rows, items, item_days, facility_days, photos, refused, evidence, clean_days, api_tokens, cleanings, command_keys, runs, run_places, run_lines, adoptions, lacking_runs, repeated_lines, erased_texts, item_notes, uses, box_keys, directives;
