import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { adaptiveWeight, balanced } from '../../src/losses/adversarial/adaptive-weight.js';
import { createDiscriminator, type Discriminator } from '../../src/losses/adversarial/discriminator.js';
import { createLecam } from '../../src/losses/adversarial/lecam.js';
import { adversarialLosses, adversarialPhase, saturatedShare } from '../../src/losses/adversarial/player-losses.js';
import { gradientsOf } from '../../src/nn/gradients.js';
import { expectClose, expectNumber, type Golden, openGolden, useDefaultEngine } from '../golden.js';

const valueTolerance = 1e-4;
const gradientTolerance = 1e-3;

/** PyTorch's numbers for a discriminator of 3 layers, width 16, batch normalisation in training mode. */
let golden: Golden;
let discriminator: Discriminator;
beforeAll(async () => {
  await useDefaultEngine();
  golden = await openGolden('adversarial-n3/io.safetensors');
  const { weights } = await openGolden('adversarial-n3/discriminator.safetensors');
  discriminator = createDiscriminator({ inChannels: 3, layers: 3, width: 16, norm: 'batch' }, { weights });
});

const realLogits = () => discriminator.logits(golden.images('x'));
const fakeLogits = () => discriminator.logits(golden.images('reconstruction'));

describe('against PyTorch', () => {
  test('the logits of real images and of reconstructions', () => {
    expectClose(realLogits(), golden.images('logits_real'), valueTolerance);
    expectClose(fakeLogits(), golden.images('logits_fake'), valueTolerance);
  });

  test('the losses of both players', () => {
    const { hinge, vanilla } = adversarialLosses;
    expectNumber(hinge.discriminator(realLogits(), fakeLogits()), golden.scalar('hinge'), valueTolerance);
    expectNumber(vanilla.discriminator(realLogits(), fakeLogits()), golden.scalar('vanilla'), valueTolerance);
    expectNumber(hinge.generator(fakeLogits()), golden.scalar('g_loss'), valueTolerance);
  });

  test('the discriminator’s gradient', () => {
    const loss = () => adversarialLosses.hinge.discriminator(realLogits(), fakeLogits());
    const { gradients } = gradientsOf(loss, discriminator.parameters);
    expect([...gradients.keys()]).toEqual([...discriminator.parameters.keys()]);
    expectClose(
      gradients.get('main.0.weight') as tf.Tensor,
      golden.weight('grad_hinge_main_0') as tf.Tensor,
      gradientTolerance,
    );
  });

  test('LDM’s adaptive weight, the total and its gradient at the last layer', () => {
    const lastLayer = tf.variable(golden.weight('conv_out_weight'));
    const images = golden.images('x');
    const hidden = golden.images('h');
    const { value, grads } = tf.variableGrads(() => {
      const balance = balanced({
        reconstructions: tf.conv2d(hidden, lastLayer as tf.Tensor4D, 1, 'same'),
        lastLayer,
        reconstructionTerms: (outputs) => tf.div(tf.sum(tf.abs(tf.sub(images, outputs))), images.shape[0]),
        generatorLoss: (outputs) => adversarialLosses.hinge.generator(discriminator.logits(outputs)),
        weight: 0.5,
      });
      expectNumber(balance.reconstructionTerms, golden.scalar('nll'), valueTolerance);
      expectNumber(balance.generatorLoss, golden.scalar('g_loss'), valueTolerance);
      expectNumber(balance.adaptiveWeight, golden.scalar('d_weight'), gradientTolerance);
      return balance.total;
    }, [lastLayer]);
    expectNumber(value, golden.scalar('total'), valueTolerance);
    expectClose(grads[lastLayer.name] as tf.Tensor, golden.weight('grad_total_conv_out'), gradientTolerance);
  });
});

