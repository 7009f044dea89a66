-- The application role reads and writes rows; it owns nothing, so it can neither drop a table nor rewrite history.

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'haiju_app') THEN
    GRANT USAGE ON SCHEMA public TO haiju_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO haiju_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO haiju_app;
    REVOKE UPDATE, DELETE ON audit_entry, dossier_change, certification_step, service_case_step FROM haiju_app;
    REVOKE DELETE ON account, person, employer, unit, certification, talent_code, service_case FROM haiju_app;
    REVOKE INSERT, UPDATE, DELETE ON migration_ledger FROM haiju_app;
  END IF;
END $$;
