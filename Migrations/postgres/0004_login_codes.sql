-- contract
-- Replaced by authorization_codes.
DROP TABLE login_codes;
