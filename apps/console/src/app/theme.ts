import { createTheme, type CSSVariablesResolver } from '@mantine/core'

export const theme = createTheme({
  primaryColor: 'indigo',
  // A shade darker than the library's: white on it is read.
  primaryShade: { light: 7, dark: 8 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  autoContrast: true,
  // The page itself never scrolls, and what locks it would write a sheet that the policy refuses.
  components: { Modal: { defaultProps: { lockScroll: false } } },
})

/** Colors of text that the library has too pale on a light ground: WCAG asks for a contrast of 4.5. */
export const resolveVariables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    ...Object.fromEntries(Object.keys(colors).flatMap((name) => ['light-color', 'outline', 'text'].map((use) => [`--mantine-color-${name}-${use}`, `var(--mantine-color-${name}-9)`]))),
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
  },
})

/** The server's policy lets in styles of this answer's own nonce alone. */
export function readStyleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
}
