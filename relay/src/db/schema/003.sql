-- The index of cleanings knows each one's protocol, for schedules that only its own cleanings meet; the index of an item
-- holds all that due windows are reckoned from (what follows `seq` is only carried). Both are folds over the entries, so
-- they are made anew and every facility is rebuilt by the job.
DROP TABLE cleanings;
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
  protocol @ID@,
  unsure_boot @ID@,
  photo @ID@,
  body TEXT NOT NULL,
  PRIMARY KEY (account, box, epoch, seq)
)@ROWLESS@;
CREATE INDEX cleanings_newest ON cleanings (account, performed_ms, box, epoch, seq);
CREATE INDEX cleanings_facility ON cleanings (account, facility, performed_ms, box, epoch, seq);
CREATE INDEX cleanings_item ON cleanings
  (account, facility, tag, performed_ms, box, epoch, seq, recorded_ms, complete, voided, protocol);
CREATE INDEX cleanings_unsure ON cleanings (account, facility, unsure_boot) WHERE unsure_boot IS NOT NULL;
UPDATE facilities SET refold = TRUE;
