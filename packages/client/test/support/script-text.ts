/** A message whose turn follows a script of the simulated model. */
export function scriptText(steps: object[]): string {
  return '```sim\n' + JSON.stringify({ steps }) + '\n```'
}
