import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from './config.ts'

export type Log = Logger

const secretFields = ['authorization', 'cookie', '["set-cookie"]', 'api_key', 'apiKey', 'secretKey', 'previousSecretKey', 'vendorKeys', 'password', 'connectionString']
/** pino matches whole paths: the fields themselves, and below one and two levels, as in `req.headers.authorization`. */
const redactedPaths = secretFields.flatMap((field) => {
  const step = field.startsWith('[') ? field : `.${field}`
  return [field, `*${step}`, `*.*${step}`]
})

const stderr = 2

/**
 * Lines of JSON, or readable ones in a terminal and where that is asked for. On stderr, so that stdout is left to what the
 * commands themselves have to say.
 */
export function createLog({ logLevel }: Pick<Config, 'logLevel'>, isReadable = process.stderr.isTTY): Log {
  // Written at once: the last line before an exit is the one that is needed.
  const stream = isReadable ? pretty({ sync: true, destination: stderr, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' }) : pino.destination({ fd: stderr, sync: true })
  return createLogOn(stream, logLevel)
}

export function createLogOn(stream: pino.DestinationStream, level: Config['logLevel']): Log {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: '[redacted]' },
      // An error's message may hold any text, so the whole line is looked at.
      hooks: { streamWrite: hideUrlPasswords },
    },
    stream,
  )
}

export function hideUrlPasswords(text: string): string {
  return text.replaceAll(/(\bpostgres(?:ql)?:\/\/[^\s:/@"]*:)[^\s"]*@/g, '$1[redacted]@')
}
