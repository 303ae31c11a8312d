import {
  type Component,
  fileFingerprint,
  type LoadContext,
  type ModelFile,
  type ResolvedModelFile,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
  type TokenSpace,
} from '@speech-tokens/core';
import {
  type BuiltGraph,
  checkpointFileNames,
  type GraphSession,
  openGraphSession,
  type RuntimeOptions,
} from '@speech-tokens/onnx-graph';
import { type GraphReplicas, openReplicas } from '../parallel/graph-replicas.ts';
import { type GraphStage, openStages } from '../staged/staged-session.ts';

/** A token space but for its id, which follows from the files of the checkpoint. */
export type SpaceShape = Omit<TokenSpace, 'id'>;

/** What a codec is made with once its checkpoint is open. */
export interface CodecKit {
  readonly tokenSpace: TokenSpace;
  /** Loads a graph whose weights lie in `weightsDirectory`, with the threads that the host gives. */
  openGraph(graph: BuiltGraph, weightsDirectory: string): Promise<GraphSession>;
  /** Loads a graph that runs beside others: where the host gives several threads, it has one of its own. */
  openBeside(graph: BuiltGraph, weightsDirectory: string): Promise<GraphSession>;
  /** Loads a graph whose runs know nothing of each other, see `openReplicas`. @param most at a time; one per thread else */
  openReplicas(graph: BuiltGraph, weightsDirectory: string, most?: number): Promise<GraphReplicas>;
  /** Loads graphs that follow each other, see `openStages`. */
  openStages(stages: readonly GraphStage[], weightsDirectory: string): Promise<GraphSession>;
  /** What the host gives for running a model. */
  readonly runtime: RuntimeOptions;
}

/**
 * A family of codecs: everything that is its own. One folder each, whose components are one line in the plugin.
 * `Name` are the names of its files, `Model` is what it reads from them: configuration and weights.
 */
export interface CodecFamily<Name extends string, Model> {
  /** For example `rvq:mimi`. */
  readonly id: string;
  readonly title: string;
  /**
   * The files of the default checkpoint. A folder with files of the same names can stand in for it; in the place of
   * weights (one of `checkpointFileNames`), any of those names will do. `open` reads them with `openCheckpoint`, whatever
   * they are.
   */
  readonly files: { readonly [name in Name]: ModelFile };
  /** The space of the default checkpoint. */
  readonly space: SpaceShape;
  /** Latency of the default checkpoint's sides, in samples of the space; absent where they do not stream. */
  readonly tokenizerLatencySamples?: number;
  readonly detokenizerLatencySamples?: number;
  /**
   * Reads the configuration and the tables of contents of the weights.
   * @throws SpeechTokensError `checkpoint-invalid`
   */
  open(files: { readonly [name in Name]: ResolvedModelFile }): Promise<Model>;
  spaceOf(model: Model): SpaceShape;
  createTokenizer(model: Model, kit: CodecKit): Promise<SpeechTokenizerV1>;
  createDetokenizer(model: Model, kit: CodecKit): Promise<SpeechDetokenizerV1>;
}

/** The tokenizer and the detokenizer of a family. */
export function familyComponents<Name extends string, Model>(family: CodecFamily<Name, Model>): readonly Component[] {
  const names = Object.keys(family.files) as Name[];
  const models = names.map((name) => withUsualNames(family.files[name]));
  const hashes = models.map((model) => model.sha256).filter((sha256) => sha256 !== undefined);
  // Where the hashes are not known before the files are there, the space is given by the codec's name alone.
  const id = hashes.length === models.length ? spaceId(family.id, hashes) : family.id;
  const shared = { id: family.id, title: family.title, tokenSpace: { id, ...family.space }, models };

  const open = async (context: LoadContext): Promise<{ readonly model: Model; readonly kit: CodecKit }> => {
    const { models: store, threadCount, ...options } = context;
    const files = {} as { [name in Name]: ResolvedModelFile };
    for (const [i, name] of names.entries()) files[name] = await store.resolve(models[i]!, options);
    options.signal?.throwIfAborted();
    const model = await family.open(files);
    const fingerprint = spaceId(
      family.id,
      names.map((name) => files[name].sha256),
    );
    const runtime = threadCount === undefined ? {} : { threadCount };
    return {
      model,
      kit: {
        runtime,
        tokenSpace: { id: fingerprint, ...family.spaceOf(model) },
        openGraph: (graph, weightsDirectory) => openGraphSession(graph, { ...runtime, weightsDirectory }),
        openBeside: (graph, weightsDirectory) =>
          openGraphSession(graph, { ...runtime, threadCount: 1, ownThread: (threadCount ?? 1) > 1, weightsDirectory }),
        openReplicas: (graph, weightsDirectory, most) =>
          openReplicas((own) => openGraphSession(graph, { ...own, weightsDirectory }), runtime, most),
        openStages: (stages, weightsDirectory) =>
          openStages(stages, { runtime, open: (graph, own) => openGraphSession(graph, { ...own, weightsDirectory }) }),
      },
    };
  };

  return [
    {
      kind: 'tokenizer',
      ...shared,
      ...latency(family.tokenizerLatencySamples),
      load: async (context) => {
        const { model, kit } = await open(context);
        return family.createTokenizer(model, kit);
      },
    },
    {
      kind: 'detokenizer',
      ...shared,
      ...latency(family.detokenizerLatencySamples),
      load: async (context) => {
        const { model, kit } = await open(context);
        return family.createDetokenizer(model, kit);
      },
    },
  ];
}

/** The weights of others of the family come as safetensors or from PyTorch, in one file or several. */
function withUsualNames(file: ModelFile): ModelFile {
  return checkpointFileNames.includes(file.name) ? { ...file, checkpointNames: checkpointFileNames } : file;
}

function latency(latencySamples: number | undefined): { readonly latencySamples?: number } {
  return latencySamples === undefined ? {} : { latencySamples };
}

/** What ids mean follows from the codec and from every file that it reads. */
function spaceId(familyId: string, sha256s: readonly string[]): string {
  return `${familyId}#${fileFingerprint(sha256s)}`;
}
