ALTER TABLE organisations
  DROP CONSTRAINT ck_organisations_kind_known,
  ADD CONSTRAINT ck_organisations_kind_known CHECK (kind in ('developer', 'bank', 'fund_centre', 'housing_department', 'registration_centre', 'operator'))
-- next
ALTER TABLE seal_uses
  ADD COLUMN use_id UUID NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN outcome VARCHAR(10) NOT NULL DEFAULT 'used',
  ADD COLUMN reason VARCHAR(20) NOT NULL DEFAULT '',
  ADD COLUMN approved_by UUID
-- next
ALTER TABLE seal_uses ALTER COLUMN use_id DROP DEFAULT, ALTER COLUMN outcome DROP DEFAULT, ALTER COLUMN reason DROP DEFAULT
-- next
DROP INDEX ix_seal_uses_seal
-- next
CREATE TABLE seal_policies (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  seal_id UUID NOT NULL,
  version INTEGER NOT NULL,
  roles JSONB NOT NULL,
  users JSONB NOT NULL,
  document_kinds JSONB NOT NULL,
  daily_limit INTEGER,
  four_eyes JSONB NOT NULL,
  changed_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_seal_policies PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_seal_policies_tenant_id_seal_id FOREIGN KEY(tenant_id, seal_id) REFERENCES organisation_seals (tenant_id, id),
  CONSTRAINT uq_seal_policies_tenant_id_seal_id_version UNIQUE (tenant_id, seal_id, version),
  CONSTRAINT ck_seal_policies_limit_is_positive CHECK (daily_limit > 0)
)
-- next
ALTER TABLE seal_policies ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON seal_policies TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON seal_policies TO yiti_app
-- next
CREATE FUNCTION seal_policies_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'seal_policies is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'seal_policies_append_only';
  ELSIF NEW.changed_by IS DISTINCT FROM OLD.changed_by OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.daily_limit IS DISTINCT FROM OLD.daily_limit OR NEW.document_kinds IS DISTINCT FROM OLD.document_kinds OR NEW.four_eyes IS DISTINCT FROM OLD.four_eyes OR NEW.id IS DISTINCT FROM OLD.id OR NEW.roles IS DISTINCT FROM OLD.roles OR NEW.seal_id IS DISTINCT FROM OLD.seal_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.users IS DISTINCT FROM OLD.users OR NEW.version IS DISTINCT FROM OLD.version THEN
    RAISE EXCEPTION 'seal_policies is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'seal_policies_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER seal_policies_append_only BEFORE UPDATE OR DELETE ON seal_policies FOR EACH ROW EXECUTE FUNCTION seal_policies_append_only()
-- next
CREATE TRIGGER seal_policies_no_truncate BEFORE TRUNCATE ON seal_policies FOR EACH STATEMENT EXECUTE FUNCTION seal_policies_append_only()
-- next
CREATE TABLE seal_requests (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  seal_id UUID NOT NULL,
  subject VARCHAR(120) NOT NULL,
  documents JSONB NOT NULL,
  requested_by UUID NOT NULL,
  status VARCHAR(20) NOT NULL,
  decided_by UUID,
  decided_at TIMESTAMP WITH TIME ZONE,
  reason BYTEA NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_seal_requests PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_seal_requests_tenant_id_seal_id FOREIGN KEY(tenant_id, seal_id) REFERENCES organisation_seals (tenant_id, id),
  CONSTRAINT ck_seal_requests_by_another CHECK (decided_by <> requested_by)
)
-- next
CREATE INDEX ix_seal_requests_waiting ON seal_requests (tenant_id, seal_id, id) WHERE status = 'waiting'
-- next
CREATE INDEX ix_seal_requests_subject ON seal_requests (tenant_id, seal_id, subject)
-- next
CREATE UNIQUE INDEX uq_seal_requests_open ON seal_requests (tenant_id, seal_id, subject) WHERE status IN ('waiting', 'approved')
-- next
ALTER TABLE seal_requests ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON seal_requests TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON seal_requests TO yiti_app
-- next
CREATE FUNCTION seal_requests_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'seal_requests is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'seal_requests_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.documents IS DISTINCT FROM OLD.documents OR NEW.id IS DISTINCT FROM OLD.id OR NEW.requested_by IS DISTINCT FROM OLD.requested_by OR NEW.seal_id IS DISTINCT FROM OLD.seal_id OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'seal_requests is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'seal_requests_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER seal_requests_append_only BEFORE UPDATE OR DELETE ON seal_requests FOR EACH ROW EXECUTE FUNCTION seal_requests_append_only()
-- next
CREATE TRIGGER seal_requests_no_truncate BEFORE TRUNCATE ON seal_requests FOR EACH STATEMENT EXECUTE FUNCTION seal_requests_append_only()
-- next
CREATE INDEX ix_seal_uses_day ON seal_uses (tenant_id, seal_id, created_at)
-- next
CREATE INDEX ix_seal_uses_log ON seal_uses (tenant_id, seal_id, id)
-- next
CREATE OR REPLACE FUNCTION seal_uses_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'seal_uses is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'seal_uses_append_only';
  ELSIF NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind OR NEW.approved_by IS DISTINCT FROM OLD.approved_by OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.document_digest IS DISTINCT FROM OLD.document_digest OR NEW.document_kind IS DISTINCT FROM OLD.document_kind OR NEW.id IS DISTINCT FROM OLD.id OR NEW.outcome IS DISTINCT FROM OLD.outcome OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.seal_id IS DISTINCT FROM OLD.seal_id OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.use_id IS DISTINCT FROM OLD.use_id THEN
    RAISE EXCEPTION 'seal_uses is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'seal_uses_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TABLE alarms (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR(20) NOT NULL,
  subject VARCHAR(120) NOT NULL,
  detail VARCHAR(300) NOT NULL,
  since TIMESTAMP WITH TIME ZONE NOT NULL,
  last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  resolved_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_alarms PRIMARY KEY (tenant_id, id)
)
-- next
CREATE INDEX ix_alarms_resolved ON alarms (tenant_id, resolved_at) WHERE resolved_at IS NOT NULL
-- next
CREATE UNIQUE INDEX uq_alarms_open ON alarms (tenant_id, kind, subject) WHERE resolved_at IS NULL
-- next
ALTER TABLE alarms ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON alarms TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON alarms TO yiti_app
-- next
UPDATE organisation_seals SET organisation_id = substr(key, 14)::uuid
WHERE organisation_id IS NULL AND key ~ '^organisation:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
