export { createLogMelMeter, type LogMelDifference, type LogMelMeter } from './quality/log-mel-difference.ts';
export { createSiSdrMeter, type SiSdrMeter } from './quality/si-sdr.ts';
export { createSpeechQualityMeter, type SpeechQuality, type SpeechQualityMeter } from './quality/speech-quality.ts';
export { createLogMelAnalyzer, type LogMelAnalyzer, type LogMelSettings, speechLogMel } from './signal/log-mel.ts';
export { createPowerSpectrum, type PowerSpectrum } from './signal/power-spectrum.ts';
export { type EditDistanceOptions, editDistance } from './tokens/edit-distance.ts';
export {
  type CodebookStatistics,
  type CodeCount,
  createTokenStatistics,
  type RunStatistics,
  type TokenStatistics,
  type TokenStatisticsMeter,
} from './tokens/token-statistics.ts';
