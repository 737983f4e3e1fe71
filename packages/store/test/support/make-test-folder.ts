import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary folder that the user whom root gives the server to can enter: mkdtemp makes it private to root. */
export async function makeTestFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-test-'))
  await chmod(folder, 0o755)
  return folder
}
