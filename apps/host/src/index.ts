export { readConfig, type Config } from './config.ts'
export { createLog, type Log } from './log.ts'
export { startHost, type Host } from './start-host.ts'
