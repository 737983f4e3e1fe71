import { startHost, type Config, type Host, type Log } from '@reprise/host'
import { createCallGuest, type Dial } from './call-guest.ts'
import { createPrintTickets, type Printer } from './print-tickets.ts'
import { prepareDatabase, releaseSeat, reserveSeat } from './seats.ts'

export type BoxOffice = Host

/** An app that embeds the server: agents that name `box_office` among their capabilities get its tools. */
export async function startBoxOffice(config: Config, log: Log, { printer, dial }: { printer: Printer; dial: Dial }): Promise<BoxOffice> {
  const tools = [reserveSeat, releaseSeat, createPrintTickets(printer), createCallGuest(dial)]
  return await startHost(config, log, { prepareDatabase, capabilities: [{ ref: 'box_office', description: 'Seats, tickets and telephone calls', tools }] })
}
