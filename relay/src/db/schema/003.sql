-- The index of cleanings knows each one's protocol, for schedules that only its own cleanings meet. The index by items
-- begins with the UTC day: then a batch, which is of a day or two and of many items, writes to few pages. It holds all
-- that due windows are reckoned from (what follows `seq` is only carried). All of it is a fold over the entries, so it is
-- made anew and every facility is rebuilt by the job.
DROP TABLE cleanings;
CREATE TABLE cleanings (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
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
  PRIMARY KEY (account, box, epoch, seq)
)@ROWLESS@;
CREATE INDEX cleanings_newest ON cleanings (account, performed_ms, box, epoch, seq);
CREATE INDEX cleanings_facility ON cleanings (account, facility, performed_ms, box, epoch, seq);
CREATE INDEX cleanings_item ON cleanings
  (account, facility, day, tag, performed_ms, box, epoch, seq, recorded_ms, complete, voided, protocol);
CREATE INDEX cleanings_unsure ON cleanings (account, facility, unsure_boot) WHERE unsure_boot IS NOT NULL;

-- The days on which an item was cleaned: the way to them in `cleanings_item`.
CREATE TABLE clean_days (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  tag @ID@ NOT NULL,
  day BIGINT NOT NULL,
  PRIMARY KEY (account, facility, tag, day)
)@ROWLESS@;

-- The UTC day on which a checkpoint was cosigned: of each day but the newest the last one is kept. 0: not known.
ALTER TABLE checkpoints ADD COLUMN day BIGINT NOT NULL DEFAULT 0;

UPDATE facilities SET refold = TRUE;
