/** For the `styles` of a field that holds code: its label is none. */
export const monospaceInput = { input: { fontFamily: 'var(--mantine-font-family-monospace)' } } as const
