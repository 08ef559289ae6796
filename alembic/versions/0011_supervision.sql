CREATE TABLE supervision_agreements (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  project_id UUID NOT NULL,
  version SMALLINT NOT NULL,
  origin VARCHAR(8) NOT NULL,
  agreement_no VARCHAR(60) NOT NULL,
  account_no VARCHAR(32) NOT NULL,
  account_name VARCHAR(120) NOT NULL,
  bank_code VARCHAR(20) NOT NULL,
  bank_name VARCHAR(120) NOT NULL,
  developer_id UUID,
  bank_organisation_id UUID,
  mode VARCHAR(8) NOT NULL,
  quota_fen BIGINT,
  quota_basis TEXT NOT NULL,
  nodes JSONB NOT NULL,
  source VARCHAR(300) NOT NULL,
  state VARCHAR(10) NOT NULL,
  proposed_by UUID,
  developer_agreed_at TIMESTAMP WITH TIME ZONE,
  developer_agreed_by UUID,
  bank_agreed_at TIMESTAMP WITH TIME ZONE,
  bank_agreed_by UUID,
  in_force_at TIMESTAMP WITH TIME ZONE,
  in_force_by UUID,
  ended_at TIMESTAMP WITH TIME ZONE,
  ended_by UUID,
  ended_because TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_supervision_agreements PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_supervision_agreements_tenant_id_project_id_version UNIQUE (tenant_id, project_id, version),
  CONSTRAINT ck_supervision_agreements_quota_has_amount CHECK ((mode = 'quota') = (quota_fen IS NOT NULL)),
  CONSTRAINT ck_supervision_agreements_quota_is_money CHECK (coalesce(quota_fen, 1) > 0),
  CONSTRAINT ck_supervision_agreements_has_nodes CHECK (jsonb_array_length(nodes) > 0),
  CONSTRAINT ck_supervision_agreements_known_state CHECK (state = ANY ('{proposed,in_force,declined,withdrawn,superseded}'::text[])),
  CONSTRAINT ck_supervision_agreements_names_its_parties CHECK (origin <> 'online' OR (developer_id IS NOT NULL AND bank_organisation_id IS NOT NULL)),
  CONSTRAINT ck_supervision_agreements_in_force_by_all_three CHECK (origin <> 'online' OR state NOT IN ('in_force', 'superseded') OR (developer_agreed_at IS NOT NULL AND bank_agreed_at IS NOT NULL AND in_force_at IS NOT NULL)),
  CONSTRAINT ck_supervision_agreements_ends_with_reason CHECK ((state IN ('declined', 'withdrawn')) = (ended_because IS NOT NULL))
)
-- next
CREATE INDEX ix_supervision_agreement_developer ON supervision_agreements (tenant_id, developer_id, id)
-- next
CREATE UNIQUE INDEX uq_supervision_agreement_proposed ON supervision_agreements (tenant_id, project_id) WHERE state = 'proposed'
-- next
CREATE INDEX ix_supervision_agreement_bank ON supervision_agreements (tenant_id, bank_organisation_id, id)
-- next
CREATE UNIQUE INDEX uq_supervision_agreement_in_force ON supervision_agreements (tenant_id, project_id) WHERE state = 'in_force'
-- next
ALTER TABLE supervision_agreements ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON supervision_agreements TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON supervision_agreements TO yiti_app
-- next
CREATE FUNCTION supervision_agreements_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'supervision_agreements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_agreements_append_only';
  ELSIF NEW.account_name IS DISTINCT FROM OLD.account_name OR NEW.account_no IS DISTINCT FROM OLD.account_no OR NEW.agreement_no IS DISTINCT FROM OLD.agreement_no OR NEW.bank_code IS DISTINCT FROM OLD.bank_code OR NEW.bank_name IS DISTINCT FROM OLD.bank_name OR NEW.bank_organisation_id IS DISTINCT FROM OLD.bank_organisation_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.developer_id IS DISTINCT FROM OLD.developer_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.mode IS DISTINCT FROM OLD.mode OR NEW.nodes IS DISTINCT FROM OLD.nodes OR NEW.origin IS DISTINCT FROM OLD.origin OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.proposed_by IS DISTINCT FROM OLD.proposed_by OR NEW.quota_basis IS DISTINCT FROM OLD.quota_basis OR NEW.quota_fen IS DISTINCT FROM OLD.quota_fen OR NEW.source IS DISTINCT FROM OLD.source OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.version IS DISTINCT FROM OLD.version THEN
    RAISE EXCEPTION 'supervision_agreements is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_agreements_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER supervision_agreements_append_only BEFORE UPDATE OR DELETE ON supervision_agreements FOR EACH ROW EXECUTE FUNCTION supervision_agreements_append_only()
