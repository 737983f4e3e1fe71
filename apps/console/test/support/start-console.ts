import { startServer, type StartOptions, type TestServer } from '../../../../packages/api/test/support/start-server.ts'
import { registerConsole } from '../../../host/src/console/register-console.ts'
import { ensureBuilt } from '../../build/index.ts'

/** The whole server with the built console, on a loopback port and a database of its own. */
export async function startConsole(options: StartOptions = {}): Promise<TestServer> {
  const folder = await ensureBuilt()
  return await startServer({ ...options, pages: async (scope) => registerConsole(scope, async () => folder) })
}
