ALTER TABLE cases
  ADD COLUMN laid_by UUID,
  ADD COLUMN laid_from INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN laid_to INTEGER NOT NULL DEFAULT 0,
  DROP CONSTRAINT ck_cases_concerns_a_unit,
  ADD CONSTRAINT ck_cases_concerns_a_unit CHECK (status IN ('draft', 'withdrawn', 'rejected') OR unit_id IS NOT NULL)
-- next
ALTER TABLE cases ALTER COLUMN laid_from DROP DEFAULT, ALTER COLUMN laid_to DROP DEFAULT
-- next
ALTER TABLE entry_terms
  ADD COLUMN court_case VARCHAR(60) NOT NULL DEFAULT '',
  ADD COLUMN proof_digest VARCHAR(64),
  ADD COLUMN proof_type VARCHAR(60) NOT NULL DEFAULT ''
-- next
ALTER TABLE entry_terms ALTER COLUMN court_case DROP DEFAULT, ALTER COLUMN proof_type DROP DEFAULT
-- next
CREATE EXTENSION IF NOT EXISTS pg_trgm
-- next
CREATE INDEX ix_units_location ON units USING gin (location gin_trgm_ops)
-- next
CREATE FUNCTION units_by_address(words text[], most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  patterns text[] := ARRAY(
    SELECT '%' || replace(replace(replace(word, '\', '\\'), '%', '\%'), '_', '\_') || '%'
    FROM unnest(words) AS word ORDER BY length(word) DESC);
BEGIN
  RETURN QUERY SELECT u.id FROM units u
    WHERE u.tenant_id = current_setting('yiti.tenant', true) AND u.state <> 'historical'
      AND u.location LIKE patterns[1] AND u.location LIKE ALL (patterns)
    ORDER BY u.code LIMIT most;
END $$
-- next
REVOKE ALL ON FUNCTION units_by_address(text[], integer) FROM PUBLIC
-- next
GRANT EXECUTE ON FUNCTION units_by_address(text[], integer) TO yiti_app
-- next
CREATE INDEX ix_cases_to_hand_over ON cases (tenant_id, id) WHERE status = 'booked' AND contract_id IS NULL
-- next
CREATE INDEX ix_cases_drafts ON cases (tenant_id, opened_by, id) WHERE status = 'draft'
-- next
CREATE TABLE case_signings (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  state VARCHAR(10) NOT NULL,
  form_digest VARCHAR(64) NOT NULL,
  ceremony_id UUID,
  ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  ending VARCHAR(20) NOT NULL,
  ended_by VARCHAR(40) NOT NULL,
  reason BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_signings PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_case_signings_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id),
  CONSTRAINT uq_case_signings_tenant_id_ceremony_id UNIQUE (tenant_id, ceremony_id),
  CONSTRAINT ck_case_signings_state_is_known CHECK (state IN ('preparing', 'open', 'signed', 'void')),
  CONSTRAINT ck_case_signings_ended_at_a_time CHECK ((state IN ('preparing', 'open')) = (ended_at IS NULL)),
  CONSTRAINT ck_case_signings_void_for_a_reason CHECK ((state = 'void') = (ending <> '')),
  CONSTRAINT ck_case_signings_signed_in_a_ceremony CHECK (state NOT IN ('open', 'signed') OR ceremony_id IS NOT NULL)
)
-- next
CREATE UNIQUE INDEX uq_case_signings_one_live ON case_signings (tenant_id, case_id) WHERE state IN ('preparing', 'open')
-- next
CREATE INDEX ix_case_signings_case ON case_signings (tenant_id, case_id, id)
-- next
ALTER TABLE case_signings ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON case_signings TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON case_signings TO yiti_app
-- next
CREATE FUNCTION case_signings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'case_signings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_signings_append_only';
  ELSIF NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.form_digest IS DISTINCT FROM OLD.form_digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.ordered_at IS DISTINCT FROM OLD.ordered_at OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'case_signings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_signings_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER case_signings_append_only BEFORE UPDATE OR DELETE ON case_signings FOR EACH ROW EXECUTE FUNCTION case_signings_append_only()
-- next
CREATE TRIGGER case_signings_no_truncate BEFORE TRUNCATE ON case_signings FOR EACH STATEMENT EXECUTE FUNCTION case_signings_append_only()
-- next
CREATE OR REPLACE FUNCTION entry_terms_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'entry_terms is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_terms_append_only';
  ELSIF NEW.court_case IS DISTINCT FROM OLD.court_case OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.entry_id IS DISTINCT FROM OLD.entry_id OR NEW.event IS DISTINCT FROM OLD.event OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.proof_digest IS DISTINCT FROM OLD.proof_digest OR NEW.proof_type IS DISTINCT FROM OLD.proof_type OR NEW.recorded_by IS DISTINCT FROM OLD.recorded_by OR NEW.starts_on IS DISTINCT FROM OLD.starts_on OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'entry_terms is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_terms_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TABLE fee_refunds (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  request_id UUID NOT NULL,
  refund_no VARCHAR(40) NOT NULL,
  amount_fen INTEGER NOT NULL,
  reason VARCHAR(200) NOT NULL,
  state VARCHAR(10) NOT NULL,
  reference VARCHAR(200) NOT NULL,
  words VARCHAR(500) NOT NULL,
  evidence_digest VARCHAR(64),
  ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sent_at TIMESTAMP WITH TIME ZONE,
  answered_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_fee_refunds PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_fee_refunds_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id),
  CONSTRAINT fk_fee_refunds_tenant_id_request_id FOREIGN KEY(tenant_id, request_id) REFERENCES case_requests (tenant_id, id),
  CONSTRAINT uq_fee_refunds_tenant_id_request_id UNIQUE (tenant_id, request_id),
  CONSTRAINT uq_fee_refunds_tenant_id_refund_no UNIQUE (tenant_id, refund_no),
  CONSTRAINT ck_fee_refunds_state_is_known CHECK (state IN ('ordered', 'paid', 'refused')),
  CONSTRAINT ck_fee_refunds_answered_at_a_time CHECK ((state = 'ordered') = (answered_at IS NULL)),
  CONSTRAINT ck_fee_refunds_amount_is_positive CHECK (amount_fen > 0)
)
-- next
CREATE INDEX ix_fee_refunds_case ON fee_refunds (tenant_id, case_id, id)
-- next
ALTER TABLE fee_refunds ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON fee_refunds TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON fee_refunds TO yiti_app
-- next
CREATE FUNCTION fee_refunds_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'fee_refunds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'fee_refunds_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.ordered_at IS DISTINCT FROM OLD.ordered_at OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.refund_no IS DISTINCT FROM OLD.refund_no OR NEW.request_id IS DISTINCT FROM OLD.request_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'fee_refunds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'fee_refunds_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER fee_refunds_append_only BEFORE UPDATE OR DELETE ON fee_refunds FOR EACH ROW EXECUTE FUNCTION fee_refunds_append_only()
-- next
CREATE TRIGGER fee_refunds_no_truncate BEFORE TRUNCATE ON fee_refunds FOR EACH STATEMENT EXECUTE FUNCTION fee_refunds_append_only()
