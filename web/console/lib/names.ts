/* names.ts: TDesign keeps a control's name on the box around it; whoever listens to the page needs it on the input.
 *
 * An input without a label of its own is called as its box is (aria-label), else as its group, else as its placeholder.
 */
const boxes = '[class^="t-"][aria-label], [role="group"][aria-label]';
const unnamed = 'input:not([type="hidden"], [aria-label]), textarea:not([aria-label]), [data-named]';

function nameAll(): void {
  for (const one of document.querySelectorAll<HTMLInputElement>(unnamed)) {
    if (one.labels?.length) continue;
    const name = one.parentElement?.closest(boxes)?.getAttribute('aria-label') || one.placeholder;
    if (!name || name === one.getAttribute('aria-label')) continue;
    one.dataset.named = '';
    one.setAttribute('aria-label', name);
  }
}

export function nameControls(): void {
  new MutationObserver(nameAll).observe(document.body, {
    subtree: true,
    childList: true,
    attributeFilter: ['aria-label', 'placeholder'],
  });
}
