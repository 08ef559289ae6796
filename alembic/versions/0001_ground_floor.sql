CREATE TABLE audit_entries (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  actor_kind VARCHAR(20) NOT NULL,
  actor_id UUID,
  organisation_id UUID,
  action VARCHAR(80) NOT NULL,
  subject VARCHAR(120) NOT NULL,
  detail JSONB NOT NULL,
  sealed BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_audit_entries PRIMARY KEY (tenant_id, id)
)
-- next
CREATE INDEX ix_audit_entries_subject ON audit_entries (tenant_id, subject, created_at)
-- next
CREATE INDEX ix_audit_entries_unsealed ON audit_entries (tenant_id, id) WHERE NOT sealed
-- next
CREATE INDEX ix_audit_entries_created ON audit_entries (tenant_id, created_at)
-- next
ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON audit_entries TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_entries TO yiti_app
-- next
CREATE FUNCTION audit_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'audit_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_entries_append_only';
  ELSIF NEW.action IS DISTINCT FROM OLD.action OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.detail IS DISTINCT FROM OLD.detail OR NEW.id IS DISTINCT FROM OLD.id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'audit_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_entries_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_entries_append_only()
-- next
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only()
-- next
CREATE TABLE number_series (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  series VARCHAR(40) NOT NULL,
  year SMALLINT NOT NULL,
  last INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_number_series PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_number_series_tenant_id_series_year UNIQUE (tenant_id, series, year),
  CONSTRAINT ck_number_series_counts_up CHECK (last > 0)
)
-- next
ALTER TABLE number_series ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON number_series TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON number_series TO yiti_app
-- next
CREATE TABLE outbox (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  topic VARCHAR(80) NOT NULL,
  key VARCHAR(200) NOT NULL,
  payload JSONB NOT NULL,
  state VARCHAR(10) NOT NULL,
  available_at TIMESTAMP WITH TIME ZONE NOT NULL,
  attempts INTEGER NOT NULL,
  last_error TEXT,
  done_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_outbox PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_outbox_tenant_id_key UNIQUE (tenant_id, key),
  CONSTRAINT ck_outbox_state CHECK (state IN ('pending', 'done', 'parked'))
)
-- next
CREATE INDEX ix_outbox_due ON outbox (tenant_id, available_at) WHERE state = 'pending'
-- next
CREATE INDEX ix_outbox_parked ON outbox (tenant_id, id) WHERE state = 'parked'
-- next
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON outbox TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO yiti_app
-- next
CREATE TABLE counties (
  code VARCHAR(6) NOT NULL,
  name VARCHAR(60) NOT NULL,
  province_abbreviation VARCHAR(2) NOT NULL,
  agency_name VARCHAR(120) NOT NULL,
  agency_code VARCHAR(18) NOT NULL,
  CONSTRAINT pk_counties PRIMARY KEY (code),
  CONSTRAINT ck_counties_code_is_gbt2260 CHECK (code ~ '^[0-9]{6}$'),
  CONSTRAINT uq_counties_name UNIQUE (name)
)
-- next
GRANT SELECT ON counties TO yiti_app
-- next
CREATE TABLE contracts (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  unit_id UUID NOT NULL,
  unit_code VARCHAR(28) NOT NULL,
  project_id UUID NOT NULL,
  organisation_id UUID NOT NULL,
  template VARCHAR(40) NOT NULL,
  template_version VARCHAR(10) NOT NULL,
  opened_by UUID,
  status VARCHAR(12) NOT NULL,
  revision INTEGER NOT NULL,
  home TEXT NOT NULL,
  seller BYTEA NOT NULL,
  ownership VARCHAR(12),
  price_fen BIGINT,
  instalments JSONB NOT NULL,
  blanks BYTEA NOT NULL,
  frozen BYTEA,
  frozen_digest VARCHAR(64),
  frozen_at TIMESTAMP WITH TIME ZONE,
  document_digest VARCHAR(64),
  signed_digest VARCHAR(64),
  filing_no VARCHAR(24),
  filed_at TIMESTAMP WITH TIME ZONE,
  closed_at TIMESTAMP WITH TIME ZONE,
  reason BYTEA,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_contracts PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_contracts_tenant_id_filing_no UNIQUE (tenant_id, filing_no),
  CONSTRAINT ck_contracts_status CHECK (status IN ('abandoned', 'cancelled', 'draft', 'filed', 'frozen', 'signing')),
  CONSTRAINT ck_contracts_ownership CHECK (ownership IN ('sole', 'joint', 'fractional')),
  CONSTRAINT ck_contracts_price CHECK (price_fen > 0),
  CONSTRAINT ck_contracts_revision CHECK (revision > 0),
  CONSTRAINT ck_contracts_frozen CHECK ((status IN ('frozen', 'signing', 'filed', 'cancelled') AND num_nulls(frozen, frozen_digest, frozen_at, ownership, price_fen) = 0) OR status = 'abandoned' OR (status = 'draft' AND num_nonnulls(frozen, frozen_digest, frozen_at) = 0)),
  CONSTRAINT ck_contracts_document CHECK (status NOT IN ('signing', 'filed', 'cancelled') OR document_digest IS NOT NULL),
  CONSTRAINT ck_contracts_filed CHECK (num_nulls(filing_no, filed_at, signed_digest) = CASE WHEN status IN ('filed', 'cancelled') THEN 0 ELSE 3 END),
  CONSTRAINT ck_contracts_filing_no CHECK (filing_no ~ ('^YS' || tenant_id || '[0-9]{10,}$')),
  CONSTRAINT ck_contracts_closed CHECK (num_nulls(closed_at, reason) = CASE WHEN status IN ('cancelled', 'abandoned') THEN 0 ELSE 2 END)
)
-- next
CREATE UNIQUE INDEX uq_contracts_open_unit ON contracts (tenant_id, unit_id) WHERE status IN ('draft', 'filed', 'frozen', 'signing')
-- next
CREATE INDEX ix_contracts_organisation ON contracts (tenant_id, organisation_id, status)
-- next
ALTER TABLE contracts ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON contracts TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON contracts TO yiti_app
-- next
CREATE FUNCTION contracts_life() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP IN ('DELETE', 'TRUNCATE') THEN RAISE EXCEPTION 'contract: never deleted' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'draft' THEN RAISE EXCEPTION 'contract: begins as a draft' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (('draft', 'abandoned'), ('draft', 'frozen'), ('frozen', 'abandoned'), ('frozen', 'draft'), ('frozen', 'signing'), ('signing', 'abandoned'), ('signing', 'filed'), ('filed', 'cancelled')) THEN
    RAISE EXCEPTION 'contract: transition not allowed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life';
  END IF;
  IF NEW.id IS DISTINCT FROM OLD.id OR NEW.unit_id IS DISTINCT FROM OLD.unit_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.template IS DISTINCT FROM OLD.template OR NEW.template_version IS DISTINCT FROM OLD.template_version OR NEW.created_at IS DISTINCT FROM OLD.created_at THEN RAISE EXCEPTION 'contract: another unit, seller or template' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
  IF OLD.status <> 'draft' AND (NEW.home IS DISTINCT FROM OLD.home OR NEW.seller IS DISTINCT FROM OLD.seller OR NEW.ownership IS DISTINCT FROM OLD.ownership OR NEW.price_fen IS DISTINCT FROM OLD.price_fen OR NEW.instalments IS DISTINCT FROM OLD.instalments OR NEW.blanks IS DISTINCT FROM OLD.blanks) THEN RAISE EXCEPTION 'contract: content is frozen' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
  IF OLD.status <> 'draft' AND NEW.status <> 'draft' AND (NEW.frozen IS DISTINCT FROM OLD.frozen OR NEW.frozen_digest IS DISTINCT FROM OLD.frozen_digest OR NEW.frozen_at IS DISTINCT FROM OLD.frozen_at) THEN
    RAISE EXCEPTION 'contract: content is frozen' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life';
  END IF;
  IF (OLD.document_digest IS NOT NULL AND NEW.document_digest IS DISTINCT FROM OLD.document_digest) OR (OLD.filing_no IS NOT NULL AND NEW.filing_no IS DISTINCT FROM OLD.filing_no) OR (OLD.filed_at IS NOT NULL AND NEW.filed_at IS DISTINCT FROM OLD.filed_at) OR (OLD.signed_digest IS NOT NULL AND NEW.signed_digest IS DISTINCT FROM OLD.signed_digest) OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at) OR (OLD.reason IS NOT NULL AND NEW.reason IS DISTINCT FROM OLD.reason) THEN RAISE EXCEPTION 'contract: already final' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life'; END IF;
  IF NEW.revision < OLD.revision OR ((NEW.home IS DISTINCT FROM OLD.home OR NEW.seller IS DISTINCT FROM OLD.seller OR NEW.ownership IS DISTINCT FROM OLD.ownership OR NEW.price_fen IS DISTINCT FROM OLD.price_fen OR NEW.instalments IS DISTINCT FROM OLD.instalments OR NEW.blanks IS DISTINCT FROM OLD.blanks) AND NEW.revision = OLD.revision) THEN
    RAISE EXCEPTION 'contract: revision must grow' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER contracts_life BEFORE INSERT OR UPDATE OR DELETE ON contracts
FOR EACH ROW EXECUTE FUNCTION contracts_life()
-- next
CREATE TRIGGER contracts_no_truncate BEFORE TRUNCATE ON contracts
FOR EACH STATEMENT EXECUTE FUNCTION contracts_life()
-- next
CREATE FUNCTION contracts_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  buyer record; people int := 0; last_position int; persons int; planned numeric;
  top numeric := 0; bottom numeric := 1; unshared int := 0;
BEGIN
  -- What stands at COMMIT counts, not what stood in between.
  SELECT * INTO NEW FROM contracts WHERE tenant_id = NEW.tenant_id AND id = NEW.id;
  IF NEW.status IN ('draft', 'abandoned') THEN RETURN NULL; END IF;
  FOR buyer IN SELECT * FROM contract_buyers WHERE tenant_id = NEW.tenant_id AND contract_id = NEW.id LOOP
    people := people + 1;
    IF buyer.share_numerator IS NULL THEN
      unshared := unshared + 1;
    ELSE
      top := top * buyer.share_denominator + buyer.share_numerator * bottom;
      bottom := bottom * buyer.share_denominator;
    END IF;
  END LOOP;
  SELECT max(position), count(DISTINCT id_no_index) INTO last_position, persons
    FROM contract_buyers WHERE tenant_id = NEW.tenant_id AND contract_id = NEW.id;
  SELECT coalesce(sum((line ->> 'amount_fen')::numeric), 0) INTO planned
    FROM jsonb_array_elements(NEW.instalments) line;
  IF people NOT BETWEEN 1 AND 10 OR last_position <> people OR persons <> people THEN
    RAISE EXCEPTION 'contract: buyers' USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_buyers';
  ELSIF (NEW.ownership = 'sole') <> (people = 1)
     OR (NEW.ownership = 'fractional' AND (unshared > 0 OR top <> bottom))
     OR (NEW.ownership <> 'fractional' AND unshared < people) THEN
    RAISE EXCEPTION 'contract: shares' USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_shares';
  ELSIF planned <> NEW.price_fen THEN
    RAISE EXCEPTION 'contract: payment plan' USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_plan';
  ELSIF NEW.status = 'cancelled' AND NOT EXISTS (
    SELECT FROM contract_cancellations c WHERE c.tenant_id = NEW.tenant_id AND c.contract_id = NEW.id
      AND c.outcome = 'agreed' AND people + 1 =
      (SELECT count(*) FROM contract_consents a WHERE a.tenant_id = c.tenant_id AND a.cancellation_id = c.id)
  ) THEN
    RAISE EXCEPTION 'contract: consents' USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_consents';
  END IF;
  RETURN NULL;
END $$
-- next
CREATE CONSTRAINT TRIGGER contracts_whole AFTER UPDATE OF status ON contracts
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contracts_whole()
-- next
CREATE TABLE contract_parameters (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  key VARCHAR(40) NOT NULL,
  value NUMERIC(18, 6) NOT NULL,
  valid_from DATE NOT NULL,
  valid_to DATE,
  source VARCHAR(300) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_contract_parameters PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_contract_parameters_tenant_id_key_valid_from UNIQUE (tenant_id, key, valid_from),
  CONSTRAINT ck_contract_parameters_period CHECK (valid_to > valid_from)
)
-- next
ALTER TABLE contract_parameters ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON contract_parameters TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_parameters TO yiti_app
-- next
CREATE TABLE ledger_accounts (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR(24) NOT NULL,
  owner VARCHAR(64) NOT NULL,
  guarded BOOLEAN NOT NULL,
  balance_fen BIGINT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_ledger_accounts PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_ledger_accounts_never_overdrawn CHECK (NOT guarded OR balance_fen >= 0)
)
-- next
CREATE UNIQUE INDEX uq_ledger_account_owner ON ledger_accounts (tenant_id, kind, owner)
-- next
ALTER TABLE ledger_accounts ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_accounts TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_accounts TO yiti_app
-- next
CREATE FUNCTION ledger_accounts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'ledger_accounts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_accounts_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.guarded IS DISTINCT FROM OLD.guarded OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.owner IS DISTINCT FROM OLD.owner OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'ledger_accounts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_accounts_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_accounts_append_only BEFORE UPDATE OR DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_accounts_append_only()
-- next
CREATE TRIGGER ledger_accounts_no_truncate BEFORE TRUNCATE ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION ledger_accounts_append_only()
-- next
CREATE FUNCTION ledger_balance_is_posted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.balance_fen <> 0 OR TG_OP = 'UPDATE' AND pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'a ledger balance moves only by entries'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_balance_is_posted';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_balance_is_posted BEFORE INSERT OR UPDATE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_balance_is_posted()
-- next
CREATE TABLE ledger_transfers (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  key VARCHAR(120) NOT NULL,
  subject VARCHAR(80) NOT NULL,
  booked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_ledger_transfers PRIMARY KEY (tenant_id, id)
)
-- next
CREATE UNIQUE INDEX uq_ledger_transfer_key ON ledger_transfers (tenant_id, key)
-- next
ALTER TABLE ledger_transfers ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_transfers TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_transfers TO yiti_app
-- next
CREATE FUNCTION ledger_transfers_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'ledger_transfers is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_transfers_append_only';
  ELSIF NEW.booked_at IS DISTINCT FROM OLD.booked_at OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.key IS DISTINCT FROM OLD.key OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'ledger_transfers is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_transfers_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_transfers_append_only BEFORE UPDATE OR DELETE ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION ledger_transfers_append_only()
