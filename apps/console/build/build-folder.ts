import { join } from 'node:path'

export const consoleFolder = join(import.meta.dirname, '..')
export const buildFolder = join(consoleFolder, 'dist')
