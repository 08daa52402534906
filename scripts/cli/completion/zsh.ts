import type { CompletedCommand, CompletedOption } from './tree.js';

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/** Colons and brackets have a meaning of their own. */
const plain = (text: string) => text.replace(/[:[\]]/g, '\\$&');

function specification({ flag, meaning, choices, takesValue }: CompletedOption): string {
  const values = choices.length > 0 ? `(${choices.join(' ')})` : '_files';
  return quoted(`${flag}[${plain(meaning)}]${takesValue ? `:value:${values}` : ''}`);
}

const list = (commands: readonly CompletedCommand[]) =>
  commands.map(({ name, meaning }) => quoted(`${name}:${plain(meaning)}`)).join(' ');

const functionName = (path: readonly string[]) => `_${path.join('_').replaceAll('-', '_')}`;

function functions(command: CompletedCommand, path: readonly string[]): string {
  const way = [...path, command.name];
  if (command.commands.length > 0) {
    const inner = command.commands.map((each) => functions(each, way)).join('');
    return `${inner}${functionName(way)}() {
  local -a commands=(${list(command.commands)})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  shift words; (( CURRENT-- ))
  local name=${functionName(way)}_\${words[1]//-/_}
  (( $+functions[$name] )) && $name
}
`;
  }
  const argument =
    command.choices.length > 0 ? quoted(`*:value:(${command.choices.join(' ')})`) : quoted('*:file:_files');
  const lines = [...command.options.map(specification), quoted('--help[tell all this]'), argument];
  return `${functionName(way)}() {\n  _arguments ${lines.join(' \\\n    ')}\n}\n`;
}

/** Tells commands and options with their meanings; files where nothing else is known. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `#compdef latent-vae
# latent-vae completion zsh > ~/.zfunc/_latent-vae
${commands.map((command) => functions(command, ['latent_vae'])).join('')}_latent_vae() {
  local -a commands=(${list(commands)})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  shift words; (( CURRENT-- ))
  local name=_latent_vae_\${words[1]//-/_}
  (( $+functions[$name] )) && $name
}
if [ "$funcstack[1]" = "_latent-vae" ]; then _latent_vae "$@"; else compdef _latent_vae latent-vae; fi
`;
}
