
-- Where a facility is, as its people wrote it. Coordinates are hundred-thousandths of a degree, north and east counted up; both or none.
CREATE TABLE facility_places (
  account BIGINT NOT NULL,
  facility @ID@ NOT NULL,
  address TEXT NOT NULL,
  lat_e5 BIGINT,
  lon_e5 BIGINT,
  PRIMARY KEY (account, facility)
)@ROWLESS@;

@WALL@ facility_places;
