const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** A name behind the square in its colour (`--key`), hollow for the original. */
export function keyed(name: string, original = false): string {
  return `<span class="key${original ? ' original' : ''}"></span>${escapeHtml(name)}`;
}

/** One string per item, joined. */
export function each<Item>(items: readonly Item[], html: (item: Item, index: number) => string): string {
  return items.map(html).join('\n');
}
