import { testConformance } from '../support/tiny-conformance.ts';
import { encodecPlugin } from './codecs.ts';

testConformance(encodecPlugin, ['encodec-24khz', 'encodec-48khz', 'encodec-32khz']);
