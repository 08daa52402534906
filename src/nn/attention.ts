/** Attention whose matrix of scores never stands whole where it would be large. */
import * as tf from '@tensorflow/tfjs-core';
import { after } from '../engine/ops.js';

/** Scores that are there at once, a number each: 128 MiB. All of them where there are fewer, as in pictures of usual sizes. */
export const mostScores = 2 ** 25;

/** Of a graph that is still compiled within seconds; attention that would take more has larger ones. */
const mostParts = 256;

/** Images, and queries of each, whose scores are computed together. */
interface Part {
  readonly image: number;
  readonly images: number;
  readonly row: number;
  readonly rows: number;
}

/**
 * softmax(QKᵀ / √C) V (Vaswani et al., arXiv 1706.03762, eq. 1) over [B, N, C] each. More than `most` scores are computed a part
 * of the images or queries after the other, and again for the gradients (Rabe & Staats, arXiv 2112.05682, without their parts of
 * the keys): the same numbers but for rounding, in memory that grows with N alone and not with its square.
 */
export function attend(query: tf.Tensor3D, key: tf.Tensor3D, value: tf.Tensor3D, most = mostScores): tf.Tensor3D {
  const parts = partsOf(query.shape, key.shape[1], most);
  if (parts.length === 1) return whole(query, key, value);
  const inParts = tf.customGrad<tf.Tensor3D>((...inputsAndSave) => {
    const [q, k, v] = inputsAndSave as tf.Tensor3D[] as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    (inputsAndSave.at(-1) as unknown as tf.GradSaveFunc)([q, k, v]);
    return {
      value: joined(
        parts.map((part) => whole(queriesOf(q, part), imagesOf(k, part), imagesOf(v, part))),
        q.shape,
      ),
      gradFunc: (dy, saved) => gradients(dy as tf.Tensor3D, saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D], parts),
    };
  });
  return inParts(query, key, value);
}

function whole(query: tf.Tensor3D, key: tf.Tensor3D, value: tf.Tensor3D): tf.Tensor3D {
  return tf.matMul(weightsOf(query, key), value);
}

/** [B, N, C] and [B, M, C] -> [B, N, M], whose rows add up to 1. */
function weightsOf(query: tf.Tensor3D, key: tf.Tensor3D): tf.Tensor3D {
  const scores: tf.Tensor3D = tf.matMul(tf.mul(query, scaleOf(query)), key, false, true);
  return tf.softmax(scores);
}

const scaleOf = ({ shape }: tf.Tensor3D): number => shape[2] ** -0.5;

/** As many whole images as there may be, or else about equal shares of one image's queries. */
export function partsOf([count, rowsOfAll]: readonly [number, number, number], keys: number, wanted: number): Part[] {
  const most = Math.max(wanted, (count * rowsOfAll * keys) / mostParts);
  const images = Math.min(count, Math.max(1, Math.floor(most / (rowsOfAll * keys))));
  const shares = Math.ceil(rowsOfAll / Math.max(1, Math.floor(most / keys)));
  const rows = Math.ceil(rowsOfAll / shares); // all of them where there may be several images
  const parts: Part[] = [];
  for (let image = 0; image < count; image += images) {
    for (let row = 0; row < rowsOfAll; row += rows) {
      parts.push({ image, images: Math.min(images, count - image), row, rows: Math.min(rows, rowsOfAll - row) });
    }
  }
  return parts;
}

const queriesOf = (x: tf.Tensor3D, { image, images, row, rows }: Part): tf.Tensor3D =>
  tf.slice3d(x, [image, row, 0], [images, rows, x.shape[2]]);

const imagesOf = (x: tf.Tensor3D, { image, images }: Part): tf.Tensor3D =>
  tf.slice3d(x, [image, 0, 0], [images, x.shape[1], x.shape[2]]);

/** Of all parts, which are whole images each or the queries of one after the other. */
function joined(
  results: readonly tf.Tensor3D[],
  [batch, rows, channels]: readonly [number, number, number],
): tf.Tensor3D {
  const flat = results.map((result) => tf.reshape(result, [-1, channels]));
  return tf.reshape(tf.concat(flat), [batch, rows, channels]) as tf.Tensor3D;
}

/** Of the queries, keys and values. Each part begins when the one before has been added up. */
function gradients(
  dy: tf.Tensor3D,
  [query, key, value]: readonly [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D],
  parts: readonly Part[],
): tf.Tensor3D[] {
  const ofQueries: tf.Tensor3D[] = [];
  const ofImages = new Map<number, [key: tf.Tensor3D, value: tf.Tensor3D]>();
  let before: tf.Tensor = dy;
  for (const part of parts) {
    const [q, k, v, dOut] = [queriesOf(query, part), imagesOf(key, part), imagesOf(value, part), queriesOf(dy, part)];
    // A lazy engine would otherwise take the weights of the forward pass, and keep them since then.
    const weights = weightsOf(after(q, before), k); // [b, n, M]
    const dWeights = tf.matMul(dOut, v, false, true); // [b, n, M]
    const slopes = tf.mul(weights, tf.sub(dWeights, tf.sum(tf.mul(weights, dWeights), 2, true))); // of the softmax
    const dScores = tf.mul(slopes, scaleOf(query)) as tf.Tensor3D;
    const own = [tf.matMul(dScores, q, true), tf.matMul(weights, dOut, true)] as const;
    const known = ofImages.get(part.image);
    const sums = known ? ([tf.add(known[0], own[0]), tf.add(known[1], own[1])] as const) : own;
    ofImages.set(part.image, [...sums] as [tf.Tensor3D, tf.Tensor3D]);
    ofQueries.push(tf.matMul(dScores, k));
    before = sums[0];
  }
  const [keys, values] = [0, 1].map((at) => tf.concat([...ofImages.values()].map((pair) => pair[at] as tf.Tensor3D)));
  return [joined(ofQueries, query.shape), keys as tf.Tensor3D, values as tf.Tensor3D];
}
