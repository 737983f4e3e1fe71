import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readCommandLine } from '../../../../packages/store/src/embedded/read-process.ts'
import { makeTestFolder } from '../../../../packages/store/test/support/make-test-folder.ts'
import { startCli, type CliProcess } from './start-cli.ts'

export interface RunningServer extends CliProcess {
  address: string
  /** The commands of the banner. */
  curl: { post: string; watch: string }
}

/** A data folder of a test's own, and the servers that it starts there. */
export class HostFolder {
  readonly path: string
  readonly #servers: CliProcess[] = []

  private constructor(path: string) {
    this.path = path
  }

  static async create(): Promise<HostFolder> {
    return new HostFolder(await makeTestFolder())
  }

  async start(settings: Record<string, string> = {}): Promise<RunningServer> {
    const server = startCli(['serve'], { PORT: '0', REPRISE_DATA_DIR: this.path, ...settings })
    this.#servers.push(server)
    const [, address] = await server.waitFor(/Address\s+(\S+)/)
    const [post] = await server.waitFor(/curl -X POST .*/)
    const [watch] = await server.waitFor(/curl -N .*/)
    await server.waitFor(/Ctrl-C/)
    return { ...server, address: address!, curl: { post, watch } }
  }

  /** The process id of the PostgreSQL that serves the folder; null when none does. */
  async postgresPid(): Promise<number | null> {
    const text = await readFile(join(this.path, 'postgres/postmaster.pid'), 'utf8').catch(() => null)
    return text === null ? null : Number(text.split('\n')[0])
  }

  async remove(): Promise<void> {
    for (const server of this.#servers) {
      if (await isAlive(server.pid)) server.signal('SIGTERM')
      await server.ended
    }
    // Left behind only by a test that failed.
    const postgres = await this.postgresPid()
    if (postgres !== null && (await isAlive(postgres))) process.kill(postgres, 'SIGQUIT')
    await rm(this.path, { recursive: true, force: true })
  }
}

/** A process that has ended and that nobody has reaped yet is not alive. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await readCommandLine(pid)) !== null
}
