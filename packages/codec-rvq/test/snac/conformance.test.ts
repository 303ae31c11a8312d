import { testConformance } from '../support/tiny-conformance.ts';
import { snacPlugin } from './codecs.ts';

// Without attention, and with blocks longer than a frame.
testConformance(snacPlugin, ['snac-24khz', 'snac-44khz']);
