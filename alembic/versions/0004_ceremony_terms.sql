ALTER TABLE signing_ceremonies ADD COLUMN expires_at TIMESTAMP WITH TIME ZONE
-- next
ALTER TABLE signing_ceremonies ADD COLUMN ended_at TIMESTAMP WITH TIME ZONE
-- next
ALTER TABLE signing_ceremonies ADD COLUMN ended_by VARCHAR(40) NOT NULL DEFAULT ''
-- next
ALTER TABLE signing_ceremonies ALTER COLUMN ended_by DROP DEFAULT
-- next
ALTER TABLE signing_ceremonies ADD COLUMN reason BYTEA
-- next
ALTER TABLE signatories ADD COLUMN turn INTEGER NOT NULL DEFAULT 0
-- next
ALTER TABLE signatories ALTER COLUMN turn DROP DEFAULT
-- next
ALTER TABLE signatories ADD COLUMN lapsed_hash BYTEA
-- next
ALTER TABLE signatories ADD COLUMN invited_at TIMESTAMP WITH TIME ZONE
-- next
CREATE INDEX ix_signatories_lapsed ON signatories (tenant_id, lapsed_hash) WHERE lapsed_hash IS NOT NULL
-- next
ALTER TABLE sales ADD COLUMN rounds INTEGER NOT NULL DEFAULT 0
-- next
ALTER TABLE sales ALTER COLUMN rounds DROP DEFAULT
-- next
CREATE OR REPLACE FUNCTION contracts_life() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP IN ('DELETE', 'TRUNCATE') THEN RAISE EXCEPTION 'contract: never deleted' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'draft' THEN RAISE EXCEPTION 'contract: begins as a draft' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (('draft', 'abandoned'), ('draft', 'frozen'), ('frozen', 'abandoned'), ('frozen', 'draft'), ('frozen', 'signing'), ('signing', 'abandoned'), ('signing', 'filed'), ('signing', 'frozen'), ('filed', 'cancelled')) THEN
    RAISE EXCEPTION 'contract: transition not allowed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life';
  END IF;
  IF NEW.id IS DISTINCT FROM OLD.id OR NEW.unit_id IS DISTINCT FROM OLD.unit_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.template IS DISTINCT FROM OLD.template OR NEW.template_version IS DISTINCT FROM OLD.template_version OR NEW.created_at IS DISTINCT FROM OLD.created_at THEN RAISE EXCEPTION 'contract: another unit, seller or template' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
  IF OLD.status <> 'draft' AND (NEW.home IS DISTINCT FROM OLD.home OR NEW.seller IS DISTINCT FROM OLD.seller OR NEW.ownership IS DISTINCT FROM OLD.ownership OR NEW.price_fen IS DISTINCT FROM OLD.price_fen OR NEW.instalments IS DISTINCT FROM OLD.instalments OR NEW.blanks IS DISTINCT FROM OLD.blanks) THEN RAISE EXCEPTION 'contract: content is frozen' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
  IF OLD.status <> 'draft' AND NEW.status <> 'draft' AND (NEW.frozen IS DISTINCT FROM OLD.frozen OR NEW.frozen_digest IS DISTINCT FROM OLD.frozen_digest OR NEW.frozen_at IS DISTINCT FROM OLD.frozen_at) THEN
    RAISE EXCEPTION 'contract: content is frozen' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life';
  END IF;
  IF (OLD.filing_no IS NOT NULL AND NEW.filing_no IS DISTINCT FROM OLD.filing_no) OR (OLD.filed_at IS NOT NULL AND NEW.filed_at IS DISTINCT FROM OLD.filed_at) OR (OLD.signed_digest IS NOT NULL AND NEW.signed_digest IS DISTINCT FROM OLD.signed_digest) OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at) OR (OLD.reason IS NOT NULL AND NEW.reason IS DISTINCT FROM OLD.reason) THEN RAISE EXCEPTION 'contract: already final' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
  -- What went to signature stands, until the signing has ended without all signatures.
  IF (OLD.document_digest IS NOT NULL AND NEW.document_digest IS DISTINCT FROM OLD.document_digest)
     AND NOT (OLD.status = 'signing' AND NEW.status = 'frozen' AND NEW.document_digest IS NULL) THEN
    RAISE EXCEPTION 'contract: already final' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life';
  END IF;
  IF NEW.revision < OLD.revision OR ((NEW.home IS DISTINCT FROM OLD.home OR NEW.seller IS DISTINCT FROM OLD.seller OR NEW.ownership IS DISTINCT FROM OLD.ownership OR NEW.price_fen IS DISTINCT FROM OLD.price_fen OR NEW.instalments IS DISTINCT FROM OLD.instalments OR NEW.blanks IS DISTINCT FROM OLD.blanks) AND NEW.revision = OLD.revision) THEN
    RAISE EXCEPTION 'contract: revision must grow' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life';
  END IF;
  RETURN NEW;
END $$
