import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { defineBotTool, type BotTool } from './bot-tool.ts'

const item = z.object({ item: z.string().min(1).max(100), quantity: z.int().min(1).max(1000).default(1) })
type Item = z.output<typeof item>

/** A list on this machine. An item is kept under the key of the call that put it there: put twice, it is there once. */
export class ShoppingList {
  readonly #file: string | null
  readonly #items: Map<string, Item>

  constructor(file: string | null) {
    this.#file = file
    const stored = file !== null && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as [string, Item][]) : [] // written by us
    this.#items = new Map(stored)
  }

  get items(): Item[] {
    return [...this.#items.values()]
  }

  put(key: string, added: Item): void {
    this.#items.set(key, added)
    if (this.#file === null) return
    // Whole or not at all, however this process ends.
    writeFileSync(`${this.#file}.new`, JSON.stringify([...this.#items]))
    renameSync(`${this.#file}.new`, this.#file)
  }
}

export function createShoppingTools(list: ShoppingList): BotTool[] {
  return [
    defineBotTool({
      name: 'add_item',
      description: 'Puts something on the shopping list.',
      input: item,
      async run(added, key) {
        list.put(key, added)
        return { items: list.items.length }
      },
    }),
    defineBotTool({
      name: 'list_items',
      description: 'Tells what is on the shopping list.',
      input: z.object({}),
      run: async () => ({ items: list.items }),
    }),
  ]
}
