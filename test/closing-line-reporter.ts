import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'

/** Ends the output with the counts alone on a line: a runner of many packages puts its own prefixes before vitest's summary. */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(testModules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const testModule of testModules) {
      let failedTests = 0
      for (const test of testModule.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') counts.passed++
        else if (state === 'failed') failedTests++
        else counts.skipped++
      }
      // A file that cannot be loaded, or a hook that fails, must not read as "0 failed".
      counts.failed += failedTests || (testModule.state() === 'failed' ? 1 : 0)
    }
    process.stdout.write(`\n${formatClosingLine(counts)}\n`)
  }
}

export function formatClosingLine({ passed, failed, skipped }: { passed: number; failed: number; skipped: number }): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
