import { readError } from '@reprise/client'

/** Runs a program to its end; where it fails, says why in a line. */
export async function explainFailure(url: string, program: () => Promise<void>): Promise<void> {
  try {
    await program()
  } catch (error) {
    process.exitCode = 1
    console.error(describe(url, error as Error)) // only errors are thrown
  }
}

function describe(url: string, error: Error): string {
  const refusal = readError(error)
  if (refusal) return `${url} refused: ${refusal.message}`
  return error.name === 'TRPCClientError' ? `${url} does not answer (${error.message}). "pnpm start" starts a server.` : error.message
}
