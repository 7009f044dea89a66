-- migrate: transaction=none
-- A person's latest certification case, without reading everybody's.
CREATE INDEX CONCURRENTLY certification_case_of_person ON certification_case (person_id, submitted_at DESC, id DESC);
