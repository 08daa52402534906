/** Choose, photograph or make a picture. Dropping and pasting are the page's. */
import { type SyntheticClass, syntheticClasses } from '../../../data/synthetic/picture.js';
import type { PictureSource, Slot } from '../protocol.js';

export interface ChooserProps {
  readonly slot: Slot;
  onPicture(source: PictureSource, label: string): void;
}

export const fileSource = (file: File): PictureSource => ({ kind: 'file', file, name: file.name || 'The picture' });

const classNames: Readonly<Record<SyntheticClass, string>> = {
  'dead-leaves': 'Dead leaves',
  gradients: 'Gradients',
  textures: 'Textures',
  glyphs: 'Glyphs',
};

export function PictureChooser({ slot, onPicture }: ChooserProps) {
  const onFile = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    const file = input.files?.[0];
    if (file) onPicture(fileSource(file), file.name);
    // The same file may be chosen again.
    input.value = '';
  };
  const onSynthetic = (className: SyntheticClass) => {
    const seed = Math.floor(Math.random() * 1e6);
    onPicture({ kind: 'synthetic', className, seed }, classNames[className]);
  };
  return (
    <div class="chooser">
      <label class="button">
        Choose a picture
        <input type="file" accept="image/*" data-testid={`file-${slot}`} onChange={onFile} />
      </label>
      <label class="button">
        Take a photograph
        <input type="file" accept="image/*" capture="environment" onChange={onFile} />
      </label>
      <span class="soft">or a synthetic one:</span>
      {syntheticClasses.map((className) => (
        <button type="button" class="button" key={className} onClick={() => onSynthetic(className)}>
          {classNames[className]}
        </button>
      ))}
    </div>
  );
}
