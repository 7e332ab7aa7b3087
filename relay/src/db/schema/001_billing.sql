-- Billing: what was fetched of the service that takes money, and what was counted for it. Nothing that boxes do asks any of it. A further
-- part of the first step.

-- How an account stands there. `customer` and `subscription`: its ids there. `status`: that service's word; absent where nothing was ever
-- subscribed to. `plan`: as the settings name it. `month_amount`: what a month costs after coupons, in `currency`'s smallest unit.
-- `trial_end_ms`: until when nothing has to be paid. `over_ms`: when what was paid for ended. `due`: what is owed now; `next_try_ms`: when
-- payment is tried again. `fetched_ms`: when it was as this row says.
CREATE TABLE billing (
  account BIGINT NOT NULL PRIMARY KEY,
  customer @ID@,
  subscription @ID@,
  status @ID@,
  plan @ID@,
  month_amount BIGINT NOT NULL DEFAULT 0,
  currency @ID@,
  period_start_ms BIGINT,
  period_end_ms BIGINT,
  trial_end_ms BIGINT NOT NULL,
  cancel_at_ms BIGINT,
  over_ms BIGINT,
  due BIGINT NOT NULL DEFAULT 0,
  next_try_ms BIGINT,
  fetched_ms BIGINT
);
CREATE UNIQUE INDEX billing_customer ON billing (customer) WHERE customer IS NOT NULL;

-- Invoices as they were fetched last. `tries`: how often payment was tried.
CREATE TABLE invoices (
  account BIGINT NOT NULL,
  invoice @ID@ NOT NULL,
  number TEXT,
  status @ID@ NOT NULL,
  currency @ID@ NOT NULL,
  total BIGINT NOT NULL,
  due BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  paid_ms BIGINT,
  next_try_ms BIGINT,
  tries BIGINT NOT NULL,
  url TEXT,
  pdf TEXT,
  PRIMARY KEY (account, invoice)
);
CREATE INDEX invoices_made ON invoices (account, made_ms);

-- What the service said, each message once. `state`: new, done, ignored. `object`: the id of what it is about.
CREATE TABLE stripe_events (
  event @ID@ NOT NULL PRIMARY KEY,
  word @ID@ NOT NULL,
  created_ms BIGINT NOT NULL,
  api_version TEXT,
  livemode BOOLEAN NOT NULL,
  customer @ID@,
  object @ID@,
  body TEXT NOT NULL,
  state @ID@ NOT NULL,
  got_ms BIGINT NOT NULL
);
CREATE INDEX stripe_events_new ON stripe_events (customer) WHERE state = 'new';
CREATE INDEX stripe_events_got ON stripe_events (got_ms);

-- Items in service at the end of a facility's day.
CREATE TABLE usage_days (
  account BIGINT NOT NULL,
  facility @ID@ NOT NULL,
  day BIGINT NOT NULL,
  items BIGINT NOT NULL,
  PRIMARY KEY (account, facility, day)
)@ROWLESS@;

-- Readings of the meter, written before they are sent, so that each is sent as it is; `event`: the identifier under which. `sent_ms`:
-- when it was taken.
CREATE TABLE usage_sent (
  account BIGINT NOT NULL,
  event @ID@ NOT NULL,
  value BIGINT NOT NULL,
  time_s BIGINT NOT NULL,
  sent_ms BIGINT,
  PRIMARY KEY (account, event)
)@ROWLESS@;

-- The highest day of each period that is over.
CREATE TABLE usage_closed (
  account BIGINT NOT NULL,
  period_end_ms BIGINT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (account, period_end_ms)
)@ROWLESS@;

-- Mails that were posted: each word once about each thing.
CREATE TABLE billing_mails (
  account BIGINT NOT NULL,
  word @ID@ NOT NULL,
  about @ID@ NOT NULL,
  posted_ms BIGINT NOT NULL,
  PRIMARY KEY (account, word, about)
)@ROWLESS@;

-- What each account paid a month, by month (counted from year 0): the present one as of now.
CREATE TABLE revenue_months (
  account BIGINT NOT NULL,
  month BIGINT NOT NULL,
  currency @ID@ NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (account, month)
)@ROWLESS@;

-- Where the service had something else than these tables, at the look of `seen_ms`; repaired by what is fetched then.
CREATE TABLE billing_differences (
  subscription @ID@ NOT NULL PRIMARY KEY,
  customer @ID@ NOT NULL,
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  since_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL
)@ROWLESS@;

@WALL@ billing, invoices, usage_days, usage_sent, usage_closed, billing_mails, revenue_months;
