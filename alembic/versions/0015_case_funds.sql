ALTER TABLE bills
  ALTER COLUMN contract_id DROP NOT NULL,
  ALTER COLUMN project_id DROP NOT NULL,
  ADD COLUMN case_id UUID,
  ADD COLUMN paid_from VARCHAR(32),
  ADD CONSTRAINT ck_bills_of_contract_or_case CHECK ((contract_id IS NULL) <> (case_id IS NULL)),
  ADD CONSTRAINT ck_bills_contract_has_project CHECK ((contract_id IS NULL) = (project_id IS NULL)),
  ADD CONSTRAINT ck_bills_case_is_paid_by_us CHECK ((case_id IS NULL) = (paid_from IS NULL)),
  ADD CONSTRAINT ck_bills_case_owes_its_fund CHECK (case_id IS NULL OR kind = 'maintenance_fund')
-- next
CREATE UNIQUE INDEX uq_live_case_bill ON bills (tenant_id, case_id, unit_id, kind) WHERE case_id IS NOT NULL AND state IN ('issued', 'sent', 'confirmed')
-- next
CREATE INDEX ix_bill_case_open ON bills (tenant_id, id) WHERE case_id IS NOT NULL AND state IN ('issued', 'sent')
-- next
CREATE INDEX ix_bill_fund ON bills (tenant_id, unit_id) WHERE kind = 'maintenance_fund'
-- next
CREATE OR REPLACE FUNCTION bills_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bills is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bills_append_only';
  ELSIF NEW.account_name IS DISTINCT FROM OLD.account_name OR NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.basis IS DISTINCT FROM OLD.basis OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.issued_on IS DISTINCT FROM OLD.issued_on OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.notice_no IS DISTINCT FROM OLD.notice_no OR NEW.paid_from IS DISTINCT FROM OLD.paid_from OR NEW.payer IS DISTINCT FROM OLD.payer OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.unit_id IS DISTINCT FROM OLD.unit_id THEN
    RAISE EXCEPTION 'bills is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bills_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
ALTER TABLE collection_lines
  ADD COLUMN unit_id UUID,
  ADD COLUMN unit_code VARCHAR(28),
  ADD COLUMN basis JSONB,
  ADD CONSTRAINT ck_collection_lines_fund_of_a_unit CHECK (num_nonnulls(unit_id, unit_code, basis) = CASE WHEN kind = 'maintenance_fund' THEN 3 ELSE 0 END),
  ADD CONSTRAINT ck_collection_lines_fund_to_its_account CHECK ((kind = 'maintenance_fund') = (authority = 'maintenance'))
-- next
CREATE UNIQUE INDEX uq_collection_line_unit ON collection_lines (tenant_id, bill_id, unit_id) WHERE unit_id IS NOT NULL
-- next
CREATE OR REPLACE FUNCTION collection_lines_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'collection_lines is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_lines_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.authority IS DISTINCT FROM OLD.authority OR NEW.basis IS DISTINCT FROM OLD.basis OR NEW.bill_id IS DISTINCT FROM OLD.bill_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.exempt_fen IS DISTINCT FROM OLD.exempt_fen OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.position IS DISTINCT FROM OLD.position OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.title IS DISTINCT FROM OLD.title OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.unit_id IS DISTINCT FROM OLD.unit_id OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'collection_lines is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_lines_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
ALTER TABLE collection_clearings
  ADD COLUMN notice_id UUID,
  ADD CONSTRAINT fk_collection_clearings_tenant_id_notice_id FOREIGN KEY (tenant_id, notice_id) REFERENCES bills (tenant_id, id),
  ADD CONSTRAINT ck_collection_clearings_fund_by_notice CHECK ((authority = 'maintenance') = (notice_id IS NOT NULL)),
  DROP CONSTRAINT uq_collection_clearings_tenant_id_bill_id_authority
-- next
CREATE UNIQUE INDEX uq_collection_clearing_authority ON collection_clearings (tenant_id, bill_id, authority) WHERE notice_id IS NULL
-- next
CREATE UNIQUE INDEX uq_collection_clearing_notice ON collection_clearings (tenant_id, notice_id) WHERE notice_id IS NOT NULL
-- next
CREATE OR REPLACE FUNCTION collection_clearings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'collection_clearings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_clearings_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.authority IS DISTINCT FROM OLD.authority OR NEW.bill_id IS DISTINCT FROM OLD.bill_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.notice_id IS DISTINCT FROM OLD.notice_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'collection_clearings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_clearings_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE INDEX ix_collection_bill_day ON collection_bills (tenant_id, issued_at)
-- next
CREATE INDEX ix_collection_refund_day ON collection_refunds (tenant_id, answered_at) WHERE answered_at IS NOT NULL
