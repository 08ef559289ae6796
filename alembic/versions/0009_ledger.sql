CREATE TEMPORARY TABLE was_accounts ON COMMIT DROP AS SELECT * FROM ledger_accounts
-- next
CREATE TEMPORARY TABLE was_entries ON COMMIT DROP AS
  SELECT e.tenant_id, e.account_id, e.transfer_id, e.amount_fen, t.booked_at,
    (t.booked_at AT TIME ZONE 'Asia/Shanghai')::date AS value_date, t.key, t.subject,
    row_number() OVER following AS seq, sum(e.amount_fen) OVER following AS balance_fen
  FROM ledger_entries e JOIN ledger_transfers t ON t.tenant_id = e.tenant_id AND t.id = e.transfer_id
  WINDOW following AS (PARTITION BY e.tenant_id, e.account_id ORDER BY t.booked_at, e.id)
-- next
ALTER TABLE bank_confirmations DROP CONSTRAINT fk_bank_confirmations_tenant_id_transfer_id
-- next
DROP TABLE ledger_entries, ledger_transfers, ledger_accounts
-- next
DROP FUNCTION ledger_accounts_append_only, ledger_transfers_append_only, ledger_entries_append_only,
  ledger_balance_is_posted, ledger_post_entry, ledger_balanced
-- next
CREATE TABLE ledger_accounts (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR(24) NOT NULL,
  owner VARCHAR(64) NOT NULL,
  guarded BOOLEAN NOT NULL,
  slots SMALLINT DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_ledger_accounts PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_ledger_accounts_only_banks_unguarded CHECK (guarded OR kind = 'bank'),
  CONSTRAINT ck_ledger_accounts_few_slots CHECK (slots BETWEEN 1 AND 64)
)
-- next
CREATE UNIQUE INDEX uq_ledger_account_owner ON ledger_accounts (tenant_id, kind, owner)
-- next
ALTER TABLE ledger_accounts ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_accounts TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_accounts TO yiti_app
-- next
CREATE FUNCTION ledger_accounts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'ledger_accounts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_accounts_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.guarded IS DISTINCT FROM OLD.guarded OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.owner IS DISTINCT FROM OLD.owner OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'ledger_accounts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_accounts_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_accounts_append_only BEFORE UPDATE OR DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_accounts_append_only()
-- next
CREATE TRIGGER ledger_accounts_no_truncate BEFORE TRUNCATE ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION ledger_accounts_append_only()
-- next
CREATE FUNCTION ledger_enter(county text, alone boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the ledger must see what was committed while it waited'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_read_committed';
  END IF;
  IF alone THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger:' || county, 0));
  ELSE
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger:' || county, 0));
  END IF;
END $$
-- next
CREATE FUNCTION ledger_open_day(county text, wanted date) RETURNS date LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger_enter(county, false);
  RETURN greatest(wanted, (SELECT max(c.day) + 1 FROM ledger_closings c WHERE c.tenant_id = county));
END $$
-- next
CREATE FUNCTION ledger_add_slots() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.slots < OLD.slots THEN
    RAISE EXCEPTION 'a ledger account keeps its slots'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_slots_stay';
  END IF;
  INSERT INTO ledger_slots (tenant_id, account_id, slot, guarded, balance_fen, held_fen, seq)
    SELECT NEW.tenant_id, NEW.id, n, NEW.guarded, 0, 0, 0 FROM generate_series(0, NEW.slots - 1) AS n
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
-- next
CREATE TRIGGER ledger_add_slots AFTER INSERT OR UPDATE OF slots ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_add_slots()
-- next
CREATE TABLE ledger_closings (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  day DATE NOT NULL,
  closed_by VARCHAR(80) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_ledger_closings PRIMARY KEY (tenant_id, id)
)
-- next
CREATE UNIQUE INDEX uq_ledger_closing_day ON ledger_closings (tenant_id, day)
-- next
ALTER TABLE ledger_closings ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_closings TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_closings TO yiti_app
-- next
CREATE FUNCTION ledger_closings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'ledger_closings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_closings_append_only';
  ELSIF NEW.closed_by IS DISTINCT FROM OLD.closed_by OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.day IS DISTINCT FROM OLD.day OR NEW.id IS DISTINCT FROM OLD.id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'ledger_closings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_closings_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_closings_append_only BEFORE UPDATE OR DELETE ON ledger_closings FOR EACH ROW EXECUTE FUNCTION ledger_closings_append_only()
-- next
CREATE TRIGGER ledger_closings_no_truncate BEFORE TRUNCATE ON ledger_closings FOR EACH STATEMENT EXECUTE FUNCTION ledger_closings_append_only()
-- next
CREATE FUNCTION ledger_faults(county text, before date) RETURNS TABLE (account_id uuid, fault text) LANGUAGE plpgsql AS $$
DECLARE
  closed date := (SELECT max(c.day) FROM ledger_closings c WHERE c.tenant_id = county AND c.day < before);
BEGIN
  RETURN QUERY
  SELECT a.id, CASE WHEN whole.fen <> kept.fen + moved.fen THEN 'postings'
      WHEN NOT whole.chained THEN 'chain' ELSE 'holds' END
  FROM ledger_accounts a
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(s.balance_fen), 0) AS fen, coalesce(sum(s.held_fen), 0) AS held,
      coalesce(bool_and((s.balance_fen, s.seq) = (coalesce(e.balance_fen, 0), coalesce(e.seq, 0))), false) AS chained
    FROM ledger_slots s LEFT JOIN LATERAL (
      SELECT l.balance_fen, l.seq FROM ledger_entries l
      WHERE l.tenant_id = county AND l.account_id = s.account_id AND l.slot = s.slot
      ORDER BY l.booked_at DESC, l.seq DESC LIMIT 1) e ON true
    WHERE s.tenant_id = county AND s.account_id = a.id) whole
  CROSS JOIN LATERAL (
    SELECT coalesce((SELECT d.balance_fen FROM ledger_day_balances d WHERE d.tenant_id = county
      AND d.account_id = a.id AND d.day <= closed ORDER BY d.day DESC LIMIT 1), 0) AS fen) kept
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount_fen), 0) AS fen FROM ledger_entries e WHERE e.tenant_id = county
      AND e.account_id = a.id AND e.value_date > coalesce(closed, '-infinity')) moved
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(h.amount_fen), 0) AS fen FROM ledger_holds h WHERE h.tenant_id = county
      AND h.account_id = a.id AND h.state = 'pending') pending
  WHERE a.tenant_id = county
    AND (whole.fen <> kept.fen + moved.fen OR NOT whole.chained OR whole.held <> pending.fen)
  UNION ALL
  SELECT NULL, 'sum' FROM ledger_slots s WHERE s.tenant_id = county HAVING sum(s.balance_fen) <> 0;
