/** What a model's runs did, so that one sees that each thing really happened. */
export class Tally {
  readonly counts = { step: new Map<string, number>(), outcome: new Map<string, number>(), travel: new Map<string, number>() }
  runs = 0
  /** What is done after a run's random steps, to bring everything to its end, is counted apart. */
  isSettling = false
  settlingSteps = 0
  /** How often a session was read and all its invariants were checked. */
  checks = 0

  count(kind: keyof Tally['counts'], name: string): void {
    if (kind === 'step' && this.isSettling) {
      this.settlingSteps += 1
      return
    }
    this.counts[kind].set(name, (this.counts[kind].get(name) ?? 0) + 1)
  }

  get steps(): number {
    return [...this.counts.step.values()].reduce((sum, count) => sum + count, 0)
  }
}
