-- Runs: unbroken pieces of epochs that their chain left behind. `run` is the name, which says epoch, first line, the one past
-- the last, and root. `notes`: JSON list of signed checkpoints of the epoch that came with it. `bytes`: of its lines and texts.
-- `blocks`: roots over 256 lines each, in order, for proofs. `place`: the how many-eth run of its box it is that a line which
-- counts adopts, and `by_` that line (`by_run` is the run that it stands in, empty for a line of the chain); a fold.
CREATE TABLE runs (
  account @ID@ NOT NULL,
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
  place BIGINT,
  by_epoch @ID@,
  by_seq BIGINT,
  by_run @ID@,
  PRIMARY KEY (account, box, run)
);
CREATE INDEX runs_epoch ON runs (account, box, epoch, from_seq);

-- Their lines, also of a run that is not here whole yet; the texts beside them stand in `texts`, under the epoch that wrote
-- them.
CREATE TABLE run_lines (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  run @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  line @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, run, seq)
)@ROWLESS@;

-- What the runs of a box come to.
ALTER TABLE boxes ADD COLUMN run_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE boxes ADD COLUMN run_lines BIGINT NOT NULL DEFAULT 0;
ALTER TABLE boxes ADD COLUMN run_bytes BIGINT NOT NULL DEFAULT 0;

-- Which line adopts which run; `by_run` is the run that the adopting line stands in itself, empty for a line of an epoch.
CREATE TABLE adoptions (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  run @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  by_run @ID@ NOT NULL,
  PRIMARY KEY (account, box, run, epoch, seq, by_run)
)@ROWLESS@;

-- Those of them that are not here. `refused`: it came, and is more than is taken of a box; it is not asked for again.
CREATE TABLE lacking_runs (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  run @ID@ NOT NULL,
  refused BOOLEAN NOT NULL,
  PRIMARY KEY (account, box, run)
)@ROWLESS@;
CREATE INDEX lacking_runs_asked ON lacking_runs (account, box, refused, run);

-- Lines that record once more what another line recorded, and that one; a fold.
CREATE TABLE repeated_lines (
  account @ID@ NOT NULL,
  facility @ID@ NOT NULL,
  box @ID@ NOT NULL,
  epoch @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  run @ID@ NOT NULL,
  first_epoch @ID@ NOT NULL,
  first_seq BIGINT NOT NULL,
  first_run @ID@ NOT NULL,
  PRIMARY KEY (account, box, epoch, seq, run)
)@ROWLESS@;
CREATE INDEX repeated_lines_facility ON repeated_lines (account, facility);

-- The epoch that this one follows, where its first entry does not say how much of it there is.
ALTER TABLE epochs ADD COLUMN after_epoch @ID@;
