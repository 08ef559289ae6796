"""What the database itself refuses about contracts, whatever the application does."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.schemas import Status

# Never change after the draft was opened / once the contract is no draft / once they are set.
_IDENTITY = (
    "id",
    "unit_id",
    "unit_code",
    "project_id",
    "organisation_id",
    "template",
    "template_version",
    "created_at",
)
_CONTENT = ("home", "seller", "ownership", "price_fen", "instalments", "blanks")
_FROZEN = ("frozen", "frozen_digest", "frozen_at")
_FINAL = ("filing_no", "filed_at", "signed_digest", "closed_at", "reason")


def _differs(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)


def _overwritten(columns: tuple[str, ...]) -> str:
    return " OR ".join(
        f"(OLD.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column})" for column in columns
    )


def _raise(reason: str) -> str:
    return f"RAISE EXCEPTION 'contract: {reason}' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contracts_life';"


def contract_life(transitions: Mapping[Status, frozenset[Status]]) -> tuple[str, ...]:
    """No deletion, only allowed transitions, and content that stands still from the freeze on."""
    allowed = ", ".join(f"('{old}', '{new}')" for old in transitions for new in sorted(transitions[old]))
    return (
        f"""CREATE FUNCTION contracts_life() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP IN ('DELETE', 'TRUNCATE') THEN {_raise("never deleted")} END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'draft' THEN {_raise("begins as a draft")} END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN ({allowed}) THEN
    {_raise("transition not allowed")}
  END IF;
  IF {_differs(_IDENTITY)} THEN {_raise("another unit, seller or template")} END IF;
  IF OLD.status <> 'draft' AND ({_differs(_CONTENT)}) THEN {_raise("content is frozen")} END IF;
  IF OLD.status <> 'draft' AND NEW.status <> 'draft' AND ({_differs(_FROZEN)}) THEN
    {_raise("content is frozen")}
  END IF;
  IF {_overwritten(_FINAL)} THEN {_raise("already final")} END IF;
  -- What went to signature stands, until the signing has ended without all signatures.
  IF {_overwritten(("document_digest",))}
     AND NOT (OLD.status = 'signing' AND NEW.status = 'frozen' AND NEW.document_digest IS NULL) THEN
    {_raise("already final")}
  END IF;
  IF NEW.revision < OLD.revision OR (({_differs(_CONTENT)}) AND NEW.revision = OLD.revision) THEN
    {_raise("revision must grow")}
  END IF;
  RETURN NEW;
END $$""",
        """CREATE TRIGGER contracts_life BEFORE INSERT OR UPDATE OR DELETE ON contracts
FOR EACH ROW EXECUTE FUNCTION contracts_life()""",
        """CREATE TRIGGER contracts_no_truncate BEFORE TRUNCATE ON contracts
FOR EACH STATEMENT EXECUTE FUNCTION contracts_life()""",
    )


# The share lock makes a freeze wait for a writer of buyers, and the other way round.
BUYERS_OF_DRAFTS_ONLY = (
    """CREATE FUNCTION contract_buyers_of_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$""",
    """CREATE TRIGGER contract_buyers_of_drafts BEFORE INSERT OR UPDATE OR DELETE ON contract_buyers
FOR EACH ROW EXECUTE FUNCTION contract_buyers_of_drafts()""",
)

# What an agent signed under is what lay there when the signing began.
POWERS_BEFORE_SIGNING = (
    """CREATE FUNCTION contract_powers_before_signing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  state text;
BEGIN
  SELECT status INTO state FROM contracts WHERE tenant_id = NEW.tenant_id AND id = NEW.contract_id FOR SHARE;
  IF state NOT IN ('draft', 'frozen') THEN
    RAISE EXCEPTION 'powers of attorney are recorded before the signing only'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'contract_powers_before_signing';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER contract_powers_before_signing BEFORE INSERT ON contract_powers
FOR EACH ROW EXECUTE FUNCTION contract_powers_before_signing()""",
)

# At COMMIT: buyers 1…n without a gap and nobody twice, shares of exactly 1 (added as fractions, so that thirds work),
# a payment plan of exactly the price, and a cancellation that the seller and every buyer agreed to.
WHOLE_CONTRACT = (
    """CREATE FUNCTION contracts_whole() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$""",
    """CREATE CONSTRAINT TRIGGER contracts_whole AFTER UPDATE OF status ON contracts
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contracts_whole()""",
)
