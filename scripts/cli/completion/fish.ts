import type { CompletedCommand } from './tree.js';

const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;

function lines(command: CompletedCommand, condition: string): string[] {
  const own = command.options.map(({ flag, meaning, choices, takesValue }) => {
    const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
    return `complete -c latent-vae -n ${quoted(condition)} -l ${flag.slice(2)}${value} -d ${quoted(meaning)}`;
  });
  const words = command.choices.map(
    (choice) => `complete -c latent-vae -f -n ${quoted(condition)} -a ${quoted(choice)}`,
  );
  const names = command.commands.map(({ name }) => name).join(' ');
  const inner = command.commands.flatMap((each) => [
    `complete -c latent-vae -f -n ${quoted(`${condition}; and not __fish_seen_subcommand_from ${names}`)} -a ${each.name} -d ${quoted(each.meaning)}`,
    ...lines(each, `${condition}; and __fish_seen_subcommand_from ${each.name}`),
  ]);
  return [...own, ...words, ...inner];
}

/** Tells commands and options with their meanings; files where nothing else is known. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const all = commands.flatMap((command) => [
    `complete -c latent-vae -f -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.meaning)}`,
    // A command of a command may have the name of another one: what counts is the first word.
    ...lines(command, `__latent_vae_first ${command.name}`),
  ]);
  return `# latent-vae completion fish > ~/.config/fish/completions/latent-vae.fish
function __latent_vae_first
  set -l words (commandline -opc)
  test (count $words) -gt 1; and test $words[2] = $argv[1]
end
${all.join('\n')}
`;
}
