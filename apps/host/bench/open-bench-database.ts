import { mkdtemp, rm, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@reprise/store'
import { startEmbeddedPostgres } from '@reprise/store/embedded'

export interface BenchDatabase {
  connectionString: string
  remove(): Promise<void>
}

/** A new, durable (fsync on) and migrated PostgreSQL of the benchmark's own. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-bench-'))
  await chmod(folder, 0o755) // as root, PostgreSQL runs as another user
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: () => {} })
  await migrate({ connectionString: postgres.connectionString, log: () => {} })
  return {
    connectionString: postgres.connectionString,
    async remove() {
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
