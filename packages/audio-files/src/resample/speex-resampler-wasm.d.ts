// The package ships no types. What is used of it is typed in speex-module.ts.
declare module '@echogarden/speex-resampler-wasm/simd' {
  export default function createModule(options?: object): Promise<unknown>;
}
