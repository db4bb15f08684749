-- Lets the desk work under a role that can add to the audit and read it, and can neither change nor remove what is there.
-- Run as the owner of the tables, after `caredesk migrate`, and again after each migration that adds tables:
--   psql -v ON_ERROR_STOP=1 -v role=caredesk_desk -d caredesk -f audit_role.sql
-- `caredesk audit role caredesk_desk` prints the same, and does it with --apply. The role must exist
-- (CREATE ROLE caredesk_desk LOGIN PASSWORD …) and must own nothing. CAREDESK_DATABASE_URL names it; `caredesk migrate` is
-- given the owner's. `caredesk doctor` says whether it is so.

BEGIN;
GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"role";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"role";
REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON audit_entry, audit_anchor, audit_tree, audit_cut FROM :"role";
REVOKE DELETE, TRUNCATE, TRIGGER, REFERENCES ON audit_head FROM :"role";
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM :"role";
COMMIT;
