ALTER TABLE refunds
  ADD COLUMN verified TEXT DEFAULT '' NOT NULL,
  ADD COLUMN from_quota_fen BIGINT DEFAULT 0 NOT NULL,
  ADD COLUMN waiting_because TEXT,
  ADD COLUMN attempts INTEGER DEFAULT 0 NOT NULL,
  ADD COLUMN payment_order_id UUID,
  ADD CONSTRAINT ck_refunds_quota_is_a_part CHECK (from_quota_fen BETWEEN 0 AND amount_fen)
-- next
CREATE INDEX ix_refund_waiting ON refunds (tenant_id, id) WHERE state = 'waiting'
-- next
CREATE OR REPLACE FUNCTION refunds_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'refunds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'refunds_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bill_id IS DISTINCT FROM OLD.bill_id OR NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.payee IS DISTINCT FROM OLD.payee OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.refund_no IS DISTINCT FROM OLD.refund_no OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'refunds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'refunds_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TABLE loans (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  project_id UUID NOT NULL,
  unit_id UUID NOT NULL,
  unit_code VARCHAR(28) NOT NULL,
  location TEXT NOT NULL,
  filing_no VARCHAR(40) NOT NULL,
  borrowers BYTEA NOT NULL,
  amount_fen BIGINT NOT NULL,
  lender_words VARCHAR(200) NOT NULL,
  lender_id UUID,
  lender_kind VARCHAR(12),
  lender_name VARCHAR(120) NOT NULL,
  bill_id UUID,
  released_by VARCHAR(200) NOT NULL,
  reference VARCHAR(80),
  return_account_no BYTEA,
  return_account_name VARCHAR(120) NOT NULL,
  return_bank_code VARCHAR(20) NOT NULL,
  return_bank_name VARCHAR(120) NOT NULL,
  reported_at TIMESTAMP WITH TIME ZONE,
  closed_because TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_loans PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_loans_tenant_id_contract_id UNIQUE (tenant_id, contract_id),
  CONSTRAINT uq_loans_tenant_id_bill_id UNIQUE (tenant_id, bill_id),
  CONSTRAINT fk_loans_tenant_id_bill_id FOREIGN KEY(tenant_id, bill_id) REFERENCES bills (tenant_id, id),
  CONSTRAINT ck_loans_lends_money CHECK (amount_fen > 0),
  CONSTRAINT ck_loans_lender_is_known_or_not CHECK ((lender_id IS NULL) = (lender_kind IS NULL)),
  CONSTRAINT ck_loans_notice_names_its_lender CHECK (bill_id IS NULL OR lender_id IS NOT NULL),
  CONSTRAINT ck_loans_reported_with_account CHECK ((return_account_no IS NULL) = (reference IS NULL))
)
-- next
CREATE INDEX ix_loan_lender ON loans (tenant_id, lender_id, id)
-- next
CREATE INDEX ix_loan_unit ON loans (tenant_id, unit_id)
-- next
ALTER TABLE loans ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON loans TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON loans TO yiti_app
-- next
CREATE FUNCTION loans_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'loans is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'loans_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.borrowers IS DISTINCT FROM OLD.borrowers OR NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.filing_no IS DISTINCT FROM OLD.filing_no OR NEW.id IS DISTINCT FROM OLD.id OR NEW.lender_words IS DISTINCT FROM OLD.lender_words OR NEW.location IS DISTINCT FROM OLD.location OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.unit_id IS DISTINCT FROM OLD.unit_id THEN
    RAISE EXCEPTION 'loans is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'loans_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER loans_append_only BEFORE UPDATE OR DELETE ON loans FOR EACH ROW EXECUTE FUNCTION loans_append_only()
-- next
CREATE TRIGGER loans_no_truncate BEFORE TRUNCATE ON loans FOR EACH STATEMENT EXECUTE FUNCTION loans_append_only()
-- next
CREATE TABLE loan_release_rules (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  valid_from DATE NOT NULL,
  conditions JSONB NOT NULL,
  earlier_permits_keep BOOLEAN NOT NULL,
  source VARCHAR(200) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_loan_release_rules PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_loan_release_rules_tenant_id_valid_from UNIQUE (tenant_id, valid_from)
)
-- next
ALTER TABLE loan_release_rules ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON loan_release_rules TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON loan_release_rules TO yiti_app
-- next
CREATE FUNCTION loan_release_rules_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'loan_release_rules is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'loan_release_rules_append_only';
  ELSIF NEW.conditions IS DISTINCT FROM OLD.conditions OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.earlier_permits_keep IS DISTINCT FROM OLD.earlier_permits_keep OR NEW.id IS DISTINCT FROM OLD.id OR NEW.source IS DISTINCT FROM OLD.source OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.valid_from IS DISTINCT FROM OLD.valid_from THEN
    RAISE EXCEPTION 'loan_release_rules is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'loan_release_rules_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER loan_release_rules_append_only BEFORE UPDATE OR DELETE ON loan_release_rules FOR EACH ROW EXECUTE FUNCTION loan_release_rules_append_only()
