export { readConfig, type Config } from './config.ts'
export { createLog, type Log } from './log.ts'
export { startHost, type Host, type HostOptions } from './start-host.ts'
// What an app's own tools are made of.
export { defineTool, ToolFault, type Capability, type ToolContext, type ToolOutcome } from '@reprise/engine'
