CREATE TABLE sealed_files (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  organisation_id UUID NOT NULL,
  seal_id UUID NOT NULL,
  kind VARCHAR(40) NOT NULL,
  title BYTEA NOT NULL,
  original_digest VARCHAR(64) NOT NULL,
  shapes JSONB NOT NULL,
  former INTEGER NOT NULL,
  outcome_before VARCHAR(10) NOT NULL,
  uploaded_by UUID NOT NULL,
  state VARCHAR(10) NOT NULL,
  page INTEGER,
  place VARCHAR(20),
  closes BOOLEAN NOT NULL,
  ordered_by UUID,
  ordered_at TIMESTAMP WITH TIME ZONE,
  sealed_digest VARCHAR(64),
  sealed_at TIMESTAMP WITH TIME ZONE,
  reason VARCHAR(200) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_sealed_files PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_sealed_files_file_state_known CHECK (state IN ('draft', 'asked', 'ordered', 'sealed', 'stopped', 'discarded')),
  CONSTRAINT ck_sealed_files_file_sealed_has_its_pdf CHECK ((state = 'sealed') = (sealed_digest IS NOT NULL) AND (sealed_digest IS NULL) = (sealed_at IS NULL)),
  CONSTRAINT ck_sealed_files_file_is_placed CHECK (state NOT IN ('asked', 'ordered', 'sealed') OR (page IS NOT NULL AND place IS NOT NULL))
)
-- next
CREATE INDEX ix_sealed_files_organisation ON sealed_files (tenant_id, organisation_id, id)
-- next
ALTER TABLE sealed_files ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON sealed_files TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON sealed_files TO yiti_app
-- next
CREATE FUNCTION sealed_files_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'sealed_files is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'sealed_files_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.former IS DISTINCT FROM OLD.former OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.original_digest IS DISTINCT FROM OLD.original_digest OR NEW.outcome_before IS DISTINCT FROM OLD.outcome_before OR NEW.seal_id IS DISTINCT FROM OLD.seal_id OR NEW.shapes IS DISTINCT FROM OLD.shapes OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.title IS DISTINCT FROM OLD.title OR NEW.uploaded_by IS DISTINCT FROM OLD.uploaded_by THEN
    RAISE EXCEPTION 'sealed_files is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'sealed_files_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER sealed_files_append_only BEFORE UPDATE OR DELETE ON sealed_files FOR EACH ROW EXECUTE FUNCTION sealed_files_append_only()
-- next
CREATE TRIGGER sealed_files_no_truncate BEFORE TRUNCATE ON sealed_files FOR EACH STATEMENT EXECUTE FUNCTION sealed_files_append_only()
