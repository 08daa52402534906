/** The code of documents. */

export interface CodeBlock {
  /** The heading it stands below, without its number signs. */
  readonly heading: string;
  /** As it follows the fence, '' for indented blocks. */
  readonly language: string;
  readonly code: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

/** Every fenced block, and every indented one, of a Markdown text. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let [heading, open, isAfterBlank] = [
    '',
    undefined as { language: string; start: number; indented: boolean } | undefined,
    true,
  ];
  const lines = markdown.split('\n');
  const close = (end: number) => {
    if (!open) return;
    const code = lines.slice(open.start, end).map((line) => (open?.indented ? line.slice(4) : line));
    blocks.push({ heading, language: open.language, code: `${code.join('\n').trimEnd()}\n`, line: open.start + 1 });
    open = undefined;
  };
  lines.forEach((line, index) => {
    const fence = /^```(.*)$/.exec(line);
    if (open?.indented && !/^ {4}|^$/.test(line)) close(index);
    if (fence) {
      if (open) close(index);
      else open = { language: fence[1] ?? '', start: index + 1, indented: false };
    } else if (!open && isAfterBlank && line.startsWith('    ')) open = { language: '', start: index, indented: true };
    if (!open) heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    isAfterBlank = line === '';
  });
  close(lines.length);
  return blocks;
}
