import { errorCatalogue } from '@reprise/contract'

/** The page that every problem's `type` leads to, one anchor per code. */
export function writeErrorPage(): string {
  const sections = Object.entries(errorCatalogue).map(
    ([code, { status, title }]) => `<section id="${code}"><h2><code>${code}</code></h2><p>${status} · ${title}</p></section>`,
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Errors · Reprise</title>
<style>body{font:16px/1.5 system-ui;max-width:46rem;margin:2rem auto;padding:0 1rem}section:target{background:#ffd}</style>
<h1>Errors</h1><p>Every error is an <code>application/problem+json</code> body with one of these codes.</p>
${sections.join('\n')}
</html>`
}
