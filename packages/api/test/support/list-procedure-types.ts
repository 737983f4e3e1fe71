import type { AnyTRPCRouter } from '@trpc/server'

export type ProcedureType = 'query' | 'mutation' | 'subscription'

/** What the procedures of a router are, by their whole names. */
export function listProcedureTypes({ _def: definition }: AnyTRPCRouter): Record<string, ProcedureType> {
  const procedures = Object.entries(definition.procedures as Record<string, { _def: { type: ProcedureType } }>) // flat, whatever the routers in it
  return Object.fromEntries(procedures.map(([path, { _def: procedure }]) => [path, procedure.type]))
}
