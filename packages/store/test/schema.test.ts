import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createEmptyDatabase, createTestDatabase } from '../../../test/database.ts'
import type { TestDatabase } from '../../../test/database.ts'
import { describeSchema } from '../src/describe-schema.ts'

async function connect(database: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  onTestFinished(async () => {
    await client.end()
    await database.drop()
  })
  return client
}

test('schema.txt is what the migrations make (else run `node packages/store/scripts/write-schema.ts`)', async () => {
  const client = await connect(await createTestDatabase())
  const committed = await readFile(join(import.meta.dirname, '../schema.txt'), 'utf8')
  expect(await describeSchema(client)).toBe(committed)
})

describe('the description of a schema', () => {
  test('is empty for an empty database, whatever the system holds', async () => {
    expect(await describeSchema(await connect(await createEmptyDatabase()))).toBe('\n')
  })

  test('names every fact that a migration can change', async () => {
    const client = await connect(await createEmptyDatabase())
    await client.query(`
      CREATE TYPE mood AS ENUM ('well', 'unwell');
      CREATE DOMAIN small AS integer NOT NULL DEFAULT 1 CHECK (VALUE < 10);
      CREATE TYPE pair AS (a text, b mood);
      CREATE SEQUENCE tickets;
      CREATE TABLE parents (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Name" text COLLATE "POSIX" NOT NULL, UNIQUE NULLS NOT DISTINCT ("Name"));
      CREATE TABLE children (
        id serial, parent_id bigint NOT NULL REFERENCES parents ON DELETE CASCADE, size small, mood mood DEFAULT 'well',
        body bytea, twice integer GENERATED ALWAYS AS (id * 2) STORED, CHECK (id > 0), PRIMARY KEY (parent_id, id)
      ) WITH (fillfactor = 70);
      ALTER TABLE children ALTER COLUMN body SET STORAGE EXTERNAL;
      CREATE INDEX children_well ON children (parent_id DESC) INCLUDE (size) WHERE mood = 'well';
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
      CREATE TRIGGER children_touch BEFORE UPDATE ON children FOR EACH ROW EXECUTE FUNCTION touch();
      CREATE TABLE logs (at timestamptz NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE logs_rest PARTITION OF logs DEFAULT;
    `)
    expect(await describeSchema(client)).toBe(described)
  })
})

const described = `type mood enum ('well', 'unwell')

type pair (
  a text,
  b mood
)

type small domain integer not null default 1 CHECK ((VALUE < 10))

table children with (fillfactor=70)
  id integer not null default nextval('children_id_seq'::regclass)
  parent_id bigint not null
  size small
  mood mood default 'well'::mood
  body bytea storage external
  twice integer generated stored as (id * 2)
  constraint children_pkey PRIMARY KEY (parent_id, id)
  constraint children_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES parents(id) ON DELETE CASCADE
  constraint children_id_check CHECK ((id > 0))
  CREATE INDEX children_well ON public.children USING btree (parent_id DESC) INCLUDE (size) WHERE (mood = 'well'::mood)
  CREATE TRIGGER children_touch BEFORE UPDATE ON public.children FOR EACH ROW EXECUTE FUNCTION touch()

table logs partition by RANGE (at)
  at timestamp with time zone not null

table logs_rest partition of logs DEFAULT
  at timestamp with time zone not null

table parents
  id bigint not null identity always
  "Name" text collate "POSIX" not null
  constraint parents_pkey PRIMARY KEY (id)
  constraint "parents_Name_key" UNIQUE NULLS NOT DISTINCT ("Name")

sequence tickets

CREATE OR REPLACE FUNCTION public.touch()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN RETURN NEW; END $function$
`