-- next
CREATE TRIGGER ledger_transfers_no_truncate BEFORE TRUNCATE ON ledger_transfers FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfers_append_only()
-- next
CREATE TABLE supervision_accounts (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  purpose VARCHAR(20) NOT NULL,
  project_id UUID,
  account_no VARCHAR(32) NOT NULL,
  account_name VARCHAR(120) NOT NULL,
  bank_code VARCHAR(20) NOT NULL,
  bank_name VARCHAR(120) NOT NULL,
  agreement_no VARCHAR(60),
  mode VARCHAR(8),
  quota_fen BIGINT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_supervision_accounts PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_supervision_accounts_tenant_id_account_no UNIQUE (tenant_id, account_no),
  CONSTRAINT ck_supervision_accounts_presale_has_project CHECK ((purpose = 'presale') = (project_id IS NOT NULL)),
  CONSTRAINT ck_supervision_accounts_presale_has_mode CHECK ((purpose = 'presale') = (mode IS NOT NULL)),
  CONSTRAINT ck_supervision_accounts_quota_has_amount CHECK ((mode IS NOT DISTINCT FROM 'quota') = (quota_fen IS NOT NULL))
)
-- next
CREATE UNIQUE INDEX uq_supervision_account_maintenance ON supervision_accounts (tenant_id) WHERE purpose = 'maintenance_fund'
-- next
CREATE UNIQUE INDEX uq_supervision_account_project ON supervision_accounts (tenant_id, project_id) WHERE purpose = 'presale'
-- next
ALTER TABLE supervision_accounts ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON supervision_accounts TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON supervision_accounts TO yiti_app
-- next
CREATE FUNCTION supervision_accounts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'supervision_accounts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_accounts_append_only';
  ELSIF NEW.account_name IS DISTINCT FROM OLD.account_name OR NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.agreement_no IS DISTINCT FROM OLD.agreement_no OR NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.mode IS DISTINCT FROM OLD.mode OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.quota_fen IS DISTINCT FROM OLD.quota_fen OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'supervision_accounts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_accounts_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER supervision_accounts_append_only BEFORE UPDATE OR DELETE ON supervision_accounts FOR EACH ROW EXECUTE FUNCTION supervision_accounts_append_only()
-- next
CREATE TRIGGER supervision_accounts_no_truncate BEFORE TRUNCATE ON supervision_accounts FOR EACH STATEMENT EXECUTE FUNCTION supervision_accounts_append_only()
-- next
CREATE TABLE maintenance_fund_rates (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  usage_class VARCHAR(20) NOT NULL,
  with_lift BOOLEAN NOT NULL,
  fen_per_sqm BIGINT NOT NULL,
  valid_from DATE NOT NULL,
  source VARCHAR(200) NOT NULL,
  demonstration BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_maintenance_fund_rates PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_maintenance_fund_rates_tenant_id_usage_class_with_li_36be UNIQUE (tenant_id, usage_class, with_lift, valid_from),
  CONSTRAINT ck_maintenance_fund_rates_not_negative CHECK (fen_per_sqm >= 0)
)
-- next
ALTER TABLE maintenance_fund_rates ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON maintenance_fund_rates TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON maintenance_fund_rates TO yiti_app
-- next
CREATE FUNCTION maintenance_fund_rates_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'maintenance_fund_rates is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_fund_rates_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.demonstration IS DISTINCT FROM OLD.demonstration OR NEW.fen_per_sqm IS DISTINCT FROM OLD.fen_per_sqm OR NEW.id IS DISTINCT FROM OLD.id OR NEW.source IS DISTINCT FROM OLD.source OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.usage_class IS DISTINCT FROM OLD.usage_class OR NEW.valid_from IS DISTINCT FROM OLD.valid_from OR NEW.with_lift IS DISTINCT FROM OLD.with_lift THEN
    RAISE EXCEPTION 'maintenance_fund_rates is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'maintenance_fund_rates_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER maintenance_fund_rates_append_only BEFORE UPDATE OR DELETE ON maintenance_fund_rates FOR EACH ROW EXECUTE FUNCTION maintenance_fund_rates_append_only()
-- next
CREATE TRIGGER maintenance_fund_rates_no_truncate BEFORE TRUNCATE ON maintenance_fund_rates FOR EACH STATEMENT EXECUTE FUNCTION maintenance_fund_rates_append_only()
-- next
CREATE TABLE bills (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  notice_no VARCHAR(20) NOT NULL,
  kind VARCHAR(20) NOT NULL,
  contract_id UUID NOT NULL,
  project_id UUID NOT NULL,
  unit_id UUID NOT NULL,
  unit_code VARCHAR(28) NOT NULL,
  payer BYTEA NOT NULL,
  amount_fen BIGINT NOT NULL,
  basis JSONB NOT NULL,
  account_no VARCHAR(32) NOT NULL,
  account_name VARCHAR(120) NOT NULL,
  bank_code VARCHAR(20) NOT NULL,
  bank_name VARCHAR(120) NOT NULL,
  issued_on DATE NOT NULL,
  state VARCHAR(16) NOT NULL,
  sent_at TIMESTAMP WITH TIME ZONE,
  confirmed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_bills PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_bills_tenant_id_notice_no UNIQUE (tenant_id, notice_no),
  CONSTRAINT ck_bills_asks_for_money CHECK (amount_fen > 0)
)
-- next
CREATE INDEX ix_bill_contract ON bills (tenant_id, contract_id)
-- next
CREATE INDEX ix_bill_project ON bills (tenant_id, project_id, id)
-- next
CREATE UNIQUE INDEX uq_live_bill ON bills (tenant_id, contract_id, kind) WHERE state IN ('issued', 'sent', 'confirmed')
-- next
ALTER TABLE bills ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON bills TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON bills TO yiti_app
-- next
CREATE FUNCTION bills_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bills is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bills_append_only';
  ELSIF NEW.account_name IS DISTINCT FROM OLD.account_name OR NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.basis IS DISTINCT FROM OLD.basis OR NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.issued_on IS DISTINCT FROM OLD.issued_on OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.notice_no IS DISTINCT FROM OLD.notice_no OR NEW.payer IS DISTINCT FROM OLD.payer OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.unit_id IS DISTINCT FROM OLD.unit_id THEN
    RAISE EXCEPTION 'bills is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bills_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER bills_append_only BEFORE UPDATE OR DELETE ON bills FOR EACH ROW EXECUTE FUNCTION bills_append_only()
-- next
CREATE TRIGGER bills_no_truncate BEFORE TRUNCATE ON bills FOR EACH STATEMENT EXECUTE FUNCTION bills_append_only()
-- next
CREATE TABLE signing_ceremonies (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  subject VARCHAR(120) NOT NULL,
  status VARCHAR(20) NOT NULL,
  last_key VARCHAR(40) NOT NULL,
  events INTEGER NOT NULL,
  completed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_signing_ceremonies PRIMARY KEY (tenant_id, id)
)
-- next
CREATE UNIQUE INDEX uq_signing_ceremonies_open ON signing_ceremonies (tenant_id, subject) WHERE status IN ('open', 'completed')
-- next
ALTER TABLE signing_ceremonies ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON signing_ceremonies TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_ceremonies TO yiti_app
-- next
CREATE TABLE organisation_seals (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  key VARCHAR(120) NOT NULL,
  organisation_id UUID,
  organisation VARCHAR(200) NOT NULL,
  credit_code VARCHAR(18) NOT NULL,
  document_kinds JSONB NOT NULL,
  serial VARCHAR(48) NOT NULL,
  status VARCHAR(20) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_organisation_seals PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_organisation_seals_tenant_id_key UNIQUE (tenant_id, key)
)
-- next
ALTER TABLE organisation_seals ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON organisation_seals TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON organisation_seals TO yiti_app
-- next
CREATE TABLE archives (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  archive_no VARCHAR(60) NOT NULL,
  series VARCHAR(60) NOT NULL,
  year INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  subject VARCHAR(80) NOT NULL,
  case_no VARCHAR(60) NOT NULL,
  unit_code VARCHAR(28) NOT NULL,
  title BYTEA NOT NULL,
  package_digest VARCHAR(64) NOT NULL,
  package_bytes BIGINT NOT NULL,
  report JSONB NOT NULL,
  archived_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_archives PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_archives_tenant_id_archive_no UNIQUE (tenant_id, archive_no),
  CONSTRAINT uq_archives_tenant_id_subject UNIQUE (tenant_id, subject),
  CONSTRAINT uq_archives_tenant_id_series_year_sequence UNIQUE (tenant_id, series, year, sequence)
)
-- next
CREATE INDEX ix_archive_unit ON archives (tenant_id, unit_code)
-- next
CREATE INDEX ix_archive_case ON archives (tenant_id, case_no)
-- next
ALTER TABLE archives ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON archives TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON archives TO yiti_app
-- next
CREATE FUNCTION archives_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'archives is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'archives_append_only';
  ELSIF NEW.archive_no IS DISTINCT FROM OLD.archive_no OR NEW.archived_at IS DISTINCT FROM OLD.archived_at OR NEW.case_no IS DISTINCT FROM OLD.case_no OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.package_bytes IS DISTINCT FROM OLD.package_bytes OR NEW.package_digest IS DISTINCT FROM OLD.package_digest OR NEW.report IS DISTINCT FROM OLD.report OR NEW.sequence IS DISTINCT FROM OLD.sequence OR NEW.series IS DISTINCT FROM OLD.series OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.title IS DISTINCT FROM OLD.title OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.year IS DISTINCT FROM OLD.year THEN
    RAISE EXCEPTION 'archives is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'archives_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER archives_append_only BEFORE UPDATE OR DELETE ON archives FOR EACH ROW EXECUTE FUNCTION archives_append_only()
-- next
CREATE TRIGGER archives_no_truncate BEFORE TRUNCATE ON archives FOR EACH STATEMENT EXECUTE FUNCTION archives_append_only()
-- next
CREATE TABLE exchanges (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  counterparty VARCHAR(30) NOT NULL,
  operation VARCHAR(60) NOT NULL,
  title VARCHAR(60) NOT NULL,
  direction VARCHAR(3) NOT NULL,
  idempotency_key VARCHAR(200) NOT NULL,
  attempt SMALLINT NOT NULL,
  outcome VARCHAR(20) NOT NULL,
  http_status SMALLINT,
  error VARCHAR(300),
  started_at TIMESTAMP WITH TIME ZONE NOT NULL,
  duration_ms INTEGER NOT NULL,
  request_digest VARCHAR(64) NOT NULL,
  answer_digest VARCHAR(64),
  request_body BYTEA NOT NULL,
  answer_body BYTEA,
  facts JSONB NOT NULL,
  subject VARCHAR(80),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_exchanges PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_exchanges_counts_are_natural CHECK (duration_ms >= 0 AND attempt >= 0)
)
-- next
CREATE INDEX ix_exchanges_counterparty ON exchanges (tenant_id, counterparty, outcome, id)
-- next
CREATE INDEX ix_exchanges_subject ON exchanges (tenant_id, subject, id)
-- next
CREATE INDEX ix_exchanges_key ON exchanges (tenant_id, idempotency_key)
-- next
ALTER TABLE exchanges ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON exchanges TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON exchanges TO yiti_app
-- next
CREATE FUNCTION exchanges_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'exchanges is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'exchanges_append_only';
  ELSIF NEW.answer_body IS DISTINCT FROM OLD.answer_body OR NEW.answer_digest IS DISTINCT FROM OLD.answer_digest OR NEW.attempt IS DISTINCT FROM OLD.attempt OR NEW.counterparty IS DISTINCT FROM OLD.counterparty OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.direction IS DISTINCT FROM OLD.direction OR NEW.duration_ms IS DISTINCT FROM OLD.duration_ms OR NEW.error IS DISTINCT FROM OLD.error OR NEW.facts IS DISTINCT FROM OLD.facts OR NEW.http_status IS DISTINCT FROM OLD.http_status OR NEW.id IS DISTINCT FROM OLD.id OR NEW.idempotency_key IS DISTINCT FROM OLD.idempotency_key OR NEW.operation IS DISTINCT FROM OLD.operation OR NEW.outcome IS DISTINCT FROM OLD.outcome OR NEW.request_body IS DISTINCT FROM OLD.request_body OR NEW.request_digest IS DISTINCT FROM OLD.request_digest OR NEW.started_at IS DISTINCT FROM OLD.started_at OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.title IS DISTINCT FROM OLD.title THEN
    RAISE EXCEPTION 'exchanges is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'exchanges_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER exchanges_append_only BEFORE UPDATE OR DELETE ON exchanges FOR EACH ROW EXECUTE FUNCTION exchanges_append_only()
-- next
CREATE TRIGGER exchanges_no_truncate BEFORE TRUNCATE ON exchanges FOR EACH STATEMENT EXECUTE FUNCTION exchanges_append_only()
-- next
CREATE TABLE inbound_events (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  counterparty VARCHAR(30) NOT NULL,
  event_key VARCHAR(200) NOT NULL,
  jti VARCHAR(200) NOT NULL,
  operation VARCHAR(60) NOT NULL,
  content_digest VARCHAR(64) NOT NULL,
  evidence_digest VARCHAR(64) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_inbound_events PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_inbound_events_tenant_id_counterparty_event_key UNIQUE (tenant_id, counterparty, event_key),
  CONSTRAINT uq_inbound_events_tenant_id_counterparty_jti UNIQUE (tenant_id, counterparty, jti)
)
-- next
ALTER TABLE inbound_events ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON inbound_events TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_events TO yiti_app
-- next
CREATE FUNCTION inbound_events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'inbound_events is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'inbound_events_append_only';
  ELSIF NEW.content_digest IS DISTINCT FROM OLD.content_digest OR NEW.counterparty IS DISTINCT FROM OLD.counterparty OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.event_key IS DISTINCT FROM OLD.event_key OR NEW.evidence_digest IS DISTINCT FROM OLD.evidence_digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.jti IS DISTINCT FROM OLD.jti OR NEW.operation IS DISTINCT FROM OLD.operation OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'inbound_events is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'inbound_events_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER inbound_events_append_only BEFORE UPDATE OR DELETE ON inbound_events FOR EACH ROW EXECUTE FUNCTION inbound_events_append_only()
-- next
CREATE TRIGGER inbound_events_no_truncate BEFORE TRUNCATE ON inbound_events FOR EACH STATEMENT EXECUTE FUNCTION inbound_events_append_only()
-- next
CREATE TABLE identity_requests (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  reference VARCHAR(100) NOT NULL,
  nonce VARCHAR(64) NOT NULL,
  state_digest VARCHAR(64) NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_identity_requests PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_identity_requests_tenant_id_reference UNIQUE (tenant_id, reference)
)
-- next
ALTER TABLE identity_requests ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON identity_requests TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_requests TO yiti_app
-- next
CREATE FUNCTION identity_requests_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'identity_requests is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'identity_requests_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.nonce IS DISTINCT FROM OLD.nonce OR NEW.reference IS DISTINCT FROM OLD.reference OR NEW.state_digest IS DISTINCT FROM OLD.state_digest OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'identity_requests is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'identity_requests_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER identity_requests_append_only BEFORE UPDATE OR DELETE ON identity_requests FOR EACH ROW EXECUTE FUNCTION identity_requests_append_only()
-- next
CREATE TRIGGER identity_requests_no_truncate BEFORE TRUNCATE ON identity_requests FOR EACH STATEMENT EXECUTE FUNCTION identity_requests_append_only()
-- next
CREATE TABLE organisations (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR(24) NOT NULL,
  name VARCHAR(120) NOT NULL,
  credit_code VARCHAR(18) NOT NULL,
  address VARCHAR(200) NOT NULL,
  phone BYTEA NOT NULL,
  legal_representative BYTEA NOT NULL,
  seal_key VARCHAR(80),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_organisations PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_organisations_tenant_id_credit_code UNIQUE (tenant_id, credit_code),
  CONSTRAINT ck_organisations_kind_known CHECK (kind in ('developer', 'bank', 'housing_department', 'registration_centre', 'operator'))
)
-- next
ALTER TABLE organisations ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON organisations TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON organisations TO yiti_app
-- next
CREATE TABLE login_throttles (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  scope VARCHAR(8) NOT NULL,
  key_hash BYTEA NOT NULL,
  failures INTEGER NOT NULL,
  since TIMESTAMP WITH TIME ZONE NOT NULL,
  blocked_until TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_login_throttles PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_login_throttles_tenant_id_scope_key_hash UNIQUE (tenant_id, scope, key_hash)
)
-- next
ALTER TABLE login_throttles ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON login_throttles TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON login_throttles TO yiti_app
-- next
CREATE TABLE case_configurations (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  business VARCHAR(40) NOT NULL,
  effective_from DATE NOT NULL,
  values JSONB NOT NULL,
  changed_by VARCHAR(60) NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_configurations PRIMARY KEY (tenant_id, id)
)
-- next
CREATE INDEX ix_case_configurations_business ON case_configurations (tenant_id, business, effective_from)
-- next
ALTER TABLE case_configurations ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON case_configurations TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON case_configurations TO yiti_app
-- next
CREATE FUNCTION case_configurations_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'case_configurations is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_configurations_append_only';
  ELSIF NEW.business IS DISTINCT FROM OLD.business OR NEW.changed_at IS DISTINCT FROM OLD.changed_at OR NEW.changed_by IS DISTINCT FROM OLD.changed_by OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.effective_from IS DISTINCT FROM OLD.effective_from OR NEW.id IS DISTINCT FROM OLD.id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.values IS DISTINCT FROM OLD.values THEN
    RAISE EXCEPTION 'case_configurations is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_configurations_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER case_configurations_append_only BEFORE UPDATE OR DELETE ON case_configurations FOR EACH ROW EXECUTE FUNCTION case_configurations_append_only()
