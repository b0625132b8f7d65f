-- What an administrator sets of a client, as one JSON object. A new field is a member that old rows lack, and members
-- that a program does not know survive its updates, so fields come and go without a migration. What decides whether
-- something is issued at this moment (state, watermarks) and who a client is stay columns: other statements write the
-- first, and nothing ever writes the second.
--
-- No copy of the table: dropping the old one would take sessions and secrets with it.
ALTER TABLE clients ADD COLUMN settings TEXT NOT NULL DEFAULT '{}' CHECK (length(settings) >= 2);

-- Lists had one element a line. Texts are quoted by SQLite, element by element; a field without a value has no member.
WITH RECURSIVE
    lists (number, field, text) AS (
        SELECT number, 'origins', origins FROM clients
        UNION ALL SELECT number, 'redirect_uris', redirect_uris FROM clients
        UNION ALL SELECT number, 'audiences', audiences FROM clients
        UNION ALL SELECT number, 'grants', grants FROM clients
    ),
    elements (number, field, position, element, rest) AS (
        SELECT number, field, 0, NULL, CASE text WHEN '' THEN '' ELSE text || char(10) END FROM lists
        UNION ALL
        SELECT number, field, position + 1, substr(rest, 1, instr(rest, char(10)) - 1),
            substr(rest, instr(rest, char(10)) + 1)
        FROM elements WHERE rest <> ''
    ),
    arrays (number, field, json) AS (
        SELECT number, field, '[' || coalesce(group_concat(quoted, ','), '') || ']'
        FROM (
            SELECT number, field, CASE WHEN position > 0 AND element <> '' THEN json_quote(element) END AS quoted
            FROM elements ORDER BY number, field, position
        ) AS ordered
        GROUP BY number, field
    ),
    together (number, origins, redirect_uris, audiences, grants) AS (
        SELECT number, max(CASE field WHEN 'origins' THEN json END), max(CASE field WHEN 'redirect_uris' THEN json END),
            max(CASE field WHEN 'audiences' THEN json END), max(CASE field WHEN 'grants' THEN json END)
        FROM arrays GROUP BY number
    )
UPDATE clients SET settings = '{"first_party":' || CASE first_party WHEN 0 THEN 'false' ELSE 'true' END
    || ',"origins":' || together.origins
    || ',"redirect_uris":' || together.redirect_uris
    || CASE WHEN login_uri IS NULL THEN '' ELSE ',"login_uri":' || json_quote(login_uri) END
    || ',"audiences":' || together.audiences
    || CASE WHEN scope IS NULL THEN '' ELSE ',"scope":' || json_quote(scope) END
    || ',"grants":' || together.grants
    || CASE WHEN algorithm IS NULL THEN '' ELSE ',"algorithm":' || json_quote(algorithm) END
    -- Milliseconds until now, always of whole seconds.
    || CASE WHEN access_lifetime IS NULL THEN '' ELSE ',"access_ttl_seconds":' || (access_lifetime / 1000) END
    || CASE WHEN idle_lifetime IS NULL THEN '' ELSE ',"idle_ttl_seconds":' || (idle_lifetime / 1000) END
    || CASE WHEN absolute_lifetime IS NULL THEN '' ELSE ',"absolute_ttl_seconds":' || (absolute_lifetime / 1000) END
    || '}'
FROM together WHERE together.number = clients.number;

ALTER TABLE clients DROP COLUMN first_party;
ALTER TABLE clients DROP COLUMN origins;
ALTER TABLE clients DROP COLUMN redirect_uris;
ALTER TABLE clients DROP COLUMN login_uri;
ALTER TABLE clients DROP COLUMN audiences;
ALTER TABLE clients DROP COLUMN scope;
ALTER TABLE clients DROP COLUMN grants;
ALTER TABLE clients DROP COLUMN algorithm;
ALTER TABLE clients DROP COLUMN access_lifetime;
ALTER TABLE clients DROP COLUMN idle_lifetime;
ALTER TABLE clients DROP COLUMN absolute_lifetime;
