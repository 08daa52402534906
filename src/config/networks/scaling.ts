/** How latents are brought to the scale that diffusion wants: (latent - shift) · factor. */

/** Diffusion sees (latent - shift) · factor: with one number for all channels, or a list with one for each. */
export interface Scaling {
  readonly shift: number | readonly number[];
  readonly factor: number | readonly number[];
}

/** Of channel `channel`. */
export const ofChannel = (value: number | readonly number[], channel: number): number =>
  typeof value === 'number' ? value : (value[channel] as number);

/** How many channels a scaling is of; undefined for one that fits any latent. */
export function channelsOfScaling({ shift, factor }: Scaling): number | undefined {
  const list = [shift, factor].find((value) => typeof value !== 'number');
  return typeof list === 'object' ? list.length : undefined;
}

/**
 * Scales values in place.
 *
 * @param channelAt the channel of the value at a position
 */
export function scaleInPlace(
  values: Float32Array,
  { shift, factor }: Scaling,
  channelAt: (at: number) => number,
): void {
  for (let at = 0; at < values.length; at++) {
    const channel = channelAt(at);
    values[at] = ((values[at] as number) - ofChannel(shift, channel)) * ofChannel(factor, channel);
  }
}

/** As a person reads it; of many channels, the first. */
export function scalingText({ shift, factor }: Scaling, figure: (value: number) => string = String): string {
  const text = (value: number | readonly number[]) =>
    typeof value === 'number'
      ? figure(value)
      : `[${value.slice(0, 4).map(figure).join(', ')}${value.length > 4 ? ', …' : ''}]`;
  const byChannel = typeof shift === 'number' && typeof factor === 'number' ? '' : ' by channel';
  const shifted = typeof shift !== 'number' || shift > 0 ? `(latent - ${text(shift)})` : `(latent + ${text(-shift)})`;
  return `${shift === 0 ? 'latent' : shifted} · ${text(factor)}${byChannel}`;
}
