-- Work that is done outside the request that asks for it. A row waits, and runs while it is leased; or it is dead: out of tries.
CREATE TABLE jobs (
  job @ID@ NOT NULL PRIMARY KEY,
  -- Absent of what concerns the relay itself.
  account @ID@,
  kind @ID@ NOT NULL,
  key @ID@ NOT NULL,
  body TEXT NOT NULL,
  -- 0 a person waits, 1 soon, 2 bulk.
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
CREATE INDEX jobs_lane ON jobs (lane, run_ms, job) WHERE state = 'wait';
CREATE INDEX jobs_account ON jobs (lane, account, run_ms, job) WHERE state = 'wait';
CREATE INDEX jobs_leased ON jobs (account, lease_ms) WHERE lease_by IS NOT NULL;
-- What was done in the last 14 days.
CREATE TABLE jobs_done (
  job @ID@ NOT NULL,
  account @ID@,
  kind @ID@ NOT NULL,
  key @ID@ NOT NULL,
  tries BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  done_ms BIGINT NOT NULL,
  -- How long its last run took.
  ms BIGINT NOT NULL
);
CREATE INDEX jobs_done_ms ON jobs_done (done_ms);
