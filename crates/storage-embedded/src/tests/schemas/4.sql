-- Rows as they were written under schema 4.

INSERT INTO workspaces (id, name, wait_ms, created_at, settings) VALUES
    (x'01010101010101010101010101010101', 'Books', 86400000, 100, '{"version":1,"languages":["de","en"],"accent":"#112233","radius":"large","appearance":"dark","position":"bottom_left","allowed_origins":["https://books.example"],"response_retention_days":90,"identity_proof":"jwt"}'),
    (x'02020202020202020202020202020202', 'Films', 0, 200, NULL);

INSERT INTO members (id, email, password_hash) VALUES
    (x'11111111111111111111111111111111', 'Ada@example.org', '$argon2id$of-ada'),
    (x'12121212121212121212121212121212', 'grace@example.org', '$argon2id$of-grace');

INSERT INTO workspace_members (workspace_id, member_id, role) VALUES
    (x'01010101010101010101010101010101', x'11111111111111111111111111111111', 'owner'),
    (x'02020202020202020202020202020202', x'11111111111111111111111111111111', 'owner'),
    (x'02020202020202020202020202020202', x'12121212121212121212121212121212', 'owner');

INSERT INTO api_keys (id, hash, workspace_id, kind, text, hint, created_at, last_used_at, revoked_at) VALUES
    (x'41414141414141414141414141414141', x'3131313131313131313131313131313131313131313131313131313131313131', x'01010101010101010101010101010101', 'backend', NULL, 'wxyz', 110, 115, NULL),
    (x'42424242424242424242424242424242', x'3232323232323232323232323232323232323232323232323232323232323232', x'01010101010101010101010101010101', 'sdk', 'sdk_abcd', 'abcd', 120, NULL, 130);

INSERT INTO secrets (name, value) VALUES
    ('client_token', x'5151515151515151515151515151515151515151515151515151515151515151');

INSERT INTO surveys (workspace_id, id, status, draft, published, created_at, updated_at, draft_revision, launched_at) VALUES
    (x'01010101010101010101010101010101', x'21212121212121212121212121212121', 'live', '{"version":1,"name":"draft of the first"}', 2, 300, 320, 7, 305),
    (x'01010101010101010101010101010101', x'22222222222222222222222222222222', 'draft', '{"version":1,"name":"second"}', 0, 310, 311, 2, NULL),
    (x'01010101010101010101010101010101', x'23232323232323232323232323232323', 'ended', '{"version":1,"name":"third"}', 1, 330, 350, 4, 340);

INSERT INTO survey_versions (workspace_id, survey_id, number, document, published_at) VALUES
    (x'01010101010101010101010101010101', x'21212121212121212121212121212121', 1, '{"version":1,"name":"first"}', 305),
    (x'01010101010101010101010101010101', x'21212121212121212121212121212121', 2, '{"version":1,"name":"first, again"}', 315),
    (x'01010101010101010101010101010101', x'23232323232323232323232323232323', 1, '{"version":1,"name":"third"}', 340);

INSERT INTO responses (workspace_id, display_id, survey_id, anonymous, user_id, display) VALUES
    (x'01010101010101010101010101010101', x'61616161616161616161616161616161', x'21212121212121212121212121212121', 0, 'ada', '{"id":"dsp_61616161616161616161616161616161","survey":"srv_21212121212121212121212121212121","survey_version":1,"request_id":"request-97","platform":"web","locale":"en","state":"shown","claimed_at":1000,"lease_until":2000,"shown_at":1100,"first_answered_at":null,"completed_at":null,"updated_at":1100,"trigger":"library.opened","trigger_properties":"{\"page\":\"home\"}","attributes":[["plan",{"text":"pro"}],["seats",{"number":"12.50"}],["trial",{"boolean":false}]],"event":{"id":"event-97","trigger":"book.finished","effective_at":900,"received_at":950,"seq":97,"properties":"{\"title\":\"Émile\"}"},"answers":{},"revision":0,"duration_ms":null}'),
    (x'01010101010101010101010101010101', x'62626262626262626262626262626262', x'21212121212121212121212121212121', 1, 'anon-1', '{"id":"dsp_62626262626262626262626262626262","survey":"srv_21212121212121212121212121212121","survey_version":1,"request_id":"request-98","platform":"web","locale":"en","state":"answered","claimed_at":1000,"lease_until":2000,"shown_at":1100,"first_answered_at":1200,"completed_at":null,"updated_at":1200,"trigger":"library.opened","trigger_properties":"{\"page\":\"home\"}","attributes":[],"event":{"id":"event-98","trigger":"book.finished","effective_at":900,"received_at":950,"seq":98,"properties":"{\"title\":\"Émile\"}"},"answers":{"score":{"number":9}},"revision":1,"duration_ms":null}'),
    (x'01010101010101010101010101010101', x'63636363636363636363636363636363', x'21212121212121212121212121212121', 0, 'grace', '{"id":"dsp_63636363636363636363636363636363","survey":"srv_21212121212121212121212121212121","survey_version":1,"request_id":"request-99","platform":"web","locale":"en","state":"completed","claimed_at":1000,"lease_until":2000,"shown_at":1100,"first_answered_at":1200,"completed_at":1300,"updated_at":1300,"trigger":"library.opened","trigger_properties":"{\"page\":\"home\"}","attributes":[["plan",{"text":"pro"}],["seats",{"number":"12.50"}],["trial",{"boolean":false}]],"event":{"id":"event-99","trigger":"book.finished","effective_at":900,"received_at":950,"seq":99,"properties":"{\"title\":\"Émile\"}"},"answers":{"why":{"choice":{"options":["price","other"],"other_text":"it''s \"dear\""}},"score":{"number":-3},"more":{"text":"Grüße"}},"revision":3,"duration_ms":4321}'),
    (x'01010101010101010101010101010101', x'64646464646464646464646464646464', x'23232323232323232323232323232323', 0, 'ada', '{"id":"dsp_64646464646464646464646464646464","survey":"srv_23232323232323232323232323232323","survey_version":1,"request_id":"request-100","platform":"web","locale":"en","state":"dismissed","claimed_at":1000,"lease_until":2000,"shown_at":1150,"first_answered_at":null,"completed_at":null,"updated_at":1150,"trigger":"library.opened","trigger_properties":"{\"page\":\"home\"}","attributes":[["plan",{"text":"pro"}],["seats",{"number":"12.50"}],["trial",{"boolean":false}]],"event":{"id":"event-100","trigger":"book.finished","effective_at":900,"received_at":950,"seq":100,"properties":"{\"title\":\"Émile\"}"},"answers":{},"revision":0,"duration_ms":null}');

UPDATE projection SET projected_seq = 41;

INSERT INTO sessions (hash, member_id, expires_at) VALUES
    (x'7171717171717171717171717171717171717171717171717171717171717171', x'11111111111111111111111111111111', 9000);

INSERT INTO triggers (workspace_id, kind, name, archived) VALUES
    (x'01010101010101010101010101010101', 'backend', 'book.finished', 0),
    (x'01010101010101010101010101010101', 'frontend', 'library.opened', 1);

INSERT INTO deleted_responses (workspace_id, display_id) VALUES
    (x'01010101010101010101010101010101', x'65656565656565656565656565656565');

INSERT INTO identity_secrets (id, workspace_id, secret, created_at) VALUES
    (x'81818181818181818181818181818181', x'01010101010101010101010101010101', 'a shared secret', 400);
