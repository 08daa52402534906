/** Pages of the commands, made of what makes their `--help`. */

/**
 * @param {import('commander').Command[]} commands of the program, with their summaries
 * @returns {{ name: string, markdown: string }[]} a page for each
 */
export function commandPages(commands) {
  return commands.map((command) => ({ name: command.name(), markdown: page(command) }));
}

function page(command) {
  const verbs = command.commands.filter((verb) => verb.name() !== 'help');
  const name = `latent-vae ${command.name()}`;
  const head = [`# ${name}`, prose(command.description())];
  if (verbs.length === 0) return text([...head, ...body(command, name, '##')]);
  return text([
    ...head,
    ...verbs.flatMap((verb) => [
      `## ${name} ${verb.name()}`,
      prose(verb.description()),
      ...body(verb, `${name} ${verb.name()}`, '###'),
    ]),
  ]);
}

function body(command, name, level) {
  const words = command.registeredArguments.map(argumentText).join(' ');
  const [options, examples] = [command.createHelp().visibleOptions(command), exampleLines(command)];
  return [
    fence([`${name} ${words} [options]`.replace('  ', ' ')]),
    table(
      ['argument', 'what it is'],
      command.registeredArguments.map((argument) => [
        code(argumentText(argument)),
        asText(argument.description) + choices(argument),
      ]),
    ),
    ...groupsOf(options).flatMap(([heading, ofGroup]) => [...headed(level, heading), optionTable(ofGroup)]),
    ...(examples.length > 0 ? [`${level} Examples`, fence(examples)] : []),
  ];
}

/** A heading that names a document becomes one with a link to it below. */
function headed(level, heading) {
  const [, subject, name] = /^(.*) \(docs\/(.*)\.md\)$/.exec(heading) ?? [];
  if (subject === undefined) return [`${level} ${heading}`];
  return [`${level} ${subject}`, `What each does to the sum: [${name}](../../${name}.md).`];
}

const argumentText = (argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`);

/** Defaults have a column where there are any. */
function optionTable(options) {
  const rows = options.map(optionRow);
  const width = rows.some(([, , value]) => value !== '') ? 3 : 2;
  return table(
    ['option', 'what it does', 'without it'].slice(0, width),
    rows.map((row) => row.slice(0, width)),
  );
}

const optionRow = (option) => [
  code(option.flags),
  asText(option.description) + choices(option),
  defaultText(option.defaultValue),
];

const choices = ({ argChoices }) => (argChoices ? `: ${argChoices.map(code).join(', ')}` : '');

function defaultText(value) {
  if (value === undefined || typeof value === 'boolean') return '';
  return code(Array.isArray(value) ? value.join(',') || 'none' : String(value));
}

/** In the order of the help. */
function groupsOf(options) {
  const groups = new Map();
  for (const option of options) {
    const heading = (option.helpGroupHeading ?? 'Options:').replace(/:$/, '');
    groups.set(heading, [...(groups.get(heading) ?? []), option]);
  }
  return [...groups];
}

/** Examples are told to Commander as a text after the help. */
function exampleLines(command) {
  let written = '';
  command.configureOutput({ writeOut: (more) => (written += more) }).outputHelp();
  return (written.split('Examples:\n')[1] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('  $ '))
    .map((line) => line.slice(4));
}

const table = (head, rows) =>
  rows.length === 0 ? '' : [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const fence = (lines) => ['```sh', ...lines, '```'].join('\n');
const code = (words) => `\`${words.replaceAll('|', '\\|')}\``;
/** Neither tags nor cells nor Vue's braces; options that are named look as such. */
const asText = (words) =>
  words
    .replace(/(?<=^|[\s(])--[a-z][\w-]*/g, (flag) => `\`${flag}\``)
    .replaceAll('<', '&lt;')
    .replaceAll('|', '\\|')
    .replaceAll('{{', '&lbrace;&lbrace;');
const prose = (words) =>
  asText(words)
    .split(/\n\n/)
    .map((part) => part.replaceAll('\n', ' '))
    .join('\n\n');
const text = (parts) => `${parts.filter((part) => part !== '').join('\n\n')}\n`;