-- next
CREATE TRIGGER supervision_agreements_no_truncate BEFORE TRUNCATE ON supervision_agreements FOR EACH STATEMENT EXECUTE FUNCTION supervision_agreements_append_only()
-- next
CREATE TABLE supervision_node_plans (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  mode VARCHAR(8) NOT NULL,
  valid_from DATE NOT NULL,
  nodes JSONB NOT NULL,
  source VARCHAR(300) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_supervision_node_plans PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_supervision_node_plans_tenant_id_mode_valid_from UNIQUE (tenant_id, mode, valid_from),
  CONSTRAINT ck_supervision_node_plans_has_nodes CHECK (jsonb_array_length(nodes) > 0)
)
-- next
ALTER TABLE supervision_node_plans ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON supervision_node_plans TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON supervision_node_plans TO yiti_app
-- next
CREATE FUNCTION supervision_node_plans_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'supervision_node_plans is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_node_plans_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.mode IS DISTINCT FROM OLD.mode OR NEW.nodes IS DISTINCT FROM OLD.nodes OR NEW.source IS DISTINCT FROM OLD.source OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.valid_from IS DISTINCT FROM OLD.valid_from THEN
    RAISE EXCEPTION 'supervision_node_plans is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_node_plans_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER supervision_node_plans_append_only BEFORE UPDATE OR DELETE ON supervision_node_plans FOR EACH ROW EXECUTE FUNCTION supervision_node_plans_append_only()
