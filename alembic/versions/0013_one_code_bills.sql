ALTER TABLE case_requests ADD COLUMN assessment JSONB
-- next
ALTER TABLE case_requests ADD COLUMN bill_id UUID
-- next
ALTER TABLE case_requests
  DROP CONSTRAINT ck_case_requests_answered_at_a_time,
  DROP CONSTRAINT ck_case_requests_state_is_known,
  ADD CONSTRAINT ck_case_requests_answered_at_a_time CHECK ((state IN ('requested', 'assessed', 'dropped')) = (answered_at IS NULL)),
  ADD CONSTRAINT ck_case_requests_state_is_known CHECK (state IN ('requested', 'assessed', 'clear', 'exempt', 'refused', 'dropped', 'late')),
  ADD CONSTRAINT ck_case_requests_assessed_with_lines CHECK (state <> 'assessed' OR assessment IS NOT NULL)
-- next
DROP INDEX uq_case_requests_one_open
-- next
CREATE UNIQUE INDEX uq_case_requests_one_open ON case_requests (tenant_id, case_id, which) WHERE state IN ('requested', 'assessed')
-- next
CREATE UNIQUE INDEX uq_supervision_account_collection ON supervision_accounts (tenant_id) WHERE purpose = 'collection'
-- next
CREATE TABLE collection_authorities (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  code VARCHAR(20) NOT NULL,
  name VARCHAR(120) NOT NULL,
  account_no VARCHAR(32) NOT NULL,
  account_name VARCHAR(120) NOT NULL,
  bank_code VARCHAR(20) NOT NULL,
  bank_name VARCHAR(120) NOT NULL,
  valid_from DATE NOT NULL,
  source VARCHAR(200) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_collection_authorities PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_collection_authorities_tenant_id_code_valid_from UNIQUE (tenant_id, code, valid_from)
)
-- next
ALTER TABLE collection_authorities ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON collection_authorities TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON collection_authorities TO yiti_app
-- next
CREATE FUNCTION collection_authorities_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'collection_authorities is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_authorities_append_only';
  ELSIF NEW.account_name IS DISTINCT FROM OLD.account_name OR NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.code IS DISTINCT FROM OLD.code OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.name IS DISTINCT FROM OLD.name OR NEW.source IS DISTINCT FROM OLD.source OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.valid_from IS DISTINCT FROM OLD.valid_from THEN
    RAISE EXCEPTION 'collection_authorities is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_authorities_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER collection_authorities_append_only BEFORE UPDATE OR DELETE ON collection_authorities FOR EACH ROW EXECUTE FUNCTION collection_authorities_append_only()
