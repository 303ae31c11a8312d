export { type ConfigReader, readConfig } from '@speech-tokens/onnx-graph';
