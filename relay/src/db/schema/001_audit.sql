-- The access log, a chain of rows for each account: the third part of the first step.

-- Acts of people, programs and the operator, and what was denied to them. Of no account (0) are sign-ins at addresses that nobody here
-- has, and whatever else is the platform's. `n`: from 1 in each account, without gaps. `line`: what the row says as compact JSON, its
-- keys in the order n, at, who, act, about, facility, outcome, counts; the columns of these names say the same, and are there to be
-- searched. `hash`: SHA-256 of the hash of the row before (32 zero bytes before the first) and the line's bytes. `facility`: where it
-- happened, of acts that are one facility's. `fold`: rows of one fold are one row, whose `times` counts them from `at_ms` to `last_ms`;
-- these two change while a minute lasts (for strangers an hour), so that they are not in the line and nothing proves them. Absent in
-- rows that count nothing.
CREATE TABLE audit (
  account BIGINT NOT NULL,
  n BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  who TEXT NOT NULL,
  act TEXT NOT NULL,
  about TEXT NOT NULL,
  facility @ID@,
  outcome TEXT NOT NULL,
  fold TEXT,
  times BIGINT NOT NULL,
  last_ms BIGINT NOT NULL,
  line TEXT NOT NULL,
  hash @BLOB@ NOT NULL,
  PRIMARY KEY (account, n)
);
CREATE UNIQUE INDEX audit_fold ON audit (account, fold);
CREATE INDEX audit_last ON audit (last_ms);

-- Where each chain stands: `n` and `hash` of its last row, 0 and zeros before the first. Rows are forgotten from the beginning only:
-- `first_n` is the first that is here, `first_hash` the hash of the row before it, so that what is left still verifies. Whoever writes a
-- row takes this one first, after everything else that its act needs.
CREATE TABLE audit_heads (
  account BIGINT NOT NULL PRIMARY KEY,
  n BIGINT NOT NULL,
  hash @BLOB@ NOT NULL,
  first_n BIGINT NOT NULL,
  first_hash @BLOB@ NOT NULL
);

-- Each day's end of a chain that grew: a note with its `n` and hash, signed by the cosigning key of that day. They are forgotten with the
-- rows that they are of.
CREATE TABLE audit_notes (
  account BIGINT NOT NULL,
  n BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (account, n)
)@ROWLESS@;

-- One row: the newest time that the rounds which forget have believed. Nothing else writes it, so that a clock which leapt ahead does not
-- bear itself out.
CREATE TABLE believed_times (
  id BIGINT NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL
);

@WALL@ audit, audit_heads, audit_notes;
