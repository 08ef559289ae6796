ALTER TABLE register_entries
  DROP CONSTRAINT ck_register_entries_kind_is_known,
  DROP CONSTRAINT ck_register_entries_only_securities_ban_transfer,
  DROP CONSTRAINT ck_register_entries_ownership_is_registered,
  DROP CONSTRAINT ck_register_entries_registration_type_is_known,
  DROP CONSTRAINT ck_register_entries_security_names_its_claim,
  DROP CONSTRAINT ck_register_entries_sharing_is_known,
  DROP CONSTRAINT ck_register_entries_status_is_known,
  ADD CONSTRAINT ck_register_entries_kind_is_known CHECK (kind = ANY ('{ownership,common_parts,mortgage,construction_mortgage,residence,easement,presale_notice,presale_mortgage_notice,sale_notice,mortgage_notice,seizure,objection,cancellation}'::text[])),
  ADD CONSTRAINT ck_register_entries_only_securities_ban_transfer CHECK (bans_transfer IS NULL OR kind = ANY ('{construction_mortgage,mortgage,mortgage_notice,presale_mortgage_notice}'::text[])),
  ADD CONSTRAINT ck_register_entries_ownership_is_registered CHECK (kind <> 'ownership' OR registration_type = ANY ('{100,200,300,500}'::text[])),
  ADD CONSTRAINT ck_register_entries_registration_type_is_known CHECK (registration_type = ANY ('{100,200,300,400,500,600,700,800,900}'::text[])),
  ADD CONSTRAINT ck_register_entries_security_names_its_claim CHECK (NOT kind = ANY ('{construction_mortgage,mortgage,mortgage_notice,presale_mortgage_notice}'::text[]) OR coalesce(amount_fen, 0) > 0),
  ADD CONSTRAINT ck_register_entries_sharing_is_known CHECK (sharing = ANY ('{sole,joint,fractional}'::text[])),
  ADD CONSTRAINT ck_register_entries_status_is_known CHECK (status = ANY ('{current,historical}'::text[]))
-- next
ALTER TABLE register_holders
  DROP CONSTRAINT ck_register_holders_role_is_known,
  ADD CONSTRAINT ck_register_holders_role_is_known CHECK (role = ANY ('{holder,obligor}'::text[]))