-- next
CREATE TRIGGER case_configurations_no_truncate BEFORE TRUNCATE ON case_configurations FOR EACH STATEMENT EXECUTE FUNCTION case_configurations_append_only()
-- next
CREATE TABLE projects (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  organisation_id UUID NOT NULL,
  name VARCHAR(120) NOT NULL,
  parcel_code VARCHAR(19) NOT NULL,
  location VARCHAR(200) NOT NULL,
  land_use_right_no VARCHAR(60) NOT NULL,
  land_term_end DATE NOT NULL,
  planning_permit_no VARCHAR(60) NOT NULL,
  planning_permit_on DATE NOT NULL,
  construction_permit_no VARCHAR(60) NOT NULL,
  has_construction_mortgage BOOLEAN NOT NULL,
  mortgagee VARCHAR(120),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_projects PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_projects_tenant_id_name UNIQUE (tenant_id, name),
  CONSTRAINT ck_projects_mortgage_names_its_holder CHECK (has_construction_mortgage = (mortgagee IS NOT NULL))
)
-- next
CREATE INDEX ix_projects_organisation ON projects (tenant_id, organisation_id)
-- next
ALTER TABLE projects ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON projects TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON projects TO yiti_app
-- next
CREATE TABLE estate_parameters (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  name VARCHAR(40) NOT NULL,
  effective_from DATE NOT NULL,
  value JSONB NOT NULL,
  source VARCHAR(300) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_estate_parameters PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_estate_parameters_tenant_id_name_effective_from UNIQUE (tenant_id, name, effective_from)
)
-- next
ALTER TABLE estate_parameters ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON estate_parameters TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON estate_parameters TO yiti_app
-- next
CREATE FUNCTION estate_parameters_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'estate_parameters is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'estate_parameters_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.effective_from IS DISTINCT FROM OLD.effective_from OR NEW.id IS DISTINCT FROM OLD.id OR NEW.name IS DISTINCT FROM OLD.name OR NEW.source IS DISTINCT FROM OLD.source OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.value IS DISTINCT FROM OLD.value THEN
    RAISE EXCEPTION 'estate_parameters is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'estate_parameters_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER estate_parameters_append_only BEFORE UPDATE OR DELETE ON estate_parameters FOR EACH ROW EXECUTE FUNCTION estate_parameters_append_only()
-- next
CREATE TRIGGER estate_parameters_no_truncate BEFORE TRUNCATE ON estate_parameters FOR EACH STATEMENT EXECUTE FUNCTION estate_parameters_append_only()
-- next
CREATE TABLE search_records (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR(30) NOT NULL,
  purpose TEXT NOT NULL,
  actor_kind VARCHAR(10) NOT NULL,
  actor_id UUID,
  searcher BYTEA NOT NULL,
  person_index BYTEA,
  criteria BYTEA NOT NULL,
  found JSONB NOT NULL,
  letter_id UUID,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_search_records PRIMARY KEY (tenant_id, id)
)
-- next
CREATE INDEX ix_search_records_time ON search_records (tenant_id, id)
-- next
CREATE INDEX ix_search_records_person ON search_records (tenant_id, person_index)
-- next
ALTER TABLE search_records ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON search_records TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON search_records TO yiti_app
-- next
CREATE FUNCTION search_records_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'search_records is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'search_records_append_only';
  ELSIF NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind OR NEW.at IS DISTINCT FROM OLD.at OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.criteria IS DISTINCT FROM OLD.criteria OR NEW.found IS DISTINCT FROM OLD.found OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.person_index IS DISTINCT FROM OLD.person_index OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.searcher IS DISTINCT FROM OLD.searcher OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'search_records is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'search_records_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER search_records_append_only BEFORE UPDATE OR DELETE ON search_records FOR EACH ROW EXECUTE FUNCTION search_records_append_only()
-- next
CREATE TRIGGER search_records_no_truncate BEFORE TRUNCATE ON search_records FOR EACH STATEMENT EXECUTE FUNCTION search_records_append_only()
-- next
CREATE TABLE letters (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR(30) NOT NULL,
  number VARCHAR(80) NOT NULL,
  title VARCHAR(80) NOT NULL,
  verify_code VARCHAR(32) NOT NULL,
  case_id UUID,
  subject VARCHAR(120) NOT NULL,
  template VARCHAR(60) NOT NULL,
  content BYTEA NOT NULL,
  written_on DATE NOT NULL,
  state VARCHAR(10) NOT NULL,
  pdf_digest VARCHAR(64),
  sealed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_letters PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_letters_tenant_id_number UNIQUE (tenant_id, number),
  CONSTRAINT uq_letters_tenant_id_verify_code UNIQUE (tenant_id, verify_code),
  CONSTRAINT ck_letters_letter_state_known CHECK (state IN ('numbered', 'issued')),
  CONSTRAINT ck_letters_letter_issued_has_its_pdf CHECK ((state = 'issued') = (pdf_digest IS NOT NULL)),
  CONSTRAINT ck_letters_letter_pdf_is_sealed CHECK ((pdf_digest IS NULL) = (sealed_at IS NULL))
)
-- next
CREATE UNIQUE INDEX uq_letters_pdf ON letters (tenant_id, pdf_digest) WHERE pdf_digest IS NOT NULL
-- next
CREATE INDEX ix_letters_subject ON letters (tenant_id, subject)
-- next
CREATE INDEX ix_letters_case ON letters (tenant_id, case_id)
-- next
ALTER TABLE letters ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON letters TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON letters TO yiti_app
-- next
CREATE FUNCTION letters_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'letters is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'letters_append_only';
  ELSIF NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.content IS DISTINCT FROM OLD.content OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.number IS DISTINCT FROM OLD.number OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.template IS DISTINCT FROM OLD.template OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.title IS DISTINCT FROM OLD.title OR NEW.verify_code IS DISTINCT FROM OLD.verify_code OR NEW.written_on IS DISTINCT FROM OLD.written_on THEN
    RAISE EXCEPTION 'letters is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'letters_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER letters_append_only BEFORE UPDATE OR DELETE ON letters FOR EACH ROW EXECUTE FUNCTION letters_append_only()
-- next
CREATE TRIGGER letters_no_truncate BEFORE TRUNCATE ON letters FOR EACH STATEMENT EXECUTE FUNCTION letters_append_only()
-- next
CREATE TABLE audit_links (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  seq BIGINT NOT NULL,
  entry_id UUID NOT NULL,
  previous BYTEA NOT NULL,
  digest BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_audit_links PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_audit_links_tenant_id_seq UNIQUE (tenant_id, seq),
  CONSTRAINT uq_audit_links_tenant_id_entry_id UNIQUE (tenant_id, entry_id),
  CONSTRAINT fk_audit_links_tenant_id_entry_id FOREIGN KEY(tenant_id, entry_id) REFERENCES audit_entries (tenant_id, id)
)
-- next
ALTER TABLE audit_links ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON audit_links TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_links TO yiti_app
-- next
CREATE FUNCTION audit_links_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'audit_links is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_links_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.entry_id IS DISTINCT FROM OLD.entry_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.previous IS DISTINCT FROM OLD.previous OR NEW.seq IS DISTINCT FROM OLD.seq OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'audit_links is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_links_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER audit_links_append_only BEFORE UPDATE OR DELETE ON audit_links FOR EACH ROW EXECUTE FUNCTION audit_links_append_only()
-- next
CREATE TRIGGER audit_links_no_truncate BEFORE TRUNCATE ON audit_links FOR EACH STATEMENT EXECUTE FUNCTION audit_links_append_only()
-- next
CREATE TABLE contract_buyers (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  position SMALLINT NOT NULL,
  kind VARCHAR(10) NOT NULL,
  name BYTEA NOT NULL,
  id_kind VARCHAR(12) NOT NULL,
  id_no BYTEA NOT NULL,
  id_no_index BYTEA NOT NULL,
  phone BYTEA NOT NULL,
  address BYTEA NOT NULL,
  share_numerator BIGINT,
  share_denominator BIGINT,
  representative_name BYTEA,
  representative_id_no BYTEA,
  representative_index BYTEA,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_contract_buyers PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_contract_buyers_tenant_id_contract_id FOREIGN KEY(tenant_id, contract_id) REFERENCES contracts (tenant_id, id),
  CONSTRAINT uq_contract_buyers_tenant_id_contract_id_position UNIQUE (tenant_id, contract_id, position),
  CONSTRAINT ck_contract_buyers_position CHECK (position BETWEEN 1 AND 10),
  CONSTRAINT ck_contract_buyers_kind CHECK (kind IN ('person', 'company')),
  CONSTRAINT ck_contract_buyers_id_kind CHECK (id_kind IN ('resident_id', 'credit_code')),
  CONSTRAINT ck_contract_buyers_share CHECK (num_nulls(share_numerator, share_denominator) <> 1 AND share_numerator > 0 AND share_numerator <= share_denominator)
)
-- next
CREATE INDEX ix_contract_buyers_representative ON contract_buyers (tenant_id, representative_index)
-- next
CREATE INDEX ix_contract_buyers_id_no ON contract_buyers (tenant_id, id_no_index)
-- next
ALTER TABLE contract_buyers ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON contract_buyers TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_buyers TO yiti_app
-- next
CREATE FUNCTION contract_buyers_of_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  buyer contract_buyers := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  state text;
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.contract_id <> OLD.contract_id THEN
    RAISE EXCEPTION 'a buyer stays with its contract'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_buyers_of_drafts';
  END IF;
  SELECT status INTO state FROM contracts WHERE tenant_id = buyer.tenant_id AND id = buyer.contract_id FOR SHARE;
  IF state <> 'draft' THEN
    RAISE EXCEPTION 'buyers change only while the contract is a draft'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_buyers_of_drafts';
  END IF;
  RETURN buyer;
END $$
-- next
CREATE TRIGGER contract_buyers_of_drafts BEFORE INSERT OR UPDATE OR DELETE ON contract_buyers
FOR EACH ROW EXECUTE FUNCTION contract_buyers_of_drafts()
-- next
CREATE TABLE contract_events (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  action VARCHAR(40) NOT NULL,
  status VARCHAR(12) NOT NULL,
  revision INTEGER NOT NULL,
  actor_kind VARCHAR(10) NOT NULL,
  actor_id UUID,
  detail JSONB NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_contract_events PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_contract_events_tenant_id_contract_id FOREIGN KEY(tenant_id, contract_id) REFERENCES contracts (tenant_id, id)
)
-- next
CREATE INDEX ix_contract_events_contract ON contract_events (tenant_id, contract_id)
-- next
ALTER TABLE contract_events ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON contract_events TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_events TO yiti_app
-- next
CREATE FUNCTION contract_events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'contract_events is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_events_append_only';
  ELSIF NEW.action IS DISTINCT FROM OLD.action OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind OR NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.detail IS DISTINCT FROM OLD.detail OR NEW.id IS DISTINCT FROM OLD.id OR NEW.revision IS DISTINCT FROM OLD.revision OR NEW.status IS DISTINCT FROM OLD.status OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'contract_events is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_events_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER contract_events_append_only BEFORE UPDATE OR DELETE ON contract_events FOR EACH ROW EXECUTE FUNCTION contract_events_append_only()
-- next
CREATE TRIGGER contract_events_no_truncate BEFORE TRUNCATE ON contract_events FOR EACH STATEMENT EXECUTE FUNCTION contract_events_append_only()
-- next
CREATE TABLE contract_cancellations (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  requested_by VARCHAR(10) NOT NULL,
  reason BYTEA NOT NULL,
  outcome VARCHAR(10),
  closed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_contract_cancellations PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_contract_cancellations_tenant_id_contract_id FOREIGN KEY(tenant_id, contract_id) REFERENCES contracts (tenant_id, id),
  CONSTRAINT ck_contract_cancellations_outcome CHECK (outcome IN ('agreed', 'withdrawn')),
  CONSTRAINT ck_contract_cancellations_closed CHECK ((outcome IS NULL) = (closed_at IS NULL))
)
-- next
CREATE UNIQUE INDEX uq_contract_cancellations_open ON contract_cancellations (tenant_id, contract_id) WHERE outcome IS NULL
-- next
ALTER TABLE contract_cancellations ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON contract_cancellations TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_cancellations TO yiti_app
-- next
CREATE FUNCTION contract_cancellations_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'contract_cancellations is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_cancellations_append_only';
  ELSIF NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.requested_by IS DISTINCT FROM OLD.requested_by OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'contract_cancellations is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_cancellations_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER contract_cancellations_append_only BEFORE UPDATE OR DELETE ON contract_cancellations FOR EACH ROW EXECUTE FUNCTION contract_cancellations_append_only()