-- next
CREATE TRIGGER loan_release_rules_no_truncate BEFORE TRUNCATE ON loan_release_rules FOR EACH STATEMENT EXECUTE FUNCTION loan_release_rules_append_only()
-- next
CREATE TABLE maintenance_imports (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  file_name VARCHAR(200) NOT NULL,
  digest VARCHAR(64) NOT NULL,
  row_count INTEGER NOT NULL,
  total_fen BIGINT NOT NULL,
  problem_count INTEGER NOT NULL,
  problems JSONB NOT NULL,
  previewed_by UUID,
  applied_at TIMESTAMP WITH TIME ZONE,
  applied_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_maintenance_imports PRIMARY KEY (tenant_id, id)
)
-- next
ALTER TABLE maintenance_imports ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON maintenance_imports TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON maintenance_imports TO yiti_app
-- next
CREATE FUNCTION maintenance_imports_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'maintenance_imports is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_imports_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.id IS DISTINCT FROM OLD.id OR NEW.previewed_by IS DISTINCT FROM OLD.previewed_by OR NEW.problem_count IS DISTINCT FROM OLD.problem_count OR NEW.problems IS DISTINCT FROM OLD.problems OR NEW.row_count IS DISTINCT FROM OLD.row_count OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.total_fen IS DISTINCT FROM OLD.total_fen THEN
    RAISE EXCEPTION 'maintenance_imports is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_imports_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER maintenance_imports_append_only BEFORE UPDATE OR DELETE ON maintenance_imports FOR EACH ROW EXECUTE FUNCTION maintenance_imports_append_only()
-- next
CREATE TRIGGER maintenance_imports_no_truncate BEFORE TRUNCATE ON maintenance_imports FOR EACH STATEMENT EXECUTE FUNCTION maintenance_imports_append_only()
-- next
CREATE TABLE maintenance_passings (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  unit_id UUID NOT NULL,
  entry_id UUID NOT NULL,
  case_number VARCHAR(50) NOT NULL,
  owners BYTEA NOT NULL,
  balance_fen BIGINT NOT NULL,
  passed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_maintenance_passings PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_maintenance_passings_tenant_id_entry_id UNIQUE (tenant_id, entry_id),
  CONSTRAINT ck_maintenance_passings_is_a_balance CHECK (balance_fen >= 0)
)
-- next
CREATE INDEX ix_maintenance_passing_unit ON maintenance_passings (tenant_id, unit_id, passed_at)
-- next
ALTER TABLE maintenance_passings ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON maintenance_passings TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON maintenance_passings TO yiti_app
-- next
CREATE FUNCTION maintenance_passings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'maintenance_passings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_passings_append_only';
  ELSIF NEW.balance_fen IS DISTINCT FROM OLD.balance_fen OR NEW.case_number IS DISTINCT FROM OLD.case_number OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.entry_id IS DISTINCT FROM OLD.entry_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.owners IS DISTINCT FROM OLD.owners OR NEW.passed_at IS DISTINCT FROM OLD.passed_at OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.unit_id IS DISTINCT FROM OLD.unit_id THEN
    RAISE EXCEPTION 'maintenance_passings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_passings_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER maintenance_passings_append_only BEFORE UPDATE OR DELETE ON maintenance_passings FOR EACH ROW EXECUTE FUNCTION maintenance_passings_append_only()
-- next
CREATE TRIGGER maintenance_passings_no_truncate BEFORE TRUNCATE ON maintenance_passings FOR EACH STATEMENT EXECUTE FUNCTION maintenance_passings_append_only()
-- next
CREATE TABLE maintenance_openings (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  unit_id UUID NOT NULL,
  unit_code VARCHAR(28) NOT NULL,
  amount_fen BIGINT NOT NULL,
  paid_on DATE NOT NULL,
  receipt_no VARCHAR(60) NOT NULL,
  import_id UUID,
  entered_by VARCHAR(60) NOT NULL,
  transfer_id UUID NOT NULL,
  reversal_id UUID,
  reversed_because TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_maintenance_openings PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_maintenance_openings_tenant_id_transfer_id FOREIGN KEY(tenant_id, transfer_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT fk_maintenance_openings_tenant_id_reversal_id FOREIGN KEY(tenant_id, reversal_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT fk_maintenance_openings_tenant_id_import_id FOREIGN KEY(tenant_id, import_id) REFERENCES maintenance_imports (tenant_id, id),
  CONSTRAINT ck_maintenance_openings_is_money CHECK (amount_fen > 0),
  CONSTRAINT ck_maintenance_openings_reversed_with_reason CHECK ((reversal_id IS NULL) = (reversed_because IS NULL))
)
-- next
CREATE INDEX ix_maintenance_opening_unit ON maintenance_openings (tenant_id, unit_id)
-- next
CREATE UNIQUE INDEX uq_maintenance_opening_receipt ON maintenance_openings (tenant_id, unit_id, receipt_no) WHERE reversal_id IS NULL
-- next
ALTER TABLE maintenance_openings ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON maintenance_openings TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON maintenance_openings TO yiti_app
-- next
CREATE FUNCTION maintenance_openings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'maintenance_openings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_openings_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.entered_by IS DISTINCT FROM OLD.entered_by OR NEW.id IS DISTINCT FROM OLD.id OR NEW.import_id IS DISTINCT FROM OLD.import_id OR NEW.paid_on IS DISTINCT FROM OLD.paid_on OR NEW.receipt_no IS DISTINCT FROM OLD.receipt_no OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.unit_id IS DISTINCT FROM OLD.unit_id THEN
    RAISE EXCEPTION 'maintenance_openings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_openings_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER maintenance_openings_append_only BEFORE UPDATE OR DELETE ON maintenance_openings FOR EACH ROW EXECUTE FUNCTION maintenance_openings_append_only()
-- next
CREATE TRIGGER maintenance_openings_no_truncate BEFORE TRUNCATE ON maintenance_openings FOR EACH STATEMENT EXECUTE FUNCTION maintenance_openings_append_only()
