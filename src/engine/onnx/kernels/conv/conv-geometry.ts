/** What tfjs' attributes of a convolution mean for shapes. */
import * as tf from '@tensorflow/tfjs-core';

export type Padding = number | 'same' | 'valid' | tf.backend_util.ExplicitPadding;

export interface ConvAttributes {
  strides: [number, number] | number;
  pad: Padding;
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export type Geometry = tf.backend_util.Conv2DInfo;
export type Four = [number, number, number, number];

export function geometryOf(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: ConvAttributes,
): Geometry {
  const { strides, pad, dilations = 1, dimRoundingMode } = attributes;
  const [image, filter] = [[...inputShape] as Four, [...filterShape] as Four];
  return tf.backend_util.computeConv2DInfo(image, filter, strides, dilations, pad, dimRoundingMode, false);
}

/** top, left, bottom, right */
export const onnxPads = ({ padInfo }: Geometry): Four => [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right];
