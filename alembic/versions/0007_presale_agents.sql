ALTER TABLE contract_buyers
  ADD COLUMN representative_phone BYTEA,
  ADD COLUMN by_power BOOLEAN NOT NULL DEFAULT false,
  ADD CONSTRAINT ck_contract_buyers_by_power CHECK (NOT by_power OR kind = 'person')
-- next
ALTER TABLE contract_buyers ALTER COLUMN by_power DROP DEFAULT
-- next
CREATE TABLE contract_powers (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  principal_index BYTEA NOT NULL,
  agent_index BYTEA NOT NULL,
  content BYTEA NOT NULL,
  digest VARCHAR(64) NOT NULL,
  recorded_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_contract_powers PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_contract_powers_tenant_id_contract_id FOREIGN KEY(tenant_id, contract_id) REFERENCES contracts (tenant_id, id)
)
-- next
CREATE INDEX ix_contract_powers_contract ON contract_powers (tenant_id, contract_id)
-- next
ALTER TABLE contract_powers ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON contract_powers TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_powers TO yiti_app
-- next
CREATE FUNCTION contract_powers_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'contract_powers is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_powers_append_only';
  ELSIF NEW.agent_index IS DISTINCT FROM OLD.agent_index OR NEW.content IS DISTINCT FROM OLD.content OR NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.principal_index IS DISTINCT FROM OLD.principal_index OR NEW.recorded_by IS DISTINCT FROM OLD.recorded_by OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'contract_powers is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_powers_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER contract_powers_append_only BEFORE UPDATE OR DELETE ON contract_powers FOR EACH ROW EXECUTE FUNCTION contract_powers_append_only()
-- next
CREATE TRIGGER contract_powers_no_truncate BEFORE TRUNCATE ON contract_powers FOR EACH STATEMENT EXECUTE FUNCTION contract_powers_append_only()
-- next
CREATE FUNCTION contract_powers_before_signing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  state text;
BEGIN
  SELECT status INTO state FROM contracts WHERE tenant_id = NEW.tenant_id AND id = NEW.contract_id FOR SHARE;
  IF state NOT IN ('draft', 'frozen') THEN
    RAISE EXCEPTION 'powers of attorney are recorded before the signing only'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_powers_before_signing';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER contract_powers_before_signing BEFORE INSERT ON contract_powers
FOR EACH ROW EXECUTE FUNCTION contract_powers_before_signing()
