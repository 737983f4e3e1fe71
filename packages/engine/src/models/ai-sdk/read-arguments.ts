/** Arguments that are no JSON come through as their text: the call is answered with an error, which the model may mend. */
export function readArguments(input: string): unknown {
  if (input.trim() === '') return {}
  try {
    return JSON.parse(input)
  } catch {
    return input
  }
}
