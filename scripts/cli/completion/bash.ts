import type { CompletedCommand } from './tree.js';

const words = (list: readonly string[]) => list.join(' ');

/** A case for every command, by the words that lead to it. */
function cases(commands: readonly CompletedCommand[], path: readonly string[] = []): string[] {
  return commands.flatMap((command) => {
    const way = [...path, command.name];
    const own = [`    '${words(way)}')`];
    const withChoices = command.options.filter(({ choices }) => choices.length > 0);
    if (withChoices.length > 0) {
      own.push('      case "$previous" in');
      for (const { flag, choices } of withChoices) own.push(`        ${flag}) words='${words(choices)}' ;;`);
      own.push('      esac');
    }
    const next = [...command.commands.map(({ name }) => name), ...command.choices];
    own.push(
      `      options='${words(command.options.map(({ flag }) => flag))} --help'`,
      `      next='${words(next)}' ;;`,
    );
    return [...own, ...cases(command.commands, way)];
  });
}

/** Tells commands, options and the values of those that have a choice; files for all else. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const parents = commands.filter((command) => command.commands.length > 0).map(({ name }) => name);
  return `# latent-vae completion bash >> ~/.bashrc
_latent_vae() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} way=\${COMP_WORDS[1]} options='' next='' words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${words(commands.map(({ name }) => name))} --help --version' -- "$current"))
    return
  fi
  case "$way" in
    ${parents.join('|') || '-'}) [ "$COMP_CWORD" -gt 2 ] && way="$way \${COMP_WORDS[2]}" ;;
  esac
  case "$way" in
${cases(commands).join('\n')}
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [ -n "$next" ]; then
    COMPREPLY=($(compgen -W "$next" -- "$current"))
  else
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _latent_vae latent-vae
`;
}
