import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spaceOf } from '../../test/support/arbitrary-grids.ts';
import { memorySink } from '../../test/support/memory-sink.ts';
import { bytesSource } from '../bytes/byte-source.ts';
import { isSpeechTokensError } from '../errors/speech-tokens-error.ts';
import { buildSafetensorsHeader, type SafetensorsLayout } from '../safetensors/build-safetensors-header.ts';
import { tokenSpaceToJson } from '../tokens/token-space-json.ts';
import { joinGrids } from '../transforms/join-grids.ts';
import { mergeRepeats } from '../transforms/merge-repeats.ts';
import { openTokenFile } from './open-token-file.ts';
import { createTokenFileWriter } from './token-file-writer.ts';

const ids = (...values: number[]) => Uint32Array.from(values);

describe('files that are not right', () => {
  const good: Record<string, string> = {
    format: 'speech-tokens',
    format_version: '1',
    token_space: JSON.stringify(tokenSpaceToJson(spaceOf([4]))),
    start_sample: '0',
    sample_count: '8',
  };
  const layout = (name: string, length: number, dtype: SafetensorsLayout['dtype'] = 'U8'): SafetensorsLayout => ({
    name,
    dtype,
    shape: [length],
  });
  const make = (
    changes: Record<string, string | undefined>,
    tensors: readonly SafetensorsLayout[] = [layout('ids.0', 2)],
    fill = 0,
  ): Uint8Array => {
    const entries = Object.entries({ ...good, ...changes }).filter(
      (pair): pair is [string, string] => pair[1] !== undefined,
    );
    const header = buildSafetensorsHeader(tensors, new Map(entries));
    const file = new Uint8Array(header.fileSizeBytes).fill(fill);
    file.set(header.bytes);
    return file;
  };
  const runs = JSON.stringify(tokenSpaceToJson({ ...spaceOf([4]), durations: 'runs' }));
  const runSpans = JSON.stringify(tokenSpaceToJson({ ...spaceOf([4]), durations: 'spans-of-runs' }));
  const side = '[{"name":"scale","hopSamples":8,"valuesPerFrame":2}]';

  test('the file that the others change is right', async () => {
    expect((await (await openTokenFile(bytesSource(make({})))).read()).tracks).toEqual([{ ids: ids(0, 0) }]);
    const extra = make({ future: 'x' }, [layout('ids.0', 2), layout('future', 3)]);
    expect((await openTokenFile(bytesSource(extra))).codebookCount).toBe(1);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['no safetensors', new TextEncoder().encode('{"tokens": []}'), /not a safetensors file|cut off in its header/],
    ['a checkpoint', make({ format: 'pt' }), /not a token file.*found the format "pt"/],
    ['no format', make({ format: undefined }), /no format in its metadata/],
    ['a later version', make({ format_version: '2' }), /another version.*found 2, wanted 1\. Upgrade/],
    ['no token space', make({ token_space: undefined }), /invalid in token_space .*found nothing/],
    ['a token space that is not JSON', make({ token_space: '{' }), /not JSON/],
    ['a token space that is none', make({ token_space: '[]' }), /invalid in token_space.*invalid in id/],
    ['a token space that is too long', make({ token_space: ' '.repeat(4_000_001) }), /4000001 characters/],
    ['a negative count', make({ sample_count: '-1' }), /in sample_count .*found "-1"/],
    ['a fractional start', make({ start_sample: '0.0' }), /start_sample/],
    ['a count above 2^53', make({ sample_count: '9007199254740993' }), /sample_count/],
    ['an end above 2^53', make({ start_sample: '9007199254740988' }), /end too late/],
    ['a start within a frame', make({ start_sample: '2' }), /do not start on a frame/],
    ['no ids', make({}, [layout('ids', 2)]), /ids\.0 is missing/],
    ['ids of floats', make({}, [layout('ids.0', 2, 'F32')]), /found F32 \[2\]/],
    ['ids in a matrix', make({}, [{ name: 'ids.0', dtype: 'U8', shape: [1, 2] }]), /found U8 \[1, 2\]/],
    ['too few ids', make({}, [layout('ids.0', 1)]), /found 1 ids, wanted 2 ids/],
    ['too many ids', make({}, [layout('ids.0', 3)]), /found 3 ids, wanted 2 ids/],
    ['no durations', make({ token_space: runs }), /durations\.0 is missing/],
    [
      'too few durations',
      make({ token_space: runs }, [layout('ids.0', 2), layout('durations.0', 1)]),
      /does not fit its ids/,
    ],
    ['no runs', make({ token_space: runSpans }, [layout('ids.0', 1), layout('durations.0', 1)]), /run_durations\.0 is/],
    ['side tracks that are not JSON', make({ side_tracks: 'x' }), /side_tracks/],
    ['side tracks without a name', make({ side_tracks: '[{"hopSamples":1,"valuesPerFrame":1}]' }), /side_tracks/],
    ['side tracks of null', make({ side_tracks: '[null]' }), /side_tracks/],
    [
      'a side track twice',
      make({ side_tracks: JSON.stringify([...JSON.parse(side), ...JSON.parse(side)]) }),
      /side_tracks/,
    ],
    ['no side track', make({ side_tracks: side }), /side\.scale is missing/],
    [
      'a side track of the wrong shape',
      make({ side_tracks: side }, [{ name: 'side.scale', dtype: 'F32', shape: [2] }, layout('ids.0', 2)]),
      /found F32 \[2\], wanted F32 \[1, 2\]/,
    ],
  ])('%s', async (_name, file, message) => {
    const error = await openTokenFile(bytesSource(file, 'a.safetensors')).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'token-file-invalid', details: { path: 'a.safetensors' } });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain('a.safetensors');
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['ids out of range', make({}, [layout('ids.0', 2)], 16), /found 16 at 0/],
    ['durations of zero', make({ token_space: runs }, [layout('ids.0', 1), layout('durations.0', 1)], 0), /0 at 0/],
    [
      'runs that do not cover',
      make({ token_space: runs }, [layout('ids.0', 1), layout('durations.0', 1)], 3),
      /3 frames, wanted 2/,
    ],
    [
      'ids where there are no samples',
      make({ token_space: runs, sample_count: '0' }, [layout('ids.0', 1), layout('durations.0', 1)], 1),
      /1 frames, wanted 0/,
    ],
  ])('%s, which shows when they are read', async (_name, file, message) => {
    const opened = await openTokenFile(bytesSource(file, 'a.safetensors'));
    const error = await opened.read().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'token-file-invalid', details: { path: 'a.safetensors' } });
    expect((error as Error).message).toMatch(message);
  });

  test('fuzzing: changed bytes and cut files give a typed error or tokens that hold', async () => {
    const grid = mergeRepeats.apply({
      tokenSpace: spaceOf([4, 2], 300),
      startSample: 0,
      sampleCount: 20,
      tracks: [{ ids: ids(1, 1, 2, 299, 4) }, { ids: ids(1, 1, 1, 1, 1, 2, 2, 3, 3, 3) }],
      sideTracks: [{ name: 's', hopSamples: 8, valuesPerFrame: 1, values: Float32Array.of(1, 2, 3) }],
    });
    const sink = memorySink();
    const writer = createTokenFileWriter({ tokenSpace: grid.tokenSpace });
    writer.append(grid);
    await writer.writeTo(sink);
    const original = sink.bytes();
    const change = fc.tuple(fc.nat(original.byteLength - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.nat(original.byteLength * 2),
        async (changes, kept) => {
          const file = original.slice(0, kept);
          for (const [index, value] of changes) if (index < kept) file[index] = value;
          try {
            const opened = await openTokenFile(bytesSource(file));
            const grids = [];
            for await (const part of opened.grids(8)) grids.push(part);
            joinGrids(grids);
            await opened.read();
          } catch (error) {
            if (!isSpeechTokensError(error, 'token-file-invalid')) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
