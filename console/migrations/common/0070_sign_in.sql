-- Sign-in with the city's identity provider beside the password: each account has one way in.

ALTER TABLE users ADD COLUMN sign_in TEXT NOT NULL DEFAULT 'password';
-- Issuer and subject, from the first sign-in on: a name that the provider gives to somebody else later opens nothing.
ALTER TABLE users ADD COLUMN oidc_subject TEXT;
CREATE UNIQUE INDEX users_oidc_subject ON users (oidc_subject);

ALTER TABLE sessions ADD COLUMN sign_in TEXT NOT NULL DEFAULT 'password';
-- The provider said that it had asked for a second factor.
ALTER TABLE sessions ADD COLUMN second_factor BIGINT NOT NULL DEFAULT 0;
-- Sealed: shown to the provider when the session is logged out of.
ALTER TABLE sessions ADD COLUMN id_token TEXT;
