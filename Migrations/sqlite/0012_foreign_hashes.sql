-- What a wrong password takes on an imported hash, in milliseconds; NULL for hashes of ours. While there are any,
-- refusals of credentials wait for the slowest.
ALTER TABLE passwords ADD COLUMN foreign_cost INTEGER CHECK (foreign_cost BETWEEN 1 AND 1000);

CREATE INDEX passwords_foreign_cost ON passwords (foreign_cost) WHERE foreign_cost IS NOT NULL;

-- Those that were imported before were never measured: the longest wait, until their users have signed in.
UPDATE passwords SET foreign_cost = 1000 WHERE hash NOT GLOB '$argon2*';
