ALTER TABLE archives
  ADD COLUMN provable_until TIMESTAMP WITH TIME ZONE,
  ADD COLUMN proof_algorithm VARCHAR(20),
  ADD COLUMN renewal_ordered_at TIMESTAMP WITH TIME ZONE
-- next
CREATE INDEX ix_archive_provable ON archives (tenant_id, provable_until) WHERE renewal_ordered_at IS NULL
-- next
CREATE INDEX ix_archive_algorithm ON archives (tenant_id, proof_algorithm) WHERE renewal_ordered_at IS NULL
-- next
CREATE OR REPLACE FUNCTION archives_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'archives is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'archives_append_only';
  ELSIF NEW.archive_no IS DISTINCT FROM OLD.archive_no OR NEW.archived_at IS DISTINCT FROM OLD.archived_at OR NEW.case_no IS DISTINCT FROM OLD.case_no OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.report IS DISTINCT FROM OLD.report OR NEW.sequence IS DISTINCT FROM OLD.sequence OR NEW.series IS DISTINCT FROM OLD.series OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.title IS DISTINCT FROM OLD.title OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.year IS DISTINCT FROM OLD.year THEN
    RAISE EXCEPTION 'archives is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'archives_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TABLE archive_renewals (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  archive_id UUID NOT NULL,
  reason VARCHAR(10) NOT NULL,
  policy VARCHAR(40) NOT NULL,
  old_package_digest VARCHAR(64) NOT NULL,
  new_package_digest VARCHAR(64) NOT NULL,
  documents JSONB NOT NULL,
  report JSONB NOT NULL,
  was_provable_until TIMESTAMP WITH TIME ZONE NOT NULL,
  provable_until TIMESTAMP WITH TIME ZONE NOT NULL,
  renewed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_archive_renewals PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_archive_renewals_tenant_id_archive_id FOREIGN KEY(tenant_id, archive_id) REFERENCES archives (tenant_id, id),
  CONSTRAINT uq_archive_renewals_tenant_id_archive_id_old_package_digest UNIQUE (tenant_id, archive_id, old_package_digest),
  CONSTRAINT ck_archive_renewals_reason_known CHECK (reason IN ('expiry', 'algorithm')),
  CONSTRAINT ck_archive_renewals_package_is_new CHECK (old_package_digest <> new_package_digest)
)
-- next
ALTER TABLE archive_renewals ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON archive_renewals TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON archive_renewals TO yiti_app
-- next
CREATE FUNCTION archive_renewals_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'archive_renewals is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'archive_renewals_append_only';
  ELSIF NEW.archive_id IS DISTINCT FROM OLD.archive_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.documents IS DISTINCT FROM OLD.documents OR NEW.id IS DISTINCT FROM OLD.id OR NEW.new_package_digest IS DISTINCT FROM OLD.new_package_digest OR NEW.old_package_digest IS DISTINCT FROM OLD.old_package_digest OR NEW.policy IS DISTINCT FROM OLD.policy OR NEW.provable_until IS DISTINCT FROM OLD.provable_until OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.renewed_at IS DISTINCT FROM OLD.renewed_at OR NEW.report IS DISTINCT FROM OLD.report OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.was_provable_until IS DISTINCT FROM OLD.was_provable_until THEN
    RAISE EXCEPTION 'archive_renewals is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'archive_renewals_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER archive_renewals_append_only BEFORE UPDATE OR DELETE ON archive_renewals FOR EACH ROW EXECUTE FUNCTION archive_renewals_append_only()
-- next
CREATE TRIGGER archive_renewals_no_truncate BEFORE TRUNCATE ON archive_renewals FOR EACH STATEMENT EXECUTE FUNCTION archive_renewals_append_only()
-- next
CREATE TABLE annotated_copies (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  number VARCHAR(80) NOT NULL,
  verify_code VARCHAR(32) NOT NULL,
  certificate_id UUID NOT NULL,
  applicant BYTEA NOT NULL,
  purpose BYTEA NOT NULL,
  recipient BYTEA NOT NULL,
  valid_until DATE NOT NULL,
  requested_on DATE NOT NULL,
  requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
  actor_kind VARCHAR(10) NOT NULL,
  actor_id UUID,
  state VARCHAR(10) NOT NULL,
  data_digest VARCHAR(64),
  pdf_digest VARCHAR(64),
  sealed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_annotated_copies PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_annotated_copies_tenant_id_certificate_id FOREIGN KEY(tenant_id, certificate_id) REFERENCES certificates (tenant_id, id),
  CONSTRAINT uq_annotated_copies_tenant_id_number UNIQUE (tenant_id, number),
  CONSTRAINT uq_annotated_copies_tenant_id_verify_code UNIQUE (tenant_id, verify_code),
  CONSTRAINT ck_annotated_copies_copy_state_known CHECK (state IN ('requested', 'issued', 'void')),
  CONSTRAINT ck_annotated_copies_copy_issued_has_its_pdf CHECK ((state = 'issued') = (pdf_digest IS NOT NULL)),
  CONSTRAINT ck_annotated_copies_copy_pdf_is_sealed CHECK ((pdf_digest IS NULL) = (sealed_at IS NULL) AND (pdf_digest IS NULL) = (data_digest IS NULL)),
  CONSTRAINT ck_annotated_copies_copy_holds_a_year_at_most CHECK (valid_until BETWEEN requested_on AND requested_on + 365)
)
-- next
CREATE INDEX ix_annotated_copies_certificate ON annotated_copies (tenant_id, certificate_id, requested_on)
-- next
CREATE UNIQUE INDEX uq_annotated_copies_pdf ON annotated_copies (tenant_id, pdf_digest) WHERE pdf_digest IS NOT NULL
-- next
ALTER TABLE annotated_copies ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON annotated_copies TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON annotated_copies TO yiti_app
-- next
CREATE FUNCTION annotated_copies_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'annotated_copies is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'annotated_copies_append_only';
  ELSIF NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind OR NEW.applicant IS DISTINCT FROM OLD.applicant OR NEW.certificate_id IS DISTINCT FROM OLD.certificate_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.recipient IS DISTINCT FROM OLD.recipient OR NEW.requested_at IS DISTINCT FROM OLD.requested_at OR NEW.requested_on IS DISTINCT FROM OLD.requested_on OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.valid_until IS DISTINCT FROM OLD.valid_until OR NEW.verify_code IS DISTINCT FROM OLD.verify_code THEN
    RAISE EXCEPTION 'annotated_copies is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'annotated_copies_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER annotated_copies_append_only BEFORE UPDATE OR DELETE ON annotated_copies FOR EACH ROW EXECUTE FUNCTION annotated_copies_append_only()
-- next
CREATE TRIGGER annotated_copies_no_truncate BEFORE TRUNCATE ON annotated_copies FOR EACH STATEMENT EXECUTE FUNCTION annotated_copies_append_only()
-- next
CREATE FUNCTION archives_package_renewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.package_digest IS DISTINCT FROM OLD.package_digest AND NOT EXISTS (
    SELECT FROM archive_renewals WHERE tenant_id = OLD.tenant_id AND archive_id = OLD.id
      AND old_package_digest = OLD.package_digest AND new_package_digest = NEW.package_digest
  ) THEN
    RAISE EXCEPTION 'archives: a package is replaced only by a renewal'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'archives_package_renewed';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER archives_package_renewed BEFORE UPDATE ON archives FOR EACH ROW EXECUTE FUNCTION archives_package_renewed()