-- next
CREATE TRIGGER contract_cancellations_no_truncate BEFORE TRUNCATE ON contract_cancellations FOR EACH STATEMENT EXECUTE FUNCTION contract_cancellations_append_only()
-- next
CREATE TABLE ledger_entries (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  transfer_id UUID NOT NULL,
  account_id UUID NOT NULL,
  amount_fen BIGINT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_ledger_entries PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_ledger_entries_tenant_id_transfer_id FOREIGN KEY(tenant_id, transfer_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT fk_ledger_entries_tenant_id_account_id FOREIGN KEY(tenant_id, account_id) REFERENCES ledger_accounts (tenant_id, id),
  CONSTRAINT ck_ledger_entries_moves_something CHECK (amount_fen <> 0)
)
-- next
CREATE INDEX ix_ledger_entry_history ON ledger_entries (tenant_id, account_id, id)
-- next
CREATE UNIQUE INDEX uq_ledger_entry_account ON ledger_entries (tenant_id, transfer_id, account_id)
-- next
ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON ledger_entries TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_entries TO yiti_app
-- next
CREATE FUNCTION ledger_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'ledger_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_entries_append_only';
  ELSIF NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id THEN
    RAISE EXCEPTION 'ledger_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_entries_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_entries_append_only()
-- next
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_append_only()
-- next
CREATE FUNCTION ledger_post_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ledger_accounts SET balance_fen = balance_fen + NEW.amount_fen
   WHERE tenant_id = NEW.tenant_id AND id = NEW.account_id;
  RETURN NULL;
END $$
-- next
CREATE TRIGGER ledger_post_entry AFTER INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_post_entry()
-- next
CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  transfer uuid := CASE TG_TABLE_NAME
    WHEN 'ledger_transfers' THEN NEW.id ELSE (to_jsonb(NEW)->>'transfer_id')::uuid END;
  entries bigint;
  total numeric;
BEGIN
  SELECT count(*), coalesce(sum(amount_fen), 0) INTO entries, total
    FROM ledger_entries WHERE tenant_id = NEW.tenant_id AND transfer_id = transfer;
  IF entries < 2 OR total <> 0 THEN
    RAISE EXCEPTION 'ledger transfer % does not balance: % entries, sum %', transfer, entries, total
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  RETURN NULL;
END $$
-- next
CREATE CONSTRAINT TRIGGER ledger_entries_balanced AFTER INSERT ON ledger_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced()
-- next
CREATE CONSTRAINT TRIGGER ledger_transfers_balanced AFTER INSERT ON ledger_transfers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced()
-- next
CREATE TABLE bank_confirmations (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  event_id VARCHAR(80) NOT NULL,
  notice_no VARCHAR(40) NOT NULL,
  amount_fen BIGINT NOT NULL,
  paid_at TIMESTAMP WITH TIME ZONE NOT NULL,
  bank_serial VARCHAR(80) NOT NULL,
  account_no VARCHAR(40) NOT NULL,
  evidence_digest VARCHAR(64) NOT NULL,
  bill_id UUID,
  transfer_id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_bank_confirmations PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_bank_confirmations_tenant_id_event_id UNIQUE (tenant_id, event_id),
  CONSTRAINT uq_bank_confirmations_tenant_id_account_no_bank_serial UNIQUE (tenant_id, account_no, bank_serial),
  CONSTRAINT fk_bank_confirmations_tenant_id_bill_id FOREIGN KEY(tenant_id, bill_id) REFERENCES bills (tenant_id, id),
  CONSTRAINT fk_bank_confirmations_tenant_id_transfer_id FOREIGN KEY(tenant_id, transfer_id) REFERENCES ledger_transfers (tenant_id, id),
  CONSTRAINT ck_bank_confirmations_brings_money CHECK (amount_fen > 0)
)
-- next
CREATE INDEX ix_bank_confirmation_bill ON bank_confirmations (tenant_id, bill_id)
-- next
ALTER TABLE bank_confirmations ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON bank_confirmations TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON bank_confirmations TO yiti_app
-- next
CREATE FUNCTION bank_confirmations_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'bank_confirmations is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_confirmations_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bank_serial IS DISTINCT FROM OLD.bank_serial OR NEW.bill_id IS DISTINCT FROM OLD.bill_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.event_id IS DISTINCT FROM OLD.event_id OR NEW.evidence_digest IS DISTINCT FROM OLD.evidence_digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.notice_no IS DISTINCT FROM OLD.notice_no OR NEW.paid_at IS DISTINCT FROM OLD.paid_at OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.transfer_id IS DISTINCT FROM OLD.transfer_id THEN
    RAISE EXCEPTION 'bank_confirmations is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_confirmations_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER bank_confirmations_append_only BEFORE UPDATE OR DELETE ON bank_confirmations FOR EACH ROW EXECUTE FUNCTION bank_confirmations_append_only()
-- next
CREATE TRIGGER bank_confirmations_no_truncate BEFORE TRUNCATE ON bank_confirmations FOR EACH STATEMENT EXECUTE FUNCTION bank_confirmations_append_only()
-- next
CREATE TABLE refunds (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  refund_no VARCHAR(20) NOT NULL,
  bill_id UUID NOT NULL,
  contract_id UUID NOT NULL,
  payee BYTEA NOT NULL,
  amount_fen BIGINT NOT NULL,
  account_no VARCHAR(32) NOT NULL,
  reason TEXT NOT NULL,
  state VARCHAR(12) NOT NULL,
  event_id VARCHAR(80),
  bank_serial VARCHAR(80),
  evidence_digest VARCHAR(64),
  confirmed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_refunds PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_refunds_tenant_id_refund_no UNIQUE (tenant_id, refund_no),
  CONSTRAINT uq_refunds_tenant_id_bill_id UNIQUE (tenant_id, bill_id),
  CONSTRAINT uq_refunds_tenant_id_event_id UNIQUE (tenant_id, event_id),
  CONSTRAINT fk_refunds_tenant_id_bill_id FOREIGN KEY(tenant_id, bill_id) REFERENCES bills (tenant_id, id),
  CONSTRAINT ck_refunds_returns_money CHECK (amount_fen > 0)
)
-- next
CREATE INDEX ix_refund_contract ON refunds (tenant_id, contract_id)
-- next
ALTER TABLE refunds ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON refunds TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON refunds TO yiti_app
-- next
CREATE FUNCTION refunds_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'refunds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'refunds_append_only';
  ELSIF NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bill_id IS DISTINCT FROM OLD.bill_id OR NEW.contract_id IS DISTINCT FROM OLD.contract_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.payee IS DISTINCT FROM OLD.payee OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.refund_no IS DISTINCT FROM OLD.refund_no OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'refunds is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'refunds_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER refunds_append_only BEFORE UPDATE OR DELETE ON refunds FOR EACH ROW EXECUTE FUNCTION refunds_append_only()
-- next
CREATE TRIGGER refunds_no_truncate BEFORE TRUNCATE ON refunds FOR EACH STATEMENT EXECUTE FUNCTION refunds_append_only()
-- next
CREATE TABLE signing_documents (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  ceremony_id UUID NOT NULL,
  key VARCHAR(40) NOT NULL,
  title VARCHAR(120) NOT NULL,
  position INTEGER NOT NULL,
  fields JSONB NOT NULL,
  original_digest VARCHAR(64) NOT NULL,
  prepared_digest VARCHAR(64),
  current_digest VARCHAR(64) NOT NULL,
  revision INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_signing_documents PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_signing_documents_tenant_id_ceremony_id FOREIGN KEY(tenant_id, ceremony_id) REFERENCES signing_ceremonies (tenant_id, id),
  CONSTRAINT uq_signing_documents_tenant_id_ceremony_id_key UNIQUE (tenant_id, ceremony_id, key)
)
-- next
ALTER TABLE signing_documents ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON signing_documents TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_documents TO yiti_app
-- next
CREATE TABLE signatories (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  ceremony_id UUID NOT NULL,
  key VARCHAR(40) NOT NULL,
  position INTEGER NOT NULL,
  kind VARCHAR(20) NOT NULL,
  name BYTEA NOT NULL,
  id_kind VARCHAR(20) NOT NULL,
  id_no BYTEA NOT NULL,
  phone BYTEA,
  organisation VARCHAR(200),
  credit_code VARCHAR(18),
  status VARCHAR(20) NOT NULL,
  token BYTEA,
  token_hash BYTEA,
  token_expires_at TIMESTAMP WITH TIME ZONE,
  identity_reference VARCHAR(120),
  identified_at TIMESTAMP WITH TIME ZONE,
  handwriting BYTEA,
  seal_key VARCHAR(120),
  consented_at TIMESTAMP WITH TIME ZONE,
  signed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_signatories PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_signatories_tenant_id_ceremony_id FOREIGN KEY(tenant_id, ceremony_id) REFERENCES signing_ceremonies (tenant_id, id),
  CONSTRAINT uq_signatories_tenant_id_ceremony_id_key UNIQUE (tenant_id, ceremony_id, key)
)
-- next
CREATE UNIQUE INDEX uq_signatories_token ON signatories (tenant_id, token_hash) WHERE token_hash IS NOT NULL
-- next
ALTER TABLE signatories ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON signatories TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON signatories TO yiti_app
-- next
CREATE TABLE evidence_events (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  ceremony_id UUID NOT NULL,
  sequence INTEGER NOT NULL,
  body BYTEA NOT NULL,
  previous VARCHAR(64) NOT NULL,
  digest VARCHAR(64) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_evidence_events PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_evidence_events_tenant_id_ceremony_id FOREIGN KEY(tenant_id, ceremony_id) REFERENCES signing_ceremonies (tenant_id, id),
  CONSTRAINT uq_evidence_events_tenant_id_ceremony_id_sequence UNIQUE (tenant_id, ceremony_id, sequence)
)
-- next
ALTER TABLE evidence_events ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON evidence_events TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON evidence_events TO yiti_app
-- next
CREATE FUNCTION evidence_events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'evidence_events is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'evidence_events_append_only';
  ELSIF NEW.body IS DISTINCT FROM OLD.body OR NEW.ceremony_id IS DISTINCT FROM OLD.ceremony_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.previous IS DISTINCT FROM OLD.previous OR NEW.sequence IS DISTINCT FROM OLD.sequence OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'evidence_events is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'evidence_events_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER evidence_events_append_only BEFORE UPDATE OR DELETE ON evidence_events FOR EACH ROW EXECUTE FUNCTION evidence_events_append_only()
-- next
CREATE TRIGGER evidence_events_no_truncate BEFORE TRUNCATE ON evidence_events FOR EACH STATEMENT EXECUTE FUNCTION evidence_events_append_only()
-- next
CREATE TABLE seal_uses (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  seal_id UUID NOT NULL,
  document_kind VARCHAR(40) NOT NULL,
  document_digest VARCHAR(64) NOT NULL,
  subject VARCHAR(120) NOT NULL,
  actor_kind VARCHAR(20) NOT NULL,
  actor_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_seal_uses PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_seal_uses_tenant_id_seal_id FOREIGN KEY(tenant_id, seal_id) REFERENCES organisation_seals (tenant_id, id)
)
-- next
CREATE INDEX ix_seal_uses_seal ON seal_uses (tenant_id, seal_id)
-- next
ALTER TABLE seal_uses ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON seal_uses TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON seal_uses TO yiti_app
-- next
CREATE FUNCTION seal_uses_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'seal_uses is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'seal_uses_append_only';
  ELSIF NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.document_digest IS DISTINCT FROM OLD.document_digest OR NEW.document_kind IS DISTINCT FROM OLD.document_kind OR NEW.id IS DISTINCT FROM OLD.id OR NEW.seal_id IS DISTINCT FROM OLD.seal_id OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'seal_uses is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'seal_uses_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER seal_uses_append_only BEFORE UPDATE OR DELETE ON seal_uses FOR EACH ROW EXECUTE FUNCTION seal_uses_append_only()
-- next
CREATE TRIGGER seal_uses_no_truncate BEFORE TRUNCATE ON seal_uses FOR EACH STATEMENT EXECUTE FUNCTION seal_uses_append_only()
-- next
CREATE TABLE fixity_checks (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  archive_id UUID NOT NULL,
  passed BOOLEAN NOT NULL,
  problem VARCHAR(200),
  report JSONB,
  checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_fixity_checks PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_fixity_checks_tenant_id_archive_id FOREIGN KEY(tenant_id, archive_id) REFERENCES archives (tenant_id, id)
)
-- next
CREATE INDEX ix_fixity_check_archive ON fixity_checks (tenant_id, archive_id, id)
-- next
ALTER TABLE fixity_checks ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON fixity_checks TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON fixity_checks TO yiti_app
-- next
CREATE FUNCTION fixity_checks_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'fixity_checks is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'fixity_checks_append_only';
  ELSIF NEW.archive_id IS DISTINCT FROM OLD.archive_id OR NEW.checked_at IS DISTINCT FROM OLD.checked_at OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.passed IS DISTINCT FROM OLD.passed OR NEW.problem IS DISTINCT FROM OLD.problem OR NEW.report IS DISTINCT FROM OLD.report OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'fixity_checks is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'fixity_checks_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER fixity_checks_append_only BEFORE UPDATE OR DELETE ON fixity_checks FOR EACH ROW EXECUTE FUNCTION fixity_checks_append_only()
-- next
CREATE TRIGGER fixity_checks_no_truncate BEFORE TRUNCATE ON fixity_checks FOR EACH STATEMENT EXECUTE FUNCTION fixity_checks_append_only()
-- next
CREATE TABLE users (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  organisation_id UUID NOT NULL,
  login VARCHAR(40) NOT NULL,
  display_name BYTEA NOT NULL,
  password_hash VARCHAR(200) NOT NULL,
  must_change_password BOOLEAN NOT NULL,
  roles VARCHAR(40)[] NOT NULL,
  disabled_at TIMESTAMP WITH TIME ZONE,
  password_changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_login_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_users PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_users_tenant_id_organisation_id FOREIGN KEY(tenant_id, organisation_id) REFERENCES organisations (tenant_id, id),
  CONSTRAINT uq_users_tenant_id_login UNIQUE (tenant_id, login)
)
-- next
CREATE INDEX ix_users_organisation ON users (tenant_id, organisation_id)
-- next
ALTER TABLE users ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON users TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO yiti_app
-- next
CREATE TABLE buildings (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  project_id UUID NOT NULL,
  parcel_code VARCHAR(19) NOT NULL,
  number SMALLINT NOT NULL,
  name VARCHAR(60) NOT NULL,
  floors_total SMALLINT NOT NULL,
  structure VARCHAR(30) NOT NULL,
  has_lift BOOLEAN NOT NULL,
  topped_out_on DATE,
  completed_on DATE,
  planned_handover DATE NOT NULL,
  mortgaged BOOLEAN NOT NULL,
  mortgagee VARCHAR(120),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_buildings PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_buildings_tenant_id_project_id FOREIGN KEY(tenant_id, project_id) REFERENCES projects (tenant_id, id),
  CONSTRAINT uq_buildings_tenant_id_parcel_code_number UNIQUE (tenant_id, parcel_code, number),
  CONSTRAINT uq_buildings_tenant_id_project_id_name UNIQUE (tenant_id, project_id, name),
  CONSTRAINT ck_buildings_number_has_four_digits CHECK (number BETWEEN 1 AND 9998),
  CONSTRAINT ck_buildings_has_floors CHECK (floors_total > 0),
  CONSTRAINT ck_buildings_mortgage_names_its_holder CHECK (mortgaged = (mortgagee IS NOT NULL))
)
-- next
ALTER TABLE buildings ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON buildings TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON buildings TO yiti_app
-- next
CREATE TABLE presale_permits (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  project_id UUID NOT NULL,
  number VARCHAR(60) NOT NULL,
  issued_on DATE NOT NULL,
  rule_version VARCHAR(60) NOT NULL,
  evidence JSONB NOT NULL,
  findings JSONB NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_presale_permits PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_presale_permits_tenant_id_project_id FOREIGN KEY(tenant_id, project_id) REFERENCES projects (tenant_id, id),
  CONSTRAINT uq_presale_permits_tenant_id_number UNIQUE (tenant_id, number)
)
-- next
ALTER TABLE presale_permits ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON presale_permits TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON presale_permits TO yiti_app
-- next
CREATE FUNCTION presale_permits_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'presale_permits is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'presale_permits_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.evidence IS DISTINCT FROM OLD.evidence OR NEW.findings IS DISTINCT FROM OLD.findings OR NEW.id IS DISTINCT FROM OLD.id OR NEW.issued_on IS DISTINCT FROM OLD.issued_on OR NEW.number IS DISTINCT FROM OLD.number OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.rule_version IS DISTINCT FROM OLD.rule_version OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'presale_permits is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'presale_permits_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER presale_permits_append_only BEFORE UPDATE OR DELETE ON presale_permits FOR EACH ROW EXECUTE FUNCTION presale_permits_append_only()
-- next
CREATE TRIGGER presale_permits_no_truncate BEFORE TRUNCATE ON presale_permits FOR EACH STATEMENT EXECUTE FUNCTION presale_permits_append_only()
-- next
CREATE TABLE survey_imports (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  project_id UUID NOT NULL,
  file_name VARCHAR(200) NOT NULL,
  digest VARCHAR(64) NOT NULL,
  row_count INTEGER NOT NULL,
  problem_count INTEGER NOT NULL,
  problems JSONB NOT NULL,
  previewed_by UUID,
  applied_at TIMESTAMP WITH TIME ZONE,
  applied_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_survey_imports PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_survey_imports_tenant_id_project_id FOREIGN KEY(tenant_id, project_id) REFERENCES projects (tenant_id, id)
)
-- next
CREATE INDEX ix_survey_imports_project ON survey_imports (tenant_id, project_id, created_at)
-- next
ALTER TABLE survey_imports ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON survey_imports TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON survey_imports TO yiti_app
-- next
CREATE FUNCTION survey_imports_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'survey_imports is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'survey_imports_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.id IS DISTINCT FROM OLD.id OR NEW.previewed_by IS DISTINCT FROM OLD.previewed_by OR NEW.problem_count IS DISTINCT FROM OLD.problem_count OR NEW.problems IS DISTINCT FROM OLD.problems OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.row_count IS DISTINCT FROM OLD.row_count OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'survey_imports is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'survey_imports_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER survey_imports_append_only BEFORE UPDATE OR DELETE ON survey_imports FOR EACH ROW EXECUTE FUNCTION survey_imports_append_only()
-- next
CREATE TRIGGER survey_imports_no_truncate BEFORE TRUNCATE ON survey_imports FOR EACH STATEMENT EXECUTE FUNCTION survey_imports_append_only()
-- next
CREATE TABLE contract_consents (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  cancellation_id UUID NOT NULL,
  party VARCHAR(10) NOT NULL,
  actor_kind VARCHAR(10) NOT NULL,
  actor_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_contract_consents PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_contract_consents_tenant_id_cancellation_id FOREIGN KEY(tenant_id, cancellation_id) REFERENCES contract_cancellations (tenant_id, id),
  CONSTRAINT uq_contract_consents_tenant_id_cancellation_id_party UNIQUE (tenant_id, cancellation_id, party)
)
-- next
ALTER TABLE contract_consents ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON contract_consents TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_consents TO yiti_app
-- next
CREATE FUNCTION contract_consents_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'contract_consents is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_consents_append_only';
  ELSIF NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind OR NEW.cancellation_id IS DISTINCT FROM OLD.cancellation_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.party IS DISTINCT FROM OLD.party OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'contract_consents is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_consents_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER contract_consents_append_only BEFORE UPDATE OR DELETE ON contract_consents FOR EACH ROW EXECUTE FUNCTION contract_consents_append_only()
-- next
CREATE TRIGGER contract_consents_no_truncate BEFORE TRUNCATE ON contract_consents FOR EACH STATEMENT EXECUTE FUNCTION contract_consents_append_only()
-- next
CREATE TABLE suspense_receipts (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  confirmation_id UUID NOT NULL,
  reason VARCHAR(30) NOT NULL,
  words TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_suspense_receipts PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_suspense_receipts_tenant_id_confirmation_id UNIQUE (tenant_id, confirmation_id),
  CONSTRAINT fk_suspense_receipts_tenant_id_confirmation_id FOREIGN KEY(tenant_id, confirmation_id) REFERENCES bank_confirmations (tenant_id, id)
)
-- next
ALTER TABLE suspense_receipts ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON suspense_receipts TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON suspense_receipts TO yiti_app
-- next
CREATE FUNCTION suspense_receipts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'suspense_receipts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'suspense_receipts_append_only';
  ELSIF NEW.confirmation_id IS DISTINCT FROM OLD.confirmation_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'suspense_receipts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'suspense_receipts_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER suspense_receipts_append_only BEFORE UPDATE OR DELETE ON suspense_receipts FOR EACH ROW EXECUTE FUNCTION suspense_receipts_append_only()
-- next
CREATE TRIGGER suspense_receipts_no_truncate BEFORE TRUNCATE ON suspense_receipts FOR EACH STATEMENT EXECUTE FUNCTION suspense_receipts_append_only()
-- next
CREATE TABLE identity_assertions (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  signatory_id UUID NOT NULL,
  reference VARCHAR(120) NOT NULL,
  provider VARCHAR(80) NOT NULL,
  method VARCHAR(80) NOT NULL,
  verified_at TIMESTAMP WITH TIME ZONE NOT NULL,
  digest VARCHAR(64) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_identity_assertions PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_identity_assertions_tenant_id_signatory_id FOREIGN KEY(tenant_id, signatory_id) REFERENCES signatories (tenant_id, id),
  CONSTRAINT uq_identity_assertions_tenant_id_provider_reference UNIQUE (tenant_id, provider, reference)
)
-- next
ALTER TABLE identity_assertions ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON identity_assertions TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_assertions TO yiti_app
-- next
CREATE FUNCTION identity_assertions_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'identity_assertions is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'identity_assertions_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.id IS DISTINCT FROM OLD.id OR NEW.method IS DISTINCT FROM OLD.method OR NEW.provider IS DISTINCT FROM OLD.provider OR NEW.reference IS DISTINCT FROM OLD.reference OR NEW.signatory_id IS DISTINCT FROM OLD.signatory_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.verified_at IS DISTINCT FROM OLD.verified_at THEN
    RAISE EXCEPTION 'identity_assertions is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'identity_assertions_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER identity_assertions_append_only BEFORE UPDATE OR DELETE ON identity_assertions FOR EACH ROW EXECUTE FUNCTION identity_assertions_append_only()
-- next
CREATE TRIGGER identity_assertions_no_truncate BEFORE TRUNCATE ON identity_assertions FOR EACH STATEMENT EXECUTE FUNCTION identity_assertions_append_only()
-- next
CREATE TABLE signatures (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  document_id UUID NOT NULL,
  signatory_id UUID,
  field VARCHAR(60) NOT NULL,
  revision INTEGER NOT NULL,
  serial VARCHAR(48) NOT NULL,
  subject BYTEA NOT NULL,
  certificate_digest VARCHAR(64) NOT NULL,
  document_digest VARCHAR(64) NOT NULL,
  signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_signatures PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_signatures_tenant_id_document_id FOREIGN KEY(tenant_id, document_id) REFERENCES signing_documents (tenant_id, id),
  CONSTRAINT uq_signatures_tenant_id_document_id_field UNIQUE (tenant_id, document_id, field)
)
-- next
ALTER TABLE signatures ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON signatures TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON signatures TO yiti_app
-- next
CREATE FUNCTION signatures_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'signatures is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'signatures_append_only';
  ELSIF NEW.certificate_digest IS DISTINCT FROM OLD.certificate_digest OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.document_digest IS DISTINCT FROM OLD.document_digest OR NEW.document_id IS DISTINCT FROM OLD.document_id OR NEW.field IS DISTINCT FROM OLD.field OR NEW.id IS DISTINCT FROM OLD.id OR NEW.revision IS DISTINCT FROM OLD.revision OR NEW.serial IS DISTINCT FROM OLD.serial OR NEW.signatory_id IS DISTINCT FROM OLD.signatory_id OR NEW.signed_at IS DISTINCT FROM OLD.signed_at OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'signatures is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'signatures_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER signatures_append_only BEFORE UPDATE OR DELETE ON signatures FOR EACH ROW EXECUTE FUNCTION signatures_append_only()
-- next
CREATE TRIGGER signatures_no_truncate BEFORE TRUNCATE ON signatures FOR EACH STATEMENT EXECUTE FUNCTION signatures_append_only()
-- next
CREATE TABLE sessions (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR(8) NOT NULL,
  token_hash BYTEA NOT NULL,
  csrf_secret BYTEA NOT NULL,
  user_id UUID,
  citizen_name BYTEA,
  citizen_id_no BYTEA,
  citizen_index BYTEA,
  last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_sessions PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_sessions_tenant_id_user_id FOREIGN KEY(tenant_id, user_id) REFERENCES users (tenant_id, id),
  CONSTRAINT uq_sessions_tenant_id_token_hash UNIQUE (tenant_id, token_hash),
  CONSTRAINT ck_sessions_one_subject CHECK ((kind = 'staff' and user_id is not null and citizen_index is null) or (kind = 'citizen' and user_id is null and citizen_index is not null))
)
-- next
CREATE INDEX ix_sessions_expiry ON sessions (tenant_id, expires_at)
-- next
CREATE INDEX ix_sessions_user ON sessions (tenant_id, user_id)
-- next
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON sessions TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO yiti_app
-- next
CREATE TABLE units (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  building_id UUID NOT NULL,
  code VARCHAR(28) NOT NULL,
  household SMALLINT NOT NULL,
  section VARCHAR(20) NOT NULL,
  floor VARCHAR(20) NOT NULL,
  floor_no SMALLINT NOT NULL,
  room VARCHAR(30) NOT NULL,
  location VARCHAR(200) NOT NULL,
  usage VARCHAR(40) NOT NULL,
  structure VARCHAR(30) NOT NULL,
  building_area NUMERIC(12, 2) NOT NULL,
  inner_area NUMERIC(12, 2) NOT NULL,
  shared_area NUMERIC(12, 2) NOT NULL,
  state VARCHAR(12) NOT NULL,
  survey_import_id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_units PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_units_tenant_id_building_id FOREIGN KEY(tenant_id, building_id) REFERENCES buildings (tenant_id, id),
  CONSTRAINT uq_units_tenant_id_code UNIQUE (tenant_id, code),
  CONSTRAINT uq_units_tenant_id_building_id_household UNIQUE (tenant_id, building_id, household),
  CONSTRAINT ck_units_household_has_four_digits CHECK (household BETWEEN 1 AND 9999),
  CONSTRAINT ck_units_areas_are_positive CHECK (inner_area > 0 AND shared_area >= 0),
  CONSTRAINT ck_units_areas_add_up CHECK (building_area = inner_area + shared_area),
  CONSTRAINT ck_units_state_is_known CHECK (state IN ('planned', 'built', 'historical'))
)
-- next
CREATE UNIQUE INDEX uq_units_place ON units (tenant_id, building_id, section, room) WHERE state <> 'historical'
-- next
ALTER TABLE units ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON units TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON units TO yiti_app
-- next
CREATE FUNCTION units_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'units is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'units_append_only';
  ELSIF NEW.building_id IS DISTINCT FROM OLD.building_id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.floor IS DISTINCT FROM OLD.floor OR NEW.floor_no IS DISTINCT FROM OLD.floor_no OR NEW.household IS DISTINCT FROM OLD.household OR NEW.id IS DISTINCT FROM OLD.id OR NEW.room IS DISTINCT FROM OLD.room OR NEW.section IS DISTINCT FROM OLD.section OR NEW.survey_import_id IS DISTINCT FROM OLD.survey_import_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'units is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'units_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER units_append_only BEFORE UPDATE OR DELETE ON units FOR EACH ROW EXECUTE FUNCTION units_append_only()
-- next
CREATE TRIGGER units_no_truncate BEFORE TRUNCATE ON units FOR EACH STATEMENT EXECUTE FUNCTION units_append_only()
-- next
CREATE FUNCTION register_unit_retires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'historical' AND NEW.state <> 'historical' THEN
    PERFORM register_refuse('register_unit_is_living');
  ELSIF NEW.state = 'historical' AND EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id
      AND e.unit_id = NEW.id AND e.status = 'current' AND e.kind <> 'cancellation') THEN
    PERFORM register_refuse('register_unit_carries_rights');
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER register_unit_retires BEFORE UPDATE OF state ON units
    FOR EACH ROW EXECUTE FUNCTION register_unit_retires()
