CREATE TABLE bank_connections (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  bank_code VARCHAR(20) NOT NULL,
  bank_name VARCHAR(120) NOT NULL,
  mode VARCHAR(8) NOT NULL,
  organisation_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_bank_connections PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_bank_connections_tenant_id_bank_code UNIQUE (tenant_id, bank_code),
  CONSTRAINT ck_bank_connections_known_mode CHECK (mode IN ('gateway', 'file'))
)
-- next
CREATE INDEX ix_bank_connection_organisation ON bank_connections (tenant_id, organisation_id)
-- next
ALTER TABLE bank_connections ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON bank_connections TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON bank_connections TO yiti_app
-- next
CREATE FUNCTION bank_connections_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bank_connections is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_connections_append_only';
  ELSIF NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'bank_connections is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_connections_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER bank_connections_append_only BEFORE UPDATE OR DELETE ON bank_connections FOR EACH ROW EXECUTE FUNCTION bank_connections_append_only()
-- next
CREATE TRIGGER bank_connections_no_truncate BEFORE TRUNCATE ON bank_connections FOR EACH STATEMENT EXECUTE FUNCTION bank_connections_append_only()
-- next
CREATE TABLE payment_files (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  file_no VARCHAR(35) NOT NULL,
  bank_code VARCHAR(20) NOT NULL,
  orders INTEGER NOT NULL,
  amount_fen BIGINT NOT NULL,
  content BYTEA NOT NULL,
  taken_by VARCHAR(80) NOT NULL,
  taken_by_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_payment_files PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_payment_files_tenant_id_file_no UNIQUE (tenant_id, file_no),
  CONSTRAINT ck_payment_files_has_orders CHECK (orders > 0)
)
-- next
CREATE INDEX ix_payment_file_bank ON payment_files (tenant_id, bank_code, id)
-- next
ALTER TABLE payment_files ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON payment_files TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON payment_files TO yiti_app
-- next
CREATE FUNCTION payment_files_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'payment_files is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_files_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.content IS DISTINCT FROM OLD.content OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.file_no IS DISTINCT FROM OLD.file_no OR NEW.id IS DISTINCT FROM OLD.id OR NEW.orders IS DISTINCT FROM OLD.orders OR NEW.taken_by IS DISTINCT FROM OLD.taken_by OR NEW.taken_by_id IS DISTINCT FROM OLD.taken_by_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'payment_files is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_files_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER payment_files_append_only BEFORE UPDATE OR DELETE ON payment_files FOR EACH ROW EXECUTE FUNCTION payment_files_append_only()
-- next
CREATE TRIGGER payment_files_no_truncate BEFORE TRUNCATE ON payment_files FOR EACH STATEMENT EXECUTE FUNCTION payment_files_append_only()
-- next
CREATE TABLE payment_orders (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  order_no VARCHAR(35) NOT NULL,
  key VARCHAR(120) NOT NULL,
  purpose VARCHAR(24) NOT NULL,
  subject VARCHAR(80) NOT NULL,
  account_no VARCHAR(32) NOT NULL,
  account_name VARCHAR(120) NOT NULL,
  bank_code VARCHAR(20) NOT NULL,
  bank_name VARCHAR(120) NOT NULL,
  source_kind VARCHAR(24) NOT NULL,
  source_owner VARCHAR(64) NOT NULL,
  payee_name BYTEA NOT NULL,
  payee_account BYTEA NOT NULL,
  payee_bank_code VARCHAR(20) NOT NULL,
  payee_bank_name VARCHAR(120) NOT NULL,
  amount_fen BIGINT NOT NULL,
  words VARCHAR(140) NOT NULL,
  ordered_by VARCHAR(80) NOT NULL,
  due_on DATE NOT NULL,
  hold_id UUID NOT NULL,
  state VARCHAR(10) NOT NULL,
  reason TEXT,
  sent_at TIMESTAMP WITH TIME ZONE,
  asked_at TIMESTAMP WITH TIME ZONE,
  accepted_at TIMESTAMP WITH TIME ZONE,
  bank_reference VARCHAR(200),
  file_id UUID,
  ended_at TIMESTAMP WITH TIME ZONE,
  paid_on DATE,
  bank_serial VARCHAR(80),
  transfer_id UUID,
  returned_on DATE,
  returned_serial VARCHAR(80),
  return_transfer_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_payment_orders PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_payment_orders_tenant_id_key UNIQUE (tenant_id, key),
  CONSTRAINT uq_payment_orders_tenant_id_order_no UNIQUE (tenant_id, order_no),
  CONSTRAINT fk_payment_orders_tenant_id_hold_id FOREIGN KEY(tenant_id, hold_id) REFERENCES ledger_holds (tenant_id, id),
  CONSTRAINT fk_payment_orders_tenant_id_transfer_id FOREIGN KEY(tenant_id, transfer_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT fk_payment_orders_tenant_id_return_transfer_id FOREIGN KEY(tenant_id, return_transfer_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT fk_payment_orders_tenant_id_file_id FOREIGN KEY(tenant_id, file_id) REFERENCES payment_files (tenant_id, id),
  CONSTRAINT ck_payment_orders_pays_something CHECK (amount_fen > 0),
  CONSTRAINT ck_payment_orders_paid_is_booked CHECK ((state IN ('paid', 'returned')) = (transfer_id IS NOT NULL AND bank_serial IS NOT NULL)),
  CONSTRAINT ck_payment_orders_returned_is_booked CHECK ((state = 'returned') = (return_transfer_id IS NOT NULL AND returned_serial IS NOT NULL)),
  CONSTRAINT ck_payment_orders_refused_with_reason CHECK (state NOT IN ('rejected', 'returned') OR reason IS NOT NULL)
)
-- next
CREATE INDEX ix_payment_order_subject ON payment_orders (tenant_id, subject)
-- next
CREATE INDEX ix_payment_order_account ON payment_orders (tenant_id, account_no, id)
-- next
CREATE INDEX ix_payment_order_open ON payment_orders (tenant_id, bank_code, due_on, id) WHERE state IN ('ordered', 'sent', 'accepted')
-- next
CREATE INDEX ix_payment_order_bank ON payment_orders (tenant_id, bank_code, id)
-- next
ALTER TABLE payment_orders ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON payment_orders TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON payment_orders TO yiti_app
-- next
CREATE FUNCTION payment_orders_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'payment_orders is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_orders_append_only';
  ELSIF NEW.account_name IS DISTINCT FROM OLD.account_name OR NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.due_on IS DISTINCT FROM OLD.due_on OR NEW.hold_id IS DISTINCT FROM OLD.hold_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.key IS DISTINCT FROM OLD.key OR NEW.order_no IS DISTINCT FROM OLD.order_no OR NEW.ordered_by IS DISTINCT FROM OLD.ordered_by OR NEW.payee_account IS DISTINCT FROM OLD.payee_account OR NEW.payee_bank_code IS DISTINCT FROM OLD.payee_bank_code OR NEW.payee_bank_name IS DISTINCT FROM OLD.payee_bank_name OR NEW.payee_name IS DISTINCT FROM OLD.payee_name OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.source_kind IS DISTINCT FROM OLD.source_kind OR NEW.source_owner IS DISTINCT FROM OLD.source_owner OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'payment_orders is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_orders_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER payment_orders_append_only BEFORE UPDATE OR DELETE ON payment_orders FOR EACH ROW EXECUTE FUNCTION payment_orders_append_only()
-- next
CREATE TRIGGER payment_orders_no_truncate BEFORE TRUNCATE ON payment_orders FOR EACH STATEMENT EXECUTE FUNCTION payment_orders_append_only()
-- next
CREATE FUNCTION payment_order_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND OLD.state || '>' || NEW.state NOT IN ('ordered>accepted', 'ordered>paid', 'ordered>rejected', 'ordered>sent', 'sent>accepted', 'sent>paid', 'sent>rejected', 'accepted>paid', 'accepted>rejected', 'paid>returned') THEN
    RAISE EXCEPTION 'a payment order ends once'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_order_way';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER payment_order_way BEFORE UPDATE OF state ON payment_orders FOR EACH ROW EXECUTE FUNCTION payment_order_way()
-- next
CREATE TABLE bank_movements (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  account_no VARCHAR(40) NOT NULL,
  bank_serial VARCHAR(80) NOT NULL,
  signed_fen BIGINT NOT NULL,
  value_date DATE NOT NULL,
  transfer_id UUID NOT NULL,
  subject VARCHAR(80) NOT NULL,
  agreed_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_bank_movements PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_bank_movements_tenant_id_account_no_bank_serial UNIQUE (tenant_id, account_no, bank_serial),
  CONSTRAINT fk_bank_movements_tenant_id_transfer_id FOREIGN KEY(tenant_id, transfer_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT ck_bank_movements_moves_something CHECK (signed_fen <> 0)
)
-- next
CREATE INDEX ix_bank_movement_waiting ON bank_movements (tenant_id, account_no, value_date) WHERE agreed_by IS NULL
-- next
CREATE INDEX ix_bank_movement_day ON bank_movements (tenant_id, value_date, id)
-- next
ALTER TABLE bank_movements ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON bank_movements TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON bank_movements TO yiti_app
-- next
CREATE FUNCTION bank_movements_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bank_movements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_movements_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.bank_serial IS DISTINCT FROM OLD.bank_serial OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.signed_fen IS DISTINCT FROM OLD.signed_fen OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id OR NEW.value_date IS DISTINCT FROM OLD.value_date THEN
    RAISE EXCEPTION 'bank_movements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_movements_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER bank_movements_append_only BEFORE UPDATE OR DELETE ON bank_movements FOR EACH ROW EXECUTE FUNCTION bank_movements_append_only()
-- next
CREATE TRIGGER bank_movements_no_truncate BEFORE TRUNCATE ON bank_movements FOR EACH STATEMENT EXECUTE FUNCTION bank_movements_append_only()
-- next
CREATE TABLE bank_statements (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  account_no VARCHAR(40) NOT NULL,
  day DATE NOT NULL,
  statement_no VARCHAR(80) NOT NULL,
  opening_fen BIGINT NOT NULL,
  closing_fen BIGINT NOT NULL,
  entries INTEGER NOT NULL,
  evidence_digest VARCHAR(64) NOT NULL,
  brought_by VARCHAR(80) NOT NULL,
  content_digest VARCHAR(64) NOT NULL,
  reconciled_at TIMESTAMP WITH TIME ZONE,
  matched INTEGER,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_bank_statements PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_bank_statements_tenant_id_account_no_day UNIQUE (tenant_id, account_no, day),
  CONSTRAINT ck_bank_statements_reconciled_whole CHECK ((reconciled_at IS NULL) = (matched IS NULL))
)
-- next
CREATE INDEX ix_bank_statement_day ON bank_statements (tenant_id, day, id)
-- next
ALTER TABLE bank_statements ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON bank_statements TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON bank_statements TO yiti_app
-- next
CREATE FUNCTION bank_statements_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bank_statements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_statements_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.brought_by IS DISTINCT FROM OLD.brought_by OR NEW.closing_fen IS DISTINCT FROM OLD.closing_fen OR NEW.content_digest IS DISTINCT FROM OLD.content_digest OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.day IS DISTINCT FROM OLD.day OR NEW.entries IS DISTINCT FROM OLD.entries OR NEW.evidence_digest IS DISTINCT FROM OLD.evidence_digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.opening_fen IS DISTINCT FROM OLD.opening_fen OR NEW.statement_no IS DISTINCT FROM OLD.statement_no OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'bank_statements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_statements_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER bank_statements_append_only BEFORE UPDATE OR DELETE ON bank_statements FOR EACH ROW EXECUTE FUNCTION bank_statements_append_only()
-- next
CREATE TRIGGER bank_statements_no_truncate BEFORE TRUNCATE ON bank_statements FOR EACH STATEMENT EXECUTE FUNCTION bank_statements_append_only()
-- next
CREATE TABLE bank_entries (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  statement_id UUID NOT NULL,
  account_no VARCHAR(40) NOT NULL,
  bank_serial VARCHAR(80) NOT NULL,
  signed_fen BIGINT NOT NULL,
  value_date DATE NOT NULL,
  counterparty BYTEA,
  counterparty_account BYTEA,
  counterparty_bank VARCHAR(160) NOT NULL,
  end_to_end_id VARCHAR(80) NOT NULL,
  remittance BYTEA,
  reversal BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_bank_entries PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_bank_entries_tenant_id_account_no_bank_serial UNIQUE (tenant_id, account_no, bank_serial),
  CONSTRAINT fk_bank_entries_tenant_id_statement_id FOREIGN KEY(tenant_id, statement_id) REFERENCES bank_statements (tenant_id, id)
)
-- next
CREATE INDEX ix_bank_entry_statement ON bank_entries (tenant_id, statement_id)
-- next
ALTER TABLE bank_entries ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON bank_entries TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON bank_entries TO yiti_app
-- next
CREATE FUNCTION bank_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bank_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_entries_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.bank_serial IS DISTINCT FROM OLD.bank_serial OR NEW.counterparty IS DISTINCT FROM OLD.counterparty OR NEW.counterparty_account IS DISTINCT FROM OLD.counterparty_account OR NEW.counterparty_bank IS DISTINCT FROM OLD.counterparty_bank OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.end_to_end_id IS DISTINCT FROM OLD.end_to_end_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.remittance IS DISTINCT FROM OLD.remittance OR NEW.reversal IS DISTINCT FROM OLD.reversal OR NEW.signed_fen IS DISTINCT FROM OLD.signed_fen OR NEW.statement_id IS DISTINCT FROM OLD.statement_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.value_date IS DISTINCT FROM OLD.value_date THEN
    RAISE EXCEPTION 'bank_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_entries_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER bank_entries_append_only BEFORE UPDATE OR DELETE ON bank_entries FOR EACH ROW EXECUTE FUNCTION bank_entries_append_only()
-- next
CREATE TRIGGER bank_entries_no_truncate BEFORE TRUNCATE ON bank_entries FOR EACH STATEMENT EXECUTE FUNCTION bank_entries_append_only()
-- next
CREATE TABLE reconciliation_differences (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  account_no VARCHAR(40) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  reference VARCHAR(80) NOT NULL,
  day DATE NOT NULL,
  bank_fen BIGINT NOT NULL,
  book_fen BIGINT NOT NULL,
  words TEXT NOT NULL,
  statement_id UUID,
  movement_id UUID,
  order_id UUID,
  counterparty BYTEA,
  counterparty_account BYTEA,
  counterparty_bank VARCHAR(160) NOT NULL,
  end_to_end_id VARCHAR(80) NOT NULL,
  remittance BYTEA,
  evidence_digest VARCHAR(64),
  state VARCHAR(8) NOT NULL,
  resolution VARCHAR(16),
  closing_words TEXT,
  closed_by VARCHAR(80),
  closed_by_id UUID,
  closed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_reconciliation_differences PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_reconciliation_differences_tenant_id_statement_id FOREIGN KEY(tenant_id, statement_id) REFERENCES bank_statements (tenant_id, id),
  CONSTRAINT fk_reconciliation_differences_tenant_id_movement_id FOREIGN KEY(tenant_id, movement_id) REFERENCES bank_movements (tenant_id, id),
  CONSTRAINT fk_reconciliation_differences_tenant_id_order_id FOREIGN KEY(tenant_id, order_id) REFERENCES payment_orders (tenant_id, id),
  CONSTRAINT ck_reconciliation_differences_known_state CHECK (state IN ('open', 'closed')),
  CONSTRAINT ck_reconciliation_differences_closed_and_signed_for CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL AND closing_words IS NOT NULL))
)
-- next
CREATE INDEX ix_difference_state ON reconciliation_differences (tenant_id, state, id)
-- next
CREATE UNIQUE INDEX uq_open_difference ON reconciliation_differences (tenant_id, account_no, reference) WHERE state = 'open'
-- next
ALTER TABLE reconciliation_differences ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON reconciliation_differences TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON reconciliation_differences TO yiti_app
-- next
CREATE FUNCTION reconciliation_differences_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'reconciliation_differences is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'reconciliation_differences_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.counterparty IS DISTINCT FROM OLD.counterparty OR NEW.counterparty_account IS DISTINCT FROM OLD.counterparty_account OR NEW.counterparty_bank IS DISTINCT FROM OLD.counterparty_bank OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.day IS DISTINCT FROM OLD.day OR NEW.end_to_end_id IS DISTINCT FROM OLD.end_to_end_id OR NEW.evidence_digest IS DISTINCT FROM OLD.evidence_digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.reference IS DISTINCT FROM OLD.reference OR NEW.remittance IS DISTINCT FROM OLD.remittance OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'reconciliation_differences is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'reconciliation_differences_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER reconciliation_differences_append_only BEFORE UPDATE OR DELETE ON reconciliation_differences FOR EACH ROW EXECUTE FUNCTION reconciliation_differences_append_only()
-- next
CREATE TRIGGER reconciliation_differences_no_truncate BEFORE TRUNCATE ON reconciliation_differences FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_differences_append_only()
-- next
CREATE TABLE difference_steps (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  difference_id UUID NOT NULL,
  resolution VARCHAR(16) NOT NULL,
  words TEXT NOT NULL,
  by_name VARCHAR(80) NOT NULL,
  by_id UUID,
  transfer_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_difference_steps PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_difference_steps_tenant_id_difference_id FOREIGN KEY(tenant_id, difference_id) REFERENCES reconciliation_differences (tenant_id, id)
)
-- next
CREATE INDEX ix_difference_step ON difference_steps (tenant_id, difference_id, id)
-- next
ALTER TABLE difference_steps ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON difference_steps TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON difference_steps TO yiti_app
-- next
CREATE FUNCTION difference_steps_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'difference_steps is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'difference_steps_append_only';
  ELSIF NEW.by_id IS DISTINCT FROM OLD.by_id OR NEW.by_name IS DISTINCT FROM OLD.by_name OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.difference_id IS DISTINCT FROM OLD.difference_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.resolution IS DISTINCT FROM OLD.resolution OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'difference_steps is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'difference_steps_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER difference_steps_append_only BEFORE UPDATE OR DELETE ON difference_steps FOR EACH ROW EXECUTE FUNCTION difference_steps_append_only()
-- next
CREATE TRIGGER difference_steps_no_truncate BEFORE TRUNCATE ON difference_steps FOR EACH STATEMENT EXECUTE FUNCTION difference_steps_append_only()
-- next
CREATE OR REPLACE FUNCTION bank_confirmations_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bank_confirmations is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_confirmations_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bank_serial IS DISTINCT FROM OLD.bank_serial OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.event_id IS DISTINCT FROM OLD.event_id OR NEW.evidence_digest IS DISTINCT FROM OLD.evidence_digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.notice_no IS DISTINCT FROM OLD.notice_no OR NEW.paid_at IS DISTINCT FROM OLD.paid_at OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id THEN
    RAISE EXCEPTION 'bank_confirmations is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_confirmations_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
ALTER TABLE suspense_receipts
  ADD COLUMN payer BYTEA,
  ADD COLUMN payer_account BYTEA,
  ADD COLUMN payer_bank VARCHAR(160),
  ADD COLUMN state VARCHAR(10) DEFAULT 'waiting' NOT NULL,
  ADD COLUMN bill_id UUID,
  ADD COLUMN order_id UUID,
  ADD COLUMN returns INTEGER DEFAULT 0 NOT NULL,
  ADD COLUMN resolved_by VARCHAR(80),
  ADD COLUMN resolved_by_id UUID,
  ADD COLUMN resolved_words TEXT,
  ADD COLUMN resolved_at TIMESTAMP WITH TIME ZONE,
  ADD CONSTRAINT fk_suspense_receipts_tenant_id_bill_id FOREIGN KEY(tenant_id, bill_id) REFERENCES bills (tenant_id, id),
  ADD CONSTRAINT fk_suspense_receipts_tenant_id_order_id FOREIGN KEY(tenant_id, order_id) REFERENCES payment_orders (tenant_id, id),
  ADD CONSTRAINT ck_suspense_receipts_resolved_by_name CHECK (state = 'waiting' OR resolved_at IS NOT NULL)
-- next
CREATE INDEX ix_suspense_receipt_waiting ON suspense_receipts (tenant_id, id) WHERE state = 'waiting'
-- next
CREATE OR REPLACE FUNCTION suspense_receipts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'suspense_receipts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'suspense_receipts_append_only';
  ELSIF NEW.confirmation_id IS DISTINCT FROM OLD.confirmation_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.payer IS DISTINCT FROM OLD.payer OR NEW.payer_account IS DISTINCT FROM OLD.payer_account OR NEW.payer_bank IS DISTINCT FROM OLD.payer_bank OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'suspense_receipts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'suspense_receipts_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
INSERT INTO bank_movements (tenant_id, id, created_at, account_no, bank_serial, signed_fen, value_date, transfer_id, subject)
  SELECT tenant_id, id, created_at, account_no, bank_serial, amount_fen, (paid_at AT TIME ZONE 'Asia/Shanghai')::date,
    transfer_id, 'bank_confirmation:' || id
  FROM bank_confirmations
-- next
INSERT INTO bank_movements (tenant_id, id, created_at, account_no, bank_serial, signed_fen, value_date, transfer_id, subject)
  SELECT r.tenant_id, r.id, r.confirmed_at, r.account_no, r.bank_serial, -r.amount_fen, t.value_date, t.id,
    'refund:' || r.id
  FROM refunds r JOIN ledger_transfers t ON t.tenant_id = r.tenant_id AND t.key = 'refund_paid:' || r.id
  WHERE r.state = 'confirmed'