END $$
-- next
CREATE FUNCTION ledger_begin_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger_enter(NEW.tenant_id, true);
  IF NEW.day >= (NEW.created_at AT TIME ZONE 'Asia/Shanghai')::date THEN
    RAISE EXCEPTION 'the ledger day % is not over', NEW.day
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_day_over';
  END IF;
  IF EXISTS (SELECT FROM ledger_closings c WHERE c.tenant_id = NEW.tenant_id AND c.day >= NEW.day) THEN
    RAISE EXCEPTION 'the ledger is closed for %', NEW.day
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_day_open';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_begin_closing BEFORE INSERT ON ledger_closings FOR EACH ROW EXECUTE FUNCTION ledger_begin_closing()
-- next
CREATE FUNCTION ledger_close_days() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wrong record;
BEGIN
  SELECT f.account_id, f.fault INTO wrong FROM ledger_faults(NEW.tenant_id, NEW.day) f LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the ledger does not agree with itself: account %, %', wrong.account_id, wrong.fault
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_agrees';
  END IF;
  INSERT INTO ledger_day_balances (tenant_id, account_id, day, balance_fen)
    SELECT NEW.tenant_id, a.id, NEW.day, moved.fen + coalesce((SELECT d.balance_fen FROM ledger_day_balances d
        WHERE d.tenant_id = NEW.tenant_id AND d.account_id = a.id ORDER BY d.day DESC LIMIT 1), 0)
    FROM ledger_accounts a CROSS JOIN LATERAL (SELECT sum(e.amount_fen) AS fen FROM ledger_entries e
        WHERE e.tenant_id = NEW.tenant_id AND e.account_id = a.id AND e.value_date <= NEW.day
          AND e.value_date > coalesce((SELECT max(c.day) FROM ledger_closings c
            WHERE c.tenant_id = NEW.tenant_id AND c.day < NEW.day), '-infinity')) moved
    WHERE a.tenant_id = NEW.tenant_id AND moved.fen IS NOT NULL;
  RETURN NULL;
