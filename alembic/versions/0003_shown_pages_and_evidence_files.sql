ALTER TABLE signing_documents ADD COLUMN pages INTEGER NOT NULL DEFAULT 0
-- next
ALTER TABLE signing_documents ALTER COLUMN pages DROP DEFAULT
-- next
CREATE TABLE signing_visits (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  signatory_id UUID NOT NULL,
  visit VARCHAR(40) NOT NULL,
  shown JSONB NOT NULL,
  client BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_signing_visits PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_signing_visits_tenant_id_signatory_id FOREIGN KEY(tenant_id, signatory_id) REFERENCES signatories (tenant_id, id),
  CONSTRAINT uq_signing_visits_tenant_id_signatory_id_visit UNIQUE (tenant_id, signatory_id, visit)
)
-- next
ALTER TABLE signing_visits ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON signing_visits TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_visits TO yiti_app
-- next
CREATE TABLE evidence_files (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  ceremony_id UUID NOT NULL,
  content_digest VARCHAR(64) NOT NULL,
  pdf_digest VARCHAR(64) NOT NULL,
  chain_digest VARCHAR(64) NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_evidence_files PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_evidence_files_tenant_id_ceremony_id FOREIGN KEY(tenant_id, ceremony_id) REFERENCES signing_ceremonies (tenant_id, id),
  CONSTRAINT uq_evidence_files_tenant_id_ceremony_id UNIQUE (tenant_id, ceremony_id)
)
-- next
CREATE INDEX ix_evidence_files_pdf ON evidence_files (tenant_id, pdf_digest)
-- next
ALTER TABLE evidence_files ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON evidence_files TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON evidence_files TO yiti_app
-- next
CREATE FUNCTION evidence_files_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'evidence_files is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'evidence_files_append_only';
  ELSIF NEW.ceremony_id IS DISTINCT FROM OLD.ceremony_id OR NEW.chain_digest IS DISTINCT FROM OLD.chain_digest OR NEW.content_digest IS DISTINCT FROM OLD.content_digest OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.made_at IS DISTINCT FROM OLD.made_at OR NEW.pdf_digest IS DISTINCT FROM OLD.pdf_digest OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'evidence_files is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'evidence_files_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER evidence_files_append_only BEFORE UPDATE OR DELETE ON evidence_files FOR EACH ROW EXECUTE FUNCTION evidence_files_append_only()
-- next
CREATE TRIGGER evidence_files_no_truncate BEFORE TRUNCATE ON evidence_files FOR EACH STATEMENT EXECUTE FUNCTION evidence_files_append_only()