-- next
CREATE TRIGGER supervision_node_plans_no_truncate BEFORE TRUNCATE ON supervision_node_plans FOR EACH STATEMENT EXECUTE FUNCTION supervision_node_plans_append_only()
-- next
CREATE TABLE supervision_releases (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  project_id UUID NOT NULL,
  state VARCHAR(8) NOT NULL,
  units SMALLINT NOT NULL,
  words TEXT NOT NULL,
  proposed_by UUID NOT NULL,
  decided_by UUID,
  decided_at TIMESTAMP WITH TIME ZONE,
  decision TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_supervision_releases PRIMARY KEY (tenant_id, id),
  CONSTRAINT ck_supervision_releases_known_state CHECK (state = ANY ('{proposed,approved,refused}'::text[])),
  CONSTRAINT ck_supervision_releases_decided_by_another CHECK (decided_by IS NULL OR decided_by <> proposed_by),
  CONSTRAINT ck_supervision_releases_decided_by_somebody CHECK ((state = 'proposed') = (decided_by IS NULL) AND (state = 'proposed') = (decided_at IS NULL))
)
-- next
CREATE UNIQUE INDEX uq_supervision_release_live ON supervision_releases (tenant_id, project_id) WHERE state IN ('proposed', 'approved')
-- next
CREATE INDEX ix_supervision_release_project ON supervision_releases (tenant_id, project_id, id)
-- next
ALTER TABLE supervision_releases ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON supervision_releases TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON supervision_releases TO yiti_app
-- next
CREATE FUNCTION supervision_releases_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'supervision_releases is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_releases_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.proposed_by IS DISTINCT FROM OLD.proposed_by OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.units IS DISTINCT FROM OLD.units OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'supervision_releases is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'supervision_releases_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER supervision_releases_append_only BEFORE UPDATE OR DELETE ON supervision_releases FOR EACH ROW EXECUTE FUNCTION supervision_releases_append_only()
-- next
CREATE TRIGGER supervision_releases_no_truncate BEFORE TRUNCATE ON supervision_releases FOR EACH STATEMENT EXECUTE FUNCTION supervision_releases_append_only()
-- next
CREATE TABLE drawdowns (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  number VARCHAR(20) NOT NULL,
  project_id UUID NOT NULL,
  organisation_id UUID NOT NULL,
  node VARCHAR(40) NOT NULL,
  amount_fen BIGINT NOT NULL,
  use VARCHAR(12) NOT NULL,
  purpose VARCHAR(100) NOT NULL,
  reference VARCHAR(60) NOT NULL,
  payee_name BYTEA NOT NULL,
  payee_account BYTEA NOT NULL,
  payee_bank_code VARCHAR(12) NOT NULL,
  payee_bank_name VARCHAR(120) NOT NULL,
  state VARCHAR(16) NOT NULL,
  asked_by UUID,
  submitted_at TIMESTAMP WITH TIME ZONE,
  reviewed_by UUID,
  approved_by UUID,
  approved_at TIMESTAMP WITH TIME ZONE,
  attempt SMALLINT NOT NULL,
  order_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_drawdowns PRIMARY KEY (tenant_id, id),
  CONSTRAINT uq_drawdowns_tenant_id_number UNIQUE (tenant_id, number),
  CONSTRAINT ck_drawdowns_asks_for_money CHECK (amount_fen > 0),
  CONSTRAINT ck_drawdowns_known_state CHECK (state = ANY ('{draft,submitted,reviewed,sent_back,ordered,paid,bank_rejected,bank_returned,refused,withdrawn}'::text[])),
  CONSTRAINT ck_drawdowns_two_persons CHECK (approved_by IS NULL OR approved_by <> reviewed_by),
  CONSTRAINT ck_drawdowns_ordered_by_two CHECK (state NOT IN ('ordered', 'paid') OR (reviewed_by IS NOT NULL AND approved_by IS NOT NULL AND order_id IS NOT NULL)),
  CONSTRAINT ck_drawdowns_reviewed_by_somebody CHECK (state <> 'reviewed' OR reviewed_by IS NOT NULL),
  CONSTRAINT ck_drawdowns_submitted_once CHECK ((state = 'draft') = (submitted_at IS NULL) OR state = 'withdrawn')
)
-- next
CREATE INDEX ix_drawdown_organisation ON drawdowns (tenant_id, organisation_id, id)
-- next
CREATE INDEX ix_drawdown_project ON drawdowns (tenant_id, project_id, id)
-- next
CREATE INDEX ix_drawdown_state ON drawdowns (tenant_id, state, submitted_at, id)
-- next
ALTER TABLE drawdowns ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON drawdowns TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON drawdowns TO yiti_app
-- next
CREATE FUNCTION drawdowns_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'drawdowns is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdowns_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.id IS DISTINCT FROM OLD.id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'drawdowns is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdowns_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER drawdowns_append_only BEFORE UPDATE OR DELETE ON drawdowns FOR EACH ROW EXECUTE FUNCTION drawdowns_append_only()
-- next
CREATE TRIGGER drawdowns_no_truncate BEFORE TRUNCATE ON drawdowns FOR EACH STATEMENT EXECUTE FUNCTION drawdowns_append_only()
-- next
CREATE FUNCTION drawdown_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND OLD.state || '>' || NEW.state NOT IN ('draft>submitted', 'draft>withdrawn', 'submitted>refused', 'submitted>reviewed', 'submitted>sent_back', 'submitted>withdrawn', 'reviewed>ordered', 'reviewed>refused', 'reviewed>sent_back', 'reviewed>withdrawn', 'sent_back>submitted', 'sent_back>withdrawn', 'ordered>bank_rejected', 'ordered>bank_returned', 'ordered>paid', 'paid>bank_returned', 'bank_rejected>submitted', 'bank_rejected>withdrawn', 'bank_returned>submitted', 'bank_returned>withdrawn') THEN
    RAISE EXCEPTION 'a drawdown does not go that way'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_way';
  ELSIF OLD.state NOT IN ('bank_rejected', 'bank_returned', 'draft', 'sent_back') AND (NEW.node IS DISTINCT FROM OLD.node OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.use IS DISTINCT FROM OLD.use OR NEW.purpose IS DISTINCT FROM OLD.purpose OR NEW.reference IS DISTINCT FROM OLD.reference OR NEW.payee_name IS DISTINCT FROM OLD.payee_name OR NEW.payee_account IS DISTINCT FROM OLD.payee_account OR NEW.payee_bank_code IS DISTINCT FROM OLD.payee_bank_code OR NEW.payee_bank_name IS DISTINCT FROM OLD.payee_bank_name) THEN
    RAISE EXCEPTION 'what was asked for is not changed in others'' hands'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_content';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER drawdown_way BEFORE UPDATE ON drawdowns FOR EACH ROW EXECUTE FUNCTION drawdown_way()