END $$
-- next
CREATE TRIGGER ledger_close_days AFTER INSERT ON ledger_closings FOR EACH ROW EXECUTE FUNCTION ledger_close_days()
-- next
CREATE TABLE ledger_day_balances (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  account_id UUID NOT NULL,
  day DATE NOT NULL,
  balance_fen BIGINT NOT NULL,
  CONSTRAINT pk_ledger_day_balances PRIMARY KEY (tenant_id, account_id, day),
  CONSTRAINT fk_ledger_day_balances_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES ledger_accounts (tenant_id, id)
)
-- next
ALTER TABLE ledger_day_balances ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_day_balances TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_day_balances TO yiti_app
-- next
CREATE FUNCTION ledger_day_balances_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'ledger_day_balances is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_day_balances_append_only';
  ELSIF NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.balance_fen IS DISTINCT FROM OLD.balance_fen OR NEW.day IS DISTINCT FROM OLD.day OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'ledger_day_balances is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_day_balances_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_day_balances_append_only BEFORE UPDATE OR DELETE ON ledger_day_balances FOR EACH ROW EXECUTE FUNCTION ledger_day_balances_append_only()
-- next
CREATE TRIGGER ledger_day_balances_no_truncate BEFORE TRUNCATE ON ledger_day_balances FOR EACH STATEMENT EXECUTE FUNCTION ledger_day_balances_append_only()
-- next
REVOKE INSERT, UPDATE, DELETE ON ledger_day_balances FROM yiti_app
-- next
CREATE TABLE ledger_holds (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  key VARCHAR(120) NOT NULL,
  account_id UUID NOT NULL,
  amount_fen BIGINT NOT NULL,
  purpose VARCHAR(80) NOT NULL,
  words VARCHAR(120) NOT NULL,
  until TIMESTAMP WITH TIME ZONE,
  document_no VARCHAR(80),
  state VARCHAR(8) NOT NULL,
  closed_at TIMESTAMP WITH TIME ZONE,
  closed_because TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_ledger_holds PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_ledger_holds_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES ledger_accounts (tenant_id, id),
  CONSTRAINT ck_ledger_holds_holds_something CHECK (amount_fen > 0),
  CONSTRAINT ck_ledger_holds_known_state CHECK (state IN ('pending', 'posted', 'voided', 'expired')),
  CONSTRAINT ck_ledger_holds_ends_or_is_ordered CHECK ((until IS NULL) = (document_no IS NOT NULL)),
  CONSTRAINT ck_ledger_holds_closed_when_it_was CHECK ((state = 'pending') = (closed_at IS NULL)),
  CONSTRAINT ck_ledger_holds_expires_at_its_end CHECK (state <> 'expired' OR (until IS NOT NULL AND closed_at >= until)),
  CONSTRAINT ck_ledger_holds_released_by_name CHECK (state <> 'voided' OR closed_because IS NOT NULL)
)
-- next
CREATE INDEX ix_ledger_hold_due ON ledger_holds (tenant_id, until) WHERE state = 'pending'
-- next
CREATE INDEX ix_ledger_hold_pending ON ledger_holds (tenant_id, account_id) WHERE state = 'pending'
-- next
CREATE UNIQUE INDEX uq_ledger_hold_key ON ledger_holds (tenant_id, key)
-- next
ALTER TABLE ledger_holds ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_holds TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_holds TO yiti_app
-- next
CREATE FUNCTION ledger_holds_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'ledger_holds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_holds_append_only';
  ELSIF NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.document_no IS DISTINCT FROM OLD.document_no OR NEW.id IS DISTINCT FROM OLD.id OR NEW.key IS DISTINCT FROM OLD.key OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.until IS DISTINCT FROM OLD.until OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'ledger_holds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_holds_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_holds_append_only BEFORE UPDATE OR DELETE ON ledger_holds FOR EACH ROW EXECUTE FUNCTION ledger_holds_append_only()
-- next
CREATE TRIGGER ledger_holds_no_truncate BEFORE TRUNCATE ON ledger_holds FOR EACH STATEMENT EXECUTE FUNCTION ledger_holds_append_only()
-- next
CREATE FUNCTION ledger_place_hold() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  part record;
  wide integer;
