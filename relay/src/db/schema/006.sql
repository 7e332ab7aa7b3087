-- Runs: unbroken pieces of epochs that their chain left behind. `run` is the name, which says epoch, first line, the one past
-- the last, and root. `notes`: JSON list of signed checkpoints of the epoch that came with it.
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
  PRIMARY KEY (account, box, run)
);
CREATE INDEX runs_epoch ON runs (account, box, epoch, from_seq);

-- Their lines; the texts beside them stand in `texts`, under the epoch that wrote them.
CREATE TABLE run_lines (
  account @ID@ NOT NULL,
  box @ID@ NOT NULL,
  run @ID@ NOT NULL,
  seq BIGINT NOT NULL,
  line @BLOB@ NOT NULL,
  PRIMARY KEY (account, box, run, seq)
)@ROWLESS@;

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

-- The epoch that this one follows, where its first entry does not say how much of it there is.
ALTER TABLE epochs ADD COLUMN after_epoch @ID@;