-- next
CREATE TABLE court_freezes (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  project_id UUID NOT NULL,
  court VARCHAR(80) NOT NULL,
  document_no VARCHAR(80) NOT NULL,
  amount_fen BIGINT NOT NULL,
  hold_id UUID NOT NULL,
  entered_by UUID,
  lifted_document_no VARCHAR(80),
  lifted_at TIMESTAMP WITH TIME ZONE,
  lifted_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_court_freezes PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_court_freezes_tenant_id_hold_id FOREIGN KEY(tenant_id, hold_id) REFERENCES ledger_holds (tenant_id, id),
  CONSTRAINT uq_court_freezes_tenant_id_hold_id UNIQUE (tenant_id, hold_id),
  CONSTRAINT uq_court_freezes_tenant_id_project_id_document_no UNIQUE (tenant_id, project_id, document_no),
  CONSTRAINT ck_court_freezes_freezes_something CHECK (amount_fen > 0),
  CONSTRAINT ck_court_freezes_lifted_by_a_document CHECK ((lifted_at IS NULL) = (lifted_document_no IS NULL))
)
-- next
ALTER TABLE court_freezes ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON court_freezes TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON court_freezes TO yiti_app
-- next
CREATE FUNCTION court_freezes_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'court_freezes is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'court_freezes_append_only';
  ELSIF NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.court IS DISTINCT FROM OLD.court OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.document_no IS DISTINCT FROM OLD.document_no OR NEW.entered_by IS DISTINCT FROM OLD.entered_by OR NEW.hold_id IS DISTINCT FROM OLD.hold_id OR NEW.id IS DISTINCT FROM OLD.id OR NEW.project_id IS DISTINCT FROM OLD.project_id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id THEN
    RAISE EXCEPTION 'court_freezes is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'court_freezes_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER court_freezes_append_only BEFORE UPDATE OR DELETE ON court_freezes FOR EACH ROW EXECUTE FUNCTION court_freezes_append_only()
-- next
CREATE TRIGGER court_freezes_no_truncate BEFORE TRUNCATE ON court_freezes FOR EACH STATEMENT EXECUTE FUNCTION court_freezes_append_only()
-- next
CREATE TABLE drawdown_events (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  drawdown_id UUID NOT NULL,
  action VARCHAR(20) NOT NULL,
  actor_id UUID,
  words TEXT NOT NULL,
  figures JSONB NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_drawdown_events PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_drawdown_events_tenant_id_drawdown_id FOREIGN KEY(tenant_id, drawdown_id) REFERENCES drawdowns (tenant_id, id)
)
-- next
CREATE INDEX ix_drawdown_event_drawdown ON drawdown_events (tenant_id, drawdown_id, id)
-- next
ALTER TABLE drawdown_events ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON drawdown_events TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON drawdown_events TO yiti_app
-- next
CREATE FUNCTION drawdown_events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'drawdown_events is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_events_append_only';
  ELSIF NEW.action IS DISTINCT FROM OLD.action OR NEW.actor_id IS DISTINCT FROM OLD.actor_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.drawdown_id IS DISTINCT FROM OLD.drawdown_id OR NEW.figures IS DISTINCT FROM OLD.figures OR NEW.id IS DISTINCT FROM OLD.id OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.words IS DISTINCT FROM OLD.words THEN
    RAISE EXCEPTION 'drawdown_events is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_events_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER drawdown_events_append_only BEFORE UPDATE OR DELETE ON drawdown_events FOR EACH ROW EXECUTE FUNCTION drawdown_events_append_only()