BEGIN
  PERFORM ledger_enter(NEW.tenant_id, false);
  SELECT a.slots INTO wide FROM ledger_accounts a
    WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.account_id AND a.guarded;
  IF NOT FOUND OR NEW.state <> 'pending' THEN
    RAISE EXCEPTION 'a ledger hold begins as pending, on a guarded account'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_hold_begins';
  END IF;
  FOR part IN SELECT p.slot, p.fen FROM ledger_parts(NEW.tenant_id, NEW.account_id, wide, NEW.amount_fen, NULL) p LOOP
    UPDATE ledger_slots s SET held_fen = s.held_fen + part.fen
      WHERE s.tenant_id = NEW.tenant_id AND s.account_id = NEW.account_id AND s.slot = part.slot;
    INSERT INTO ledger_hold_parts (tenant_id, hold_id, slot, account_id, amount_fen)
      VALUES (NEW.tenant_id, NEW.id, part.slot, NEW.account_id, part.fen);
  END LOOP;
  RETURN NULL;
END $$
-- next
CREATE TRIGGER ledger_place_hold AFTER INSERT ON ledger_holds FOR EACH ROW EXECUTE FUNCTION ledger_place_hold()
-- next
CREATE FUNCTION ledger_may_close_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'pending' THEN
    RAISE EXCEPTION 'ledger hold % is closed', OLD.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_hold_pending';
  END IF;
  IF NEW.state = 'posted' AND NOT EXISTS (SELECT FROM ledger_transfers t
      WHERE t.tenant_id = NEW.tenant_id AND t.hold_id = NEW.id) THEN
    RAISE EXCEPTION 'ledger hold % is posted by a transfer that names it', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_hold_posted_by_transfer';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_may_close_hold BEFORE UPDATE ON ledger_holds FOR EACH ROW EXECUTE FUNCTION ledger_may_close_hold()
-- next
CREATE FUNCTION ledger_close_hold() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.state IN ('voided', 'expired') THEN
    PERFORM ledger_enter(NEW.tenant_id, false);
    PERFORM FROM ledger_accounts a WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.account_id AND a.slots > 1
      FOR NO KEY UPDATE;
    PERFORM ledger_release(NEW.tenant_id, NEW.id);
  END IF;
  RETURN NULL;
END $$
-- next
CREATE TRIGGER ledger_close_hold AFTER UPDATE ON ledger_holds FOR EACH ROW EXECUTE FUNCTION ledger_close_hold()
-- next
CREATE TABLE ledger_slots (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  account_id UUID NOT NULL,
  slot SMALLINT NOT NULL,
  guarded BOOLEAN NOT NULL,
  balance_fen BIGINT NOT NULL,
  held_fen BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  booked_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_ledger_slots PRIMARY KEY (tenant_id, account_id, slot),
  CONSTRAINT fk_ledger_slots_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES ledger_accounts (tenant_id, id),
  CONSTRAINT ck_ledger_slots_never_overdrawn CHECK (NOT guarded OR balance_fen >= held_fen),
  CONSTRAINT ck_ledger_slots_holds_what_is_there CHECK (held_fen >= 0 AND (guarded OR held_fen = 0))
)
 WITH (fillfactor = 50)
