/** A host that reports on itself: run as a child process, so that the load does not share its main thread. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createLog, readConfig, startHost } from '../src/index.ts'

export interface HostReport {
  eventLoopDelayMs: { p50: number; p99: number; max: number }
  rssBytes: number
  /** Live objects: what is left of the resident memory is room that V8 keeps for later. */
  heapBytes: number
}

export type ToHost = 'reset' | 'report' | 'stop'
export type FromHost = { address: string } | HostReport

const resolutionMs = 5
const config = readConfig()
const delay = monitorEventLoopDelay({ resolution: resolutionMs })
const host = await startHost(config, createLog(config))
delay.enable()

process.on('message', (message: ToHost) => {
  if (message === 'reset') delay.reset()
  else if (message === 'report') report()
  else void host.stop().then(() => process.exit(0))
})
// The benchmark is gone: so is the reason to run.
process.on('disconnect', () => void host.stop().then(() => process.exit(1)))
send({ address: host.address })

function report(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  // The histogram counts the timer's own period too.
  const toMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolutionMs)
  send({
    eventLoopDelayMs: { p50: toMs(delay.percentile(50)), p99: toMs(delay.percentile(99)), max: toMs(delay.max) },
    rssBytes: process.memoryUsage().rss,
    heapBytes: process.memoryUsage().heapUsed,
  })
}

function send(message: FromHost): void {
  process.send!(message) // it is always forked
}