-- next
CREATE TRIGGER collection_authorities_no_truncate BEFORE TRUNCATE ON collection_authorities FOR EACH STATEMENT EXECUTE FUNCTION collection_authorities_append_only()
-- next
CREATE TABLE collection_bills (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  bill_no VARCHAR(24) NOT NULL,
  code VARCHAR(32) NOT NULL,
  case_id UUID NOT NULL,
  case_no VARCHAR(40) NOT NULL,
  title VARCHAR(200) NOT NULL,
  payer BYTEA NOT NULL,
  total_fen BIGINT NOT NULL,
  account_no VARCHAR(32) NOT NULL,
  account_name VARCHAR(120) NOT NULL,
  bank_name VARCHAR(120) NOT NULL,
  state VARCHAR(12) NOT NULL,
  issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  paid_at TIMESTAMP WITH TIME ZONE,
  cleared_at TIMESTAMP WITH TIME ZONE,
  ending VARCHAR(200) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_collection_bills PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_collection_bills_tenant_id_bill_no UNIQUE (tenant_id, bill_no),
  CONSTRAINT uq_collection_bills_tenant_id_code UNIQUE (tenant_id, code),
  CONSTRAINT ck_collection_bills_asks_for_money CHECK (total_fen > 0),
  CONSTRAINT ck_collection_bills_paid_at_a_time CHECK ((paid_at IS NULL) = (state IN ('open', 'expired', 'void'))),
  CONSTRAINT ck_collection_bills_cleared_at_a_time CHECK (state <> 'cleared' OR cleared_at IS NOT NULL)
)
-- next
CREATE UNIQUE INDEX uq_collection_bill_live ON collection_bills (tenant_id, case_id) WHERE state IN ('open', 'paid', 'clearing')
-- next
CREATE INDEX ix_collection_bill_state ON collection_bills (tenant_id, state, id)
-- next
CREATE INDEX ix_collection_bill_due ON collection_bills (tenant_id, expires_at) WHERE state = 'open'
-- next
CREATE INDEX ix_collection_bill_case ON collection_bills (tenant_id, case_id, id)
-- next
CREATE INDEX ix_collection_bill_paid ON collection_bills (tenant_id, paid_at) WHERE paid_at IS NOT NULL
-- next
ALTER TABLE collection_bills ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON collection_bills TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON collection_bills TO yiti_app
-- next
CREATE FUNCTION collection_bills_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'collection_bills is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_bills_append_only';
  ELSIF NEW.account_name IS DISTINCT FROM OLD.account_name OR NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.bill_no IS DISTINCT FROM OLD.bill_no OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.case_no IS DISTINCT FROM OLD.case_no OR NEW.code IS DISTINCT FROM OLD.code OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.expires_at IS DISTINCT FROM OLD.expires_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.issued_at IS DISTINCT FROM OLD.issued_at OR NEW.payer IS DISTINCT FROM OLD.payer OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.title IS DISTINCT FROM OLD.title OR NEW.total_fen IS DISTINCT FROM OLD.total_fen THEN
    RAISE EXCEPTION 'collection_bills is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_bills_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER collection_bills_append_only BEFORE UPDATE OR DELETE ON collection_bills FOR EACH ROW EXECUTE FUNCTION collection_bills_append_only()
-- next
CREATE TRIGGER collection_bills_no_truncate BEFORE TRUNCATE ON collection_bills FOR EACH STATEMENT EXECUTE FUNCTION collection_bills_append_only()
-- next
CREATE TABLE case_fee_claims (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  code VARCHAR(30) NOT NULL,
  title VARCHAR(100) NOT NULL,
  basis VARCHAR(200) NOT NULL,
  evidence TEXT NOT NULL,
  claimed_by VARCHAR(60) NOT NULL,
  claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  withdrawn_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_fee_claims PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_case_fee_claims_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id)
)
-- next
CREATE UNIQUE INDEX uq_case_fee_claims_one ON case_fee_claims (tenant_id, case_id, code) WHERE withdrawn_at IS NULL
-- next
ALTER TABLE case_fee_claims ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON case_fee_claims TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON case_fee_claims TO yiti_app
-- next
CREATE FUNCTION case_fee_claims_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'case_fee_claims is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_fee_claims_append_only';
  ELSIF NEW.basis IS DISTINCT FROM OLD.basis OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.claimed_at IS DISTINCT FROM OLD.claimed_at OR NEW.claimed_by IS DISTINCT FROM OLD.claimed_by OR NEW.code IS DISTINCT FROM OLD.code OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.evidence IS DISTINCT FROM OLD.evidence OR NEW.id IS DISTINCT FROM OLD.id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.title IS DISTINCT FROM OLD.title THEN
    RAISE EXCEPTION 'case_fee_claims is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_fee_claims_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER case_fee_claims_append_only BEFORE UPDATE OR DELETE ON case_fee_claims FOR EACH ROW EXECUTE FUNCTION case_fee_claims_append_only()
