import { testConformance } from '../support/tiny-conformance.ts';
import { mimiPlugin } from './codec.ts';

testConformance(mimiPlugin, ['mimi']);
