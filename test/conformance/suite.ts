/** What jasmine loads: tfjs-core's own specs, after the engine that they shall run on. */
import './environment.js';
import '@tensorflow/tfjs-core/dist/tests.js';
