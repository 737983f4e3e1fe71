import type { ClientBase } from 'pg'
import { migrationsTable } from './migrate.ts'

/** Schemas of the system, and the one that pg-boss keeps up to date by itself. */
const foreignSchemas = "(n.nspname LIKE 'pg\\_%' OR n.nspname IN ('information_schema', 'pgboss'))"
const ownName = (oid: string, name: string) => `format('%s%I', CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END, ${name}) COLLATE "C" AS owner, ${oid} AS oid`

/** Each gives rows of `owner` (whose part it is), `line` and its place; sorted by bytes, so that the machine's locale changes nothing. */
const tables = `/* describeTables */
  SELECT ${ownName('c.oid', 'c.relname')},
    CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
    concat(
      ' partition by ' || pg_get_partkeydef(c.oid),
      ' partition of ' || (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid AND c.relispartition) || ' ' || pg_get_expr(c.relpartbound, c.oid),
      CASE c.relpersistence WHEN 'u' THEN ' unlogged' END,
      ' with (' || array_to_string(c.reloptions, ', ') || ')',
      E' as\\n' || pg_get_viewdef(c.oid)
    ) AS line
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT ${foreignSchemas} AND c.relname <> $1::text
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype IN ('a', 'i')))
  ORDER BY owner`

const columns = `/* describeColumns */
  SELECT a.attrelid AS oid, concat(
    quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || quote_ident(l.collname) END,
    CASE WHEN a.attnotnull THEN ' not null' END,
    CASE WHEN a.attgenerated = '' THEN ' default ' || pg_get_expr(d.adbin, d.adrelid) END,
    CASE a.attgenerated WHEN 's' THEN ' generated stored as ' WHEN 'v' THEN ' generated virtual as ' END || pg_get_expr(d.adbin, d.adrelid),
    CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity by default' END,
    CASE WHEN a.attstorage <> t.typstorage THEN ' storage ' ||
      CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END,
    CASE a.attcompression WHEN 'p' THEN ' compression pglz' WHEN 'l' THEN ' compression lz4' END
  ) AS line
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attrelid, a.attnum`

// PostgreSQL 18 lists NOT NULL (n) here as well; the columns already say it, as they do on 15.
const constraints = `/* describeConstraints */
  SELECT c.conrelid AS oid, concat('constraint ', quote_ident(c.conname), ' ', pg_get_constraintdef(c.oid)) AS line
  FROM pg_constraint c
  WHERE c.conrelid <> 0 AND c.contype IN ('p', 'u', 'f', 'c', 'x')
  ORDER BY array_position(ARRAY['p', 'u', 'x', 'f', 'c'], c.contype::text), c.conname COLLATE "C"`

const indexes = `/* describeIndexes */
  SELECT i.indrelid AS oid, pg_get_indexdef(i.indexrelid) AS line
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  ORDER BY c.relname COLLATE "C"`

const triggers = `/* describeTriggers */
  SELECT t.tgrelid AS oid, pg_get_triggerdef(t.oid) AS line FROM pg_trigger t WHERE NOT t.tgisinternal ORDER BY t.tgname COLLATE "C"`

const types = `/* describeTypes */
  SELECT ${ownName('t.oid', 't.typname')}, CASE t.typtype
    WHEN 'e' THEN 'enum (' || (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) || ')'
    WHEN 'd' THEN concat('domain ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN ' not null' END, ' default ' || t.typdefault,
      (SELECT string_agg(' ' || pg_get_constraintdef(c.oid), '' ORDER BY c.conname COLLATE "C") FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'))
    WHEN 'c' THEN E'(\\n' || (SELECT string_agg(concat('  ', quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod)), E',\\n' ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) || E'\\n)'
    ELSE 'range' END AS line
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE NOT ${foreignSchemas} AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND (SELECT c.relkind FROM pg_class c WHERE c.oid = t.typrelid) = 'c')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.classid = 'pg_type'::regclass AND d.deptype = 'e')
  ORDER BY owner`

const functions = `/* describeFunctions */
  SELECT pg_get_functiondef(p.oid) AS line
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE NOT ${foreignSchemas} AND p.prokind IN ('f', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')
  ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", pg_get_function_identity_arguments(p.oid) COLLATE "C"`

const extensions = `/* describeExtensions */
  SELECT extname AS line FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname COLLATE "C"`

interface Part {
  oid: number
  line: string
}
interface Named extends Part {
  owner: string
}
interface Relation extends Named {
  kind: string
}

/**
 * The whole schema as text: the same on PostgreSQL 15 and 18, in an order that does not depend on how it came about, one fact a line.
 * The client must be in no transaction.
 */
export async function describeSchema(client: ClientBase): Promise<string> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    // Names in definitions are qualified or not depending on this.
    await client.query('SET LOCAL search_path TO public')
    const parts = [
      await read<Part>(client, columns),
      await read<Part>(client, constraints),
      await read<Part>(client, indexes),
      await read<Part>(client, triggers),
    ].map((rows) => Map.groupBy(rows, ({ oid }) => oid))
    const relations = await read<Relation>(client, tables, [migrationsTable])
    const sections = [
      ...(await read<Part>(client, extensions)).map(({ line }) => `extension ${line}`),
      ...(await read<Named>(client, types)).map(({ owner, line }) => `type ${owner} ${line}`),
      ...relations.map(({ oid, owner, kind, line }) => {
        const lines = parts.flatMap((byRelation) => (byRelation.get(oid) ?? []).map((part) => `  ${part.line}`))
        return [`${kind} ${owner}${line}`, ...(kind === 'sequence' ? [] : lines)].join('\n')
      }),
      ...(await read<Part>(client, functions)).map(({ line }) => line.trimEnd()),
    ]
    return `${sections.join('\n\n')}\n`
  } finally {
    await client.query('ROLLBACK')
  }
}

async function read<Row extends object>(client: ClientBase, statement: string, values: string[] = []): Promise<Row[]> {
  const { rows } = await client.query<Row>(statement, values)
  return rows
}
