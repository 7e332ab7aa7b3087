-- When a person admitted the log with which such a box came. That log is the box's own once the box has come again for its certificate:
-- until then the admission is forgotten with its code, or with the revocation of the box.
ALTER TABLE claims ADD COLUMN admitted_ms BIGINT;
