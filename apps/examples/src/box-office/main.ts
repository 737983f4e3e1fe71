// The box office as a server of its own: `pnpm --filter @reprise/examples box-office`, then any client.
import { setTimeout } from 'node:timers/promises'
import { createLog, readConfig } from '@reprise/host'
import { startBoxOffice } from './box-office.ts'

const config = readConfig()
const printed = new Set<string>()
const host = await startBoxOffice(config, createLog(config), {
  printer: {
    async print(jobKey, text) {
      if (printed.has(jobKey)) return
      printed.add(jobKey)
      console.log(text)
    },
  },
  dial: async (guest, signal) => {
    await setTimeout(5_000, undefined, { signal })
    return `${guest} will be there.`
  },
})
console.log(`The box office is open at ${host.address}. Give a session the capability box_office.`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void host.stop())