-- next
ALTER TABLE ledger_slots ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_slots TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_slots TO yiti_app
-- next
CREATE FUNCTION ledger_balance(county text, account uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
SELECT coalesce(sum(s.balance_fen), 0)::bigint FROM ledger_slots s WHERE s.tenant_id = county AND s.account_id = account
$$
-- next
CREATE FUNCTION ledger_release(county text, released uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  part record;
BEGIN
  FOR part IN SELECT p.account_id, p.slot, p.amount_fen FROM ledger_hold_parts p
      WHERE p.tenant_id = county AND p.hold_id = released ORDER BY p.slot LOOP
    UPDATE ledger_slots s SET held_fen = s.held_fen - part.amount_fen
      WHERE s.tenant_id = county AND s.account_id = part.account_id AND s.slot = part.slot;
  END LOOP;
END $$
-- next
CREATE FUNCTION ledger_parts(county text, account uuid, wide integer, amount bigint, released uuid) RETURNS TABLE (slot smallint, fen bigint, booked_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  missing bigint := amount;
  place smallint;
  usable bigint;
  since timestamptz;
BEGIN
  IF wide > 1 THEN
    PERFORM FROM ledger_accounts a WHERE a.tenant_id = county AND a.id = account FOR NO KEY UPDATE;
  END IF;
  IF released IS NOT NULL THEN
    PERFORM ledger_release(county, released);
  END IF;
  FOR place IN SELECT s.slot FROM ledger_slots s WHERE s.tenant_id = county AND s.account_id = account
      ORDER BY s.balance_fen - s.held_fen DESC, s.slot LOOP
    SELECT s.balance_fen - s.held_fen, s.booked_at INTO usable, since FROM ledger_slots s
      WHERE s.tenant_id = county AND s.account_id = account AND s.slot = place FOR NO KEY UPDATE;
    CONTINUE WHEN usable <= 0;
    usable := least(usable, missing);
    missing := missing - usable;
    RETURN QUERY SELECT place, usable, since;
    EXIT WHEN missing = 0;
  END LOOP;
  IF missing > 0 THEN
    RAISE EXCEPTION 'ledger account % lacks %', account, missing
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_never_overdrawn';
  END IF;
END $$
-- next
REVOKE INSERT, UPDATE, DELETE ON ledger_slots FROM yiti_app
-- next
CREATE TABLE ledger_hold_parts (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  hold_id UUID NOT NULL,
  slot SMALLINT NOT NULL,
  account_id UUID NOT NULL,
  amount_fen BIGINT NOT NULL,
  CONSTRAINT pk_ledger_hold_parts PRIMARY KEY (tenant_id, hold_id, slot),
  CONSTRAINT fk_ledger_hold_parts_tenant_id_hold_id FOREIGN KEY(tenant_id, hold_id) REFERENCES ledger_holds (tenant_id, id),
  CONSTRAINT fk_ledger_hold_parts_tenant_id_account_id_slot FOREIGN KEY(tenant_id, account_id, slot) REFERENCES ledger_slots (tenant_id, account_id, slot)
)
-- next
ALTER TABLE ledger_hold_parts ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_hold_parts TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_hold_parts TO yiti_app
-- next
REVOKE INSERT, UPDATE, DELETE ON ledger_hold_parts FROM yiti_app
-- next
CREATE TABLE ledger_transfers (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  key VARCHAR(120) NOT NULL,
  subject VARCHAR(80) NOT NULL,
  words VARCHAR(120) NOT NULL,
  value_date DATE NOT NULL,
  accounts UUID[] NOT NULL,
  amounts BIGINT[] NOT NULL,
  hold_id UUID,
  corrects_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_ledger_transfers PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_ledger_transfers_tenant_id_hold_id FOREIGN KEY(tenant_id, hold_id) REFERENCES ledger_holds (tenant_id, id),
  CONSTRAINT fk_ledger_transfers_tenant_id_corrects_id FOREIGN KEY(tenant_id, corrects_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT ck_ledger_transfers_has_two_sides CHECK (cardinality(accounts) >= 2 AND cardinality(accounts) = cardinality(amounts)),
  CONSTRAINT ck_ledger_transfers_value_date_is_not_ahead CHECK (value_date <= (created_at AT TIME ZONE 'Asia/Shanghai')::date),
  CONSTRAINT ck_ledger_transfers_days_are_days CHECK (isfinite(value_date) AND isfinite(created_at))
)
-- next
CREATE UNIQUE INDEX uq_ledger_transfer_key ON ledger_transfers (tenant_id, key)
-- next
CREATE UNIQUE INDEX uq_ledger_transfer_corrects ON ledger_transfers (tenant_id, corrects_id) WHERE corrects_id IS NOT NULL
-- next
CREATE UNIQUE INDEX uq_ledger_transfer_hold ON ledger_transfers (tenant_id, hold_id) WHERE hold_id IS NOT NULL
-- next
ALTER TABLE ledger_transfers ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_transfers TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_transfers TO yiti_app
-- next
CREATE FUNCTION ledger_transfers_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'ledger_transfers is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_transfers_append_only';
  ELSIF NEW.accounts IS DISTINCT FROM OLD.accounts OR NEW.amounts IS DISTINCT FROM OLD.amounts OR NEW.corrects_id IS DISTINCT FROM OLD.corrects_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.hold_id IS DISTINCT FROM OLD.hold_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.key IS DISTINCT FROM OLD.key OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.value_date IS DISTINCT FROM OLD.value_date OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'ledger_transfers is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_transfers_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_transfers_append_only BEFORE UPDATE OR DELETE ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION ledger_transfers_append_only()
-- next
CREATE TRIGGER ledger_transfers_no_truncate BEFORE TRUNCATE ON ledger_transfers FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfers_append_only()
-- next
CREATE FUNCTION ledger_judge(county text, accounts uuid[], amounts bigint[], value_date date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  total numeric := 0;
BEGIN
  FOR i IN 1 .. cardinality(accounts) LOOP
    total := total + amounts[i];
    IF amounts[i] = 0 OR (i > 1 AND accounts[i] <= accounts[i - 1]) THEN
      RAISE EXCEPTION 'a ledger transfer names each account once, in order, and moves something'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_moves_in_order';
    END IF;
  END LOOP;
  IF total <> 0 THEN
    RAISE EXCEPTION 'a ledger transfer does not balance: %', total
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  IF EXISTS (SELECT FROM ledger_closings c WHERE c.tenant_id = county AND c.day >= value_date) THEN
    RAISE EXCEPTION 'the ledger is closed for %', value_date
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_day_open';
  END IF;
END $$
-- next
CREATE FUNCTION ledger_use_hold(county text, used uuid, accounts uuid[], amounts bigint[], OUT account uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  held record;
  taken bigint;
BEGIN
  SELECT h.account_id, h.amount_fen, h.state INTO held FROM ledger_holds h
    WHERE h.tenant_id = county AND h.id = used FOR NO KEY UPDATE;
  IF held.state IS DISTINCT FROM 'pending' THEN
    RAISE EXCEPTION 'ledger hold % is closed', used
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_hold_pending';
  END IF;
  taken := coalesce(-amounts[array_position(accounts, held.account_id)], 0);
  IF taken NOT BETWEEN 1 AND held.amount_fen THEN
    RAISE EXCEPTION 'ledger hold % holds %, not %', used, held.amount_fen, taken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_within_hold';
  END IF;
  account := held.account_id;
END $$
-- next
CREATE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  holder uuid;
  account record;
  part record;
  mine smallint;
  places uuid[] := '{}';
  slots smallint[] := '{}';
  sums bigint[] := '{}';
  booked timestamptz := NEW.created_at;
BEGIN
  PERFORM ledger_enter(NEW.tenant_id, false);
  PERFORM ledger_judge(NEW.tenant_id, NEW.accounts, NEW.amounts, NEW.value_date);
  IF NEW.hold_id IS NOT NULL THEN
    holder := ledger_use_hold(NEW.tenant_id, NEW.hold_id, NEW.accounts, NEW.amounts);
  END IF;
  FOR i IN 1 .. cardinality(NEW.accounts) LOOP
    SELECT a.id, a.slots, a.guarded INTO account FROM ledger_accounts a
      WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.accounts[i];
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no ledger account %', NEW.accounts[i]
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_account_known';
    ELSIF account.guarded AND NEW.amounts[i] < 0 THEN
      FOR part IN SELECT p.slot, p.fen, p.booked_at FROM ledger_parts(NEW.tenant_id, account.id, account.slots,
          -NEW.amounts[i], CASE WHEN account.id = holder THEN NEW.hold_id END) p LOOP
        places := places || account.id;
        slots := slots || part.slot;
        sums := sums || -part.fen;
        booked := greatest(booked, part.booked_at);
      END LOOP;
    ELSE
      SELECT s.slot, s.booked_at INTO part FROM ledger_slots s WHERE s.tenant_id = NEW.tenant_id
        AND s.account_id = account.id ORDER BY s.slot LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
      IF NOT FOUND THEN
        mine := pg_backend_pid() % account.slots;
        SELECT s.slot, s.booked_at INTO part FROM ledger_slots s WHERE s.tenant_id = NEW.tenant_id
          AND s.account_id = account.id AND s.slot = mine FOR NO KEY UPDATE;
      END IF;
      places := places || account.id;
      slots := slots || part.slot;
      sums := sums || NEW.amounts[i];
      booked := greatest(booked, part.booked_at);
    END IF;
  END LOOP;
  FOR i IN 1 .. cardinality(places) LOOP
    UPDATE ledger_slots s SET balance_fen = s.balance_fen + sums[i], seq = s.seq + 1, booked_at = booked
      WHERE s.tenant_id = NEW.tenant_id AND s.account_id = places[i] AND s.slot = slots[i]
      RETURNING s.balance_fen, s.seq INTO part;
    INSERT INTO ledger_entries
      (tenant_id, account_id, slot, booked_at, seq, transfer_id, amount_fen, balance_fen, value_date)
      VALUES (NEW.tenant_id, places[i], slots[i], booked, part.seq, NEW.id, sums[i], part.balance_fen, NEW.value_date);
  END LOOP;
  IF holder IS NOT NULL THEN
    UPDATE ledger_holds h SET state = 'posted', closed_at = booked WHERE h.tenant_id = NEW.tenant_id
      AND h.id = NEW.hold_id;
  END IF;
  RETURN NULL;
END $$
-- next
CREATE TABLE ledger_entries (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  account_id UUID NOT NULL,
  slot SMALLINT NOT NULL,
  booked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  seq BIGINT NOT NULL,
  transfer_id UUID NOT NULL,
  amount_fen BIGINT NOT NULL,
  balance_fen BIGINT NOT NULL,
  value_date DATE NOT NULL,
  CONSTRAINT pk_ledger_entries PRIMARY KEY (tenant_id, account_id, slot, booked_at, seq) INCLUDE (balance_fen),
  CONSTRAINT fk_ledger_entries_tenant_id_transfer_id FOREIGN KEY(tenant_id, transfer_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT fk_ledger_entries_tenant_id_account_id_slot FOREIGN KEY(tenant_id, account_id, slot) REFERENCES ledger_slots (tenant_id, account_id, slot),
  CONSTRAINT ck_ledger_entries_moves_something CHECK (amount_fen <> 0)
)
-- next
CREATE INDEX ix_ledger_entry_statement ON ledger_entries (tenant_id, account_id, value_date, booked_at, transfer_id)
-- next
CREATE INDEX ix_ledger_entry_transfer ON ledger_entries (tenant_id, transfer_id)
-- next
ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_entries TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_entries TO yiti_app
-- next
CREATE FUNCTION ledger_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'ledger_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_entries_append_only';
  ELSIF NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.balance_fen IS DISTINCT FROM OLD.balance_fen OR NEW.booked_at IS DISTINCT FROM OLD.booked_at OR NEW.seq IS DISTINCT FROM OLD.seq OR NEW.slot IS DISTINCT FROM OLD.slot OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id OR NEW.value_date IS DISTINCT FROM OLD.value_date THEN
    RAISE EXCEPTION 'ledger_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_entries_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_entries_append_only()
-- next
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_append_only()
-- next
REVOKE INSERT, UPDATE, DELETE ON ledger_entries FROM yiti_app
-- next
INSERT INTO ledger_accounts (tenant_id, id, kind, owner, guarded, slots, created_at)
  SELECT tenant_id, id, kind, owner, guarded, CASE WHEN kind IN ('bank', 'project_fund') THEN 16 ELSE 1 END, created_at
  FROM was_accounts
-- next
INSERT INTO ledger_transfers
    (tenant_id, id, key, subject, words, value_date, accounts, amounts, hold_id, corrects_id, created_at)
  SELECT tenant_id, transfer_id, key, subject,
    CASE WHEN key LIKE 'refund_order:%' THEN '解除合同应退款' WHEN key LIKE 'refund_paid:%' THEN '退款付出'
      ELSE '缴款入账' END,
    value_date, array_agg(account_id ORDER BY account_id), array_agg(amount_fen ORDER BY account_id), NULL, NULL,
    booked_at
  FROM was_entries GROUP BY tenant_id, transfer_id, key, subject, value_date, booked_at
-- next
INSERT INTO ledger_entries
    (tenant_id, account_id, slot, booked_at, seq, transfer_id, amount_fen, balance_fen, value_date)
  SELECT tenant_id, account_id, 0, booked_at, seq, transfer_id, amount_fen, balance_fen, value_date FROM was_entries
-- next
UPDATE ledger_slots s SET balance_fen = e.balance_fen, seq = e.seq, booked_at = e.booked_at
  FROM (SELECT DISTINCT ON (tenant_id, account_id) * FROM was_entries ORDER BY tenant_id, account_id, seq DESC) e
  WHERE s.tenant_id = e.tenant_id AND s.account_id = e.account_id AND s.slot = 0
-- next
ALTER TABLE bank_confirmations ADD CONSTRAINT fk_bank_confirmations_tenant_id_transfer_id
  FOREIGN KEY (tenant_id, transfer_id) REFERENCES ledger_transfers (tenant_id, id)
-- next
CREATE TRIGGER ledger_book AFTER INSERT ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION ledger_book()