-- next
CREATE TABLE presale_permit_buildings (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  permit_id UUID NOT NULL,
  building_id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_presale_permit_buildings PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_presale_permit_buildings_tenant_id_permit_id FOREIGN KEY(tenant_id, permit_id) REFERENCES presale_permits (tenant_id, id),
  CONSTRAINT fk_presale_permit_buildings_tenant_id_building_id FOREIGN KEY(tenant_id, building_id) REFERENCES buildings (tenant_id, id),
  CONSTRAINT uq_presale_permit_buildings_tenant_id_building_id UNIQUE (tenant_id, building_id)
)
-- next
CREATE INDEX ix_presale_permit_buildings_permit ON presale_permit_buildings (tenant_id, permit_id)
-- next
ALTER TABLE presale_permit_buildings ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON presale_permit_buildings TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON presale_permit_buildings TO yiti_app
-- next
CREATE FUNCTION presale_permit_buildings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'presale_permit_buildings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'presale_permit_buildings_append_only';
  ELSIF NEW.building_id IS DISTINCT FROM OLD.building_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.permit_id IS DISTINCT FROM OLD.permit_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'presale_permit_buildings is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'presale_permit_buildings_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER presale_permit_buildings_append_only BEFORE UPDATE OR DELETE ON presale_permit_buildings FOR EACH ROW EXECUTE FUNCTION presale_permit_buildings_append_only()
