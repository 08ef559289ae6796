CREATE TABLE booking_corrections (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  difference_id UUID NOT NULL,
  movement_id UUID NOT NULL,
  words TEXT NOT NULL,
  evidence_digest VARCHAR(64) NOT NULL,
  evidence_name VARCHAR(160) NOT NULL,
  evidence_type VARCHAR(40) NOT NULL,
  proposed_by VARCHAR(80) NOT NULL,
  proposed_by_id UUID NOT NULL,
  state VARCHAR(8) NOT NULL,
  decided_by VARCHAR(80),
  decided_by_id UUID,
  decided_at TIMESTAMP WITH TIME ZONE,
  decision TEXT,
  transfer_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_booking_corrections PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_booking_corrections_tenant_id_difference_id FOREIGN KEY(tenant_id, difference_id) REFERENCES reconciliation_differences (tenant_id, id),
  CONSTRAINT fk_booking_corrections_tenant_id_movement_id FOREIGN KEY(tenant_id, movement_id) REFERENCES bank_movements (tenant_id, id),
  CONSTRAINT fk_booking_corrections_tenant_id_transfer_id FOREIGN KEY(tenant_id, transfer_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT ck_booking_corrections_known_state CHECK (state IN ('proposed', 'approved', 'refused', 'lapsed')),
  CONSTRAINT ck_booking_corrections_decided_by_another CHECK (decided_by_id IS NULL OR decided_by_id <> proposed_by_id),
  CONSTRAINT ck_booking_corrections_decided_by_somebody CHECK ((state IN ('approved', 'refused')) = (decided_by_id IS NOT NULL) AND (decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_by_id IS NULL) = (decision IS NULL)),
  CONSTRAINT ck_booking_corrections_approved_is_booked CHECK ((state = 'approved') = (transfer_id IS NOT NULL))
)
-- next
CREATE UNIQUE INDEX uq_booking_correction_open ON booking_corrections (tenant_id, difference_id) WHERE state = 'proposed'
-- next
CREATE INDEX ix_booking_correction_state ON booking_corrections (tenant_id, state, id)
-- next
CREATE INDEX ix_booking_correction_difference ON booking_corrections (tenant_id, difference_id, id)
-- next
ALTER TABLE booking_corrections ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON booking_corrections TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON booking_corrections TO yiti_app
-- next
CREATE FUNCTION booking_corrections_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'booking_corrections is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'booking_corrections_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.difference_id IS DISTINCT FROM OLD.difference_id OR NEW.evidence_digest IS DISTINCT FROM OLD.evidence_digest OR NEW.evidence_name IS DISTINCT FROM OLD.evidence_name OR NEW.evidence_type IS DISTINCT FROM OLD.evidence_type OR NEW.id IS DISTINCT FROM OLD.id OR NEW.movement_id IS DISTINCT FROM OLD.movement_id OR NEW.proposed_by IS DISTINCT FROM OLD.proposed_by OR NEW.proposed_by_id IS DISTINCT FROM OLD.proposed_by_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'booking_corrections is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'booking_corrections_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER booking_corrections_append_only BEFORE UPDATE OR DELETE ON booking_corrections FOR EACH ROW EXECUTE FUNCTION booking_corrections_append_only()
-- next
CREATE TRIGGER booking_corrections_no_truncate BEFORE TRUNCATE ON booking_corrections FOR EACH STATEMENT EXECUTE FUNCTION booking_corrections_append_only()
-- next
ALTER TABLE supervision_agreements
  ADD COLUMN document_digest VARCHAR(64),
  ADD COLUMN sealed_digest VARCHAR(64),
  ADD COLUMN developer_sealed_at TIMESTAMP WITH TIME ZONE,
  ADD COLUMN bank_sealed_at TIMESTAMP WITH TIME ZONE,
  ADD COLUMN department_agreed_at TIMESTAMP WITH TIME ZONE,
  ADD COLUMN department_agreed_by UUID
-- next
CREATE OR REPLACE FUNCTION supervision_agreements_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'supervision_agreements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_agreements_append_only';
  ELSIF NEW.account_name IS DISTINCT FROM OLD.account_name OR NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.agreement_no IS DISTINCT FROM OLD.agreement_no OR NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.bank_organisation_id IS DISTINCT FROM OLD.bank_organisation_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.developer_id IS DISTINCT FROM OLD.developer_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.mode IS DISTINCT FROM OLD.mode OR NEW.nodes IS DISTINCT FROM OLD.nodes OR NEW.origin IS DISTINCT FROM OLD.origin OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.proposed_by IS DISTINCT FROM OLD.proposed_by OR NEW.quota_basis IS DISTINCT FROM OLD.quota_basis OR NEW.quota_fen IS DISTINCT FROM OLD.quota_fen OR NEW.source IS DISTINCT FROM OLD.source OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.version IS DISTINCT FROM OLD.version THEN
    RAISE EXCEPTION 'supervision_agreements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_agreements_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
ALTER TABLE supervision_agreements DISABLE TRIGGER supervision_agreements_append_only
-- next
UPDATE supervision_agreements SET origin = 'sealed', developer_agreed_at = NULL, developer_agreed_by = NULL, bank_agreed_at = NULL, bank_agreed_by = NULL
  WHERE origin = 'online' AND state = 'proposed'
-- next
ALTER TABLE supervision_agreements ENABLE TRIGGER supervision_agreements_append_only
-- next
INSERT INTO outbox (tenant_id, id, topic, key, payload, state, available_at, attempts, created_at)
  SELECT tenant_id, gen_random_uuid(), 'supervision.proposed', 'supervision.proposed:' || id, jsonb_build_object('agreement_id', id), 'pending', now(), 0, now()
  FROM supervision_agreements WHERE origin = 'sealed' AND state = 'proposed'
-- next
ALTER TABLE supervision_agreements
  DROP CONSTRAINT ck_supervision_agreements_names_its_parties,
  ADD CONSTRAINT ck_supervision_agreements_names_its_parties CHECK (origin NOT IN ('online', 'sealed') OR (developer_id IS NOT NULL AND bank_organisation_id IS NOT NULL)),
  ADD CONSTRAINT ck_supervision_agreements_in_force_under_three_seals CHECK (origin <> 'sealed' OR state NOT IN ('in_force', 'superseded') OR (department_agreed_at IS NOT NULL AND in_force_at IS NOT NULL AND in_force_by IS NOT NULL)),
  ADD CONSTRAINT ck_supervision_agreements_department_seals_last CHECK (department_agreed_at IS NULL OR (developer_sealed_at IS NOT NULL AND bank_sealed_at IS NOT NULL)),
  ADD CONSTRAINT ck_supervision_agreements_seals_who_agreed CHECK ((developer_sealed_at IS NULL OR developer_agreed_at IS NOT NULL) AND (bank_sealed_at IS NULL OR bank_agreed_at IS NOT NULL)),
  ADD CONSTRAINT ck_supervision_agreements_agrees_to_a_text CHECK (origin <> 'sealed' OR document_digest IS NOT NULL OR (developer_agreed_at IS NULL AND bank_agreed_at IS NULL)),
  ADD CONSTRAINT ck_supervision_agreements_sealed_has_its_pdf CHECK ((sealed_digest IS NOT NULL) = (developer_sealed_at IS NOT NULL OR bank_sealed_at IS NOT NULL))
-- next
CREATE INDEX ix_supervision_agreement_pdf ON supervision_agreements (tenant_id, sealed_digest) WHERE sealed_digest IS NOT NULL
-- next
ALTER TABLE bank_movements
  ADD COLUMN reversed_by UUID,
  ADD CONSTRAINT fk_bank_movements_tenant_id_reversed_by FOREIGN KEY(tenant_id, reversed_by) REFERENCES ledger_transfers (tenant_id, id)
-- next
CREATE OR REPLACE FUNCTION bank_movements_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bank_movements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_movements_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.bank_serial IS DISTINCT FROM OLD.bank_serial OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.signed_fen IS DISTINCT FROM OLD.signed_fen OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id OR NEW.value_date IS DISTINCT FROM OLD.value_date THEN
    RAISE EXCEPTION 'bank_movements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_movements_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
ALTER TABLE bank_confirmations
  ADD COLUMN reversed_by UUID,
  ADD CONSTRAINT fk_bank_confirmations_tenant_id_reversed_by FOREIGN KEY(tenant_id, reversed_by) REFERENCES ledger_transfers (tenant_id, id)
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
ALTER TABLE collection_payments
  ADD COLUMN reversed_by UUID,
  ADD CONSTRAINT fk_collection_payments_tenant_id_reversed_by FOREIGN KEY(tenant_id, reversed_by) REFERENCES ledger_transfers (tenant_id, id)
-- next
CREATE OR REPLACE FUNCTION collection_payments_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'collection_payments is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_payments_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bill_id IS DISTINCT FROM OLD.bill_id OR NEW.bill_no IS DISTINCT FROM OLD.bill_no OR NEW.channel IS DISTINCT FROM OLD.channel OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.event_id IS DISTINCT FROM OLD.event_id OR NEW.evidence_bytes IS DISTINCT FROM OLD.evidence_bytes OR NEW.evidence_digest IS DISTINCT FROM OLD.evidence_digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.paid_at IS DISTINCT FROM OLD.paid_at OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.serial IS DISTINCT FROM OLD.serial OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'collection_payments is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'collection_payments_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
UPDATE bank_movements SET reversed_by = back.id FROM ledger_transfers back
  WHERE back.tenant_id = bank_movements.tenant_id AND back.key LIKE 'correction:%' AND bank_movements.transfer_id IN (back.id, back.corrects_id)
-- next
UPDATE bank_confirmations SET reversed_by = back.id FROM ledger_transfers back
  WHERE back.tenant_id = bank_confirmations.tenant_id AND back.key LIKE 'correction:%' AND bank_confirmations.transfer_id = back.corrects_id
-- next
ALTER TABLE bank_movements
  DROP CONSTRAINT uq_bank_movements_tenant_id_account_no_bank_serial,
  ADD CONSTRAINT ck_bank_movements_reversed_in_a_difference CHECK (reversed_by IS NULL OR agreed_by IS NOT NULL)
-- next
CREATE UNIQUE INDEX uq_bank_movement_serial ON bank_movements (tenant_id, account_no, bank_serial) WHERE reversed_by IS NULL
-- next
CREATE INDEX ix_bank_movement_reversed ON bank_movements (tenant_id, account_no, bank_serial) WHERE reversed_by IS NOT NULL
-- next
ALTER TABLE bank_confirmations
  DROP CONSTRAINT uq_bank_confirmations_tenant_id_event_id,
  DROP CONSTRAINT uq_bank_confirmations_tenant_id_account_no_bank_serial
-- next
CREATE UNIQUE INDEX uq_bank_confirmation_event ON bank_confirmations (tenant_id, event_id) WHERE reversed_by IS NULL
-- next
CREATE UNIQUE INDEX uq_bank_confirmation_serial ON bank_confirmations (tenant_id, account_no, bank_serial) WHERE reversed_by IS NULL
-- next
ALTER TABLE collection_payments
  DROP CONSTRAINT uq_collection_payments_tenant_id_event_id,
  DROP CONSTRAINT uq_collection_payments_tenant_id_account_no_serial
-- next
DROP INDEX uq_collection_payment_bill
-- next
CREATE UNIQUE INDEX uq_collection_payment_event ON collection_payments (tenant_id, event_id) WHERE reversed_by IS NULL
-- next
CREATE UNIQUE INDEX uq_collection_payment_serial ON collection_payments (tenant_id, account_no, serial) WHERE reversed_by IS NULL
-- next
CREATE UNIQUE INDEX uq_collection_payment_bill ON collection_payments (tenant_id, bill_id) WHERE bill_id IS NOT NULL AND reversed_by IS NULL