-- next
CREATE TRIGGER case_fee_claims_no_truncate BEFORE TRUNCATE ON case_fee_claims FOR EACH STATEMENT EXECUTE FUNCTION case_fee_claims_append_only()
-- next
CREATE TABLE collection_lines (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  bill_id UUID NOT NULL,
  position SMALLINT NOT NULL,
  kind VARCHAR(20) NOT NULL,
  title VARCHAR(120) NOT NULL,
  words VARCHAR(500) NOT NULL,
  exempt_fen BIGINT NOT NULL,
  amount_fen BIGINT NOT NULL,
  authority VARCHAR(20) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_collection_lines PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_collection_lines_tenant_id_bill_id FOREIGN KEY(tenant_id, bill_id) REFERENCES collection_bills (tenant_id, id),
  CONSTRAINT uq_collection_lines_tenant_id_bill_id_position UNIQUE (tenant_id, bill_id, position),
  CONSTRAINT ck_collection_lines_not_negative CHECK (amount_fen >= 0 AND exempt_fen >= 0)
)
-- next
ALTER TABLE collection_lines ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON collection_lines TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON collection_lines TO yiti_app
-- next
CREATE FUNCTION collection_lines_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'collection_lines is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_lines_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.authority IS DISTINCT FROM OLD.authority OR NEW.bill_id IS DISTINCT FROM OLD.bill_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.exempt_fen IS DISTINCT FROM OLD.exempt_fen OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.position IS DISTINCT FROM OLD.position OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.title IS DISTINCT FROM OLD.title OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'collection_lines is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_lines_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER collection_lines_append_only BEFORE UPDATE OR DELETE ON collection_lines FOR EACH ROW EXECUTE FUNCTION collection_lines_append_only()
-- next
CREATE TRIGGER collection_lines_no_truncate BEFORE TRUNCATE ON collection_lines FOR EACH STATEMENT EXECUTE FUNCTION collection_lines_append_only()
-- next
CREATE TABLE collection_payments (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  event_id VARCHAR(80) NOT NULL,
  bill_no VARCHAR(40) NOT NULL,
  amount_fen BIGINT NOT NULL,
  paid_at TIMESTAMP WITH TIME ZONE NOT NULL,
  serial VARCHAR(80) NOT NULL,
  account_no VARCHAR(40) NOT NULL,
  channel VARCHAR(40) NOT NULL,
  evidence_digest VARCHAR(64) NOT NULL,
  evidence_bytes INTEGER NOT NULL,
  bill_id UUID,
  reason VARCHAR(20),
  words TEXT NOT NULL,
  transfer_id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_collection_payments PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_collection_payments_tenant_id_event_id UNIQUE (tenant_id, event_id),
  CONSTRAINT uq_collection_payments_tenant_id_account_no_serial UNIQUE (tenant_id, account_no, serial),
  CONSTRAINT fk_collection_payments_tenant_id_bill_id FOREIGN KEY(tenant_id, bill_id) REFERENCES collection_bills (tenant_id, id),
  CONSTRAINT fk_collection_payments_tenant_id_transfer_id FOREIGN KEY(tenant_id, transfer_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT ck_collection_payments_brings_money CHECK (amount_fen > 0),
  CONSTRAINT ck_collection_payments_counts_or_says_why_not CHECK ((bill_id IS NULL) = (reason IS NOT NULL))
)
-- next
CREATE INDEX ix_collection_payment_unplaced ON collection_payments (tenant_id, id) WHERE bill_id IS NULL
-- next
CREATE INDEX ix_collection_payment_day ON collection_payments (tenant_id, paid_at)
-- next
CREATE UNIQUE INDEX uq_collection_payment_bill ON collection_payments (tenant_id, bill_id) WHERE bill_id IS NOT NULL
-- next
ALTER TABLE collection_payments ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON collection_payments TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON collection_payments TO yiti_app
-- next
CREATE FUNCTION collection_payments_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'collection_payments is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_payments_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bill_id IS DISTINCT FROM OLD.bill_id OR NEW.bill_no IS DISTINCT FROM OLD.bill_no OR NEW.channel IS DISTINCT FROM OLD.channel OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.event_id IS DISTINCT FROM OLD.event_id OR NEW.evidence_bytes IS DISTINCT FROM OLD.evidence_bytes OR NEW.evidence_digest IS DISTINCT FROM OLD.evidence_digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.paid_at IS DISTINCT FROM OLD.paid_at OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.serial IS DISTINCT FROM OLD.serial OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'collection_payments is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_payments_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER collection_payments_append_only BEFORE UPDATE OR DELETE ON collection_payments FOR EACH ROW EXECUTE FUNCTION collection_payments_append_only()
-- next
CREATE TRIGGER collection_payments_no_truncate BEFORE TRUNCATE ON collection_payments FOR EACH STATEMENT EXECUTE FUNCTION collection_payments_append_only()
-- next
CREATE TABLE collection_clearings (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  bill_id UUID NOT NULL,
  authority VARCHAR(20) NOT NULL,
  amount_fen BIGINT NOT NULL,
  state VARCHAR(10) NOT NULL,
  attempt SMALLINT NOT NULL,
  order_id UUID NOT NULL,
  order_no VARCHAR(40) NOT NULL,
  reason VARCHAR(300) NOT NULL,
  settled_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_collection_clearings PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_collection_clearings_tenant_id_bill_id_authority UNIQUE (tenant_id, bill_id, authority),
  CONSTRAINT fk_collection_clearings_tenant_id_bill_id FOREIGN KEY(tenant_id, bill_id) REFERENCES collection_bills (tenant_id, id),
  CONSTRAINT ck_collection_clearings_moves_money CHECK (amount_fen > 0),
  CONSTRAINT ck_collection_clearings_settled_at_a_time CHECK ((state = 'ordered') = (settled_at IS NULL))
)
-- next
CREATE INDEX ix_collection_clearing_day ON collection_clearings (tenant_id, settled_at) WHERE settled_at IS NOT NULL
-- next
CREATE INDEX ix_collection_clearing_state ON collection_clearings (tenant_id, state, id)
-- next
ALTER TABLE collection_clearings ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON collection_clearings TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON collection_clearings TO yiti_app
-- next
CREATE FUNCTION collection_clearings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'collection_clearings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_clearings_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.authority IS DISTINCT FROM OLD.authority OR NEW.bill_id IS DISTINCT FROM OLD.bill_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'collection_clearings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_clearings_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER collection_clearings_append_only BEFORE UPDATE OR DELETE ON collection_clearings FOR EACH ROW EXECUTE FUNCTION collection_clearings_append_only()
-- next
CREATE TRIGGER collection_clearings_no_truncate BEFORE TRUNCATE ON collection_clearings FOR EACH STATEMENT EXECUTE FUNCTION collection_clearings_append_only()
-- next
CREATE TABLE collection_refunds (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  refund_no VARCHAR(24) NOT NULL,
  payment_id UUID NOT NULL,
  amount_fen BIGINT NOT NULL,
  reason VARCHAR(200) NOT NULL,
  state VARCHAR(10) NOT NULL,
  attempt SMALLINT NOT NULL,
  serial VARCHAR(80),
  words VARCHAR(500) NOT NULL,
  evidence_digest VARCHAR(64),
  answered_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_collection_refunds PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_collection_refunds_tenant_id_refund_no UNIQUE (tenant_id, refund_no),
  CONSTRAINT uq_collection_refunds_tenant_id_payment_id UNIQUE (tenant_id, payment_id),
  CONSTRAINT fk_collection_refunds_tenant_id_payment_id FOREIGN KEY(tenant_id, payment_id) REFERENCES collection_payments (tenant_id, id),
  CONSTRAINT ck_collection_refunds_returns_money CHECK (amount_fen > 0),
  CONSTRAINT ck_collection_refunds_attempts_count CHECK (attempt BETWEEN 1 AND 99),
  CONSTRAINT ck_collection_refunds_answered_at_a_time CHECK ((state = 'ordered') = (answered_at IS NULL))
)
-- next
CREATE INDEX ix_collection_refund_state ON collection_refunds (tenant_id, state, id)
-- next
ALTER TABLE collection_refunds ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON collection_refunds TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON collection_refunds TO yiti_app
-- next
CREATE FUNCTION collection_refunds_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'collection_refunds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_refunds_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.payment_id IS DISTINCT FROM OLD.payment_id OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.refund_no IS DISTINCT FROM OLD.refund_no OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'collection_refunds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_refunds_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER collection_refunds_append_only BEFORE UPDATE OR DELETE ON collection_refunds FOR EACH ROW EXECUTE FUNCTION collection_refunds_append_only()
-- next
CREATE TRIGGER collection_refunds_no_truncate BEFORE TRUNCATE ON collection_refunds FOR EACH STATEMENT EXECUTE FUNCTION collection_refunds_append_only()