-- next
CREATE TRIGGER presale_permit_buildings_no_truncate BEFORE TRUNCATE ON presale_permit_buildings FOR EACH STATEMENT EXECUTE FUNCTION presale_permit_buildings_append_only()
-- next
CREATE TABLE cases (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  number VARCHAR(50) NOT NULL,
  business VARCHAR(40) NOT NULL,
  businesses JSONB NOT NULL,
  channel VARCHAR(10) NOT NULL,
  status VARCHAR(12) NOT NULL,
  flags JSONB NOT NULL,
  version INTEGER NOT NULL,
  review_level INTEGER NOT NULL,
  review_levels INTEGER NOT NULL,
  reviewers JSONB NOT NULL,
  unit_id UUID,
  unit_code VARCHAR(28) NOT NULL,
  location TEXT NOT NULL,
  contract_id UUID,
  applicants BYTEA NOT NULL,
  application BYTEA,
  configuration JSONB,
  outside JSONB NOT NULL,
  opened_by UUID,
  opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  submitted_at TIMESTAMP WITH TIME ZONE,
  accepted_at TIMESTAMP WITH TIME ZONE,
  due_at TIMESTAMP WITH TIME ZONE,
  decided_by VARCHAR(60),
  booked_at TIMESTAMP WITH TIME ZONE,
  closed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_cases PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_cases_tenant_id_unit_id FOREIGN KEY(tenant_id, unit_id) REFERENCES units (tenant_id, id),
  CONSTRAINT uq_cases_tenant_id_number UNIQUE (tenant_id, number),
  CONSTRAINT uq_cases_tenant_id_contract_id_business UNIQUE (tenant_id, contract_id, business),
  CONSTRAINT ck_cases_booked_at_a_time CHECK (status NOT IN ('booked', 'closed') OR booked_at IS NOT NULL),
  CONSTRAINT ck_cases_accepted_at_a_time CHECK (status NOT IN ('accepted', 'approved', 'booked', 'closed', 'refused') OR accepted_at IS NOT NULL),
  CONSTRAINT ck_cases_concerns_a_unit CHECK (status IN ('draft', 'withdrawn') OR unit_id IS NOT NULL),
  CONSTRAINT ck_cases_known_flags CHECK (flags <@ '["needs_correction", "awaiting_tax", "awaiting_housing", "awaiting_fee", "awaiting_signature", "awaiting_funds", "on_public_notice", "frozen_by_seizure"]'::jsonb),
  CONSTRAINT ck_cases_known_channel CHECK (channel IN ('window', 'online', 'system')),
  CONSTRAINT ck_cases_counted CHECK (version >= 1),
  CONSTRAINT ck_cases_review_level_within_levels CHECK (review_levels BETWEEN 1 AND 3 AND review_level >= 0 AND review_level < review_levels)
)
-- next
CREATE INDEX ix_cases_unit ON cases (tenant_id, unit_id)
-- next
CREATE INDEX ix_cases_waiting ON cases (tenant_id, due_at) WHERE status = 'accepted'
-- next
CREATE INDEX ix_cases_open ON cases (tenant_id, due_at, id) WHERE status IN ('submitted', 'accepted', 'approved')
-- next
ALTER TABLE cases ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON cases TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON cases TO yiti_app
-- next
CREATE TABLE register_entries (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  unit_id UUID NOT NULL,
  unit_code VARCHAR(28) NOT NULL,
  kind VARCHAR(30) NOT NULL,
  registration_type VARCHAR(3) NOT NULL,
  status VARCHAR(10) NOT NULL,
  case_id UUID NOT NULL,
  case_number VARCHAR(50) NOT NULL,
  position SMALLINT NOT NULL,
  cause TEXT NOT NULL,
  sharing VARCHAR(10),
  amount_fen INTEGER,
  valid_from DATE,
  valid_until DATE,
  bans_transfer BOOLEAN,
  rank INTEGER NOT NULL,
  priority_at TIMESTAMP WITH TIME ZONE NOT NULL,
  consents UUID[] NOT NULL,
  details JSONB NOT NULL,
  booked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  booked_by VARCHAR(60) NOT NULL,
  closes_id UUID,
  closed_by_id UUID,
  closed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_register_entries PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_register_entries_tenant_id_unit_id FOREIGN KEY(tenant_id, unit_id) REFERENCES units (tenant_id, id),
  CONSTRAINT fk_register_entries_tenant_id_closes_id FOREIGN KEY(tenant_id, closes_id) REFERENCES register_entries (tenant_id, id),
  CONSTRAINT fk_register_entries_tenant_id_closed_by_id FOREIGN KEY(tenant_id, closed_by_id) REFERENCES register_entries (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT ck_register_entries_kind_is_known CHECK (kind IN ('ownership', 'common_parts', 'mortgage', 'construction_mortgage', 'residence', 'easement', 'presale_notice', 'presale_mortgage_notice', 'sale_notice', 'mortgage_notice', 'seizure', 'objection', 'cancellation')),
  CONSTRAINT ck_register_entries_registration_type_is_known CHECK (registration_type IN ('100', '200', '300', '400', '500', '600', '700', '800', '900')),
  CONSTRAINT ck_register_entries_status_is_known CHECK (status IN ('current', 'historical')),
  CONSTRAINT ck_register_entries_sharing_is_known CHECK (sharing IN ('sole', 'joint', 'fractional')),
  CONSTRAINT ck_register_entries_closed_by_an_entry CHECK ((status = 'historical') = (closed_by_id IS NOT NULL)),
  CONSTRAINT ck_register_entries_closed_at_a_time CHECK ((status = 'historical') = (closed_at IS NOT NULL)),
  CONSTRAINT ck_register_entries_cancellation_names_its_entry CHECK (kind <> 'cancellation' OR closes_id IS NOT NULL),
  CONSTRAINT ck_register_entries_ownership_is_registered CHECK (kind <> 'ownership' OR registration_type IN ('100', '200', '300', '500')),
  CONSTRAINT ck_register_entries_amount_is_money CHECK (amount_fen >= 0),
  CONSTRAINT ck_register_entries_security_names_its_claim CHECK (NOT kind IN ('construction_mortgage', 'mortgage', 'mortgage_notice', 'presale_mortgage_notice') OR coalesce(amount_fen, 0) > 0),
  CONSTRAINT ck_register_entries_only_securities_ban_transfer CHECK (bans_transfer IS NULL OR kind IN ('construction_mortgage', 'mortgage', 'mortgage_notice', 'presale_mortgage_notice')),
  CONSTRAINT ck_register_entries_term_ends_after_it_starts CHECK (valid_until >= valid_from),
  CONSTRAINT ck_register_entries_only_seizures_wait CHECK (rank = 0 OR kind = 'seizure' AND rank > 0),
  CONSTRAINT ck_register_entries_priority_is_not_later CHECK (priority_at <= booked_at),
  CONSTRAINT ck_register_entries_seizure_has_its_term CHECK (kind <> 'seizure' OR CASE rank WHEN 0 THEN valid_from IS NOT NULL AND valid_until IS NOT NULL AND valid_until <= valid_from + interval '36 months' ELSE valid_from IS NULL AND valid_until IS NULL END)
)
-- next
CREATE INDEX ix_register_entries_case ON register_entries (tenant_id, case_id)
-- next
CREATE UNIQUE INDEX uq_register_one_current_ownership ON register_entries (tenant_id, unit_id) WHERE kind = 'ownership' AND status = 'current'
-- next
CREATE UNIQUE INDEX uq_register_one_effective_seizure ON register_entries (tenant_id, unit_id) WHERE kind = 'seizure' AND status = 'current' AND rank = 0
-- next
CREATE INDEX ix_register_entries_unit ON register_entries (tenant_id, unit_id, status)
-- next
CREATE INDEX ix_register_seizures_by_end ON register_entries (tenant_id, valid_until) WHERE kind = 'seizure' AND status = 'current' AND rank = 0
-- next
CREATE INDEX ix_register_live_objections ON register_entries (tenant_id, booked_at) WHERE kind = 'objection' AND status = 'current'
-- next
CREATE UNIQUE INDEX uq_register_one_live_presale_notice ON register_entries (tenant_id, unit_id) WHERE kind = 'presale_notice' AND status = 'current'
-- next
ALTER TABLE register_entries ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON register_entries TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON register_entries TO yiti_app
-- next
CREATE FUNCTION register_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'register_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_entries_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.bans_transfer IS DISTINCT FROM OLD.bans_transfer OR NEW.booked_at IS DISTINCT FROM OLD.booked_at OR NEW.booked_by IS DISTINCT FROM OLD.booked_by OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.case_number IS DISTINCT FROM OLD.case_number OR NEW.cause IS DISTINCT FROM OLD.cause OR NEW.closes_id IS DISTINCT FROM OLD.closes_id OR NEW.consents IS DISTINCT FROM OLD.consents OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.details IS DISTINCT FROM OLD.details OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.position IS DISTINCT FROM OLD.position OR NEW.priority_at IS DISTINCT FROM OLD.priority_at OR NEW.rank IS DISTINCT FROM OLD.rank OR NEW.registration_type IS DISTINCT FROM OLD.registration_type OR NEW.sharing IS DISTINCT FROM OLD.sharing OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.unit_id IS DISTINCT FROM OLD.unit_id OR NEW.valid_from IS DISTINCT FROM OLD.valid_from OR NEW.valid_until IS DISTINCT FROM OLD.valid_until THEN
    RAISE EXCEPTION 'register_entries is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_entries_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER register_entries_append_only BEFORE UPDATE OR DELETE ON register_entries FOR EACH ROW EXECUTE FUNCTION register_entries_append_only()
-- next
CREATE TRIGGER register_entries_no_truncate BEFORE TRUNCATE ON register_entries FOR EACH STATEMENT EXECUTE FUNCTION register_entries_append_only()
-- next
CREATE FUNCTION register_refuse(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the register refuses: %', name USING ERRCODE = '23001', CONSTRAINT = name;
END $$
-- next
CREATE FUNCTION register_may_close(closer text, closed text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT closed <> 'cancellation' AND (closer IN ('cancellation', closed)
      OR closer = 'mortgage'
          AND closed IN ('construction_mortgage', 'presale_mortgage_notice', 'mortgage_notice')) $$
-- next
CREATE FUNCTION register_continues(new register_entries, old register_entries) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF old.id IS NULL THEN
    RETURN false;
  ELSIF new.kind IN ('mortgage', 'construction_mortgage', 'mortgage_notice', 'presale_mortgage_notice') THEN
    RETURN old.kind IN (new.kind, 'construction_mortgage') AND coalesce(new.amount_fen <= old.amount_fen, false);
  END IF;
  RETURN old.kind = new.kind AND new.registration_type IN ('300', '500')
      AND register_same_holders(new.tenant_id, new.id, old.id);
END $$
-- next
CREATE FUNCTION register_seizure_rank(new register_entries, old register_entries, seized boolean, last_rank integer)
RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  IF seized THEN
    RETURN CASE WHEN old.rank > 0 THEN old.rank ELSE last_rank + 1 END;
  ELSIF EXISTS (SELECT 1 FROM register_entries w WHERE w.tenant_id = new.tenant_id AND w.unit_id = new.unit_id
      AND w.status = 'current' AND w.kind = 'seizure' AND (old.id IS NULL OR old.rank > 0
          AND (w.priority_at, w.rank) < (old.priority_at, old.rank))) THEN
    PERFORM register_refuse('register_queue_in_order');
  END IF;
  RETURN 0;
END $$
-- next
CREATE FUNCTION register_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unit record; closed register_entries%ROWTYPE; standing record; disposes boolean;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    PERFORM register_refuse('register_reads_what_is_committed');
  END IF;
  SELECT code, state INTO unit FROM units WHERE tenant_id = NEW.tenant_id AND id = NEW.unit_id FOR NO KEY UPDATE;
  IF unit.code IS DISTINCT FROM NEW.unit_code THEN
    PERFORM register_refuse('register_unit_exists');
  ELSIF unit.state = 'historical' THEN
    PERFORM register_refuse('register_unit_is_living');
  ELSIF NEW.status <> 'current' THEN
    PERFORM register_refuse('register_starts_current');
  END IF;
  PERFORM register_holders_fit(NEW);
  IF NEW.closes_id IS NOT NULL THEN
    UPDATE register_entries SET status = 'historical', closed_by_id = NEW.id, closed_at = NEW.booked_at
        WHERE tenant_id = NEW.tenant_id AND id = NEW.closes_id AND unit_id = NEW.unit_id AND status = 'current'
        RETURNING * INTO closed;
    IF closed.id IS NULL THEN
      PERFORM register_refuse('register_closes_a_current_entry');
    ELSIF NOT register_may_close(NEW.kind, closed.kind) THEN
      PERFORM register_refuse('register_closes_its_own_kind');
    END IF;
  END IF;
  SELECT
      coalesce(bool_or(kind = 'seizure' AND rank = 0), false) AS seized,
      coalesce(max(rank), 0) AS last_rank,
      coalesce(bool_or(kind = 'ownership'), false) AS owned,
      coalesce(bool_or(kind = 'presale_notice'), false) AS presold,
      coalesce(bool_or(kind IN ('presale_notice', 'sale_notice') AND id <> ALL (NEW.consents)
          AND NOT (kind = 'sale_notice' AND NEW.kind = 'mortgage_notice')), false) AS noticed,
      coalesce(bool_or(bans_transfer AND kind IN ('mortgage', 'construction_mortgage')
          AND id <> ALL (NEW.consents)), false) AS banned,
      coalesce(bool_or(kind IN ('mortgage', 'residence', 'easement', 'sale_notice', 'mortgage_notice')), false)
          AS burdened
      INTO standing FROM register_entries
      WHERE tenant_id = NEW.tenant_id AND unit_id = NEW.unit_id AND status = 'current';
  disposes := CASE
      WHEN NEW.kind IN ('common_parts', 'seizure', 'objection') THEN false
      WHEN NEW.kind = 'cancellation' THEN closed.kind = 'ownership'
      WHEN NEW.kind = 'ownership' AND closed.id IS NULL THEN standing.noticed AND NOT register_gave_notice(NEW)
      ELSE NOT register_continues(NEW, closed) END;
  IF disposes AND standing.seized THEN
    PERFORM register_refuse('register_no_disposal_under_seizure');
  ELSIF disposes AND standing.noticed AND NEW.kind <> 'presale_mortgage_notice' THEN
    PERFORM register_refuse('register_no_disposal_against_notice');
  ELSIF disposes AND standing.banned AND NEW.kind = 'ownership' THEN
    PERFORM register_refuse('register_transfer_banned');
  ELSIF disposes AND standing.burdened AND NEW.kind = 'cancellation' THEN
    PERFORM register_refuse('register_ownership_carries_rights');
  ELSIF NEW.kind = 'ownership' AND (closed.id IS NULL) <> (NEW.registration_type = '100')
      AND NEW.registration_type IN ('100', '200') THEN
    PERFORM register_refuse('register_transfer_closes_ownership');
  ELSIF NEW.kind IN ('mortgage', 'residence', 'easement', 'sale_notice', 'mortgage_notice') AND NOT standing.owned THEN
    PERFORM register_refuse('register_right_on_ownership');
  ELSIF NEW.kind = 'construction_mortgage' AND (standing.owned OR standing.presold AND disposes) THEN
    PERFORM register_refuse('register_construction_mortgage_on_unsold');
  ELSIF NEW.kind = 'presale_mortgage_notice' AND NOT standing.presold AND closed.id IS NULL THEN
    PERFORM register_refuse('register_mortgage_notice_on_notice');
  END IF;
  IF NEW.kind = 'seizure' THEN
    NEW.rank := register_seizure_rank(NEW, closed, standing.seized, standing.last_rank);
  END IF;
  -- 民法典 art. 414, 担保解释 art. 52: a security keeps the place of the one, or of the notice, that it takes over.
  IF closed.id IS NOT NULL AND NEW.kind IN
      ('seizure', 'mortgage', 'construction_mortgage', 'mortgage_notice', 'presale_mortgage_notice') THEN
    NEW.priority_at := closed.priority_at;
  ELSIF NEW.kind <> 'seizure' THEN
    NEW.priority_at := NEW.booked_at;
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER register_entry_guard BEFORE INSERT ON register_entries
    FOR EACH ROW EXECUTE FUNCTION register_entry_guard()
-- next
CREATE FUNCTION register_entry_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'historical' THEN
    PERFORM register_refuse('register_closed_for_good');
  ELSIF pg_trigger_depth() < 2 THEN
    PERFORM register_refuse('register_closed_by_its_successor');
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER register_entry_closing BEFORE UPDATE ON register_entries
    FOR EACH ROW EXECUTE FUNCTION register_entry_closing()
-- next
CREATE FUNCTION register_closer_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.closed_by_id
        AND e.unit_id = NEW.unit_id AND e.closes_id = NEW.id AND e.booked_at = NEW.closed_at) THEN
    PERFORM register_refuse('register_closed_by_its_successor');
  END IF;
  RETURN NULL;
END $$
-- next
CREATE CONSTRAINT TRIGGER register_closer_stands AFTER UPDATE ON register_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_closer_stands()
-- next
CREATE FUNCTION register_booking_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  touched record; standing record;
BEGIN
  FOR touched IN SELECT DISTINCT tenant_id, unit_id FROM booked WHERE closes_id IS NOT NULL LOOP
    SELECT bool_or(kind = 'seizure' AND rank > 0) AND NOT bool_or(kind = 'seizure' AND rank = 0) AS headless,
        bool_or(kind = 'presale_mortgage_notice') AND NOT bool_or(kind IN ('presale_notice', 'ownership')) AS baseless
        INTO standing FROM register_entries
        WHERE tenant_id = touched.tenant_id AND unit_id = touched.unit_id AND status = 'current';
    IF standing.headless THEN
      PERFORM register_refuse('register_queue_moves_up');
    ELSIF standing.baseless THEN
      PERFORM register_refuse('register_mortgage_notice_on_notice');
    END IF;
  END LOOP;
  RETURN NULL;
END $$
-- next
CREATE TRIGGER register_booking_whole AFTER INSERT ON register_entries REFERENCING NEW TABLE AS booked
    FOR EACH STATEMENT EXECUTE FUNCTION register_booking_whole()
-- next
CREATE TABLE unit_links (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR(10) NOT NULL,
  predecessor_id UUID NOT NULL,
  successor_id UUID NOT NULL,
  case_id UUID NOT NULL,
  case_number VARCHAR(50) NOT NULL,
  linked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_unit_links PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_unit_links_tenant_id_predecessor_id FOREIGN KEY(tenant_id, predecessor_id) REFERENCES units (tenant_id, id),
  CONSTRAINT fk_unit_links_tenant_id_successor_id FOREIGN KEY(tenant_id, successor_id) REFERENCES units (tenant_id, id),
  CONSTRAINT uq_unit_links_tenant_id_predecessor_id_successor_id UNIQUE (tenant_id, predecessor_id, successor_id),
  CONSTRAINT ck_unit_links_kind_is_known CHECK (kind IN ('split', 'merger')),
  CONSTRAINT ck_unit_links_joins_two_units CHECK (predecessor_id <> successor_id)
)
-- next
CREATE INDEX ix_unit_links_successor ON unit_links (tenant_id, successor_id)
-- next
ALTER TABLE unit_links ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON unit_links TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON unit_links TO yiti_app
-- next
CREATE FUNCTION unit_links_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'unit_links is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'unit_links_append_only';
  ELSIF NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.case_number IS DISTINCT FROM OLD.case_number OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.linked_at IS DISTINCT FROM OLD.linked_at OR NEW.predecessor_id IS DISTINCT FROM OLD.predecessor_id OR NEW.successor_id IS DISTINCT FROM OLD.successor_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'unit_links is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'unit_links_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER unit_links_append_only BEFORE UPDATE OR DELETE ON unit_links FOR EACH ROW EXECUTE FUNCTION unit_links_append_only()
-- next
CREATE TRIGGER unit_links_no_truncate BEFORE TRUNCATE ON unit_links FOR EACH STATEMENT EXECUTE FUNCTION unit_links_append_only()
-- next
CREATE FUNCTION register_links_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM linked GROUP BY kind, CASE kind WHEN 'split' THEN predecessor_id ELSE successor_id END
      HAVING count(*) < 2) THEN
    PERFORM register_refuse('register_link_is_whole');
  END IF;
  PERFORM 1 FROM units u WHERE (u.tenant_id, u.id) IN
      (SELECT tenant_id, predecessor_id FROM linked UNION SELECT tenant_id, successor_id FROM linked)
      ORDER BY u.code FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM linked JOIN units u ON u.tenant_id = linked.tenant_id
      AND u.id IN (linked.predecessor_id, linked.successor_id) WHERE u.state = 'historical')
      OR EXISTS (SELECT predecessor_id FROM linked INTERSECT SELECT successor_id FROM linked) THEN
    PERFORM register_refuse('register_unit_is_living');
  END IF;
  UPDATE units SET state = 'historical'
      WHERE (tenant_id, id) IN (SELECT tenant_id, predecessor_id FROM linked);
  RETURN NULL;
