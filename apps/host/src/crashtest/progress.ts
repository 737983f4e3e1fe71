const intervalMs = 5_000

/** Says now and then how far it is: on one line of a terminal, else on a new one every few seconds. */
export class Progress {
  readonly #describe: () => string
  readonly #out = process.stdout
  readonly #timer: NodeJS.Timeout
  readonly #startedAt = performance.now()

  constructor(describe: () => string) {
    this.#describe = describe
    this.#timer = setInterval(() => this.#write(), this.#out.isTTY ? 200 : intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#out.isTTY) this.#out.write('\r\u001b[K')
  }

  #write(): void {
    const line = `${((performance.now() - this.#startedAt) / 1000).toFixed(0).padStart(4)} s  ${this.#describe()}`
    this.#out.write(this.#out.isTTY ? `\r\u001b[K${line.slice(0, this.#out.columns - 1)}` : `${line}\n`)
  }
}