describe('a whole step', () => {
  test('balanced losses give every earlier layer the gradient of their plain weighted sum', () => {
    const first = tf.variable(tf.randomNormal([3, 3, 3, 8], 0, 0.3, 'float32', 1));
    const lastLayer = tf.variable(tf.randomNormal([3, 3, 8, 3], 0, 0.3, 'float32', 2));
    const images = golden.images('x');
    const decode = () => {
      const hidden = tf.tanh(tf.conv2d(images, first as tf.Tensor4D, 1, 'same'));
      return tf.conv2d(hidden, lastLayer as tf.Tensor4D, 1, 'same') as tf.Tensor4D;
    };
    const reconstructionTerms = (outputs: tf.Tensor4D): tf.Scalar => tf.mean(tf.squaredDifference(images, outputs));
    const generatorLoss = (outputs: tf.Tensor4D) => adversarialLosses.vanilla.generator(discriminator.logits(outputs));
    let weight = 0;
    const whole = tf.variableGrads(() => {
      const input = { lastLayer, reconstructionTerms, generatorLoss, weight: 0.8 };
      const balance = balanced({ reconstructions: decode(), ...input });
      weight = balance.adaptiveWeight.dataSync()[0] as number;
      return balance.total;
    }, [first, lastLayer]);
    const plain = tf.variableGrads((): tf.Scalar => {
      const outputs = decode();
      return tf.add(reconstructionTerms(outputs), tf.mul(generatorLoss(outputs), weight));
    }, [first, lastLayer]);
    expect(weight).toBeGreaterThan(0);
    expectNumber(whole.value, plain.value.dataSync()[0] as number, 1e-6);
    for (const { name } of [first, lastLayer]) {
      expectClose(whole.grads[name] as tf.Tensor, plain.grads[name] as tf.Tensor, 1e-5);
    }
  });

  test('a learned log-variance gets its gradient, 1 - error / exp(logvar)', () => {
    const logvar = tf.variable(tf.scalar(0.7));
    const lastLayer = tf.variable(golden.weight('conv_out_weight'));
    const [images, hidden] = [golden.images('x'), golden.images('h')];
    const error = (outputs: tf.Tensor4D): tf.Scalar => tf.mean(tf.squaredDifference(images, outputs));
    const decode = () => tf.conv2d(hidden, lastLayer as tf.Tensor4D, 1, 'same');
    const { grads } = tf.variableGrads(() => {
      const likelihood = (outputs: tf.Tensor4D): tf.Scalar => tf.add(tf.div(error(outputs), tf.exp(logvar)), logvar);
      const generatorLoss = (outputs: tf.Tensor4D) => adversarialLosses.hinge.generator(discriminator.logits(outputs));
      const input = { lastLayer, generatorLoss, weight: 1, variables: [logvar] };
      return balanced({ ...input, reconstructions: decode(), reconstructionTerms: likelihood }).total;
    }, [lastLayer, logvar]);
    const wanted = 1 - (error(decode()).dataSync()[0] as number) / Math.exp(0.7);
    expectNumber(grads[logvar.name] as tf.Scalar, wanted, 1e-5);
  });

  test('leaks no tensor', () => {
    const lastLayer = tf.variable(golden.weight('conv_out_weight'));
    const [images, hidden] = [golden.images('x'), golden.images('h')];
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      tf.variableGrads(() => {
        return balanced({
          reconstructions: tf.conv2d(hidden, lastLayer as tf.Tensor4D, 1, 'same'),
          lastLayer,
          reconstructionTerms: (outputs) => tf.mean(tf.squaredDifference(images, outputs)),
          generatorLoss: (outputs) => adversarialLosses.hinge.generator(discriminator.logits(outputs)),
          weight: 1,
        }).total;
      }, [lastLayer]);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('closed forms', () => {
  const logits = (...values: number[]) => tf.tensor4d(values, [1, 1, values.length, 1]);

  test('vanilla is cross-entropy with the labels real and fake, saturating for neither player', () => {
    const { discriminator: loss, generator } = adversarialLosses.vanilla;
    expectNumber(loss(logits(0, 0), logits(0, 0)), Math.log(2), 1e-6);
    expectNumber(loss(logits(3), logits(-1)), (Math.log1p(Math.exp(-3)) + Math.log1p(Math.exp(-1))) / 2, 1e-6);
    expectNumber(generator(logits(-40)), 40, 1e-6);
    const slope = tf.grad((fake) => generator(fake as tf.Tensor4D));
    expectClose(slope(logits(-40, 0)), logits(-0.5, -0.25), 1e-6);
  });

  test('the saturated share counts real patches from 1 up and fake ones from -1 down', () => {
    expectNumber(saturatedShare(logits(2, 1, 0.9, -3), logits(-1, -5, 0, 3)), 0.5, 1e-6);
  });

  test('the adaptive weight is the ratio of norms, at most 1e4', () => {
    expectNumber(adaptiveWeight(tf.tensor1d([3, 4]), tf.tensor1d([0, 2])), 5 / (2 + 1e-4), 1e-5);
    expectNumber(adaptiveWeight(tf.tensor1d([3, 4]), tf.tensor1d([0, 0])), 1e4, 1e-6);
  });

  test('LeCAM penalises logits beyond the other side’s average, which follows at the decay', () => {
    const lecam = createLecam(0.9);
    lecam.update(logits(1, 3), logits(-2, -4));
    expectNumber(lecam.averages.get('real') as unknown as tf.Scalar, 0.2, 1e-6);
    expectNumber(lecam.averages.get('fake') as unknown as tf.Scalar, -0.3, 1e-6);
    // relu(1 + 0.3)² and relu(-1 + 0.3)² = 0; relu(0.2 - 0)² and relu(0.2 - 1)² = 0.
    expectNumber(lecam.penalty(logits(1, -1), logits(0, 1)), (1.3 ** 2 + 0.2 ** 2) / 2, 1e-5);
    const slow = createLecam();
    slow.update(logits(2), logits(-2));
    expectNumber(slow.averages.get('real') as unknown as tf.Scalar, 2e-3, 1e-4);
  });

  test('the discriminator warms up alone before the autoencoder feels it', () => {
    const schedule = { startStep: 100, warmupSteps: 20 };
    expect(adversarialPhase(79, schedule)).toEqual({ discriminator: false, generator: false });
    expect(adversarialPhase(80, schedule)).toEqual({ discriminator: true, generator: false });
    expect(adversarialPhase(100, schedule)).toEqual({ discriminator: true, generator: true });
  });
});
