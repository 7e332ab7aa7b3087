-- Lines may count that do not stand in the chain: a run brought them, and two branches of an epoch may share a number. `run`
-- is its name, empty for a line of the chain. All of it is a fold over the entries: every facility is rebuilt by the job.
-- `held_in`: the run that its line stands in, empty where the log of its epoch has it.
DROP TABLE cleanings;
CREATE TABLE cleanings (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  run @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  tag @ID@ NOT NULL,
  day BIGINT NOT NULL,
  performed_ms BIGINT NOT NULL,
  recorded_ms BIGINT NOT NULL,
  complete BOOLEAN NOT NULL,
  voided BOOLEAN NOT NULL,
  protocol @ID@,
  unsure_boot @ID@,
  photo @ID@,
  body TEXT NOT NULL,
  held_in @ID@ NOT NULL,
  PRIMARY KEY (account, box, epoch, seq, run)
)@ROWLESS@;
CREATE INDEX cleanings_newest ON cleanings (account, performed_ms, box, epoch, seq);
CREATE INDEX cleanings_facility ON cleanings (account, facility, performed_ms, box, epoch, seq);
CREATE INDEX cleanings_item ON cleanings
  (account, facility, day, tag, performed_ms, box, epoch, seq, recorded_ms, complete, voided, protocol);
CREATE INDEX cleanings_unsure ON cleanings (account, facility, unsure_boot) WHERE unsure_boot IS NOT NULL;

-- The first line, in the order of folding, that recorded a cleaning or a use under an idempotency key of a box. `idem` and
-- `req` are 32 hex digits each.
CREATE TABLE command_keys (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  box @ID@ NOT NULL,
  idem @ID@ NOT NULL,
  req @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  run @ID@ NOT NULL,
  PRIMARY KEY (account, facility, box, idem)
)@ROWLESS@;
UPDATE facilities SET refold = TRUE;
