/**
 * A tensor inside a graph that is being built. It is logically what tfjs believes it to be (NHWC, HWIO) and exists in one or
 * more physical forms; kernels ask for the form they like, so that a transposition is only made where two kernels disagree.
 */

import type { TensorMeta } from '../numbers.js';
import { blocksFromNhwc } from './blocks.js';
import type { Graph } from './graph.js';
import {
  identity,
  inverse,
  isIdentity,
  layoutKey,
  nchw,
  type Permutation,
  permuted,
  reshapedLayout,
  type Shape,
  sameOrder,
  samePermutation,
  sameShape,
  sizeOf,
} from './layout.js';

/** The kernel call that a tensor came from. */
export interface Producer {
  readonly kernel: string;
  readonly inputs: readonly (GraphValue | undefined)[];
  readonly attributes: object;
}

export class GraphValue {
  /** Lets a kernel do together with another one what costs less together; absent where a tensor was reshaped since. */
  producer: Producer | undefined;
  /** Names in the graph by layout key. */
  private readonly forms = new Map<string, string>();
  private readonly views = new Map<string, GraphValue>();
  private first: Permutation | undefined;

  /**
   * @param materialise names a leaf in its first form; it may choose another form than the one asked for
   */
  constructor(
    readonly graph: Graph,
    readonly meta: TensorMeta,
    private readonly leaf?: {
      readonly stored: Permutation;
      materialise(wanted: Permutation): { name: string; permutation: Permutation };
    },
  ) {}

  static of(graph: Graph, meta: TensorMeta, name: string, permutation: Permutation = identity(meta.shape.length)) {
    const value = new GraphValue(graph, meta);
    value.addForm(permutation, name);
    return value;
  }

  get shape(): Shape {
    return this.meta.shape;
  }

  get rank(): number {
    return this.meta.shape.length;
  }

  /** The form that costs nothing. */
  get preferred(): Permutation {
    return this.first ?? this.leaf?.stored ?? identity(this.rank);
  }

  /** Whether a leaf of the graph that nobody has asked for yet. */
  get isUndecided(): boolean {
    return this.first === undefined;
  }

  addForm(permutation: Permutation, name: string): this {
    this.first ??= permutation;
    this.forms.set(layoutKey(permutation), name);
    return this;
  }

  /** Asks for what has been written of it so far to run as soon as it can. */
  runEarly(): void {
    for (const name of this.forms.values()) this.graph.runEarly(name);
  }

  logical(): string {
    return this.form(identity(this.rank));
  }

  /** The name of this tensor with its axes in the given physical order. */
  form(wanted: Permutation): string {
    const known = this.forms.get(layoutKey(wanted));
    if (known !== undefined) return known;
    if (this.first === undefined && this.leaf) {
      const { name, permutation } = this.leaf.materialise(wanted);
      this.addForm(permutation, name);
      return this.form(wanted);
    }
    const from = this.first as Permutation;
    const source = this.forms.get(layoutKey(from)) as string;
    const fromPosition = inverse(from);
    const name = sameOrder(this.shape, from, wanted)
      ? this.graph.reshape(source, permuted(this.shape, wanted))
      : this.graph.transpose(
          source,
          wanted.map((axis) => fromPosition[axis] as number),
        );
    if (isIdentity(from) && samePermutation(wanted, nchw)) {
      blocksFromNhwc(this.graph, name, source, this.shape[3] as number);
    }
    this.forms.set(layoutKey(wanted), name);
    return name;
  }

  /** The same elements under another shape. */
  view(shape: Shape): GraphValue {
    if (sameShape(shape, this.shape)) return this;
    const key = shape.join();
    let view = this.views.get(key);
    if (!view) {
      view = this.reshaped(shape);
      this.views.set(key, view);
    }
    return view;
  }

  private reshaped(shape: Shape): GraphValue {
    const meta = { shape, dtype: this.meta.dtype };
    const layout = sizeOf(shape) > 0 ? reshapedLayout(this.shape, this.preferred, shape) : undefined;
    const from = layout ? this.preferred : identity(this.rank);
    const to = layout ?? identity(shape.length);
    return GraphValue.of(this.graph, meta, this.graph.reshape(this.form(from), permuted(shape, to)), to);
  }

  /** A form that broadcasts against tensors of the layout `permutation`, whose rank may be higher. */
  broadcastForm(permutation: Permutation): string {
    if (this.rank === permutation.length) return this.form(permutation);
    if (this.rank === 0 || isIdentity(permutation)) return this.logical();
    const padding = new Array<number>(permutation.length - this.rank).fill(1);
    return this.view([...padding, ...this.shape]).form(permutation);
  }
}

/** The layout in which an operation on `inputs` is cheapest: that of the largest input, where not tfjs' own on a tie. */
export function commonLayout(inputs: readonly GraphValue[], rank: number): Permutation {
  const candidates = inputs.filter((input) => input.rank === rank);
  const weight = (value: GraphValue) =>
    sizeOf(value.shape) * 4 + (isIdentity(value.preferred) ? 0 : 2) + (value.isUndecided ? 0 : 1);
  const best = candidates.reduce<GraphValue | undefined>(
    (champion, value) => (champion && weight(champion) >= weight(value) ? champion : value),
    undefined,
  );
  return best?.preferred ?? identity(rank);
}

/** An image [B, H, W, C] as NCHW. */
export const asNchw = (image: GraphValue): string => image.form(nchw);

/** A tensor with tfjs' shape [B, H, W, C] from its NCHW form. */
export const fromNchw = (graph: Graph, meta: TensorMeta, name: string): GraphValue =>
  GraphValue.of(graph, meta, name, nchw);