END $$
-- next
CREATE TRIGGER register_links_whole AFTER INSERT ON unit_links REFERENCING NEW TABLE AS linked
    FOR EACH STATEMENT EXECUTE FUNCTION register_links_whole()
-- next
CREATE TABLE case_units (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  unit_id UUID NOT NULL,
  position INTEGER NOT NULL,
  unit_code VARCHAR(28) NOT NULL,
  location TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_units PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_case_units_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id),
  CONSTRAINT fk_case_units_tenant_id_unit_id FOREIGN KEY(tenant_id, unit_id) REFERENCES units (tenant_id, id),
  CONSTRAINT uq_case_units_unit UNIQUE (tenant_id, case_id, unit_id)
)
-- next
CREATE INDEX ix_case_units_unit ON case_units (tenant_id, unit_id)
-- next
ALTER TABLE case_units ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON case_units TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON case_units TO yiti_app
-- next
CREATE TABLE case_parties (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  position INTEGER NOT NULL,
  part INTEGER NOT NULL,
  side VARCHAR(10) NOT NULL,
  name BYTEA NOT NULL,
  id_kind VARCHAR(20) NOT NULL,
  id_number BYTEA NOT NULL,
  id_index BYTEA NOT NULL,
  phone BYTEA NOT NULL,
  share_numerator INTEGER,
  share_denominator INTEGER,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_parties PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_case_parties_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id),
  CONSTRAINT uq_case_parties_position UNIQUE (tenant_id, case_id, position),
  CONSTRAINT ck_case_parties_share_of_a_whole CHECK ((share_numerator IS NULL) = (share_denominator IS NULL) AND (share_numerator IS NULL OR (share_numerator > 0 AND share_denominator >= share_numerator))),
  CONSTRAINT ck_case_parties_known_side CHECK (side IN ('holder', 'obligor', 'authority', 'agent'))
)
-- next
CREATE INDEX ix_case_parties_id_index ON case_parties (tenant_id, id_index)
-- next
ALTER TABLE case_parties ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON case_parties TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON case_parties TO yiti_app
-- next
CREATE TABLE case_materials (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  code VARCHAR(40) NOT NULL,
  file_name BYTEA NOT NULL,
  media_type VARCHAR(60) NOT NULL,
  size INTEGER NOT NULL,
  digest VARCHAR(64) NOT NULL,
  source VARCHAR(40) NOT NULL,
  verified BOOLEAN NOT NULL,
  reference VARCHAR(120) NOT NULL,
  unit_codes JSONB NOT NULL,
  added_by VARCHAR(60) NOT NULL,
  added_at TIMESTAMP WITH TIME ZONE NOT NULL,
  removed_by VARCHAR(60),
  removed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_materials PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_case_materials_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id),
  CONSTRAINT ck_case_materials_not_empty CHECK (size > 0)
)
-- next
CREATE UNIQUE INDEX uq_case_materials_digest ON case_materials (tenant_id, case_id, digest) WHERE removed_at IS NULL
-- next
CREATE INDEX ix_case_materials_case ON case_materials (tenant_id, case_id)
-- next
ALTER TABLE case_materials ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON case_materials TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON case_materials TO yiti_app
-- next
CREATE FUNCTION case_materials_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'case_materials is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_materials_append_only';
  ELSIF NEW.added_at IS DISTINCT FROM OLD.added_at OR NEW.added_by IS DISTINCT FROM OLD.added_by OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.id IS DISTINCT FROM OLD.id OR NEW.media_type IS DISTINCT FROM OLD.media_type OR NEW.reference IS DISTINCT FROM OLD.reference OR NEW.size IS DISTINCT FROM OLD.size OR NEW.source IS DISTINCT FROM OLD.source OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.unit_codes IS DISTINCT FROM OLD.unit_codes OR NEW.verified IS DISTINCT FROM OLD.verified THEN
    RAISE EXCEPTION 'case_materials is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_materials_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER case_materials_append_only BEFORE UPDATE OR DELETE ON case_materials FOR EACH ROW EXECUTE FUNCTION case_materials_append_only()
-- next
CREATE TRIGGER case_materials_no_truncate BEFORE TRUNCATE ON case_materials FOR EACH STATEMENT EXECUTE FUNCTION case_materials_append_only()
-- next
CREATE TABLE case_actions (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  position INTEGER NOT NULL,
  action VARCHAR(20) NOT NULL,
  actor_kind VARCHAR(10) NOT NULL,
  actor_id UUID,
  actor_name VARCHAR(60) NOT NULL,
  note TEXT NOT NULL,
  detail JSONB NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_actions PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_case_actions_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id),
  CONSTRAINT uq_case_actions_tenant_id_case_id_position UNIQUE (tenant_id, case_id, position)
)
-- next
ALTER TABLE case_actions ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON case_actions TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON case_actions TO yiti_app
-- next
CREATE FUNCTION case_actions_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'case_actions is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_actions_append_only';
  ELSIF NEW.action IS DISTINCT FROM OLD.action OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.actor_kind IS DISTINCT FROM OLD.actor_kind OR NEW.actor_name IS DISTINCT FROM OLD.actor_name OR NEW.at IS DISTINCT FROM OLD.at OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.detail IS DISTINCT FROM OLD.detail OR NEW.id IS DISTINCT FROM OLD.id OR NEW.note IS DISTINCT FROM OLD.note OR NEW.position IS DISTINCT FROM OLD.position OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'case_actions is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_actions_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER case_actions_append_only BEFORE UPDATE OR DELETE ON case_actions FOR EACH ROW EXECUTE FUNCTION case_actions_append_only()
-- next
CREATE TRIGGER case_actions_no_truncate BEFORE TRUNCATE ON case_actions FOR EACH STATEMENT EXECUTE FUNCTION case_actions_append_only()
-- next
CREATE TABLE decision_receipts (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  rules_version VARCHAR(40) NOT NULL,
  facts BYTEA NOT NULL,
  facts_digest VARCHAR(64) NOT NULL,
  findings BYTEA NOT NULL,
  outcome VARCHAR(10) NOT NULL,
  decided_by VARCHAR(60) NOT NULL,
  decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_decision_receipts PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_decision_receipts_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id)
)
-- next
CREATE INDEX ix_decision_receipts_case ON decision_receipts (tenant_id, case_id)
-- next
ALTER TABLE decision_receipts ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON decision_receipts TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON decision_receipts TO yiti_app
-- next
CREATE FUNCTION decision_receipts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'decision_receipts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'decision_receipts_append_only';
  ELSIF NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.decided_at IS DISTINCT FROM OLD.decided_at OR NEW.decided_by IS DISTINCT FROM OLD.decided_by OR NEW.facts IS DISTINCT FROM OLD.facts OR NEW.facts_digest IS DISTINCT FROM OLD.facts_digest OR NEW.findings IS DISTINCT FROM OLD.findings OR NEW.id IS DISTINCT FROM OLD.id OR NEW.outcome IS DISTINCT FROM OLD.outcome OR NEW.rules_version IS DISTINCT FROM OLD.rules_version OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'decision_receipts is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'decision_receipts_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER decision_receipts_append_only BEFORE UPDATE OR DELETE ON decision_receipts FOR EACH ROW EXECUTE FUNCTION decision_receipts_append_only()
-- next
CREATE TRIGGER decision_receipts_no_truncate BEFORE TRUNCATE ON decision_receipts FOR EACH STATEMENT EXECUTE FUNCTION decision_receipts_append_only()
-- next
CREATE TABLE certificates (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  kind VARCHAR(12) NOT NULL,
  number VARCHAR(80) NOT NULL,
  licence_id VARCHAR(100) NOT NULL,
  verify_code VARCHAR(32) NOT NULL,
  unit_id UUID NOT NULL,
  unit_code VARCHAR(28) NOT NULL,
  entry_id UUID NOT NULL,
  holder_position INTEGER NOT NULL,
  replaces_id UUID,
  case_id UUID NOT NULL,
  template VARCHAR(60) NOT NULL,
  content BYTEA NOT NULL,
  booked_on DATE NOT NULL,
  state VARCHAR(10) NOT NULL,
  pdf_digest VARCHAR(64),
  sealed_at TIMESTAMP WITH TIME ZONE,
  cancelled_at TIMESTAMP WITH TIME ZONE,
  cancel_reason TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_certificates PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_certificates_tenant_id_entry_id FOREIGN KEY(tenant_id, entry_id) REFERENCES register_entries (tenant_id, id),
  CONSTRAINT fk_certificates_tenant_id_replaces_id FOREIGN KEY(tenant_id, replaces_id) REFERENCES certificates (tenant_id, id),
  CONSTRAINT uq_certificates_tenant_id_number UNIQUE (tenant_id, number),
  CONSTRAINT uq_certificates_tenant_id_verify_code UNIQUE (tenant_id, verify_code),
  CONSTRAINT uq_certificates_tenant_id_licence_id UNIQUE (tenant_id, licence_id),
  CONSTRAINT ck_certificates_kind_known CHECK (kind IN ('proof', 'certificate')),
  CONSTRAINT ck_certificates_holder_position_counts CHECK (holder_position >= 0),
  CONSTRAINT ck_certificates_state_known CHECK (state IN ('numbered', 'issued', 'cancelled')),
  CONSTRAINT ck_certificates_numbered_has_no_pdf CHECK (state <> 'numbered' OR pdf_digest IS NULL),
  CONSTRAINT ck_certificates_issued_has_its_pdf CHECK (state <> 'issued' OR pdf_digest IS NOT NULL),
  CONSTRAINT ck_certificates_pdf_is_sealed CHECK ((pdf_digest IS NULL) = (sealed_at IS NULL)),
  CONSTRAINT ck_certificates_cancelled_at_a_time CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL)),
  CONSTRAINT ck_certificates_cancelled_for_a_reason CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL))
)
-- next
CREATE UNIQUE INDEX uq_certificates_one_per_entry ON certificates (tenant_id, entry_id, holder_position) WHERE state <> 'cancelled'
-- next
CREATE UNIQUE INDEX uq_certificates_pdf ON certificates (tenant_id, pdf_digest) WHERE pdf_digest IS NOT NULL
-- next
CREATE INDEX ix_certificates_case ON certificates (tenant_id, case_id)
-- next
CREATE UNIQUE INDEX uq_certificates_one_successor ON certificates (tenant_id, replaces_id) WHERE replaces_id IS NOT NULL
-- next
CREATE INDEX ix_certificates_unit ON certificates (tenant_id, unit_id)
-- next
ALTER TABLE certificates ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON certificates TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON certificates TO yiti_app
-- next
CREATE FUNCTION certificates_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'certificates is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'certificates_append_only';
  ELSIF NEW.booked_on IS DISTINCT FROM OLD.booked_on OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.content IS DISTINCT FROM OLD.content OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.entry_id IS DISTINCT FROM OLD.entry_id OR NEW.holder_position IS DISTINCT FROM OLD.holder_position OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.licence_id IS DISTINCT FROM OLD.licence_id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.replaces_id IS DISTINCT FROM OLD.replaces_id OR NEW.template IS DISTINCT FROM OLD.template OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.unit_code IS DISTINCT FROM OLD.unit_code OR NEW.unit_id IS DISTINCT FROM OLD.unit_id OR NEW.verify_code IS DISTINCT FROM OLD.verify_code THEN
    RAISE EXCEPTION 'certificates is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'certificates_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER certificates_append_only BEFORE UPDATE OR DELETE ON certificates FOR EACH ROW EXECUTE FUNCTION certificates_append_only()