-- next
CREATE TRIGGER drawdown_events_no_truncate BEFORE TRUNCATE ON drawdown_events FOR EACH STATEMENT EXECUTE FUNCTION drawdown_events_append_only()
-- next
CREATE TABLE drawdown_files (
  tenant_id VARCHAR(6) DEFAULT current_setting('yiti.tenant') NOT NULL,
  id UUID NOT NULL,
  drawdown_id UUID NOT NULL,
  evidence VARCHAR(40) NOT NULL,
  file_name VARCHAR(120) NOT NULL,
  media_type VARCHAR(40) NOT NULL,
  digest VARCHAR(64) NOT NULL,
  size INTEGER NOT NULL,
  uploaded_by UUID,
  removed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_drawdown_files PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_drawdown_files_tenant_id_drawdown_id FOREIGN KEY(tenant_id, drawdown_id) REFERENCES drawdowns (tenant_id, id),
  CONSTRAINT ck_drawdown_files_has_content CHECK (size > 0)
)
-- next
CREATE INDEX ix_drawdown_file_drawdown ON drawdown_files (tenant_id, drawdown_id, id)
-- next
ALTER TABLE drawdown_files ENABLE ROW LEVEL SECURITY
-- next
CREATE POLICY county ON drawdown_files TO yiti_app USING (tenant_id = current_setting('yiti.tenant', true)) WITH CHECK (tenant_id = current_setting('yiti.tenant', true))
-- next
GRANT SELECT, INSERT, UPDATE, DELETE ON drawdown_files TO yiti_app
-- next
CREATE FUNCTION drawdown_files_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'drawdown_files is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_files_append_only';
  ELSIF NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.drawdown_id IS DISTINCT FROM OLD.drawdown_id OR NEW.evidence IS DISTINCT FROM OLD.evidence OR NEW.file_name IS DISTINCT FROM OLD.file_name OR NEW.id IS DISTINCT FROM OLD.id OR NEW.media_type IS DISTINCT FROM OLD.media_type OR NEW.size IS DISTINCT FROM OLD.size OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id OR NEW.uploaded_by IS DISTINCT FROM OLD.uploaded_by THEN
    RAISE EXCEPTION 'drawdown_files is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_files_append_only';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER drawdown_files_append_only BEFORE UPDATE OR DELETE ON drawdown_files FOR EACH ROW EXECUTE FUNCTION drawdown_files_append_only()
-- next
CREATE TRIGGER drawdown_files_no_truncate BEFORE TRUNCATE ON drawdown_files FOR EACH STATEMENT EXECUTE FUNCTION drawdown_files_append_only()
-- next
INSERT INTO supervision_node_plans (tenant_id, id, mode, valid_from, nodes, source, created_at)
SELECT c.code, gen_random_uuid(), p.mode, DATE '2022-01-01', p.nodes, p.source, now()
FROM counties c CROSS JOIN (VALUES
  ('quota', '[{"code": "underground", "title": "地下结构完成", "ceiling_permille": 300, "evidence": ["监理单位出具的进度证明", "现场照片"]}, {"code": "topped_out", "title": "主体结构封顶", "ceiling_permille": 600, "evidence": ["主体结构封顶证明", "现场照片"]}, {"code": "completed", "title": "竣工验收备案", "ceiling_permille": 950, "evidence": ["竣工验收备案表"]}, {"code": "first_registration", "title": "房屋所有权首次登记", "ceiling_permille": 1000, "evidence": ["不动产首次登记证明材料"]}]'::jsonb,
    '节点：建房〔2022〕16号；比例：平台起始值，以县住建部门核定为准'),
  ('full', '[{"code": "topped_out", "title": "主体结构封顶", "ceiling_permille": 600, "evidence": ["主体结构封顶证明", "现场照片"]}, {"code": "completed", "title": "竣工验收备案", "ceiling_permille": 950, "evidence": ["竣工验收备案表"]}, {"code": "first_registration", "title": "房屋所有权首次登记", "ceiling_permille": 1000, "evidence": ["不动产首次登记证明材料"]}]'::jsonb,
    '节点：建房〔2022〕16号；比例：平台起始值，以县住建部门核定为准；建房规〔2026〕3号')
) AS p (mode, nodes, source)
-- next
INSERT INTO supervision_agreements (tenant_id, id, project_id, version, origin, agreement_no, account_no, account_name,
  bank_code, bank_name, mode, quota_fen, quota_basis, nodes, source, state, in_force_at, created_at)
SELECT a.tenant_id, gen_random_uuid(), a.project_id, 1, 'county', coalesce(a.agreement_no, ''), a.account_no,
  a.account_name, a.bank_code, a.bank_name, a.mode, a.quota_fen, '', p.nodes, p.source, 'in_force', now(), now()
FROM supervision_accounts a
JOIN supervision_node_plans p ON p.tenant_id = a.tenant_id AND p.mode = a.mode
WHERE a.purpose = 'presale'
