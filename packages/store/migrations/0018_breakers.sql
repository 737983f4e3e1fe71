-- The providers that a worker leaves alone for a while: written when one of its breakers opens or closes, and never else.
ALTER TABLE workers ADD COLUMN breakers json NOT NULL DEFAULT '[]';
