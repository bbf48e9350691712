// The editor's style; in the module, so that nobody else pays for it. Its tokens are those of panel.css.
export const LOOKS = `
.editor { inset: 0; width: 100%; height: 100dvh; max-width: none; max-height: none; margin: 0; padding: max(.75rem, env(safe-area-inset-top)) 0 max(.75rem, env(safe-area-inset-bottom)); border: 0; background: var(--surface); color: var(--ink); overflow: auto }
.editor[open] { display: flex; flex-direction: column; gap: .5rem }
.editor > * { flex: none; margin-inline: .875rem }
.editor__title { font-size: 1.125rem; font-weight: 650; outline-offset: 2px }
.editor__bar { display: flex; flex-wrap: wrap; gap: .5rem 1rem; justify-content: space-between }
.editor__tools, .editor__steps { display: flex; flex-wrap: wrap; gap: .375rem; min-width: 0; margin: 0; padding: 0; border: 0 }
.editor__tool { position: relative; display: inline-flex; align-items: center; gap: .375rem; min-height: 2.125rem; padding: .125rem .75rem; border: 1px solid var(--edge); border-radius: .5rem; background: var(--field); font-size: .875rem; font-weight: 600; line-height: 1.3; cursor: pointer }
.editor__tool svg { width: 1.125rem; height: 1.125rem; color: var(--ink-soft) }
.editor__tool--black path { fill: var(--ink); stroke: var(--edge) }
.editor__tool--highlight path { fill: #ffd60080; stroke: #b38600 }
.editor__tool:has(:checked) { border-color: var(--accent-ink); background: var(--accent-wash); box-shadow: inset 0 0 0 1px var(--accent-ink); color: var(--accent-ink) }
.editor__tool:has(:focus-visible) { outline: 2px solid var(--accent-ink); outline-offset: 2px }
.editor__steps .button[aria-disabled=true] { border-style: dashed; color: var(--ink-soft); cursor: default }
.editor__told { padding: .5rem .75rem; border: 1px solid var(--line); border-radius: var(--radius); background: var(--raised); font-size: .875rem; line-height: 1.4; text-wrap: pretty }
.editor__told--warns { border-color: color-mix(in oklab, var(--danger) 30%, var(--surface)); background: var(--danger-wash) }
.editor__stage { flex: 1 0 10rem; display: grid; place-items: center; container-type: size; border-radius: var(--radius); background: var(--ground) }
.editor canvas { display: block; box-sizing: border-box; max-width: 100cqw; max-height: 100cqh; outline-offset: 2px; box-shadow: 0 0 0 1px var(--edge); cursor: crosshair; touch-action: none }
.editor__hint { font-size: var(--small); line-height: 1.4; color: var(--ink-soft); text-wrap: pretty }
.editor__said { min-height: 1.3125rem; font-size: .875rem; line-height: 1.5; font-weight: 600 }
.editor__foot { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: end }
.editor__foot .button { flex: 0 1 auto; width: auto; min-width: 9rem }
@media (max-width: 30rem) { .editor__foot .button { flex: 1 1 8rem } }
@media (pointer: coarse) { .editor__tool { min-height: 2.75rem } .editor__keys { display: none } }
@media (forced-colors: active) { .editor__tool:has(:checked) { outline: 2px solid Highlight; outline-offset: -4px } .editor__tool:has(:focus-visible) { outline: 3px solid Highlight; outline-offset: 2px } .editor canvas { border: 1px solid } }
`;
