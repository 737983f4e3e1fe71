import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { z } from 'zod'

const lateOrders = [
  { order: 4711, item: 'Chain, 12-speed', due: '2026-11-19', days_late: 4 },
  { order: 4736, item: 'Brake pads, sintered', due: '2026-11-20', days_late: 3 },
  { order: 4752, item: 'Bell, brass', due: '2026-11-21', days_late: 2 },
]

/** The tools of a shop for bicycle parts. */
export function offerShop(server: McpServer): void {
  const order = z.number().int().describe('Its number')
  const answer = (value: unknown) => ({ content: [{ type: 'text' as const, text: JSON.stringify(value) }] })
  server.registerTool('late_orders', { description: 'Orders that are past their date', inputSchema: { week: z.number().int().describe('ISO week') }, annotations: { readOnlyHint: true } }, () => answer(lateOrders))
  server.registerTool('find_order', { description: 'One order, by its number', inputSchema: { order }, annotations: { readOnlyHint: true } }, (input) => answer(lateOrders.find((late) => late.order === input.order) ?? null))
  server.registerTool('stock', { description: 'How many of an item are there', inputSchema: { item: z.string() }, annotations: { readOnlyHint: true } }, () => answer({ in_stock: 132, reserved: 41 }))
}
