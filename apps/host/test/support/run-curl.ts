import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Pastes a printed command into bash, and gives what a person would see of it. */
export async function runCurl(command: string, variables: Record<string, string> = {}): Promise<{ status: number; body: unknown }> {
  const { PATH } = process.env
  const { stdout } = await promisify(execFile)('bash', ['-c', `${command} --silent --write-out '\\n%{http_code}'`], { env: { PATH, ...variables } })
  const end = stdout.lastIndexOf('\n')
  return { status: Number(stdout.slice(end + 1)), body: JSON.parse(stdout.slice(0, end)) }
}
