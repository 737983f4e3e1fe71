-- Rises with every change, so that a change is never written over one that it did not know of.
ALTER TABLE agents ADD COLUMN version integer NOT NULL DEFAULT 1;
