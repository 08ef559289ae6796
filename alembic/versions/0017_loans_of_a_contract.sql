ALTER TABLE bills ADD COLUMN loan_part VARCHAR(12) NOT NULL DEFAULT ''
-- next
ALTER TABLE bills
  ALTER COLUMN loan_part DROP DEFAULT,
  ALTER COLUMN loan_part TYPE VARCHAR(12) USING CASE WHEN kind = 'mortgage_loan' THEN 'only' ELSE '' END,
  ADD CONSTRAINT ck_bills_loan_notice_says_which CHECK ((kind = 'mortgage_loan') = (loan_part <> ''))
-- next
DROP INDEX uq_live_bill
-- next
CREATE UNIQUE INDEX uq_live_bill ON bills (tenant_id, contract_id, kind, loan_part) WHERE state IN ('issued', 'sent', 'confirmed')
-- next
CREATE OR REPLACE FUNCTION bills_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bills is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bills_append_only';
  ELSIF NEW.account_name IS DISTINCT FROM OLD.account_name OR NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.basis IS DISTINCT FROM OLD.basis OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.issued_on IS DISTINCT FROM OLD.issued_on OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.loan_part IS DISTINCT FROM OLD.loan_part OR NEW.notice_no IS DISTINCT FROM OLD.notice_no OR NEW.paid_from IS DISTINCT FROM OLD.paid_from OR NEW.payer IS DISTINCT FROM OLD.payer OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.unit_id IS DISTINCT FROM OLD.unit_id THEN
    RAISE EXCEPTION 'bills is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bills_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
ALTER TABLE loans ADD COLUMN part VARCHAR(12) NOT NULL DEFAULT 'only'
-- next
ALTER TABLE loans
  ALTER COLUMN part DROP DEFAULT,
  DROP CONSTRAINT uq_loans_tenant_id_contract_id,
  ADD CONSTRAINT uq_loans_tenant_id_contract_id_part UNIQUE (tenant_id, contract_id, part),
  ADD CONSTRAINT ck_loans_lender_fits CHECK (part = 'only' OR lender_kind IS NULL OR (part = 'housing_fund') = (lender_kind = 'fund_centre'))
-- next
CREATE OR REPLACE FUNCTION loans_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'loans is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'loans_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.borrowers IS DISTINCT FROM OLD.borrowers OR NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.filing_no IS DISTINCT FROM OLD.filing_no OR NEW.id IS DISTINCT FROM OLD.id OR NEW.lender_words IS DISTINCT FROM OLD.lender_words OR NEW.location IS DISTINCT FROM OLD.location OR NEW.part IS DISTINCT FROM OLD.part OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.unit_id IS DISTINCT FROM OLD.unit_id THEN
    RAISE EXCEPTION 'loans is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'loans_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
ALTER TABLE maintenance_imports
  ADD COLUMN orders INTEGER DEFAULT 0 NOT NULL,
  ADD COLUMN ordered_at TIMESTAMP WITH TIME ZONE,
  ADD COLUMN ordered_by VARCHAR(60),
  ADD COLUMN ordered_by_id UUID,
  ADD COLUMN failed_because TEXT,
  ADD CONSTRAINT ck_maintenance_imports_ordered_by_name CHECK (num_nonnulls(ordered_at, ordered_by) = CASE WHEN orders = 0 THEN 0 ELSE 2 END),
  ADD CONSTRAINT ck_maintenance_imports_failed_or_applied CHECK (failed_because IS NULL OR (orders > 0 AND applied_at IS NULL))
-- next
CREATE OR REPLACE FUNCTION maintenance_imports_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'maintenance_imports is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_imports_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.id IS DISTINCT FROM OLD.id OR NEW.previewed_by IS DISTINCT FROM OLD.previewed_by OR NEW.problem_count IS DISTINCT FROM OLD.problem_count OR NEW.problems IS DISTINCT FROM OLD.problems OR NEW.row_count IS DISTINCT FROM OLD.row_count OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.total_fen IS DISTINCT FROM OLD.total_fen THEN
    RAISE EXCEPTION 'maintenance_imports is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_imports_append_only';
  END IF;
  RETURN NEW;
END $$