-- next
CREATE TRIGGER certificates_no_truncate BEFORE TRUNCATE ON certificates FOR EACH STATEMENT EXECUTE FUNCTION certificates_append_only()
-- next
CREATE TABLE sales (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  unit_id UUID NOT NULL,
  unit_code VARCHAR(28) NOT NULL,
  location TEXT NOT NULL,
  organisation_id UUID NOT NULL,
  bank_code VARCHAR(20),
  answers JSONB NOT NULL,
  inquirer VARCHAR(60) NOT NULL,
  submitted_at TIMESTAMP WITH TIME ZONE,
  ceremony_id UUID,
  documents JSONB NOT NULL,
  completed_at TIMESTAMP WITH TIME ZONE,
  case_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_sales PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_sales_tenant_id_unit_id FOREIGN KEY(tenant_id, unit_id) REFERENCES units (tenant_id, id),
  CONSTRAINT fk_sales_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id),
  CONSTRAINT fk_sales_tenant_id_contract_id FOREIGN KEY(tenant_id, contract_id) REFERENCES contracts (tenant_id, id),
  CONSTRAINT uq_sales_tenant_id_contract_id UNIQUE (tenant_id, contract_id),
  CONSTRAINT uq_sales_tenant_id_ceremony_id UNIQUE (tenant_id, ceremony_id)
)
-- next
CREATE INDEX ix_sales_unit ON sales (tenant_id, unit_id)
-- next
CREATE INDEX ix_sales_developer ON sales (tenant_id, organisation_id, created_at)
-- next
ALTER TABLE sales ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON sales TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON sales TO yiti_app
-- next
CREATE TABLE case_requests (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  which VARCHAR(10) NOT NULL,
  request_no VARCHAR(40) NOT NULL,
  state VARCHAR(10) NOT NULL,
  amount_fen INTEGER NOT NULL,
  reference VARCHAR(200) NOT NULL,
  words VARCHAR(500) NOT NULL,
  verified BOOLEAN NOT NULL,
  evidence_digest VARCHAR(64),
  evidence_bytes INTEGER NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sent_at TIMESTAMP WITH TIME ZONE,
  answered_at TIMESTAMP WITH TIME ZONE,
  answered_by VARCHAR(60) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_requests PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_case_requests_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id),
  CONSTRAINT uq_case_requests_tenant_id_request_no UNIQUE (tenant_id, request_no),
  CONSTRAINT ck_case_requests_which_is_known CHECK (which IN ('tax', 'housing', 'fee')),
  CONSTRAINT ck_case_requests_state_is_known CHECK (state IN ('requested', 'clear', 'exempt', 'refused', 'dropped', 'late')),
  CONSTRAINT ck_case_requests_answered_at_a_time CHECK ((state IN ('requested', 'dropped')) = (answered_at IS NULL)),
  CONSTRAINT ck_case_requests_amount_is_natural CHECK (amount_fen >= 0)
)
-- next
CREATE UNIQUE INDEX uq_case_requests_one_open ON case_requests (tenant_id, case_id, which) WHERE state = 'requested'
-- next
CREATE INDEX ix_case_requests_case ON case_requests (tenant_id, case_id, id)
-- next
ALTER TABLE case_requests ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON case_requests TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON case_requests TO yiti_app
-- next
CREATE FUNCTION case_requests_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'case_requests is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_requests_append_only';
  ELSIF NEW.asked_at IS DISTINCT FROM OLD.asked_at OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.request_no IS DISTINCT FROM OLD.request_no OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.which IS DISTINCT FROM OLD.which THEN
    RAISE EXCEPTION 'case_requests is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_requests_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER case_requests_append_only BEFORE UPDATE OR DELETE ON case_requests FOR EACH ROW EXECUTE FUNCTION case_requests_append_only()
-- next
CREATE TRIGGER case_requests_no_truncate BEFORE TRUNCATE ON case_requests FOR EACH STATEMENT EXECUTE FUNCTION case_requests_append_only()
-- next
CREATE TABLE case_person_checks (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  id_index BYTEA NOT NULL,
  reference VARCHAR(200) NOT NULL,
  matched BOOLEAN,
  deceased BOOLEAN,
  checked_by VARCHAR(60) NOT NULL,
  checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_person_checks PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_case_person_checks_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id)
)
-- next
CREATE INDEX ix_case_person_checks_case ON case_person_checks (tenant_id, case_id, id)
-- next
ALTER TABLE case_person_checks ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON case_person_checks TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON case_person_checks TO yiti_app
-- next
CREATE FUNCTION case_person_checks_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'case_person_checks is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_person_checks_append_only';
  ELSIF NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.checked_at IS DISTINCT FROM OLD.checked_at OR NEW.checked_by IS DISTINCT FROM OLD.checked_by OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.deceased IS DISTINCT FROM OLD.deceased OR NEW.id IS DISTINCT FROM OLD.id OR NEW.id_index IS DISTINCT FROM OLD.id_index OR NEW.matched IS DISTINCT FROM OLD.matched OR NEW.reference IS DISTINCT FROM OLD.reference OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'case_person_checks is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'case_person_checks_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER case_person_checks_append_only BEFORE UPDATE OR DELETE ON case_person_checks FOR EACH ROW EXECUTE FUNCTION case_person_checks_append_only()
-- next
CREATE TRIGGER case_person_checks_no_truncate BEFORE TRUNCATE ON case_person_checks FOR EACH STATEMENT EXECUTE FUNCTION case_person_checks_append_only()
-- next
CREATE TABLE public_notices (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  letter_id UUID,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  outcome TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_public_notices PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_public_notices_tenant_id_case_id FOREIGN KEY(tenant_id, case_id) REFERENCES cases (tenant_id, id),
  CONSTRAINT ck_public_notices_ends_after_its_start CHECK (ends_on >= starts_on)
)
-- next
CREATE INDEX ix_public_notices_due ON public_notices (tenant_id, ends_on) WHERE ended_at IS NULL
-- next
CREATE UNIQUE INDEX uq_public_notices_one_open ON public_notices (tenant_id, case_id) WHERE ended_at IS NULL
-- next
ALTER TABLE public_notices ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON public_notices TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON public_notices TO yiti_app
-- next
CREATE FUNCTION public_notices_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'public_notices is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'public_notices_append_only';
  ELSIF NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.ends_on IS DISTINCT FROM OLD.ends_on OR NEW.id IS DISTINCT FROM OLD.id OR NEW.starts_on IS DISTINCT FROM OLD.starts_on OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'public_notices is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'public_notices_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER public_notices_append_only BEFORE UPDATE OR DELETE ON public_notices FOR EACH ROW EXECUTE FUNCTION public_notices_append_only()
-- next
CREATE TRIGGER public_notices_no_truncate BEFORE TRUNCATE ON public_notices FOR EACH STATEMENT EXECUTE FUNCTION public_notices_append_only()
-- next
CREATE TABLE register_holders (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  entry_id UUID NOT NULL,
  role VARCHAR(10) NOT NULL,
  position INTEGER NOT NULL,
  name BYTEA NOT NULL,
  id_kind VARCHAR(20) NOT NULL,
  id_number BYTEA NOT NULL,
  id_index BYTEA NOT NULL,
  share_numerator INTEGER,
  share_denominator INTEGER,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_register_holders PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_register_holders_tenant_id_entry_id FOREIGN KEY(tenant_id, entry_id) REFERENCES register_entries (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT uq_register_holders_tenant_id_entry_id_role_position UNIQUE (tenant_id, entry_id, role, position),
  CONSTRAINT ck_register_holders_role_is_known CHECK (role IN ('holder', 'obligor')),
  CONSTRAINT ck_register_holders_share_is_a_fraction CHECK ((share_numerator IS NULL) = (share_denominator IS NULL)),
  CONSTRAINT ck_register_holders_share_within_one CHECK (share_numerator > 0 AND share_numerator <= share_denominator)
)
-- next
CREATE INDEX ix_register_holders_person ON register_holders (tenant_id, id_index)
-- next
ALTER TABLE register_holders ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON register_holders TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON register_holders TO yiti_app
-- next
CREATE FUNCTION register_holders_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'register_holders is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_holders_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.entry_id IS DISTINCT FROM OLD.entry_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.id_index IS DISTINCT FROM OLD.id_index OR NEW.id_kind IS DISTINCT FROM OLD.id_kind OR NEW.id_number IS DISTINCT FROM OLD.id_number OR NEW.name IS DISTINCT FROM OLD.name OR NEW.position IS DISTINCT FROM OLD.position OR NEW.role IS DISTINCT FROM OLD.role OR NEW.share_denominator IS DISTINCT FROM OLD.share_denominator OR NEW.share_numerator IS DISTINCT FROM OLD.share_numerator OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'register_holders is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_holders_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER register_holders_append_only BEFORE UPDATE OR DELETE ON register_holders FOR EACH ROW EXECUTE FUNCTION register_holders_append_only()
-- next
CREATE TRIGGER register_holders_no_truncate BEFORE TRUNCATE ON register_holders FOR EACH STATEMENT EXECUTE FUNCTION register_holders_append_only()
-- next
CREATE FUNCTION register_shares_are_whole(county text, entry uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  n numeric := 0; d numeric := 1; one record;
BEGIN
  FOR one IN SELECT share_numerator a, share_denominator b FROM register_holders
      WHERE tenant_id = county AND entry_id = entry AND role = 'holder' LOOP
    n := n * one.b + one.a * d;
    d := d * one.b;
  END LOOP;
  RETURN n = d;
END $$
-- next
CREATE FUNCTION register_same_holders(county text, one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH mine AS (SELECT id_index, share_numerator n, share_denominator d FROM register_holders
                WHERE tenant_id = county AND entry_id = one AND role = 'holder'),
       theirs AS (SELECT id_index, share_numerator n, share_denominator d FROM register_holders
                  WHERE tenant_id = county AND entry_id = other AND role = 'holder')
  SELECT NOT EXISTS ((TABLE mine EXCEPT ALL TABLE theirs) UNION ALL (TABLE theirs EXCEPT ALL TABLE mine)) $$
-- next
CREATE FUNCTION register_gave_notice(new register_entries) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (SELECT 1 FROM register_holders h
      WHERE h.tenant_id = new.tenant_id AND h.entry_id = new.id AND h.role = 'holder' AND h.id_index NOT IN (
          SELECT o.id_index FROM register_holders o JOIN register_entries e
              ON e.tenant_id = o.tenant_id AND e.id = o.entry_id
          WHERE e.tenant_id = new.tenant_id AND e.unit_id = new.unit_id AND e.status = 'current'
              AND e.kind = 'presale_notice' AND o.role = 'obligor')) $$
-- next
CREATE FUNCTION register_holders_fit(new register_entries) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
  people record;
BEGIN
  SELECT count(*) AS holders, count(share_numerator) AS shares, count(DISTINCT id_index) AS persons INTO people
      FROM register_holders WHERE tenant_id = new.tenant_id AND entry_id = new.id AND role = 'holder';
  IF people.holders = 0 AND new.kind NOT IN ('seizure', 'cancellation', 'common_parts') THEN
    PERFORM register_refuse('register_names_its_holder');
  ELSIF people.persons < people.holders THEN
    PERFORM register_refuse('register_names_a_person_once');
  ELSIF NOT (CASE new.sharing
      WHEN 'sole' THEN people.holders = 1 AND people.shares = 0
      WHEN 'joint' THEN people.holders >= 2 AND people.shares = 0
      WHEN 'fractional' THEN people.holders >= 2 AND people.shares = people.holders
          AND register_shares_are_whole(new.tenant_id, new.id)
      ELSE people.shares = 0 AND new.kind NOT IN ('ownership', 'presale_notice', 'sale_notice') END) THEN
    PERFORM register_refuse('register_shares_are_whole');
  END IF;
END $$
-- next
CREATE FUNCTION register_holder_before_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.entry_id) THEN
    PERFORM register_refuse('register_holder_with_entry');
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER register_holder_before_entry BEFORE INSERT ON register_holders
    FOR EACH ROW EXECUTE FUNCTION register_holder_before_entry()
-- next
CREATE FUNCTION register_holder_with_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.entry_id
      AND pg_xact_status((((pg_current_xact_id()::text::bigint >> 32) << 32) + e.xmin::text::bigint)::text::xid8)
          = 'in progress') THEN
    PERFORM register_refuse('register_holder_with_entry');
  END IF;
  RETURN NULL;
END $$
-- next
CREATE CONSTRAINT TRIGGER register_holder_with_entry AFTER INSERT ON register_holders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register_holder_with_entry()
-- next
CREATE TABLE entry_terms (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  entry_id UUID NOT NULL,
  kind VARCHAR(10) NOT NULL,
  starts_on DATE NOT NULL,
  event VARCHAR(200) NOT NULL,
  recorded_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_entry_terms PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_entry_terms_tenant_id_entry_id FOREIGN KEY(tenant_id, entry_id) REFERENCES register_entries (tenant_id, id),
  CONSTRAINT ck_entry_terms_kind_is_known CHECK (kind IN ('started', 'lifted'))
)
-- next
CREATE INDEX ix_entry_terms_started ON entry_terms (tenant_id, starts_on) WHERE kind = 'started'
-- next
CREATE INDEX ix_entry_terms_entry ON entry_terms (tenant_id, entry_id)
-- next
ALTER TABLE entry_terms ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON entry_terms TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON entry_terms TO yiti_app
-- next
CREATE FUNCTION entry_terms_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'entry_terms is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_terms_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.entry_id IS DISTINCT FROM OLD.entry_id OR NEW.event IS DISTINCT FROM OLD.event OR NEW.id IS DISTINCT FROM OLD.id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.recorded_by IS DISTINCT FROM OLD.recorded_by OR NEW.starts_on IS DISTINCT FROM OLD.starts_on OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'entry_terms is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entry_terms_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER entry_terms_append_only BEFORE UPDATE OR DELETE ON entry_terms FOR EACH ROW EXECUTE FUNCTION entry_terms_append_only()
-- next
CREATE TRIGGER entry_terms_no_truncate BEFORE TRUNCATE ON entry_terms FOR EACH STATEMENT EXECUTE FUNCTION entry_terms_append_only()
-- next
CREATE FUNCTION register_term_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register_entries e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.entry_id
      AND e.status = 'current'
      AND (e.kind = 'presale_notice' OR e.kind = 'objection' AND NEW.kind = 'lifted')) THEN
    PERFORM register_refuse('register_term_fits');
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER register_term_fits BEFORE INSERT ON entry_terms
    FOR EACH ROW EXECUTE FUNCTION register_term_fits()
-- next
CREATE TABLE certificate_holders (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  certificate_id UUID NOT NULL,
  position INTEGER NOT NULL,
  name BYTEA NOT NULL,
  id_number BYTEA NOT NULL,
  id_index BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_certificate_holders PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_certificate_holders_tenant_id_certificate_id FOREIGN KEY(tenant_id, certificate_id) REFERENCES certificates (tenant_id, id),
  CONSTRAINT uq_certificate_holders_tenant_id_certificate_id_position UNIQUE (tenant_id, certificate_id, position)
)
-- next
CREATE INDEX ix_certificate_holders_person ON certificate_holders (tenant_id, id_index)
-- next
ALTER TABLE certificate_holders ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON certificate_holders TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON certificate_holders TO yiti_app
-- next
CREATE FUNCTION certificate_holders_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'certificate_holders is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'certificate_holders_append_only';
  ELSIF NEW.certificate_id IS DISTINCT FROM OLD.certificate_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.id_index IS DISTINCT FROM OLD.id_index OR NEW.id_number IS DISTINCT FROM OLD.id_number OR NEW.name IS DISTINCT FROM OLD.name OR NEW.position IS DISTINCT FROM OLD.position OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'certificate_holders is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'certificate_holders_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER certificate_holders_append_only BEFORE UPDATE OR DELETE ON certificate_holders FOR EACH ROW EXECUTE FUNCTION certificate_holders_append_only()
-- next
CREATE TRIGGER certificate_holders_no_truncate BEFORE TRUNCATE ON certificate_holders FOR EACH STATEMENT EXECUTE FUNCTION certificate_holders_append_only()
