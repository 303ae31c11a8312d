import { testConformance } from '../support/tiny-conformance.ts';
import { dacNames, dacPlugin } from './codecs.ts';

testConformance(dacPlugin, dacNames);
